// Rounds of the whole story: everybody takes each step at the same moment, beside a bare Bolt app that only acknowledges.

import { setTimeout as sleep } from 'node:timers/promises'
import { approve, askForApproval, openReview, type Stage, submitForm, typeCommand } from '../proof/steps.ts'
import { CHANNEL } from '../support/lifecycle.ts'
import { ratioOf, timesOf } from './statistics.ts'

/** Approvals come at any moment between two sweeps; without a pause they would fall into step with them. */
const SWEEP_MS = 1_000

export type Pair = { requester: string; approver: string }

/** Where the bot and the bare app listen. */
export type Urls = { bot: string; bare: string }

/** Runs `rounds` rounds of these pairs, each on trainees of its own; the times are milliseconds. */
export async function measureRounds(stage: Stage, urls: Urls, pairs: readonly Pair[], rounds: number, slugs: string[]) {
  const samples = {
    bare: [] as number[],
    ack: [] as number[],
    preview: [] as number[],
    carriedOut: [] as number[],
    done: [] as number[],
  }
  for (let round = 0; round < rounds; round++) {
    const people = pairs.map((pair) => ({ ...pair, slug: slugs.shift() ?? '' }))
    const bare = () => all(people, samples.bare, ({ requester }) => acknowledgeBare(stage, requester, urls.bare))
    const ours = () => all(people, samples.ack, ({ requester, slug }) => typeCommand(stage, requester, slug, urls.bot))
    for (const command of round % 2 === 0 ? [bare, ours] : [ours, bare]) await command()
    await all(people, samples.preview, ({ requester }) => submitForm(stage, requester))
    const sent = await Promise.all(
      people.map(async (pair) => ({ ...pair, ...(await askForApproval(stage, pair.requester)) })),
    )
    await Promise.all(sent.map(({ approver, card }) => openReview(stage, approver, card)))
    await sleep(Math.random() * SWEEP_MS)
    const approved = await Promise.all(sent.map(({ approver, id }) => approve(stage, approver, id)))
    samples.carriedOut.push(...approved.map(({ carriedOutMs }) => carriedOutMs))
    samples.done.push(...approved.map(({ doneMs }) => doneMs))
  }
  const [bare, ack] = [timesOf(samples.bare), timesOf(samples.ack)]
  return {
    concurrentUsers: pairs.length,
    bareBoltCommandToAck: bare,
    commandToAck: ack,
    commandToAckOverBareBolt: ratioOf(ack, bare),
    submitToPreview: timesOf(samples.preview),
    approveToCarriedOut: timesOf(samples.carriedOut),
    approveToDone: timesOf(samples.done),
  }
}

async function all<T>(people: readonly T[], samples: number[], act: (one: T) => Promise<number>): Promise<void> {
  samples.push(...(await Promise.all(people.map(act))))
}

async function acknowledgeBare({ slack }: Stage, user: string, to: string): Promise<number> {
  const { tookMs, error } = await slack.command({ user, channel: CHANNEL, text: 'help', to })
  if (error) throw new Error(`The bare app gave no answer: ${error}`)
  return tookMs
}
