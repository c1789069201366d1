import { setTimeout as sleep } from 'node:timers/promises'
import type { webApi } from '@slack/bolt'
import { type Postponement, RetryLater, TURN, Undeliverable } from '../../outbox/not-sent.ts'
import type { Report } from '../../world.ts'
import { createClosure } from './closure.ts'
import { findRemedy, type Kind, type Remedy, readTrouble, type SlackTrouble } from './errors.ts'
import { createTurns } from './turns.ts'

/** A call of the Web API: what it says or looks up, and in which channel. */
export type Call = { kind: Kind; method: string; channel: string }

/** The message, or the thread's first one, is not there to be changed or answered. */
export class MessageGone extends Error {}

/** Waiting alone does not help: somebody must put something right. */
export class NotAsThingsStand extends RetryLater {}

/** Nothing can be posted in this channel as things stand. */
export class ChannelClosed extends NotAsThingsStand {}

/** What the line tells others: rows that waited can go, and troubles that an operator should hear of. */
type Listeners = { wake: (waitsFor: string) => Promise<void>; report: Report }

/** What rows wait for while Slack itself is in trouble; `channel:<id>` stands for one channel. */
const SLACK = 'slack'

const LONGEST_PAUSE_MS: Readonly<Record<'again' | 'closed' | 'mend', number>> = {
  again: 30_000,
  closed: 5 * 60_000,
  mend: 60 * 60_000,
}

/** So many calls without any answer, one after the other, mean that Slack is away. */
const AWAY_AFTER = 3

export type SlackLine = ReturnType<typeof createSlackLine>

/**
 * The one line by which rows of the outbox reach Slack. It turns every answer into what the outbox does about it, keeps
 * to the pace that Slack asks for, and is closed while the token is no good or Slack does not answer at all: then
 * nothing is sent, and no row is to blame.
 * @param hasAnswered whether Slack has answered this process by now
 */
export function createSlackLine(client: webApi.WebClient, { wake, report }: Listeners, hasAnswered: boolean) {
  const turns = createTurns()
  /** What this process has put off for lack of. */
  const waiting = new Set<string>()
  const closure = createClosure(client, () => release(SLACK), report, hasAnswered)
  let unanswered = 0

  async function release(waitsFor: string): Promise<void> {
    if (waiting.delete(waitsFor)) await wake(waitsFor)
  }

  async function heard({ channel, method }: Call): Promise<void> {
    unanswered = 0
    await closure.open()
    if (method.startsWith('chat.')) await release(`channel:${channel}`)
  }

  /** Until Slack itself is well again. */
  function untilWell(delay: number | null, postponement: Postponement): RetryLater {
    waiting.add(SLACK)
    return new RetryLater(delay, { ...postponement, waitsFor: SLACK })
  }

  /** Slack gave an answer, and it is not what we wanted. */
  async function refused(call: Call, remedy: Remedy | null, { code, unsure }: SlackTrouble): Promise<Error> {
    const again = { reason: code, unsure }
    switch (remedy) {
      case 'token':
        await closure.closeForToken(code, call.method)
        return untilWell(1_000, { ...again, isBlameless: true })
      case 'again':
        return new RetryLater(null, { ...again, longest: LONGEST_PAUSE_MS.again })
      case 'closed': {
        const waitsFor = `channel:${call.channel}`
        waiting.add(waitsFor)
        return new ChannelClosed(null, { ...again, longest: LONGEST_PAUSE_MS.closed, waitsFor, isEndless: true })
      }
      case 'anew':
        return new MessageGone(code)
      case 'never':
      case 'late':
        return new Undeliverable(code)
      default:
        await report(`Slack answered ${code}`, { code, method: call.method })
        return new NotAsThingsStand(null, { ...again, longest: LONGEST_PAUSE_MS.mend })
    }
  }

  async function translate(call: Call, trouble: SlackTrouble): Promise<Error> {
    const { code, retryAfterMs, unsure, isSilent } = trouble
    if (retryAfterMs !== null) {
      unanswered = 0
      turns.slowDown(call, retryAfterMs)
      return new RetryLater(retryAfterMs, { reason: code, unsure, waitsFor: TURN, isBlameless: true })
    }
    if (isSilent) {
      if (++unanswered >= AWAY_AFTER) closure.close(code, false)
      return untilWell(null, { reason: code, unsure, longest: LONGEST_PAUSE_MS.again })
    }
    unanswered = 0
    return refused(call, findRemedy(code, call.kind), trouble)
  }

  return {
    isOpen: closure.isOpen,
    demandToken: closure.demandToken,

    /** Makes one call. Throws RetryLater, ChannelClosed, MessageGone or Undeliverable, and nothing of Slack's. */
    async call<T>(to: Call, request: () => Promise<T>): Promise<T> {
      if (!closure.isOpen()) throw untilWell(1_000, { reason: closure.because(), unsure: false, isBlameless: true })
      const turn = turns.takeTurn(to)
      if (turn.isFar)
        throw new RetryLater(turn.in, { reason: 'ratelimited', unsure: false, waitsFor: TURN, isBlameless: true })
      if (turn.in > 0) await sleep(turn.in)
      const answer = await request().catch(async (error: unknown) => {
        const trouble = readTrouble(error)
        throw trouble ? await translate(to, trouble) : error
      })
      await heard(to)
      return answer
    },
  }
}
