import * as z from 'zod'
import { formatDateTime } from '../../calendar/london.ts'
import { Job } from '../../entities/chatops/job.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import { workingDayFrom } from '../../registration/asking.ts'
import type { World } from '../../world.ts'

// A registration of which nothing was sent waits while a system is silent that must be asked before: for a working day, as DTTP
// itself would be. The job's progress says which and since when, so that what else held the job up counts for nothing.

const silence = z.strictObject({
  silent: z.enum(['slack', 'sidekiq']),
  silentSince: z.iso.datetime(),
  silentAt: z.iso.datetime(),
})

export type SilentSystem = z.infer<typeof silence>['silent']

export const DID_NOT_SAY: Readonly<Record<SilentSystem, string>> = {
  slack: 'Slack did not say whether its approver may still approve',
  sidekiq: 'Register’s Sidekiq did not say whether it has a registration of this trainee',
}

/** After so long without an attempt the bot was paused or not at work, and the working day begins anew. */
const STILL_ASKED_MS = 60 * 60_000

/** Notes that a system is silent. Throws JobFailed once it has been for a working day, in which no pause counts. */
export async function noteSilence(world: World, { id, run, progress }: Job, silent: SilentSystem): Promise<void> {
  const { manager } = world.database
  const at = world.now()
  const { data: last } = silence.safeParse(progress)
  const isStillAsked = last?.silent === silent && at.getTime() - Date.parse(last.silentAt) < STILL_ASKED_MS
  const since = isStillAsked ? new Date(last.silentSince) : at
  if (at >= (await workingDayFrom(manager, since))) {
    const when = `From ${formatDateTime(since)} until ${formatDateTime(at)}`
    throw new JobFailed('not-as-approved', `${when} ${DID_NOT_SAY[silent]}, so we sent nothing.`)
  }
  const noted = { silent, silentSince: since.toISOString(), silentAt: at.toISOString() }
  await manager.update(Job, { id, run }, { progress: noted })
}

/** They have all said what they were asked. */
export async function forgetSilence({ database }: World, { id, run, progress }: Job): Promise<void> {
  if (silence.safeParse(progress).success) await database.manager.update(Job, { id, run }, { progress: null })
}
