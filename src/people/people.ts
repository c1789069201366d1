// Who may do what. Requester and approver are two different people, both members of our own workspace. Guests, bots and
// people from shared channels can be neither.

import type { People, Standing } from '../world.ts'

/** What Slack says of a user. */
export type Member = { teamId: string; isBot: boolean; isGuest: boolean; isDeleted: boolean }

/** What Slack says about users and groups. Throws if Slack does not answer. */
export type Directory = {
  findMember: (userId: string) => Promise<Member | null>
  groupMembers: (groupId: string) => Promise<readonly string[]>
}

/** Slack ids: users (`U…`, `W…`) and user groups (`S…`). */
export type PeopleSettings = { teamId: string; requesters: readonly string[]; approvers: readonly string[] }

const CACHE_MS = 60_000

/**
 * Decides by Slack id alone. Answers from Slack are kept for 60 seconds. If Slack does not answer, only people who are
 * known for certain are let in. There is no exemption for admins.
 */
export function createPeople(settings: PeopleSettings, directory: Directory, now: () => Date): People {
  const findMember = cached(directory.findMember, now)
  const groupMembers = cached(directory.groupMembers, now)

  async function isListed(userId: string, list: readonly string[]): Promise<boolean> {
    if (list.includes(userId)) return true
    const groups = list.filter((id) => id.startsWith('S'))
    const members = await Promise.allSettled(groups.map(groupMembers))
    if (members.some((result) => result.status === 'fulfilled' && result.value.includes(userId))) return true
    const failed = members.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return false
  }

  async function standing(userId: string, list: readonly string[]): Promise<Standing> {
    try {
      const member = await findMember(userId)
      if (!member || member.isBot || member.isGuest || member.isDeleted || member.teamId !== settings.teamId) {
        return 'not-a-colleague'
      }
      return (await isListed(userId, list)) ? 'allowed' : 'not-listed'
    } catch {
      return 'people-unknown'
    }
  }

  return {
    mayRequest: (userId) => standing(userId, settings.requesters),
    mayApprove: (userId) => standing(userId, settings.approvers),
  }
}

/**
 * Keeps each answer for a minute, and no failure. Who asks while the same question is under way is given its answer.
 */
function cached<T>(ask: (key: string) => Promise<T>, now: () => Date): (key: string) => Promise<T> {
  const answers = new Map<string, { at: number; answer: Promise<T> }>()
  return (key) => {
    const kept = answers.get(key)
    if (kept && now().getTime() - kept.at < CACHE_MS) return kept.answer
    if (answers.size > 1_000) answers.clear()
    const answer = ask(key)
    answers.set(key, { at: now().getTime(), answer })
    answer.catch(() => answers.delete(key))
    return answer
  }
}
