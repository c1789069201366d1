import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import type { Executed } from '../../contract/playbook.ts'
import type { Postcondition } from '../../entities/chatops/change-request.ts'
import type { Audit } from '../../entities/register/audit.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { columnLabel } from '../../register/columns.ts'
import type { SentRegistration } from '../../registration/records.ts'
import { historyOf, readAudits } from './history.ts'

// What the registration has left in Register's audits, and what the trainee's timeline shows of it.

const before = z.object({
  lastAudit: z.string().nullable(),
  audits: z.number(),
  events: z.number(),
  timeline: z.string(),
})
const tidied = z.array(z.string())

/** Three lines: the audits before the registration, those of the registration, and the timeline. */
export async function historyStands(
  sql: EntityManager,
  trainee: Trainee,
  registration: SentRegistration,
  executed: Executed,
): Promise<[before: Postcondition, own: Postcondition, timeline: Postcondition]> {
  const was = before.parse(executed.evidence['history'])
  const foreseen = tidied.parse(executed.evidence['tidy'])
  const audits = await readAudits(sql, trainee.id)
  const old = audits.filter(({ id }) => BigInt(id) <= BigInt(was.lastAudit ?? 0))
  const added = audits.filter((audit) => !old.includes(audit))
  const own = added.filter((audit) => isOwn(audit, executed))
  const others = added
    .filter((audit) => !own.includes(audit))
    .map((audit) => ({ ...audit, isSigned: isSigned(audit, executed) }))
  return [
    untouchedBefore(old.length >= was.audits, own, others),
    onlyIds(registration, foreseen, own, others),
    timelineStands(trainee, was, foreseen, [...old, ...own]),
  ]
}

/** The audits that the registration of this request has written. */
function isOwn({ comment }: Audit, { changeRequest }: Executed): boolean {
  return comment === `trainee-chatops job register-for-trn, CR-${changeRequest}`
}

/** By someone signed in to Register, or by another of our requests or jobs; this request's own changes write none. */
function isSigned({ user_id, comment }: Audit, { changeRequest }: Executed): boolean {
  if (comment?.startsWith(`CR-${changeRequest}:`)) return false
  return user_id !== null || /^(CR-\d+:|trainee-chatops job )/.test(comment ?? '')
}

type Other = Audit & { isSigned: boolean }

function untouchedBefore(isWhole: boolean, own: readonly Audit[], others: readonly Other[]): Postcondition {
  const sentence = 'Before the registration the history was exactly as it had been'
  const [first] = own
  const early = others.filter(({ id }) => !first || BigInt(id) < BigInt(first.id))
  if (!isWhole) return { sentence, holds: false, found: 'An entry is gone.' }
  if (early.length === 0) return { sentence, holds: true, found: 'None was added.' }
  return { sentence, holds: early.every(({ isSigned }) => isSigned), found: auditWords(early) }
}

function onlyIds(
  { job, ids }: SentRegistration,
  foreseen: readonly string[],
  own: readonly Audit[],
  others: readonly Other[],
): Postcondition {
  const sentence = 'The only new entries in the history are the registration’s own, of the new ids'
  const allowed = ['dttp_id', 'placement_assignment_dttp_id', ...foreseen]
  const columns = own.flatMap(({ audited_changes }) => Object.keys(audited_changes ?? {}))
  const strange = columns.filter((column) => !allowed.includes(column))
  if (strange.length > 0)
    return { sentence, holds: false, found: `They also name ${strange.map(columnLabel).join(', ')}.` }
  if (job?.status !== 'failed' && !ids) return { sentence, holds: false, waiting: true, found: 'None is new so far.' }
  const expected = ids ? 1 + Object.keys(ids.degrees).length : 0
  const isWhole = own.length === expected
  const told = isWhole ? others : others.filter(({ isSigned }) => !isSigned)
  const found = [`${own.length} of ${expected} are there.`, ...(told.length > 0 ? [auditWords(told)] : [])].join(' ')
  return { sentence, holds: isWhole && others.every(({ isSigned }) => isSigned), found }
}

/** Compares the events of the timeline from before with those that the old audits and the registration's make now. */
function timelineStands(
  trainee: Trainee,
  was: z.output<typeof before>,
  foreseen: readonly string[],
  audits: readonly Audit[],
): Postcondition {
  const sentence = 'The trainee’s timeline shows the same events'
  const isForeseen = ({ audit, what }: { audit: string; what: string }) =>
    BigInt(audit) > BigInt(was.lastAudit ?? 0) && foreseen.some((column) => what === `Trainee ${column}`)
  const now = historyOf(trainee, audits, isForeseen)
  const more = historyOf(trainee, audits).events - now.events
  if (now.timeline !== was.timeline) return { sentence, holds: false, found: 'The events are no longer as they were.' }
  const tidy =
    more > 0 ? ` ${more} ${more === 1 ? 'is' : 'are'} new, as foreseen: ${foreseen.map(columnLabel).join(', ')}.` : ''
  return {
    sentence,
    holds: true,
    found: `The ${was.events} ${was.events === 1 ? 'event is' : 'events are'} as before.${tidy}`,
  }
}

/** Signed ones are named only where all is well: of what is wrong nothing changes when people save the trainee once more. */
function auditWords(audits: readonly Other[]): string {
  const unsigned = audits.filter(({ isSigned }) => !isSigned).length
  return unsigned > 0 ? `${unsigned} that nobody has signed.` : `${audits.length} since then by other people or jobs.`
}
