import { formatDateTime } from '../../calendar/london.ts'
import { type Check, combine, type Finding, notLookedAt } from '../../contract/check.ts'
import type { Json } from '../../entities/json.ts'
import { lookAtFlag, lookAtRunner } from '../../jobs/checks.ts'
import { isUrn, schoolWords } from '../../register/schools/schools.ts'
import { findRoute, routeLabel } from '../../register/trainees/training-routes.ts'
import { lookOnGias } from '../../schools/on-gias.ts'
import type { Freed } from '../../schools/who-goes-on.ts'
import type { Repair } from './repair.ts'
import { lookAtLasting, lookAtList } from './school-checks.ts'
import type { Sent, Situation } from './situation.ts'

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'about', sentence: 'A school is meant, or a trainee with one', look: lookAtReference },
  { id: 'sent', sentence: 'The schools that the route sends are set', look: lookAtSent },
  { id: 'urn', sentence: 'The URN is one that a school can have', look: lookAtUrn },
  { id: 'school', sentence: 'The school can be sent to DTTP, or made so', look: lookAtList },
  { id: 'gias', sentence: 'GIAS has the school open', look: lookAtGias },
  { id: 'lasting', sentence: 'The next school sync leaves it so', look: lookAtLasting },
  { id: 'waiting', sentence: 'What waits for the school can go on', look: lookAtWaiting },
  { id: 'left-out', sentence: 'Nobody who waits is left out', look: lookAtLeftOut },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs, and they are switched on', look: lookAtJobs },
  { id: 'failure', sentence: 'What the failed job said is known', look: lookAtFailure },
]

function lookAtReference({ trainee, named, schools }: Situation): Finding {
  const evidence = { trainee: trainee?.id ?? null, ...named }
  const names = schools.map(({ urn, school, gias }) => `${schoolWords({ urn, name: school?.name ?? gias?.name })}.`)
  const found = [trainee ? `Trainee ${trainee.id}.` : '', ...names].filter(Boolean).join(' ') || `URN ${named.urn}.`
  return { verdict: 'holds', found, evidence }
}

function lookAtSent(situation: Situation): Finding {
  const { trainee, sent } = situation
  if (!trainee) return notLookedAt('No trainee was named.')
  const evidence = sent.map(({ which, is, urn }) => [which, is, urn])
  if (sent.length === 0) {
    const found = `The route ${routeLabel(trainee.training_route)} sends no school to DTTP, so no school can be what is wrong.${switchedOff(situation)}`
    return { verdict: 'blocks', found, evidence }
  }
  return { verdict: verdictOn(situation), found: sent.map(describeSent).join(' '), evidence }
}

/** If a school is not set and nothing else is wrong, there is nothing to repair. */
function verdictOn({ sent, schools }: Situation): Finding['verdict'] {
  if (sent.every(({ is }) => is !== 'set')) return 'blocks'
  if (sent.every(({ is }) => is !== 'missing')) return 'holds'
  return schools.every(({ repair }) => repair.kind === 'active') ? 'blocks' : 'warns'
}

/** A route whose flag is off sends no schools, whatever they are. */
function switchedOff({ trainee, register }: Situation): string {
  const route = findRoute(trainee?.training_route ?? null)
  const isOff = route !== null && route !== 'assessment_only' && !register.isEnabled(`routes.${route}`)
  return isOff ? ' The route is switched off in Register.' : ''
}

function describeSent({ which, is, urn }: Sent): string {
  switch (is) {
    case 'set':
      return `The ${which} school is URN ${urn}.`
    case 'missing':
      return `The route sends the ${which} school, and none is set. The provider must add it in Register.`
    case 'not-applicable':
      return `The ${which} school is marked not applicable, so DTTP is sent no school of its own. There is none to repair.`
  }
}

function lookAtUrn({ schools }: Situation): Finding {
  if (schools.length === 0) return notLookedAt()
  const malformed = schools.map(({ urn }) => urn).filter((urn) => !isUrn(urn))
  if (malformed.length === 0) return { verdict: 'holds', found: '', evidence: [] }
  const found = `Register has a school with the URN “${malformed.join('”, “')}”. A URN has 5 or 6 digits, so neither DTTP nor GIAS can have it. Ask a developer to correct the school in Register.`
  return { verdict: 'blocks', found, evidence: malformed }
}

/** GIAS is looked at only where that decides something: an active school is sent whatever GIAS says. */
function lookAtGias({ schools, rows }: Situation): Finding {
  const undecided = schools.filter(({ repair: { kind } }) => kind !== 'active' && kind !== 'malformed')
  const isActive = schools.some(({ repair }) => repair.kind === 'active')
  if (undecided.length === 0 && isActive) return notLookedAt('A school that is active is sent whatever GIAS says.')
  return combine(undecided.map(({ urn, gias }) => lookOnGias(urn, gias, rows.gias)))
}

/** Only those who go on are evidence. Others come and go, and nothing is done about them. */
function lookAtWaiting(situation: Situation): Finding {
  const { freed } = situation.waiting
  const evidence: Json = freed.map(({ trainee, kind, job, needsPoll }) => [
    trainee.id,
    kind,
    job ? [job.id, job.run] : null,
    needsPoll,
  ])
  if (freed.length > 0) return { verdict: 'holds', found: freedWords(freed), evidence }
  return notLookedAt(whyNobody(situation), evidence)
}

function whyNobody({ schools, canRun }: Situation): string {
  if (!canRun) return ''
  const kinds = schools.map(({ repair }) => repair.kind)
  if (kinds.includes('sync')) {
    return 'Nothing is retried before the school is there. Then ask for this repair again: it retries what waits.'
  }
  if (kinds.includes('wait')) return 'What waits for the school can be retried once it is there.'
  return kinds.some((kind) => FOUND_AFTERWARDS.includes(kind)) ? 'No job that waits for the school can be retried.' : ''
}

const FOUND_AFTERWARDS: readonly Repair['kind'][] = ['active', 'activate', 'insert', 'adopt']

function freedWords(freed: readonly Freed[]): string {
  const [retried, anew] = [freed.filter(({ job }) => job), freed.filter(({ job }) => !job)]
  const polled = freed.filter(({ needsPoll }) => needsPoll)
  return [
    ...(retried.length > 0 ? [`Retried: ${retried.map(nameOf).join(', ')}.`] : []),
    ...(anew.length > 0 ? [`Sent anew, as no failed job is on record: ${anew.map(nameOf).join(', ')}.`] : []),
    ...(polled.length > 0
      ? [
          `Nothing asks for their TRN any more, so DTTP is asked anew: ${polled.map(({ trainee }) => `trainee ${trainee.id}`).join(', ')}.`,
        ]
      : []),
  ].join(' ')
}

function nameOf({ trainee, kind }: Freed): string {
  return `trainee ${trainee.id} (${kind === 'update-trainee' ? 'update' : 'registration'})`
}

const MOST_LISTED = 30

function lookAtLeftOut({ waiting: { leftOut, later }, rows, canRun }: Situation): Finding {
  const lines = leftOut.slice(0, MOST_LISTED).map(({ trainee, words }) => `Trainee ${trainee.id} is left out. ${words}`)
  const more = [
    ...(leftOut.length > lines.length ? [`${leftOut.length - lines.length} more are left out.`] : []),
    ...(later > 0 || (rows.isMore && canRun)
      ? [`${later > 0 ? later : 'Some'} more wait than fit into one request. Ask again when this one is done.`]
      : []),
  ]
  if (lines.length + more.length === 0) return canRun ? { verdict: 'holds', found: '', evidence: null } : notLookedAt()
  return { verdict: 'warns', found: [...lines, ...more].join(' '), evidence: null }
}

/** If Register's jobs do not run, a school can be repaired, but nobody who waits for it goes on by themselves. */
function lookAtJobs(situation: Situation): Finding {
  const { register, rows } = situation
  const findings = [lookAtRunner({ register, mirror: rows.mirror }), lookAtFlag({ register })]
  const evidence = findings.map((finding) => finding.evidence)
  const obstacle = findings.find(({ verdict }) => verdict !== 'holds')
  if (!obstacle) return { verdict: 'holds', found: '', evidence }
  if (obstacle.verdict === 'unchecked') return { ...obstacle, evidence }
  return { verdict: 'warns', found: `${obstacle.found} This request retries nothing.`, evidence }
}

/** No evidence, so not part of what is approved: it only explains. */
function lookAtFailure({ rows: { job, waiting } }: Situation): Finding {
  const failed = [job, ...waiting.map((one) => one.job)].find((one) => one?.status === 'failed' && one.failure)
  if (!failed?.failure) return notLookedAt('No failed job is on record.')
  const { words, at } = failed.failure
  const found = `For trainee ${failed.traineeId} it said on ${formatDateTime(new Date(at))}: ${words}`
  return { verdict: 'holds', found, evidence: null }
}
