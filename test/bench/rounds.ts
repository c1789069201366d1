// Rounds of the whole story: everybody takes each step at the same moment, beside a bare Bolt app that only acknowledges.

import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from '../../sandbox/register/database.ts'
import { approve, askForApproval, openReview, type Stage, submitForm, typeCommand } from '../proof/steps.ts'
import { CHANNEL } from '../support/lifecycle.ts'
import { ratioOf, timesOf } from './statistics.ts'

/** Approvals come at any moment between two sweeps; without a pause they would fall into step with them. */
const SWEEP_MS = 1_000

export type Pair = { requester: string; approver: string }

/** Where the bot and the bare app listen, and the database that knows when something was recorded. */
export type Place = { bot: string; bare: string; adminUrl: string }

type Samples = Record<'bare' | 'ack' | 'formAck' | 'preview' | 'carriedOut' | 'done' | 'firstLook', number[]>

/** Runs `rounds` rounds of these pairs, each on trainees of its own; the times are milliseconds. */
export async function measureRounds(
  stage: Stage,
  place: Place,
  pairs: readonly Pair[],
  rounds: number,
  slugs: string[],
  afterRound: (round: number) => void = () => {},
) {
  const samples: Samples = { bare: [], ack: [], formAck: [], preview: [], carriedOut: [], done: [], firstLook: [] }
  for (let round = 0; round < rounds; round++) {
    await playRound(stage, place, pairs, samples, slugs, round % 2 === 0)
    await untilSent(place.adminUrl)
    afterRound(round)
  }
  const [bare, ack] = [timesOf(samples.bare), timesOf(samples.ack)]
  return {
    concurrentUsers: pairs.length,
    bareBoltCommandToAck: bare,
    commandToAck: ack,
    commandToAckOverBareBolt: ratioOf(ack, bare),
    formToAck: timesOf(samples.formAck),
    submitToPreview: timesOf(samples.preview),
    approveToFirstLookRecorded: timesOf(samples.firstLook),
    approveToCarriedOutOnCard: timesOf(samples.carriedOut),
    approveToDoneOnCard: timesOf(samples.done),
  }
}

async function playRound(
  stage: Stage,
  place: Place,
  pairs: readonly Pair[],
  samples: Samples,
  slugs: string[],
  bareFirst: boolean,
): Promise<void> {
  const people = pairs.map((pair) => ({ ...pair, slug: slugs.shift() ?? '' }))
  const bare = () => all(people, samples.bare, ({ requester }) => acknowledgeBare(stage, requester, place.bare))
  const ours = () => all(people, samples.ack, ({ requester, slug }) => typeCommand(stage, requester, slug, place.bot))
  for (const command of bareFirst ? [bare, ours] : [ours, bare]) await command()
  const forms = await Promise.all(people.map(({ requester }) => submitForm(stage, requester)))
  samples.formAck.push(...forms.map(({ acknowledgedMs }) => acknowledgedMs))
  samples.preview.push(...forms.map(({ previewMs }) => previewMs))
  const sent = await Promise.all(
    people.map(async (pair) => ({ ...pair, ...(await askForApproval(stage, pair.requester)) })),
  )
  await Promise.all(sent.map(({ approver, card }) => openReview(stage, approver, card)))
  await sleep(Math.random() * SWEEP_MS)
  const approvedAt = Date.now()
  const approved = await Promise.all(sent.map(({ approver, id }) => approve(stage, approver, id)))
  samples.carriedOut.push(...approved.map(({ carriedOutMs }) => carriedOutMs))
  samples.done.push(...approved.map(({ doneMs }) => doneMs))
  const looks = await firstLooks(
    place.adminUrl,
    sent.map(({ id }) => id),
  )
  samples.firstLook.push(...looks.map((at) => at - approvedAt))
}

async function all<T>(people: readonly T[], samples: number[], act: (one: T) => Promise<number>): Promise<void> {
  samples.push(...(await Promise.all(people.map(act))))
}

/** The replies that a round leaves behind are sent before the next one begins: it is to be fifty people, and nothing else. */
function untilSent(adminUrl: string): Promise<void> {
  return withClient(adminUrl, async (client) => {
    const isLeft = async () => (await client.query(LEFT)).rows.length > 0
    while (await isLeft()) await sleep(LOOK_MS)
  })
}

const LEFT = `SELECT FROM chatops.outbox WHERE status IN ('queued', 'sending') AND due_at < now() + interval '1 minute' LIMIT 1`
const LOOK_MS = 100

/** When the first look at each result was recorded, in milliseconds: the database is on this machine. */
function firstLooks(adminUrl: string, ids: readonly string[]): Promise<number[]> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ at: string }>(
      `SELECT extract(epoch FROM min(at)) * 1000 AS at FROM chatops.ledger
       WHERE event IN ('verified', 'done', 'needs-attention') AND change_request_id = ANY($1) GROUP BY change_request_id`,
      [ids],
    )
    return rows.map(({ at }) => Number(at))
  })
}

async function acknowledgeBare({ slack }: Stage, user: string, to: string): Promise<number> {
  const { tookMs, error } = await slack.command({ user, channel: CHANNEL, text: 'help', to })
  if (error) throw new Error(`The bare app gave no answer: ${error}`)
  return tookMs
}
