import type { webApi } from '@slack/bolt'
import type { Directory } from '../people/people.ts'

/** Users and user groups as Slack knows them. Throws when Slack does not answer. */
export function createDirectory(client: webApi.WebClient): Directory {
  return {
    async findMember(user) {
      const answer = await client.users.info({ user }).catch((error: unknown) => {
        if ((error as { data?: { error?: string } }).data?.error === 'user_not_found') return null
        throw error
      })
      const found = answer?.user
      if (!found) return null
      const { is_bot, is_restricted, is_ultra_restricted, is_stranger, deleted, team_id } = found
      return {
        teamId: team_id ?? '',
        isBot: is_bot === true,
        isGuest: is_restricted === true || is_ultra_restricted === true || is_stranger === true,
        isDeleted: deleted === true,
      }
    },
    async groupMembers(usergroup) {
      const { users } = await client.usergroups.users.list({ usergroup })
      return users ?? []
    },
  }
}
