// Who may do what. Requester and approver are two different people, both members of our own workspace. Guests, bots and
// people from shared channels can be neither.

import type { People, Standing } from '../world.ts'

/**
 * What Slack says of a user.
 * @property ids every id of this person: on Enterprise Grid there may be a `U…` and a `W…`
 * @property teams every workspace that this person is a member of
 */
export type Member = {
  ids: readonly string[]
  teams: readonly string[]
  isBot: boolean
  isGuest: boolean
  isDeleted: boolean
}

/** Slack's word on users and groups; throws if Slack does not answer. A group that was deleted or disabled is null. */
export type Directory = {
  findMember: (userId: string) => Promise<Member | null>
  groupMembers: (groupId: string) => Promise<readonly string[] | null>
}

/** Slack ids: users (`U…`, `W…`) and user groups (`S…`). */
export type PeopleSettings = { teamId: string; requesters: readonly string[]; approvers: readonly string[] }

const CACHE_MS = 60_000
/** At a decision; questions are shared for so long. */
const FRESH_MS = 5_000

/**
 * Decides by Slack id alone. Answers from Slack are kept for 60 seconds. If Slack does not answer, only people who are
 * known for certain are let in. There is no exemption for admins.
 */
export function createPeople(settings: PeopleSettings, directory: Directory, now: () => Date): People {
  const findMember = cached(directory.findMember, now)
  const groupMembers = cached(directory.groupMembers, now)

  async function isListed({ ids }: Member, list: readonly string[], maxAge: number): Promise<Standing> {
    if (ids.some((id) => list.includes(id))) return 'allowed'
    const members = await Promise.allSettled(groupsOf(list).map((group) => groupMembers(group, maxAge)))
    const answers = members.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    if (answers.some((group) => ids.some((id) => group?.includes(id)))) return 'allowed'
    if (answers.length < members.length) return 'people-unknown'
    return answers.includes(null) ? 'group-gone' : 'not-listed'
  }

  async function standing(userId: string, list: readonly string[], maxAge = CACHE_MS): Promise<Standing> {
    try {
      const member = await findMember(userId, maxAge)
      if (!member || member.isBot || member.isGuest || member.isDeleted || !member.teams.includes(settings.teamId)) {
        return 'not-a-colleague'
      }
      return await isListed(member, list, maxAge)
    } catch {
      return 'people-unknown'
    }
  }

  /** Only whom the kept answers admit can cause new questions, so that nobody else can use up what Slack answers us. */
  async function standingNow(userId: string, list: readonly string[]): Promise<Standing> {
    const kept = await standing(userId, list)
    if (kept !== 'allowed') return kept
    const groups = list.includes(userId) ? [] : groupsOf(list)
    const questions = [findMember(userId, FRESH_MS), ...groups.map((group) => groupMembers(group, FRESH_MS))]
    await Promise.allSettled(questions) // all at once: Slack waits three seconds for an answer to a click
    return standing(userId, list, FRESH_MS)
  }

  return {
    mayRequest: (userId) => standing(userId, settings.requesters),
    mayApprove: (userId) => standing(userId, settings.approvers),
    mayDecide: (userId) => standingNow(userId, settings.approvers),
    async areOne(userId, otherId) {
      if (userId === otherId) return true
      try {
        const [one, other] = await Promise.all([findMember(userId), findMember(otherId)])
        return [userId, ...(one?.ids ?? [])].some((id) => id === otherId || other?.ids.includes(id))
      } catch {
        return null
      }
    },
  }
}

function groupsOf(list: readonly string[]): string[] {
  return list.filter((id) => id.startsWith('S'))
}

/** Keeps each answer for a minute, or as long as is asked for; shares a question under way, and never keeps a failure. */
function cached<T>(ask: (key: string) => Promise<T>, now: () => Date): (key: string, maxAge?: number) => Promise<T> {
  const answers = new Map<string, { at: number; answer: Promise<T> }>()
  return (key, maxAge = CACHE_MS) => {
    const kept = answers.get(key)
    if (kept && now().getTime() - kept.at < maxAge) return kept.answer
    if (answers.size > 1_000) answers.clear()
    const answer = ask(key)
    answers.set(key, { at: now().getTime(), answer })
    answer.catch(() => {
      if (answers.get(key)?.answer === answer) answers.delete(key)
    })
    return answer
  }
}
