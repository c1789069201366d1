import { type EntityManager, In } from 'typeorm'
import * as z from 'zod'
import { type Effect, traineeOf } from '../../contract/effect.ts'
import { jobsAdded, type Plan, startsAfterRemoval } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { findPolls } from '../../entities/chatops/seen-polls.ts'
import { findNotRunAgain, findRemovals, lookUnseen, lookUnseenOf } from '../../entities/chatops/unseen-jobs.ts'
import { isActiveInDttp } from '../../register/schools/schools.ts'
import { NOT_TAKEN_OUT } from '../../registration/result.ts'
import { areFoundOnce, findInList, listWords, urnsWritten } from '../../schools/in-list.ts'

/** How long what was retried may take before somebody should look. */
export const RESULT_WITHIN_MS = 30 * 60_000

/** Each line of the card: the school, every trainee who was set going, and their polls. */
export async function lookAtResult(sql: EntityManager, executed: Executed): Promise<Postcondition[]> {
  const { plan, changeRequest: changeRequestId } = executed
  const retried = plan.effects.flatMap((effect) => (effect.kind === 'retry' ? [effect.jobId] : []))
  const jobs = await sql.findBy(SeenJob, [{ id: In(retried) }, { changeRequestId }])
  const removals = await findRemovals(sql, changeRequestId)
  const notRunAgain = await findNotRunAgain(sql, changeRequestId)
  const lines = plan.effects.flatMap((effect) => {
    const isRefused = removals.get(traineeOf(effect)) === 'refused'
    return lineFor(plan, effect, { jobs, notRunAgain, isRefused }) ?? []
  })
  const underWay = lines.some(({ waiting }) => waiting)
  return [
    ...(plan.updates.length > 0 ? [await columnsHold(sql, plan)] : []),
    ...(await areFoundOnce(sql, await urnsWritten(sql, plan))),
    ...(await Promise.all(jobsAdded(plan, 'sync-schools').map(({ args }) => describeSync(sql, args.urn, executed)))),
    // If one trainee's job has failed, the others are still followed.
    ...lines.map((line) => (line.trainee?.is === 'failed' && underWay ? { ...line, waiting: true } : line)),
    ...(await pollsFor(sql, plan)),
  ]
}

type Known = {
  jobs: readonly SeenJob[]
  /** Why not, by the job that was to run again. */
  notRunAgain: ReadonlyMap<string, string>
  /** Whether what the registration waits for could not be done in Register's Sidekiq. */
  isRefused: boolean
}

/** How far a trainee is; null for an effect that is no trainee's registration or update. */
function lineFor(plan: Plan, effect: Effect, { jobs, notRunAgain, isRefused }: Known): Postcondition | null {
  const isStarted = effect.kind === 'enqueue' && (effect.job === 'register-for-trn' || effect.job === 'update-trainee')
  if (effect.kind !== 'retry' && !isStarted) return null
  const trainee = traineeOf(effect) ?? ''
  const job = jobs.find(({ id, name, traineeId }) =>
    effect.kind === 'retry' ? id === effect.jobId : name === effect.job && traineeId === trainee,
  )
  const sentence = `Trainee ${trainee} is ${effect.job === 'update-trainee' ? 'sent to' : 'registered with'} DTTP`
  // What the registration found by itself, right after it: DTTP has another record of the trainee.
  const second = z.object({ second: z.string() }).safeParse(job?.result).data?.second
  if (job?.status === 'done' && second) return { sentence, holds: false, found: second, problem: second }
  if (job?.status === 'done') return { sentence, holds: true, found: 'Done.', trainee: { id: trainee, is: 'done' } }
  if (job ? job.status !== 'failed' : startsAfterRemoval(plan, trainee) && !isRefused) {
    return { sentence, holds: false, waiting: true, found: 'Under way.', trainee: { id: trainee, is: 'waiting' } }
  }
  const none = isRefused ? NOT_TAKEN_OUT : 'There is no such job any more.'
  const why = job ? (notRunAgain.get(job.id) ?? job.failure?.words ?? 'It failed.') : none
  return { sentence, holds: false, found: why, trainee: { id: trainee, is: 'failed' } }
}

/** Whether the sync that was asked for has brought the school. */
async function describeSync(sql: EntityManager, urn: string, { changeRequest }: Executed): Promise<Postcondition> {
  const sentence = `The school sync has brought URN ${urn}`
  const job = await sql.findOneBy(SeenJob, { changeRequestId: changeRequest, name: 'sync-schools' })
  if (!job) return { sentence, holds: false, found: 'There is no such job any more.' }
  if (job.status === 'failed') return { sentence, holds: false, found: job.failure?.words ?? 'It failed.' }
  const unseen = await lookUnseen(sql, job)
  if (unseen) return { sentence, ...unseen }
  if (job.status !== 'done') return { sentence, holds: false, waiting: true, found: 'The sync is under way.' }
  const rows = await findInList(sql, urn)
  if (rows.some(({ status_code }) => isActiveInDttp(status_code))) {
    return { sentence, holds: true, found: `It is ${listWords(rows)}. Ask for this repair again to retry what waits.` }
  }
  const found =
    rows.length === 0
      ? `The sync ran, and DTTP has no school with URN ${urn}. Ask support to add it.`
      : `The sync ran. URN ${urn} is in the list now, but not active: it is ${listWords(rows)}.`
  return { sentence, holds: false, found }
}

/** The polls that joined the plan: under way, or over because the TRN arrived. */
async function pollsFor(sql: EntityManager, plan: Plan): Promise<Postcondition[]> {
  const trainees = jobsAdded(plan, 'retrieve-trn').map(({ args }) => args.trainee)
  if (trainees.length === 0) return []
  const polls = await findPolls(sql, trainees)
  const lost = trainees.filter((trainee) => !polls.has(trainee) || polls.get(trainee)?.status === 'failed')
  const unseen = await lookUnseenOf(sql, [...polls.values()])
  const first = unseen.find(({ waiting }) => !waiting) ?? unseen[0]
  const sentence = 'DTTP is asked for their TRN again'
  if (lost.length > 0) {
    const found = `Nothing asks for it: ${lost.map((id) => `trainee ${id}`).join(', ')}.`
    return [{ sentence, holds: false, found }]
  }
  return [{ sentence, ...(first ?? { holds: true, found: `${trainees.length} of ${trainees.length}.` }) }]
}
