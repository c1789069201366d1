import { type EntityManager, In } from 'typeorm'
import type { Effect, Plan } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import { Job } from '../../entities/chatops/job.ts'
import { Poll } from '../../entities/chatops/poll.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { dttpStatusLabel, isActiveInDttp } from '../../register/schools.ts'

/** How long what was retried may take before somebody should look. */
export const RESULT_WITHIN_MS = 30 * 60_000

/** Before the commit: each school that was repaired is found, and found once, as Register takes either of two. */
export async function schoolIsFound(sql: EntityManager, plan: Plan): Promise<Postcondition[]> {
  if (plan.updates.length + plan.inserts.length === 0) return []
  const held = plan.updates.length > 0 ? [await columnsHold(sql, plan)] : []
  return [...held, ...(await Promise.all((await urnsOf(sql, plan)).map((urn) => isFoundOnce(sql, urn))))]
}

/** Each line of the card: the school, every trainee who was set going, and their polls. */
export async function verifyResult(sql: EntityManager, plan: Plan, executed: Executed): Promise<Postcondition[]> {
  const lines = await Promise.all(plan.effects.flatMap((effect) => lineFor(sql, effect, executed) ?? []))
  const underWay = lines.some(({ waiting }) => waiting)
  return [
    ...(await schoolIsFound(sql, plan)),
    ...(await Promise.all(plan.effects.flatMap((effect) => syncFor(sql, effect, executed) ?? []))),
    // Somebody's failure is no reason to stop following the others.
    ...lines.map((line) => (line.trainee?.is === 'failed' && underWay ? { ...line, waiting: true } : line)),
    ...(await pollsFor(sql, plan)),
  ]
}

async function urnsOf(sql: EntityManager, { updates, inserts }: Plan): Promise<string[]> {
  const rows = await sql.findBy(DttpSchool, { id: In(updates.map(({ id }) => id)) })
  const inserted = inserts.map(({ values }) => String(values['urn']))
  return [...new Set([...rows.flatMap(({ urn }) => urn ?? []), ...inserted])].sort()
}

async function isFoundOnce(sql: EntityManager, urn: string): Promise<Postcondition> {
  const rows = await sql.find(DttpSchool, { where: { urn }, order: { id: 'ASC' } })
  const active = rows.filter(({ status_code, dttp_id }) => isActiveInDttp(status_code) && dttp_id !== null)
  const statuses = rows.map(({ id, status_code }) => `row ${id} is ${dttpStatusLabel(status_code)}`).join(', ')
  return {
    sentence: `Register finds one active school for URN ${urn}`,
    holds: active.length === 1,
    found: statuses === '' ? `URN ${urn} is not in the list.` : `URN ${urn}: ${statuses}.`,
  }
}

/** How far a trainee is; null for an effect that is no trainee's registration or update. */
function lineFor(sql: EntityManager, effect: Effect, { changeRequest }: Executed): Promise<Postcondition> | null {
  if (effect.kind === 'retry' && effect.trainee !== null) {
    return describeJob(sql, effect.trainee, effect.job, { id: effect.jobId })
  }
  if (effect.kind !== 'enqueue' || !('trainee' in effect.args) || effect.job === 'retrieve-trn') return null
  const trainee = String(effect.args['trainee'])
  return describeJob(sql, trainee, effect.job, { changeRequestId: changeRequest, traineeId: trainee })
}

async function describeJob(
  sql: EntityManager,
  trainee: string,
  name: string,
  where: { id: string } | { changeRequestId: string; traineeId: string },
): Promise<Postcondition> {
  const job = await sql.findOneBy(Job, { ...where, name: name as Job['name'] })
  const sentence = `Trainee ${trainee} is ${name === 'update-trainee' ? 'sent to' : 'registered with'} DTTP`
  if (job?.status === 'done') return { sentence, holds: true, found: 'Done.', trainee: { id: trainee, is: 'done' } }
  if (job && job.status !== 'failed') {
    return { sentence, holds: false, waiting: true, found: 'Under way.', trainee: { id: trainee, is: 'waiting' } }
  }
  const why = job ? (job.failure?.words ?? 'It failed.') : 'There is no such job any more.'
  return { sentence, holds: false, found: why, trainee: { id: trainee, is: 'failed' } }
}

/** Whether the sync that was asked for has brought the school; null for every other effect. */
function syncFor(sql: EntityManager, effect: Effect, executed: Executed): Promise<Postcondition> | null {
  if (effect.kind !== 'enqueue' || effect.job !== 'sync-schools') return null
  return describeSync(sql, String(effect.args['urn']), executed)
}

async function describeSync(sql: EntityManager, urn: string, { changeRequest }: Executed): Promise<Postcondition> {
  const sentence = `The school sync has brought URN ${urn}`
  const job = await sql.findOneBy(Job, { changeRequestId: changeRequest, name: 'sync-schools' })
  if (!job) return { sentence, holds: false, found: 'There is no such job any more.' }
  if (job.status === 'failed') return { sentence, holds: false, found: job.failure?.words ?? 'It failed.' }
  if (job.status !== 'done') return { sentence, holds: false, waiting: true, found: 'The sync is under way.' }
  const rows = await sql.find(DttpSchool, { where: { urn }, order: { id: 'ASC' } })
  const statuses = rows.map(({ id, status_code }) => `row ${id} is ${dttpStatusLabel(status_code)}`).join(', ')
  if (rows.some(({ status_code }) => isActiveInDttp(status_code))) {
    return { sentence, holds: true, found: `${statuses}. Ask for this repair again to retry what waits.` }
  }
  const found =
    rows.length === 0
      ? `The sync ran, and DTTP has no school with URN ${urn}. Ask support to add it.`
      : `The sync ran. URN ${urn} is in the list now, but not active: ${statuses}.`
  return { sentence, holds: false, found }
}

/** The polls that joined the plan: under way, or over because the TRN arrived. */
async function pollsFor(sql: EntityManager, { effects }: Plan): Promise<Postcondition[]> {
  const trainees = effects.flatMap((effect) =>
    effect.kind === 'enqueue' && effect.job === 'retrieve-trn' ? [String(effect.args['trainee'])] : [],
  )
  if (trainees.length === 0) return []
  const polls = await sql.findBy(Poll, { traineeId: In(trainees) })
  const jobs = await sql.findBy(Job, { id: In(polls.map(({ jobId }) => jobId)) })
  const polled = polls.filter(({ jobId }) => jobs.some(({ id, status }) => id === jobId && status !== 'failed'))
  const lost = trainees.filter((trainee) => !polled.some(({ traineeId }) => traineeId === trainee))
  return [
    {
      sentence: 'DTTP is asked for their TRN again',
      holds: lost.length === 0,
      found:
        lost.length === 0
          ? `${polled.length} of ${trainees.length}.`
          : `Nothing asks for it: ${lost.map((id) => `trainee ${id}`).join(', ')}.`,
    },
  ]
}
