// How many SQL statements each step of the story sends, with everything in this process.
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import * as decisions from '../../src/changes/decide/decide.ts'
import * as reviews from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { loadConfig } from '../../src/config/index.ts'
import { startServices } from '../../src/services.ts'
import { approve, askForApproval, openReview, type Stage, submitForm, typeCommand } from '../proof/steps.ts'
import { ROUTE } from '../proof/trainees.ts'
import { sendRequest } from '../support/lifecycle.ts'
import { type Count, countQueries } from './count-queries.ts'
import type { Pair } from './rounds.ts'

type Counter = ReturnType<typeof countQueries>

/** By then a worker without work goes by its slow clock. */
const UNTIL_IDLE_MS = 35_000
const IDLE_MS = 60_000

const log = pino({ level: 'silent' })

/** Each step from the command to the card that says done, and execution and verification alone. */
export async function countStatements(
  stage: Stage,
  env: Record<string, string>,
  pair: Pair,
  slugs: string[],
): Promise<Record<string, Count>> {
  const counter = countQueries()
  try {
    const story = await countStory(counter, stage, env, pair, slugs)
    return { ...story, ...(await countExecution(counter, env, pair, slugs)) }
  } finally {
    counter.stop()
  }
}

/**
 * Bot and worker together. What an idle worker sends by the clock counts only where it found something. The second of two
 * stories, so that nothing is counted that a process does only once.
 */
async function countStory(counter: Counter, stage: Stage, env: Record<string, string>, pair: Pair, slugs: string[]) {
  const services = await startServices(loadConfig({ ...env, ROLES: 'bot,worker' }), log)
  const url = `http://127.0.0.1:${services.port}/slack/events`
  stage.slack.addReplica(url)
  try {
    const idle = await learnIdle(counter)
    let steps: Record<string, Count> = {}
    for (const slug of slugs.splice(0, 2)) steps = await tell(counter, idle, stage, pair, slug)
    return steps
  } finally {
    stage.slack.removeReplica(url)
    await services.stop()
  }
}

/** What is sent by the clock: each sweep runs once at the start, and the rarest of them that matter every five seconds. */
async function learnIdle(counter: Counter): Promise<ReadonlySet<string>> {
  for (let known = -1; known < new Set(counter.texts()).size; await sleep(1_000)) known = new Set(counter.texts()).size
  return new Set(counter.texts())
}

/** Statements a second of a bot and a worker in one process with nothing to do, over a minute. */
export async function countIdle(env: Record<string, string>): Promise<number> {
  const counter = countQueries()
  const services = await startServices(loadConfig({ ...env, ROLES: 'bot,worker' }), log)
  try {
    await sleep(UNTIL_IDLE_MS)
    counter.reset()
    await sleep(IDLE_MS)
    return Math.round(counter.read().statements / (IDLE_MS / 10_000)) / 10
  } finally {
    counter.stop()
    await services.stop()
  }
}

async function tell(
  counter: Counter,
  idle: ReadonlySet<string>,
  stage: Stage,
  { requester, approver }: Pair,
  slug: string,
) {
  const steps: Record<string, Count> = {}
  const step = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    counter.reset()
    const result = await act()
    await sleep(300) // what follows the answer belongs to the step as well
    steps[name] = counter.read(idle)
    return result
  }
  await step('commandToForm', () => typeCommand(stage, requester, slug))
  await step('submitToPreview', () => submitForm(stage, requester))
  const { id, card } = await step('askToCard', () => askForApproval(stage, requester))
  await step('openReview', () => openReview(stage, approver, card))
  await step('approveToDone', () => approve(stage, approver, id))
  return steps
}

/** The two parts of the work that write Register's rows and look at them again, alone. */
async function countExecution(
  counter: Counter,
  env: Record<string, string>,
  { requester, approver }: Pair,
  slugs: string[],
): Promise<Record<string, Count>> {
  const services = await startServices(loadConfig({ ...env, ROLES: 'bot' }), log)
  const { changes } = services
  try {
    let counts: Record<string, Count> = {}
    for (const trainee of slugs.splice(0, 2)) {
      const form = { subject: trainee, route: ROUTE, reason: 'Measured', ticket: '' }
      const request = await sendRequest(changes, 'fix-route', form, requester)
      const { digest } = await reviews.openReview(changes, { id: request.id, actor: approver, viewId: 'V' })
      counter.reset()
      await decisions.approve(changes, { id: request.id, actor: approver, digest, viewId: 'V' })
      const ofWhichApprove = counter.read()
      counter.reset()
      await execute(changes, request.id)
      const ofWhichExecute = counter.read()
      counter.reset()
      await verify(changes, request.id)
      counts = { ofWhichApprove, ofWhichExecute, ofWhichVerify: counter.read() }
    }
    return counts
  } finally {
    await services.stop()
  }
}
