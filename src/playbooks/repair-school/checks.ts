import { formatDateTime } from '../../calendar/london.ts'
import type { Check, Finding } from '../../contract/playbook.ts'
import { lookAtFlag, lookAtRunner } from '../../jobs/checks.ts'
import { isUrn } from '../../register/schools.ts'
import { findRoute, routeLabel } from '../../register/training-routes.ts'
import { diagnose } from './diagnosis.ts'
import type { InDttp } from './dttp.ts'
import type { Form } from './form.ts'
import { lookOnGias } from './gias.ts'
import { lookAtLasting, lookAtList } from './list-checks.ts'
import { combine, type Seen, type Sent, schoolsLookedAt, sentSchools } from './looked-at.ts'
import type { Rows } from './rows.ts'
import { lookAtLeftOut, lookAtWaiting } from './waiting-checks.ts'

/** Each check as a sentence that should hold; the order is the order people read them in. */
export const checks: Check<Rows, InDttp, Form>[] = [
  { id: 'about', sentence: 'The reference names a school, or a trainee with one', look: lookAtReference },
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

function lookAtReference({ rows: { trainee }, form }: Seen): Finding {
  const evidence = { trainee: trainee?.id ?? null, urn: form.urn, job: form.job }
  const found = trainee ? `Trainee ${trainee.id}.` : `URN ${form.urn}.`
  return { verdict: 'holds', found, evidence }
}

function lookAtSent(seen: Seen): Finding {
  const { trainee } = seen.rows
  if (!trainee) return { verdict: 'holds', found: '', evidence: null }
  const sent = sentSchools(seen)
  const evidence = sent.map(({ which, is, urn }) => [which, is, urn])
  if (sent.length === 0) {
    const found = `The route ${routeLabel(trainee.training_route)} sends no school to DTTP, so no school can be what is wrong.${switchedOff(seen)}`
    return { verdict: 'blocks', found, evidence }
  }
  return { verdict: verdictOn(sent, seen), found: sent.map(describeSent).join(' '), evidence }
}

/** Nothing is repaired where the only thing that is wrong is that a school is not set. */
function verdictOn(sent: readonly Sent[], seen: Seen): Finding['verdict'] {
  if (sent.every(({ is }) => is !== 'set')) return 'blocks'
  if (sent.every(({ is }) => is !== 'missing')) return 'holds'
  return schoolsLookedAt(seen).every((school) => diagnose(school, seen).kind === 'active') ? 'blocks' : 'warns'
}

/** A route whose flag is off sends no schools, whatever they are. */
function switchedOff({ rows: { trainee }, register }: Seen): string {
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

function lookAtUrn(seen: Seen): Finding {
  const malformed = schoolsLookedAt(seen)
    .map(({ urn }) => urn)
    .filter((urn) => !isUrn(urn))
  if (malformed.length === 0) return { verdict: 'holds', found: '', evidence: [] }
  const found = `Register has a school with the URN “${malformed.join('”, “')}”. A URN has 5 or 6 digits, so neither DTTP nor GIAS can have it. Ask a developer to correct the school in Register.`
  return { verdict: 'blocks', found, evidence: malformed }
}

/** Asked only where it decides something: a school that is active is sent whatever GIAS says. */
function lookAtGias(seen: Seen): Finding {
  const undecided = schoolsLookedAt(seen).filter(
    (school) => !['active', 'malformed'].includes(diagnose(school, seen).kind),
  )
  return combine(undecided.map((school) => lookOnGias(school, seen.rows)))
}

/** A school can be repaired without them, but nobody goes on by themselves. */
function lookAtJobs(seen: Seen): Finding {
  const findings = [lookAtRunner(seen), lookAtFlag(seen)]
  const evidence = findings.map((finding) => finding.evidence)
  const obstacle = findings.find(({ verdict }) => verdict !== 'holds')
  if (!obstacle) return { verdict: 'holds', found: '', evidence }
  return { verdict: 'warns', found: `${obstacle.found} This request retries nothing.`, evidence }
}

/** Not part of what is approved: it only helps to understand. */
function lookAtFailure({ rows: { job, waiting } }: Seen): Finding {
  const failed = [job, ...waiting.map((one) => one.job)].find((one) => one?.status === 'failed' && one.failure)
  if (!failed?.failure) return { verdict: 'holds', found: 'No failed job is on record.', evidence: null }
  const { words, at } = failed.failure
  const found = `For trainee ${failed.traineeId} it said on ${formatDateTime(new Date(at))}: ${words}`
  return { verdict: 'holds', found, evidence: null }
}
