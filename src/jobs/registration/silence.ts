import * as z from 'zod'
import { formatDateTime } from '../../calendar/london.ts'
import { workingDaysAfter } from '../../calendar/working-time.ts'
import { Job } from '../../entities/chatops/job.ts'
import { JobFailed } from '../../failures/job-failed.ts'
import type { World } from '../../world.ts'

// A registration of which nothing was sent waits while a system is silent that must be asked before: for a working day, as DTTP
// itself would be. The job's progress says since when, so that what else held the job up counts for nothing.

const silence = z.strictObject({ silentSince: z.iso.datetime(), silentAt: z.iso.datetime() })

/** After so long without an attempt the bot was paused or not at work, and the working day begins anew. */
const STILL_ASKED_MS = 60 * 60_000

/** Notes that a system is silent. Throws JobFailed once it has been for a working day. @param silent who did not say what */
export async function noteSilence({ database, now }: World, { id, run, progress }: Job, silent: string): Promise<void> {
  const at = now()
  const { data: last } = silence.safeParse(progress)
  const isStillAsked = last !== undefined && at.getTime() - Date.parse(last.silentAt) < STILL_ASKED_MS
  const since = isStillAsked ? new Date(last.silentSince) : at
  if (at >= workingDaysAfter(since, 1)) {
    const when = `From ${formatDateTime(since)} until ${formatDateTime(at)}`
    throw new JobFailed('not-as-approved', `${when} ${silent}, so we sent nothing.`)
  }
  const noted = { silentSince: since.toISOString(), silentAt: at.toISOString() }
  await database.manager.update(Job, { id, run }, { progress: noted })
}

/** They have all said what they were asked. */
export async function forgetSilence({ database }: World, { id, run, progress }: Job): Promise<void> {
  if (silence.safeParse(progress).success) await database.manager.update(Job, { id, run }, { progress: null })
}
