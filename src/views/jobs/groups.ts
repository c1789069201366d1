import * as z from 'zod'
import { referenceWords } from '../../dttp/words.ts'
import type { JobKind, ListedJob } from '../../jobs/list/listed-job.ts'
import { MOST_COUNTED } from '../../pages.ts'
import { jobDoes, registerJobName } from '../../register/jobs/words.ts'
import { count } from '../../words.ts'
import { ago, ahead } from '../kit/ages.ts'
import { type Block, button, plainNote, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { uncapitalise } from '../kit/labels.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { crName, traineeLink } from '../request/request.ts'

// Jobs by their cause: what happened and what to do once, and below it a line for each job.

/** What to do about a job, and the label of a button for the playbook that does it; null where none applies. */
export type JobAdvice = { words: string; why?: string | null; button: string | null }

export type ShownJob = ListedJob & { advice: JobAdvice | null }

/** The jobs of a page, which are in the order of their causes. At most four blocks a job. */
export function renderGroups(jobs: readonly ShownJob[], registerUrl: string, now: Date): Block[] {
  const causes = groupBy(jobs, causeOf).map((group) => ({ group, explained: groupBy(group, adviceOf) }))
  const explanations = causes.reduce((sum, { explained }) => sum + explained.length, 0)
  const room = Math.floor(MOST_EXPLAINED / Math.max(explanations, FEW))
  return causes.flatMap(({ group, explained }) => [
    section(titleOf(group)),
    ...explained.flatMap((some) => [
      ...renderExplanation(some, room),
      ...some.flatMap((job) => renderRow(job, hasOwnWords(some), registerUrl, now)),
    ]),
  ])
}

/** How many characters all explanations of a page may have, and how many of them are given no less room. */
const MOST_EXPLAINED = 7_000
const FEW = 6

function groupBy(jobs: readonly ShownJob[], keyOf: (job: ShownJob) => string): [ShownJob, ...ShownJob[]][] {
  const groups = new Map<string, [ShownJob, ...ShownJob[]]>()
  for (const job of jobs) {
    const group = groups.get(keyOf(job))
    if (group) group.push(job)
    else groups.set(keyOf(job), [job])
  }
  return [...groups.values()]
}

function causeOf({ kind, name, className, cause }: ShownJob): string {
  return JSON.stringify([kind, name, className, cause])
}

function adviceOf(job: ShownJob): string {
  const { words = '', why, button = null } = job.advice ?? {}
  return JSON.stringify([ofAnyTrainee(job, words), ofAnyTrainee(job, why ?? ''), button])
}

/** The same words for every trainee. */
function ofAnyTrainee({ traineeId }: ShownJob, words: string): string {
  if (traineeId === null) return words
  return words
    .replace(new RegExp(`\\btrainee ${traineeId}\\b`, 'g'), 'the trainee')
    .replace(new RegExp(`\\bTrainee ${traineeId}\\b`, 'g'), 'The trainee')
    .replace(new RegExp(`\\b${traineeId}\\b`, 'g'), '…')
}

const KIND_TITLES: Readonly<Record<JobKind, string>> = {
  stuck: 'Stuck',
  failed: 'Failed',
  retrying: 'Retrying',
  running: 'Running',
  delayed: 'Delayed',
}

/** Of a kind, one more than are counted stands for all that there are. */
export function numberOf(jobs: number): string {
  return jobs > MOST_COUNTED ? `more than ${MOST_COUNTED.toLocaleString('en-GB')}` : jobs.toLocaleString('en-GB')
}

/** "Failed: ask DTTP for a TRN (12)", with the number of all that there are, on this page or not. */
function titleOf([{ kind, name, inGroup }]: readonly [ShownJob, ...ShownJob[]]): string {
  const does = uncapitalise(jobDoes(name))
  return `*${KIND_TITLES[kind]}: ${escapeText(does)}* (${numberOf(inGroup)})`
}

/** What it means and what to do; and small, Register's name for the job, the error, and which playbook applies and why. */
function renderExplanation(jobs: readonly [ShownJob, ...ShownJob[]], room: number): Block[] {
  const [first] = jobs
  const common = (words: string) => (jobs.length === 1 ? words : ofAnyTrainee(first, words))
  const advice = shorten(common(first.advice?.words ?? ''), Math.floor(room * 0.6))
  const name = first.className ?? registerJobName(first.name)
  const error = hasOwnWords(jobs) ? '' : shorten(common(errorOf(first)), Math.floor(room * 0.4) - name.length)
  const why = shorten(common(first.advice?.why ?? ''), 250)
  return [...plainSections(advice), plainNote([`${name}.`, error, why].filter(Boolean).join(' '))]
}

/** Whether the jobs failed for different reasons, so that each says its own. */
function hasOwnWords(jobs: readonly ShownJob[]): boolean {
  return new Set(jobs.map((job) => ofAnyTrainee(job, errorOf(job)))).size > 1
}

function renderRow(job: ShownJob, withError: boolean, registerUrl: string, now: Date): Block[] {
  const { traineeId, slug, advice } = job
  const trainee = traineeLink({ traineeId, traineeSlug: slug }, registerUrl)
  const told = [whenOf(job, now), ...progressOf(job), ...attemptsOf(job), ...requestOf(job)].join(' ')
  const label = `${advice?.button ?? ''}${traineeId === null ? '' : `: trainee ${traineeId}`}`
  const start = advice?.button
    ? { accessory: button(advice.button, ACTIONS.startFromJob, job.id, { accessibility_label: shorten(label, 75) }) }
    : {}
  const error = withError ? errorOf(job) : ''
  return [
    { ...section(`${trainee ? `${capitalised(trainee)}. ` : ''}${told}`), ...start },
    ...(error ? [plainNote(shorten(error, 250))] : []),
  ]
}

/** A link's words begin the line. */
function capitalised(trainee: string): string {
  return trainee.replace(/(^|\|)trainee/, '$1Trainee')
}

function whenOf(
  { kind, status, leaseUntil, finishedAt, dueAt, createdAt, failure, place }: ListedJob,
  now: Date,
): string {
  if (place === 'queue' || place === 'unsent') return `Waits in Register’s queue. Added ${ago(createdAt, now)}.`
  switch (kind) {
    case 'failed':
      return `Failed ${ago(finishedAt ?? dueAt, now)}.`
    case 'stuck':
      return status === 'running' && leaseUntil
        ? `The bot was stopped in the middle of it ${ago(leaseUntil, now)}.`
        : `It should have run ${ago(dueAt, now)}, and nothing has started it.`
    case 'retrying':
      return `Failed ${ago(failure ? new Date(failure.at) : createdAt, now)}. Next attempt ${ahead(dueAt, now)}.`
    case 'running':
      return `It runs now. It was due ${ago(dueAt, now)}.`
    case 'delayed':
      return `Runs ${ahead(dueAt, now)}. Added ${ago(createdAt, now)}.`
  }
}

const SchoolsProgress = z.object({ pages: z.number(), rows: z.number() })

/** How far fetching the schools has come. */
function progressOf({ progress }: ListedJob): string[] {
  const { data } = SchoolsProgress.safeParse(progress)
  return data ? [`${count(data.pages, 'page')}, ${count(data.rows, 'school')} so far.`] : []
}

function attemptsOf({ kind, attempts, run }: ListedJob): string[] {
  const failures = attempts > 0 ? [`${count(attempts, 'failed attempt')}${attempts > 1 ? ' in a row' : ''}`] : []
  const runs = run > attempts && kind !== 'running' ? [count(run, 'run')] : []
  const both = [...failures, ...runs].join(', ')
  return both ? [`${both}.`] : []
}

function requestOf({ changeRequestId }: ListedJob): string[] {
  return changeRequestId === null ? [] : [`Asked for in ${crName({ id: changeRequestId })}.`]
}

/** Why it failed last, if it was given up or has not worked since. */
function errorOf({ kind, failure, attempts }: ListedJob): string {
  if (!failure || !(kind === 'failed' || attempts > 0)) return ''
  return [shorten(failure.words, 400), referenceWords(failure.reference)].filter(Boolean).join(' ')
}
