import { isReadable } from '../contract/stored.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { findPlaybook } from '../playbooks/index.ts'
import type { World } from '../world.ts'

// Requests that another version of the bot made. During an upgrade both versions run, and take what either of them made.

type Made = Pick<ChangeRequest, 'playbook' | 'playbookVersion' | 'plan' | 'checks'>

/** For how long what only another version can carry out, or read, is left to it: about as long as an upgrade takes. */
export const LEFT_TO_OTHERS_MS = 30 * 60_000

/**
 * Whether what became of a request at a time, such as its sending, is still left to another version: it has half an hour from
 * then, and from when this process began, since that is when an upgrade begins.
 */
export function isLeftToOthers({ now, startedAt }: World, at: Date): boolean {
  return now().getTime() - Math.max(at.getTime(), startedAt.getTime()) < LEFT_TO_OTHERS_MS
}

/** Whether this version of the bot makes another plan of a request than the one that made it, or cannot read it. */
export function isOfAnother(request: Made): boolean {
  return findPlaybook(request.playbook)?.version !== request.playbookVersion || !isReadable(request)
}

/**
 * Whether the version that made it is, as far as can be told, the later one. It stays, and this one goes: what it made is
 * not ours to end.
 */
export function isOfLater(request: Made): boolean {
  return isOfAnother(request) && (findPlaybook(request.playbook)?.version ?? 0) <= request.playbookVersion
}

/** Whether an earlier version made it. That one goes, and this one only ends what it made. */
export function isOfEarlier(request: Made): boolean {
  return isOfAnother(request) && !isOfLater(request)
}
