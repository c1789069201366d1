import { formatDateTime } from '../../calendar/london.ts'
import type { Check, Finding } from '../../contract/check.ts'
import { lookAtFlag, lookAtRunner } from '../../jobs/checks.ts'
import { columnLabel } from '../../register/columns.ts'
import { jobDoes, jobFailedWords } from '../../register/jobs/words.ts'
import { findState, stateLabel } from '../../register/trainees/states.ts'
import { lookAtPreflight } from '../../registration/checks.ts'
import { namesakeWords } from '../../registration/namesakes.ts'
import { count, listed } from '../../words.ts'
import type { Situation } from './situation.ts'

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'trainee', sentence: 'One trainee is meant', look: lookAtTrainee },
  { id: 'jobs', sentence: 'The bot runs Register’s jobs', look: lookAtRunner },
  { id: 'flag', sentence: 'Register’s jobs for DTTP are switched on', look: lookAtFlag },
  { id: 'state', sentence: 'The trainee waits for a TRN', look: lookAtState },
  { id: 'submitted', sentence: 'The exact time of submission is known', look: lookAtSubmission },
  { id: 'contact', sentence: 'DTTP no longer has the trainee’s record', look: lookAtContact },
  { id: 'placement', sentence: 'Nothing is left over in DTTP', look: lookAtPlacementAssignment },
  { id: 'submitter', sentence: 'The person who submitted the trainee is registered with DTTP', look: lookAtSubmitter },
  { id: 'preflight', sentence: 'Everything DTTP must be told is there', look: lookAtRecord },
  {
    id: 'registration',
    sentence: 'No other registration is under way or of unknown outcome',
    look: lookAtRegistrations,
  },
  { id: 'other-jobs', sentence: 'The trainee’s other jobs are known', look: lookAtOtherJobs },
  { id: 'tidy', sentence: 'Saving the new ids changes nothing else', look: lookAtTidying },
  { id: 'history', sentence: 'The trainee’s timeline is known', look: lookAtHistory },
]

function lookAtTrainee({ trainee }: Situation): Finding {
  return { verdict: 'holds', found: `It is trainee ${trainee.id}.`, evidence: { id: trainee.id, slug: trainee.slug } }
}

function lookAtState({ trainee }: Situation): Finding {
  const evidence = { state: trainee.state, received: trainee.trn !== null }
  const label = stateLabel(trainee.state, trainee.training_route)
  if (trainee.trn !== null) {
    const found = `The trainee has a TRN already (${label}), so they must not be registered for one again. If updates to DTTP fail, ask the operations team which record is theirs.`
    return { verdict: 'blocks', found, evidence }
  }
  if (findState(trainee.state) === 'submitted_for_trn') return { verdict: 'holds', found: `${label}.`, evidence }
  const found = `The record is ${label}. Only a trainee who is Pending TRN can be registered again.`
  return { verdict: 'blocks', found, evidence }
}

function lookAtSubmission({ trainee }: Situation): Finding {
  const at = trainee.submitted_for_trn_at
  if (at === null) {
    const found = 'The time of submission is empty. Register’s timeline would be wrong. Ask a developer.'
    return { verdict: 'blocks', found, evidence: { at } }
  }
  return { verdict: 'holds', found: `${formatDateTime(at)}. It is not touched.`, evidence: { at } }
}

function lookAtContact({ trainee, taken, own, namesakes, inDttp }: Situation): Finding {
  const alike = inDttp.alike?.filter((id) => id !== own && !taken.includes(id)) ?? null
  const evidence = { contact: trainee.dttp_id, exists: inDttp.contact, became: inDttp.became, alike, namesakes }
  if (trainee.dttp_id === null) return { ...lookForUnnamed(alike, namesakes), evidence }
  if (!inDttp.contact) {
    return { verdict: 'holds', found: `${trainee.dttp_id} is not in DTTP any more.`, evidence }
  }
  if (inDttp.became) {
    const { mergedInto } = inDttp.became
    const became = mergedInto ? `merged it into ${mergedInto}` : 'deactivated it'
    const found = `DTTP still has the trainee’s record (${trainee.dttp_id}), and somebody there has ${became}. Ask the operations team which record is the trainee’s, and a developer to put its id into Register.`
    return { verdict: 'blocks', found, evidence }
  }
  return {
    verdict: 'blocks',
    found: `DTTP has the trainee’s record (${trainee.dttp_id}). ${whyNotAgain(trainee, inDttp)}`,
    evidence,
  }
}

/** The trainee may have a record in DTTP whose id Register has lost. */
function lookForUnnamed(
  alike: readonly string[] | null,
  namesakes: readonly string[],
): Pick<Finding, 'verdict' | 'found'> {
  const nothing = 'Register holds no id for it, so there is nothing to empty.'
  if (alike === null) {
    const found = `${nothing} The provider gave the trainee no id of theirs, so we cannot tell whether DTTP has the trainee already: look there first.`
    return { verdict: 'warns', found }
  }
  if (alike.length === 0) return { verdict: 'holds', found: `${nothing} DTTP has none with the trainee’s id, either.` }
  if (namesakes.length > 0) {
    const found = `Register holds no id for it, but DTTP has ${alike.join(', ')} with the trainee’s id, which the same provider also gave to ${namesakeWords(namesakes)}. We cannot tell whose record it is. Ask the operations team whose it is, and a developer to put its id into Register.`
    return { verdict: 'blocks', found }
  }
  const found = `Register holds no id for it, but DTTP has ${alike.join(', ')} with the trainee’s id. Registering again would create a second trainee. Ask a developer to put the right id into Register.`
  return { verdict: 'blocks', found }
}

function whyNotAgain(
  { placement_assignment_dttp_id: id }: Situation['trainee'],
  { placementAssignment }: Situation['inDttp'],
): string {
  const second = 'Registering again would create a second trainee.'
  if (placementAssignment) return `${second} Check what the failed job says: it may be about something else.`
  const missing = id === null ? 'Register holds no id of a training record' : `The training record (${id}) is missing`
  return `${missing}. ${second} Ask the operations team to put the training record right in DTTP.`
}

function lookAtPlacementAssignment({ trainee, inDttp }: Situation): Finding {
  const id = trainee.placement_assignment_dttp_id
  const evidence = { placementAssignment: id, exists: inDttp.placementAssignment, owner: inDttp.owner }
  if (id === null) return { verdict: 'holds', found: 'Register holds no id of a training record.', evidence }
  if (!inDttp.placementAssignment)
    return { verdict: 'holds', found: `The training record ${id} is not in DTTP.`, evidence }
  if (inDttp.owner) {
    const found = `The training record ${id} is in DTTP, with a trainee’s record that Register does not name (${inDttp.owner}). Registering again would create a second trainee. Ask the operations team which record is right, and a developer to put its id into Register.`
    return { verdict: 'blocks', found, evidence }
  }
  if (inDttp.contact) return { verdict: 'holds', found: 'The training record is in DTTP, with its trainee.', evidence }
  const found = `The training record ${id} is still in DTTP, without its trainee. The registration creates a new one, and this one stays behind. Ask for it to be deleted: there is text to copy.`
  return { verdict: 'warns', found, evidence }
}

function lookAtSubmitter(situation: Situation): Finding {
  const { submission, submitter: user, chosen } = situation
  const by = submission?.user ?? null
  const evidence = { audit: submission?.audit.id ?? null, user: user?.id ?? null, dttp: user?.dttp_id ?? null }
  const who = by ? `User ${by.id} submitted the trainee${when(situation)}` : 'We cannot tell who submitted the trainee'
  if (user && chosen === '') return { verdict: 'holds', found: `${who}.${reinstated(situation)}`, evidence }
  if (user && by?.dttp_id && by.id !== user.id) {
    const found = `${who}, and is registered with DTTP. You chose user ${user.id} all the same.`
    return { verdict: 'warns', found, evidence }
  }
  if (user) return { verdict: 'holds', found: `User ${user.id}, as you chose. ${who}.`, evidence }
  const why =
    chosen === ''
      ? `${who}${by ? ', and is not registered with DTTP' : ''}.`
      : `User ${chosen} is not an active user of this provider who is registered with DTTP.`
  const found = `${why}${reinstated(situation)} ${whomToChoose(situation)}`
  return { verdict: 'blocks', found, evidence, ...askFor(situation) }
}

function when({ submission }: Situation): string {
  return submission?.audit.created_at ? ` on ${formatDateTime(submission.audit.created_at)}` : ''
}

function reinstated({ submission }: Situation): string {
  const at = submission?.reinstated?.created_at
  return at ? ` They were deferred, and reinstated on ${formatDateTime(at)}.` : ''
}

function whomToChoose({ colleagues }: Situation): string {
  if (colleagues.length === 0) {
    return 'No user of this provider is registered with DTTP. Ask the operations team to register one there first.'
  }
  const numbers = colleagues.map((id) => `user ${id}`).join(', ')
  return `Enter the number of a user of this provider who is registered with DTTP: ${numbers}.`
}

function askFor({ colleagues }: Situation): Pick<Finding, 'ask'> {
  if (colleagues.length === 0) return {}
  return { ask: { field: 'submitter', options: colleagues.map((id) => ({ value: id, label: `User ${id}` })) } }
}

function lookAtRecord({ registration, submitter, register }: Situation): Finding {
  return lookAtPreflight(registration, submitter?.dttp_id ?? null, register)
}

function lookAtRegistrations({ trainee, live, unsettled, takesOver }: Situation): Finding {
  const job = live.find(({ name }) => name === 'register-for-trn')
  const evidence = { live: job?.id ?? null, unsettled: unsettled?.jobId ?? null }
  if (job) {
    const found = 'A registration of this trainee is waiting or running. Wait until it has ended.'
    return { verdict: 'blocks', found, evidence }
  }
  if (unsettled?.ownIds && takesOver) {
    const found = `One was sent on ${formatDateTime(unsettled.sentAt)} and not answered. This one takes its ids over: if DTTP has the record by then, it is saved and not created again.`
    return { verdict: 'holds', found, evidence }
  }
  if (unsettled) {
    const found = `A registration was sent on ${formatDateTime(unsettled.sentAt)}, and we do not know if it worked. Registering again could create a duplicate. A developer must settle that first: /trainee settle-registration ${trainee.id}.`
    return { verdict: 'blocks', found, evidence }
  }
  return { verdict: 'holds', found: '', evidence }
}

/** No evidence, so not part of what is approved: such jobs come and go, and none of them matters to the change. */
function lookAtOtherJobs({ live, failed }: Situation): Finding {
  const others = live.filter(({ name }) => name !== 'register-for-trn').map(({ name }) => name)
  const waiting =
    others.length > 0
      ? [`Waiting: ${listed(others.map((name) => `“${jobDoes(name)}”`))}. ${whatBecomesOf(others)}`]
      : []
  const failures = failed.map(({ name, failure }) => `${jobFailedWords(name)}: ${failure?.words}`)
  return { verdict: 'holds', found: [...waiting, ...failures].join(' ') || 'There are none.', evidence: null }
}

/**
 * A poll asks DTTP about the record that the trainee has when it runs. Any other job that runs too soon fails for good.
 */
function whatBecomesOf(jobs: readonly string[]): string {
  if (jobs.every((name) => name === 'retrieve-trn')) return 'It asks about the new record.'
  return 'What runs before the registration has ended fails, as Register names no DTTP record then. The registration sends everything anyway.'
}

/**
 * The registration saves the trainee, so it also changes what Register changes on every save. The timeline shows that.
 */
function lookAtTidying({ tidied }: Situation): Finding {
  const columns = Object.keys(tidied)
  if (columns.length === 0) return { verdict: 'holds', found: '', evidence: columns }
  const labels = columns.map(columnLabel).join(', ')
  const found = `When the new ids are saved, Register also puts this right, as on every save: ${labels}. The timeline will show it.`
  return { verdict: 'warns', found, evidence: columns }
}

function lookAtHistory({ history }: Situation): Finding {
  const found = `It has ${count(history.events, 'event')}. We compare them again afterwards.`
  return { verdict: 'holds', found, evidence: { ...history } }
}
