import * as z from 'zod'
import { JOB_NAMES, OTHER_JOB_NAMES, type SeenJobName } from '../../entities/chatops/job.ts'
import { listJobs } from '../../jobs/list/list.ts'
import type { JobFilter } from '../../jobs/list/listed-job.ts'
import { findMirrorAge } from '../../jobs/mirror/age.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import { registerJobName } from '../../register/jobs/words.ts'
import { findNamedTrainee } from '../../register/trainees/trainee-reference.ts'
import { renderJobs } from '../../views/jobs/list.ts'
import type { Message } from '../../views/kit/blocks.ts'
import { renderNoticeBlocks } from '../../views/kit/notice.ts'
import { answer, tell } from '../answer.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { adviceFor } from './job-offer.ts'
import { readPageButton } from './page-button.ts'

/** `/trainee jobs [trainee] [job]`, in any order: what the bot answers to this one person. */
export async function answerJobs(context: HandlerContext, user: string, words: readonly string[]): Promise<Message> {
  await refuseUnlessEither(context.changes, user)
  const filter = await readFilter(context, words)
  return 'problem' in filter ? renderNoticeBlocks(filter.problem) : renderPage(context, filter, 1)
}

/** "Next page" and "Previous page": the list takes its own place. */
export async function turnJobsPage(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    await refuseUnlessEither(context.changes, body.user.id)
    const turn = readPageButton(Turn, action.value)
    if (!turn) return await tell(context, click, NOT_A_PAGE)
    const { page, ...filter } = turn
    await answer(context, click, await renderPage(context, filter, page), { replaces: true })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

async function renderPage(context: HandlerContext, asked: JobFilter, wanted: number): Promise<Message> {
  const { register, upstreams, database, now } = context.changes
  const isMirrored = upstreams.sidekiq !== undefined
  const isKnown = register.runsJobs || isMirrored
  const filter = isKnown ? asked : findOwn(asked)
  if (!filter) return renderNoticeBlocks(NOT_RUN_HERE)
  const { jobs, counts, page, pages } = await listJobs(context.changes, filter, wanted)
  return renderJobs({
    jobs: jobs.map((job) => ({ ...job, advice: adviceFor(job) })),
    counts,
    page,
    pages,
    filter,
    isKnown,
    mirror: isMirrored ? await findMirrorAge(database.manager, now()) : null,
    turnTo: (to) => JSON.stringify({ ...filter, page: to } satisfies Turn),
    registerUrl: register.url,
    now: now(),
  })
}

/**
 * Where nothing is known of Register's jobs, only the load of GIAS can be listed; null if the person asked for
 * something else.
 */
function findOwn({ name, trainee }: JobFilter): JobFilter | null {
  return trainee === null && (name ?? OWN_JOB) === OWN_JOB ? { name: OWN_JOB, trainee } : null
}

const OWN_JOB = 'load-gias'

type Problem = { problem: { title: string; text: string } }

/** Reads the words after the command: at most one trainee and one job. */
async function readFilter(context: HandlerContext, words: readonly string[]): Promise<JobFilter | Problem> {
  const filter: JobFilter = { name: null, trainee: null }
  for (const word of words) {
    const name = findJob(word)
    if (name ? filter.name : filter.trainee) return { problem: TOO_MUCH }
    if (name) filter.name = name
    else {
      const trainee = await findNamed(context, word)
      if (typeof trainee !== 'string') return trainee
      filter.trainee = trainee
    }
  }
  return filter
}

/** By our name or Register's: "retrieve-trn", "RetrieveTrnJob", "Dttp::RetrieveTrnJob". */
function findJob(word: string): SeenJobName | null {
  return NAMES.find((name) => [name, bare(registerJobName(name))].includes(bare(word))) ?? null
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^dttp::/, '')
}

async function findNamed({ changes }: HandlerContext, word: string): Promise<string | Problem> {
  const found = await findNamedTrainee(changes.database.manager, word, changes.register.url)
  if ('id' in found) return found.id
  const couldBeJob = /^[a-z:_-]+$/i.test(word)
  const title = couldBeJob ? `There is no job “${word.slice(0, 60)}”` : 'We cannot find this trainee'
  const text = couldBeJob ? `It is not the last part of a trainee’s link either.\n${HOW_TO_NARROW}` : found.problem
  return { problem: { title, text } }
}

const NAMES = [...JOB_NAMES, ...OTHER_JOB_NAMES]

const Turn = z.strictObject({
  name: z.enum(NAMES).nullable(),
  trainee: z
    .string()
    .regex(/^\d{1,18}$/)
    .nullable(),
  page: z.number().int().min(1).max(1_000_000),
})

type Turn = z.output<typeof Turn>

const HOW_TO_NARROW = `The jobs are ${JOB_NAMES.join(', ')}.\nType /trainee jobs, and after it a trainee, a job, or both.`

const TOO_MUCH = { title: 'Name one trainee and one job at most', text: HOW_TO_NARROW }

const NOT_A_PAGE = { title: 'We cannot show this page', text: 'Type /trainee jobs to see the list as it is now.' }

const NOT_RUN_HERE = {
  title: 'This bot does not run Register’s jobs',
  text: `It has no list of them. Ask the Register developers to look in Sidekiq.\nOnly ${OWN_JOB} runs here.`,
}
