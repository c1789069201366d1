import type { webApi } from '@slack/bolt'
import type { Directory } from '../people/people.ts'
import type { Report } from '../world.ts'
import { readTrouble } from './slack/errors.ts'

/** Codes with which Slack says that there is no such user, for us at least. */
const NOBODY = ['user_not_found', 'user_not_visible']
/** And that a user group was deleted or disabled. */
const NO_GROUP = ['no_such_subteam', 'subteam_not_found']

/** Users and user groups as Slack knows them. Throws when Slack does not answer. Operators hear of a group that is gone. */
export function createDirectory(client: webApi.WebClient, report: Report): Directory {
  return {
    async findMember(user) {
      const answer = await unless(NOBODY, client.users.info({ user }))
      const found = answer?.user
      if (!found) return null
      const { id, is_bot, is_restricted, is_ultra_restricted, is_stranger, deleted, team_id, enterprise_user } = found
      // On Enterprise Grid team_id may be missing or another workspace's; the list of workspaces decides.
      const teams = enterprise_user ? (enterprise_user.teams ?? []) : [team_id]
      return {
        ids: [user, id, enterprise_user?.id].filter((one) => one !== undefined),
        teams: teams.filter((team) => team !== undefined),
        isBot: is_bot === true,
        isGuest: is_restricted === true || is_ultra_restricted === true || is_stranger === true,
        isDeleted: deleted === true,
      }
    },
    async groupMembers(usergroup) {
      const answer = await unless(NO_GROUP, client.usergroups.users.list({ usergroup }))
      if (!answer) await report(`the user group ${usergroup} was deleted or disabled in Slack`, { usergroup })
      return answer && (answer.users ?? [])
    },
  }
}

/** Null if Slack answers with one of these codes. */
async function unless<T>(codes: readonly string[], answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (codes.includes(readTrouble(error)?.code ?? '')) return null
    throw error
  }
}
