import { formatDateTime } from '../../calendar/london.ts'
import { type Check, type Finding, notLookedAt } from '../../contract/check.ts'
import { lookAtFlag, lookAtRunner } from '../../jobs/checks.ts'
import { findState, stateLabel } from '../../register/trainees/states.ts'
import { lookAtPreflight } from '../../registration/checks.ts'
import { namesakeWords } from '../../registration/namesakes.ts'
import { candidateList, candidateWords } from '../../registration/traces.ts'
import { isWhole, type Situation } from './situation.ts'

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'trainee', sentence: 'One trainee is meant', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'attempt', sentence: 'A registration was sent and never answered', look: lookAtAttempt },
  { id: 'state', sentence: 'The trainee waits for a TRN, without another DTTP record', look: lookAtState },
  { id: 'records', sentence: 'What DTTP has fits the decision', look: lookAtRecords },
  { id: 'degrees', sentence: 'Every degree is found in DTTP', look: lookAtDegrees },
  { id: 'preflight', sentence: 'Everything DTTP must be told is there', look: lookAtRecord },
]

function lookAtTrainee({ trainee }: Situation): Finding {
  return { verdict: 'holds', found: `It is trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtAttempt({ attempt, isUnderWay }: Situation): Finding {
  const evidence = { attempt: attempt?.jobId ?? null, isUnderWay }
  if (isUnderWay) {
    const found = 'A registration of this trainee is waiting or running. Wait until it has ended, then check again.'
    return { verdict: 'blocks', found, evidence }
  }
  if (!attempt) {
    const found = 'There is no registration of this trainee whose outcome we do not know. There is nothing to settle.'
    return { verdict: 'blocks', found, evidence }
  }
  const then = attempt.ids ? ' DTTP answered, but its ids could not be saved in Register.' : ''
  return { verdict: 'holds', found: `Sent on ${formatDateTime(attempt.sentAt)}.${then}`, evidence }
}

function lookAtState(situation: Situation): Finding {
  const { trainee, decision, isWaiting } = situation
  const evidence = { state: trainee.state, record: trainee.dttp_id, received: trainee.trn !== null }
  const given = lookAtRecordGiven(situation)
  if (given?.verdict === 'blocks' || isWaiting) {
    return given ? { ...given, evidence } : { verdict: 'holds', found: `${labelOf(situation)}.`, evidence }
  }
  const is = `The record is ${labelOf(situation)}${trainee.trn === null ? '' : ', and has a TRN'}`
  if (decision === 'again' || findState(trainee.state) === 'draft' || findState(trainee.state) === null) {
    const found = `${is}. Only a trainee who is Pending TRN can be registered. Ask a developer.`
    return { verdict: 'blocks', found, evidence }
  }
  const found = `${is}: only the ids are saved. DTTP’s status stays as it is, and nothing asks for a TRN. ${given?.found ?? ''}`
  return { verdict: 'warns', found: found.trim(), evidence }
}

function labelOf({ trainee }: Situation): string {
  return stateLabel(trainee.state, trainee.training_route)
}

/** What Register says of another record than the registration’s; null if it says nothing. */
function lookAtRecordGiven(situation: Situation): Pick<Finding, 'verdict' | 'found' | 'ask'> | null {
  const { trainee, traced, taken, decision, chosen } = situation
  const id = trainee.dttp_id
  if (id === null) return null
  const isThere = traced.records.some(({ contact }) => contact === id) || taken.includes(id)
  if (decision === 'use') {
    if (chosen?.contact === id) {
      return { verdict: 'holds', found: `${labelOf(situation)}. Register names this record already (${id}).` }
    }
    if (!isThere) {
      return {
        verdict: 'warns',
        found: `Register names another record (${id}), which DTTP does not have: it is replaced.`,
      }
    }
  }
  const found = `Register was given another DTTP record meanwhile (${id}).`
  if (!isThere) return { verdict: 'blocks', found: `${found} DTTP does not have it. Ask a developer.` }
  const then = 'Choose “Use these records” with that one, and ask for any other to be deleted.'
  return { verdict: 'blocks', found: `${found} ${then}`, ask: { field: 'contact' } }
}

function lookAtRecords(situation: Situation): Finding {
  const { records, decision } = situation
  const { isMore } = situation.traced
  const ids = records.map(({ contact, placementAssignments, degrees }) => [
    contact,
    ...placementAssignments,
    ...degrees.map(({ id }) => id),
  ])
  const evidence = { records: ids, isMore, namesakes: situation.namesakes }
  return { ...(decision === 'use' ? lookForUse(situation) : lookForAgain(situation)), evidence }
}

const MORE = 'DTTP has more records than we can look at that this registration may have created.'

function lookForUse(situation: Situation): Omit<Finding, 'evidence'> {
  const { records, chosen, isTellable, namesakes } = situation
  const { isMore } = situation.traced
  if (records.length === 0 && !isMore) {
    const found =
      'DTTP has no record that this registration could have created, so there is none to use. Wait a few minutes and check again, or choose “Register again”.'
    return { verdict: 'blocks', found }
  }
  const others = records.filter(({ contact }) => contact !== chosen?.contact)
  const isAnswered = chosen !== null && situation.answered?.contact === chosen.contact
  if (namesakes.length > 0 && !isAnswered) return { verdict: 'blocks', found: anybodyOf(situation) }
  if (!chosen) return askForRecord(situation)
  if (chosen.gone) {
    const found = `DTTP has ${candidateWords(chosen)}, so it must not be given to the trainee. Ask the operations team which record is theirs.`
    return { verdict: 'blocks', found }
  }
  if (!isWhole(chosen)) {
    const found = `DTTP has ${candidateWords(chosen)}. There must be exactly one training record. Ask the operations team to put it right.`
    return { verdict: 'blocks', found }
  }
  const doubts = [
    ...(isTellable || isAnswered ? [] : [ANYBODYS]),
    ...(others.length > 0 ? [`DTTP also has ${candidateList(others)}: check whether that is the same person.`] : []),
    ...(isMore ? [MORE] : []),
  ]
  if (doubts.length === 0) return { verdict: 'holds', found: `DTTP has ${candidateWords(chosen)}.` }
  const why = situation.named === null ? 'DTTP answered with' : 'You chose'
  return { verdict: 'warns', found: `${why} ${candidateWords(chosen)}. ${doubts.join(' ')}` }
}

/** Two trainees of one provider with one id look alike in DTTP. */
function anybodyOf({ namesakes, records }: Situation): string {
  return `DTTP has ${candidateList(records)}, found by the id that the provider gave the trainee. The same provider gave the same id to ${namesakeWords(namesakes)}, so we cannot tell whose record it is. Ask the operations team whose it is, and a developer to put its id into Register.`
}

const ANYBODYS =
  'The provider gave the trainee no id of theirs, so the record may be somebody else’s: look in DTTP whether it is this trainee.'

function askForRecord({ records, named, traced: { isMore } }: Situation): Omit<Finding, 'evidence'> {
  const options = records.map((candidate) => ({ value: candidate.contact, label: candidate.contact }))
  const why =
    named !== null
      ? 'That is not one of the records that DTTP has'
      : records.length > 1 || isMore
        ? 'DTTP has more than one such record'
        : 'The provider gave the trainee no id of theirs, so we cannot tell whose record this is'
  const found = `${why}. Enter the id of the one to use: ${candidateList(records)}.${isMore ? ` ${MORE}` : ''}`
  return { verdict: 'blocks', found, ask: { field: 'contact', ...(isMore ? {} : { options }) } }
}

/** A record that is complete is the trainee’s, unless their provider gave them no id: then it may be somebody else’s. */
function lookForAgain(situation: Situation): Omit<Finding, 'evidence'> {
  const { records, isFresh, isTellable, traced, namesakes } = situation
  if (isFresh) {
    const found =
      'The registration was sent a few minutes ago, and DTTP may still be working on it. Wait, then check again.'
    return { verdict: 'blocks', found }
  }
  if (traced.isMore) {
    const found = `${MORE} Registering again may create a duplicate. Ask a developer to look in DTTP for the trainee’s, and choose “Use these records” with it.`
    return { verdict: 'blocks', found }
  }
  if (records.length === 0) {
    return { verdict: 'holds', found: 'DTTP has no record that this registration could have created.' }
  }
  if (namesakes.length > 0) return { verdict: 'blocks', found: anybodyOf(situation) }
  const list = candidateList(records)
  if (isTellable && records.some(isWhole)) {
    const found = `DTTP has what this registration could have created: ${list}. Registering again would create a duplicate. Choose “Use these records”, or have them deleted in DTTP first and check again.`
    return { verdict: 'blocks', found }
  }
  const found = `DTTP has what this registration may have created: ${list}. Registering again creates a duplicate if that is this trainee.`
  return { verdict: 'warns', found }
}

function lookAtDegrees({ decision, degrees, chosen }: Situation): Finding {
  const matched = decision === 'use' ? degrees : null
  if (!matched) return notLookedAt()
  const evidence = { ids: matched.ids, unmatched: matched.unmatched }
  const { ids, unmatched } = matched
  const all = Object.keys(ids).length + unmatched.length
  const inDttp = chosen?.degrees.length ?? 0
  if (unmatched.length === 0 && inDttp !== all) {
    const found = `DTTP has ${inDttp} of them, and Register ${all}. Check in DTTP that it is this trainee.`
    return { verdict: 'warns', found, evidence }
  }
  if (unmatched.length === 0) return { verdict: 'holds', found: `${all} of ${all}.`, evidence }
  const found = `We cannot tell which of DTTP’s degrees is ${unmatched.map((id) => `degree ${id}`).join(', ')} in Register, so its DTTP id stays as it is. Ask a developer.`
  return { verdict: 'warns', found, evidence }
}

function lookAtRecord({ decision, submittedBy, registration, register }: Situation): Finding {
  if (decision === 'use') return { verdict: 'holds', found: 'DTTP has been told already.', evidence: null }
  if (submittedBy !== null) return lookAtPreflight(registration, submittedBy, register)
  const found =
    'The registration names no user on whose behalf it was sent, and without one DTTP takes none. Ask a developer.'
  return { verdict: 'blocks', found, evidence: null }
}
