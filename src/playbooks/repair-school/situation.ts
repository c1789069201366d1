import { readSubject } from '../../contract/subject.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import { type SentSchool, sentSchoolsOf, type WhichSchool } from '../../register/schools/sent-schools.ts'
import { type AfterRepair, type Sorted, sortWaiting } from '../../schools/who-goes-on.ts'
import type { RegisterSettings } from '../../world.ts'
import { type Chosen, repairedRow, repairFor, type School } from './repair.ts'
import type { Answers, Rows, SchoolRows } from './rows.ts'

/** The schools in question with what can be done about each, and what becomes of everybody who waits for them. */
export type Situation = {
  trainee: Trainee | null
  /** What was named: a URN or a job; empty where it was not. */
  named: { urn: string; job: string }
  /** What the trainee's route sends; nothing without a trainee. */
  sent: readonly Sent[]
  schools: readonly School[]
  waiting: Sorted
  /** Whether jobs that are started run at all, and do something. */
  canRun: boolean
  rows: Rows
  addsTrelloCards: boolean
  register: RegisterSettings
}

/** A school of a trainee's that the route sends: which it is, or why there is none to look at. */
export type Sent = { which: WhichSchool; is: SentSchool['is']; urn: string | null }

export function situationOf(
  rows: Rows,
  answers: Answers,
  form: Chosen & { subject: string },
  { register, addsTrelloCards }: { register: RegisterSettings; addsTrelloCards: boolean },
): Situation {
  const { trainee, known, sync, gias } = rows
  const sent = trainee ? sentSchools(trainee, rows.schools, register) : []
  const sentUrns = new Set(sent.map(({ urn }) => urn))
  const context = { chosen: form, answers, known, sync, isGiasTooOld: gias.isTooOld, register }
  const schools = rows.schools
    .filter(({ urn }) => trainee === null || sentUrns.has(urn))
    .map((school) => ({ ...school, repair: repairFor(school, context) }))
  const canRun = register.runsJobs && register.isEnabled('persist_to_dttp')
  const nobody: Sorted = { freed: [], leftOut: [], later: 0 }
  const seen = { ...foundAfterwards(schools), named: trainee, records: answers.records, register }
  const waiting = canRun ? sortWaiting(rows.waiting, seen) : nobody
  const { kind, id } = readSubject(form.subject)
  const named = { urn: kind === 'urn' ? id : '', job: kind === 'job' ? id : '' }
  return { trainee, named, sent, schools, waiting, canRun, rows, addsTrelloCards, register }
}

/** By Register's feature flags as they are. */
function sentSchools(trainee: Trainee, schools: readonly SchoolRows[], register: RegisterSettings): Sent[] {
  return sentSchoolsOf(trainee, register).map(({ which, is, id }) => {
    const urn = schools.find(({ school }) => school !== null && school.id === id)?.urn ?? null
    return { which, is: is === 'set' && urn === null ? 'missing' : is, urn }
  })
}

function foundAfterwards(schools: readonly School[]): AfterRepair {
  const repaired = schools.flatMap(({ repair }) => repairedRow(repair) ?? [])
  const found = schools.filter(({ repair }) => repair.kind === 'active' || repairedRow(repair) !== null)
  return { urns: new Set(found.map(({ urn }) => urn)), repaired }
}

/** The URNs of the schools that become active. */
export function repairedUrns({ schools }: Situation): string[] {
  return schools.filter(({ repair }) => repairedRow(repair) !== null).map(({ urn }) => urn)
}
