import { formatLater } from '../../calendar/london.ts'
import { JOB_KINDS, type JobCounts, type JobFilter, type JobKind } from '../../jobs/list/listed-job.ts'
import type { MirrorAge } from '../../jobs/mirror/age.ts'
import { jobDoes } from '../../register/jobs/words.ts'
import { count, listed } from '../../words.ts'
import { heading, type Message, plainSections } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { pageBlocks } from '../kit/pages.ts'
import { escapeText } from '../kit/text.ts'
import { numberOf, renderGroups, type ShownJob } from './groups.ts'

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
  jobs: readonly ShownJob[]
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
      ...renderGroups(jobs, registerUrl, now),
      ...pageBlocks({ page, pages }, ACTIONS.jobsPage, turnTo),
    ],
  }
}

/** What the list is narrowed to. */
function titleOf({ name, trainee }: JobFilter): string {
  const parts = [...(name ? [jobDoes(name)] : []), ...(trainee ? [`trainee ${trainee}`] : [])]
  return ['Jobs', ...parts].join(', ')
}

const KIND_WORDS: Readonly<Record<JobKind, { one: string; many: string }>> = {
  stuck: { one: 'is stuck', many: 'are stuck' },
  failed: { one: 'has failed', many: 'have failed' },
  retrying: { one: 'is being tried again', many: 'are being tried again' },
  running: { one: 'is running', many: 'are running' },
  delayed: { one: 'waits for its time', many: 'wait for their time' },
}

/** "2 have failed and 1 is running." Whether anything needs people is said first. */
function summaryOf(counts: JobCounts): string {
  const some = JOB_KINDS.filter((kind) => counts[kind] > 0)
  const parts = some.map((kind) => {
    const { one, many } = KIND_WORDS[kind]
    return `${numberOf(counts[kind])} ${counts[kind] === 1 ? one : many}`
  })
  const quiet = counts.stuck + counts.failed + counts.retrying === 0
  const said = listed(parts).replace(/^more/, 'More')
  return [...(quiet ? ['No job needs attention.'] : []), ...(said ? [`${said}.`] : [])].join(' ')
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
