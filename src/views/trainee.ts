import type { AlertSight } from '../alerts/sight/sight.ts'
import { formatDateTime } from '../calendar/london.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import type { SeenJob } from '../entities/chatops/seen-job.ts'
import { describeGiasAge, giasStatusLabel, giasUrl } from '../gias/schools.ts'
import { playbooks } from '../playbooks/index.ts'
import { jobDoes, jobFailedWords, registerNamesOf } from '../register/jobs/words.ts'
import { dttpStatusLabel } from '../register/schools/schools.ts'
import { stateLabel } from '../register/trainees/states.ts'
import type { TrnSubmission } from '../register/trainees/submissions.ts'
import { routeLabel } from '../register/trainees/training-routes.ts'
import type { RecordFacts, SchoolFacts, TraineeFacts } from '../trainee/facts.ts'
import { listed } from '../words.ts'
import { waitWords } from './alert/beside.ts'
import { type Block, heading, type Message, plainLines, plainSections, section, smallPrint } from './kit/blocks.ts'
import { capitalise } from './kit/labels.ts'
import { escapeText, shorten } from './kit/text.ts'
import { requestLine } from './request/request.ts'

/** Where the links lead: base URLs without a trailing slash. */
type Links = { registerUrl: string; dttpUrl: string }

/**
 * The answer to `/trainee show`: what support looks up, and nothing that says who the trainee is. At most 50 blocks.
 */
export function renderTrainee(facts: TraineeFacts & { alerts?: readonly AlertSight[] }, links: Links): Message {
  const { trainee } = facts
  const title = `Trainee ${trainee.id}`
  return {
    text: title,
    blocks: [
      heading(title),
      section(`<${links.registerUrl}/trainees/${trainee.slug}|Open in Register>`),
      ...plainLines(describeRecord(facts)),
      heading('DTTP'),
      ...describeDttp(facts, links.dttpUrl),
      heading('Schools'),
      ...facts.schools.flatMap((school) => describeSchool(school)),
      ...facts.waits.map((wait) => section(waitWords(wait))),
      ...plainSections(`From ${describeGiasAge(facts.giasAge)}.`),
      ...smallPrint(rowWords(facts.schools)),
      ...((facts.alerts ?? []).length > 0 ? [heading('Open alerts')] : []),
      ...plainLines((facts.alerts ?? []).map(({ diagnosis }) => shorten(diagnosis.title, 200))),
      heading('Jobs'),
      ...plainLines(describeJobs(facts)),
      ...plainSections(more(facts.jobsInAll, facts.jobs)),
      ...smallPrint(registerNamesOf(facts.jobs.map(({ name }) => name))),
      heading('Requests'),
      ...describeRequests(facts.requests, links.registerUrl),
      ...plainSections(more(facts.requestsInAll, facts.requests)),
    ],
  }
}

function more(inAll: number, shown: readonly unknown[]): string {
  return inAll > shown.length ? `And ${(inAll - shown.length).toLocaleString('en-GB')} older.` : ''
}

function describeRecord({ trainee, provider, submission }: TraineeFacts): string[] {
  const submitted = trainee.submitted_for_trn_at
  return [
    `State: ${stateLabel(trainee.state, trainee.training_route)}`,
    `Route: ${capitalise(routeLabel(trainee.training_route))}`,
    `Provider: ${shorten(provider.name, 200)} (${provider.code ?? 'no code'})`,
    `TRN: ${trainee.trn === null ? 'not in Register yet' : 'in Register'}`,
    `Submitted for TRN: ${submitted === null ? 'never' : formatDateTime(submitted)}`,
    `Submitted by: ${describeSubmitter(submission)}`,
  ]
}

/** A user of Register is shown by number: a name would be a colleague's personal data. */
function describeSubmitter(submission: TrnSubmission | null): string {
  if (!submission?.user) return 'not known'
  const { user, reinstated } = submission
  const again = reinstated?.created_at ? `; reinstated on ${formatDateTime(reinstated.created_at)}` : ''
  return `user ${user.id}, ${user.dttp_id === null ? 'without a DTTP id' : 'registered with DTTP'}${again}`
}

function describeDttp({ contact, placementAssignment, trnInDttp }: TraineeFacts, dttpUrl: string): Block[] {
  const trn = { true: 'DTTP has a TRN for the trainee.', false: 'DTTP has no TRN yet.', null: '' }[`${trnInDttp}`]
  return [
    section(`Record: ${describeLink(contact, dttpUrl, 'contact')}`),
    section(`Training record: ${describeLink(placementAssignment, dttpUrl, 'dfe_placementassignment')}`),
    ...plainSections(contact?.there ? trn : ''),
  ]
}

function describeLink(record: RecordFacts | null, dttpUrl: string, entity: string): string {
  if (!record) return 'none in Register'
  const url = `${dttpUrl}/main.aspx?pagetype=entityrecord&amp;etn=${entity}&amp;id=${record.id}`
  const there = { true: 'found in DTTP', false: '*not in DTTP*', null: 'could not be checked' }[`${record.there}`]
  const became = record.became ? `, but *${escapeText(record.became)}* there` : ''
  return `<${url}|${escapeText(record.id)}>, ${there}${became}`
}

function describeSchool({ which, sent, notApplicable, school, inDttp, onGias }: SchoolFacts): Block[] {
  const label = `${capitalise(which)} school`
  const use = sent ? '' : ' The route does not send it.'
  if (notApplicable) return plainSections(`${label}: not applicable.${use}`)
  if (!school) return plainSections(`${label}: not set.${use}`)
  const statuses = inDttp.map(({ status_code }) => dttpStatusLabel(status_code))
  const dttp = inDttp.length > 0 ? `In DTTP: ${listed(statuses)}.` : 'Not among the DTTP schools.'
  const gias = onGias ? `GIAS: ${giasStatusLabel(onGias)}.` : 'Not on GIAS, as far as we know.'
  const name = escapeText(shorten(school.name, 150))
  return [section(`${label}: ${name}, <${giasUrl(school.urn)}|URN ${escapeText(school.urn)}>.${use}\n${dttp} ${gias}`)]
}

/** The form of a repair asks for a row where a school has several. */
function rowWords(schools: readonly SchoolFacts[]): string {
  const rows = schools.flatMap(({ inDttp }) => inDttp.map(({ id }) => `row ${id}`))
  return rows.length > 0 ? `In Register’s list of DTTP schools: ${[...new Set(rows)].join(', ')}.` : ''
}

function describeJobs({ jobs }: TraineeFacts): string[] {
  if (jobs.length === 0) return ['None is waiting, and none has failed.']
  return jobs.map((job) => describeJob(job))
}

function describeJob(job: SeenJob): string {
  const does = `“${jobDoes(job.name)}”`
  if (job.status === 'failed') {
    const when = job.finishedAt ? ` on ${formatDateTime(job.finishedAt)}` : ''
    return `${jobFailedWords(job.name)}${when}: ${shorten(job.failure?.words ?? 'for an unknown reason', 300)}`
  }
  if (job.status === 'running') return `${does} is running.`
  const until = job.timeoutAt ? `, until ${formatDateTime(job.timeoutAt)}` : ''
  const again = job.attempts > 0 ? ` It failed ${job.attempts} times so far.` : ''
  return `${does} runs next on ${formatDateTime(job.dueAt)}${until}.${again}`
}

function describeRequests(requests: readonly ChangeRequest[], registerUrl: string): Block[] {
  if (requests.length === 0) return plainSections('None.')
  return requests.map((request) => section(requestLine(request, playbooks, registerUrl)))
}
