import * as z from 'zod'
import { formatLater } from '../../calendar/london.ts'
import { referenceWords } from '../../dttp/words.ts'
import { JOB_KINDS, type JobCounts, type JobFilter, type JobKind, type ListedJob } from '../../jobs/listed-job.ts'
import type { MirrorAge } from '../../jobs/mirror/age.ts'
import { whatJobDoes } from '../../register/jobs.ts'
import { count, listed } from '../../words.ts'
import { ago, ahead } from '../kit/ages.ts'
import { actions, type Block, button, heading, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { crName, traineeLink } from '../request/request.ts'

/** What to do about a job, and the label of a button for the playbook that does it; null where none applies. */
export type JobAdvice = { words: string; button: string | null }

type Shown = ListedJob & { advice: JobAdvice | null }

/**
 * The answer to `/trainee jobs`.
 * @param isKnown whether Register's jobs are in the list; it says so where they are not
 * @param mirror how well its Sidekiq is known, where that runs them
 * @param turnTo the value of a button that leads to a page
 */
export function renderJobs({
  jobs,
  counts,
  page,
  pages,
  filter,
  isKnown,
  mirror,
  turnTo,
  registerUrl,
  now,
}: {
  jobs: readonly Shown[]
  counts: JobCounts
  page: number
  pages: number
  filter: JobFilter
  isKnown: boolean
  mirror: MirrorAge | null
  turnTo: (page: number) => string
  registerUrl: string
  now: Date
}): Message {
  const title = titleOf(filter)
  return {
    text: escapeText(title),
    blocks: [
      heading(title),
      ...(isKnown ? [] : plainSections('This bot does not run Register’s jobs, so they are not in this list.')),
      ...plainSections(summaryOf(counts)),
      ...plainSections(mirror ? mirrorWords(mirror, now).join(' ') : ''),
      ...jobs.flatMap((job) => renderJob(job, registerUrl, now)),
      ...(pages > 1 ? [note(`Page ${page.toLocaleString('en-GB')} of ${pages.toLocaleString('en-GB')}`)] : []),
      ...(page > 1 ? [actions([button('Previous page', ACTIONS.jobsPage, turnTo(page - 1))])] : []),
      ...(page < pages ? [actions([button('Next page', ACTIONS.jobsPage, turnTo(page + 1))])] : []),
    ],
  }
}

/** What the list is narrowed to. */
function titleOf({ name, trainee }: JobFilter): string {
  const parts = [...(name ? [whatJobDoes(name)] : []), ...(trainee ? [`trainee ${trainee}`] : [])]
  return ['Jobs', ...parts].join(', ')
}

const KIND_WORDS: Readonly<Record<JobKind, { title: string; one: string; many: string }>> = {
  stuck: { title: 'Stuck', one: 'is stuck', many: 'are stuck' },
  failed: { title: 'Failed', one: 'has failed', many: 'have failed' },
  retrying: { title: 'Retrying', one: 'is being tried again', many: 'are being tried again' },
  running: { title: 'Running', one: 'is running', many: 'are running' },
  delayed: { title: 'Delayed', one: 'waits for its time', many: 'wait for their time' },
}

/** "2 have failed and 1 is running." Whether anything needs people is said first. */
function summaryOf(counts: JobCounts): string {
  const some = JOB_KINDS.filter((kind) => counts[kind] > 0)
  const parts = some.map((kind) => {
    const { one, many } = KIND_WORDS[kind]
    return `${counts[kind].toLocaleString('en-GB')} ${counts[kind] === 1 ? one : many}`
  })
  const quiet = counts.stuck + counts.failed + counts.retrying === 0
  return [...(quiet ? ['No job needs attention.'] : []), ...(parts.length > 0 ? [`${listed(parts)}.`] : [])].join(' ')
}

/** How well Register's Sidekiq is known. */
function mirrorWords({ readAt, isTooOld, deadBefore, strange, processes }: MirrorAge, now: Date): string[] {
  if (readAt === null) return ['Register’s Sidekiq could not be read yet, so its jobs are not in this list.']
  const at = formatLater(readAt, now)
  if (isTooOld) return [`Register’s Sidekiq could not be checked since ${at}. Its jobs may stand otherwise by now.`]
  const before = deadBefore ?? 0
  return [
    `Register’s Sidekiq was read ${at}.`,
    ...(processes === 0
      ? ['No process of it is running, so none of its jobs runs. Tell the Register developers.']
      : []),
    ...(before > 0 ? [`${count(before, 'job')} had died before the bot first looked, and no post is about them.`] : []),
    ...(strange > 0 ? [`${count(strange, 'job')} in it could not be read.`] : []),
  ]
}

function renderJob(job: Shown, registerUrl: string, now: Date): Block[] {
  const { kind, traineeId, slug, advice } = job
  const trainee = traineeLink({ traineeId, traineeSlug: slug }, registerUrl)
  const what = `*${KIND_WORDS[kind].title}* – ${escapeText(whatOf(job))}${trainee ? ` for ${trainee}` : ''}`
  const told = [whenOf(job, now), ...progressOf(job), ...attemptsOf(job), ...requestOf(job)].join(' ')
  const start = advice?.button ? { accessory: button(advice.button, ACTIONS.startFromJob, job.id) } : {}
  return [
    { ...section(`${what}\n${told}`), ...start },
    ...plainSections([...errorOf(job), ...(advice ? [shorten(advice.words, 700)] : [])].join('\n')),
  ]
}

/** A job that the bot has no name for is named by its class, which holds nothing but letters and digits. */
function whatOf({ name, className }: ListedJob): string {
  return name === 'other' && className !== null ? `Run ${className}` : whatJobDoes(name)
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
      return `It was due ${ago(dueAt, now)}.`
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
function errorOf({ kind, failure, attempts }: ListedJob): string[] {
  if (!failure || !(kind === 'failed' || attempts > 0)) return []
  return [[shorten(failure.words, 400), referenceWords(failure.reference)].filter(Boolean).join(' ')]
}
