// Slack is away for some minutes while requests go on being made; then it is well again, and takes one message a second.

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { insertDemoRows } from '../../sandbox/register/seed.ts'
import { announce } from '../../src/changes/announce.ts'
import type { Services } from '../../src/services.ts'
import { startBot, startStorySlack } from '../support/bot.ts'
import { loadGias } from '../support/gias.ts'
import { CHANNEL, sendRequest } from '../support/lifecycle.ts'
import type { FakeSlack } from '../support/slack/index.ts'
import type { Place } from './approvals.ts'

/** How long Slack is away, and how often there is something to say, in milliseconds. */
export type Outage = { forMs: number; everyMs: number }

/** Slack's own rate for posts in one channel, and what we may take beside it. */
const POST_EVERY_MS = 1_000
const MAY_TAKE_MS = 60_000

export async function proveOutage(place: Place, { forMs, everyMs }: Outage, say: (progress: string) => void) {
  const slack = await startStorySlack()
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const bot = await startBot(slack, place.appUrl, { env: { QUEUE_BACKEND: 'postgres' } })
  try {
    await insertDemoRows(admin)
    await loadGias(admin)
    await firstRequest(bot, admin)
    await slack.until(() => slack.messages(CHANNEL).length === 1, 'the first card')
    const away = takeAway(slack)
    const requests = await keepAsking(bot, admin, { forMs, everyMs })
    say(`Slack was away for ${forMs / 1000} s, and ${requests} requests were made`)
    const posted = listen(slack)
    const wellAt = Date.now()
    away.end()
    const messages = requests * 2
    const allowedMs = messages * POST_EVERY_MS + MAY_TAKE_MS
    while (posted().length < messages && Date.now() - wellAt < 2 * allowedMs) await sleep(100)
    const times = (isCard: boolean) =>
      posted()
        .filter((one) => one.isCard === isCard)
        .map(({ at }) => at - wellAt)
    const [cards, replies] = [times(true), times(false)]
    const result = {
      ...{ awaySeconds: forMs / 1000, requests, messages, cards: cards.length, replies: replies.length },
      lastCardSeconds: seconds(Math.max(...cards)),
      backlogSeconds: seconds(Math.max(...cards, ...replies)),
      slacksOwnRateSeconds: messages,
      repliesBeforeLastCard: replies.filter((at) => at < Math.max(...cards)).length,
      refusedAsTooMany: slack.calls.filter(({ status }) => status === 429).length,
    }
    return { ...result, problems: problemsOf(result, requests) }
  } finally {
    await bot.stop()
    await admin.end()
    await slack.stop()
  }
}

type Result = { cards: number; replies: number; lastCardSeconds: number; backlogSeconds: number }

function problemsOf({ cards, replies, lastCardSeconds, backlogSeconds }: Result, requests: number): string[] {
  const beside = MAY_TAKE_MS / 1000
  return [
    ...(cards === requests && replies === requests ? [] : ['not every message went out, or some went out twice']),
    ...(lastCardSeconds <= requests + beside ? [] : ['the cards took more than a minute beside Slack’s own rate']),
    ...(backlogSeconds <= 2 * requests + beside ? [] : ['the backlog took more than a minute beside Slack’s own rate']),
  ]
}

/** Nothing is answered until `end`; afterwards a channel takes one post a second. */
function takeAway(slack: FakeSlack): { end: () => void } {
  let isAway = true
  let next = 0
  slack.fault({ method: '*', kind: 'server_error', times: Number.POSITIVE_INFINITY, when: () => isAway })
  const isTooMany = () => {
    const now = Date.now()
    if (now < next) return true
    next = now + POST_EVERY_MS
    return false
  }
  slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', times: Number.POSITIVE_INFINITY, when: isTooMany })
  return {
    end() {
      isAway = false
    },
  }
}

/** Steadily a new request, whose card is to be posted, with a message in its thread. Returns how many. */
async function keepAsking(bot: Services, admin: pg.Client, { forMs, everyMs }: Outage): Promise<number> {
  const end = Date.now() + forMs
  let made = 0
  for (; Date.now() < end; made++) {
    const { rows } = await admin.query<{ id: string }>(ANOTHER, [`proof:${made}`])
    const id = rows[0]?.id ?? ''
    await admin.query(`UPDATE chatops.change_requests SET status = 'pending' WHERE id = $1`, [id])
    await bot.changes.database.transaction((sql) => announce(sql, id, ['outcome']))
    await sleep(everyMs)
  }
  await sleep(Math.max(end - Date.now(), 0))
  return made
}

const ANOTHER = `
  INSERT INTO chatops.change_requests
    (playbook, playbook_version, requester, channel, subjects, digest, form, checks, plan, outcome)
  SELECT playbook, playbook_version, requester, channel, ARRAY[$1], digest, form, checks, plan, outcome
  FROM chatops.change_requests ORDER BY id LIMIT 1 RETURNING id`

async function firstRequest(bot: Services, admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ slug: string }>('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: rows[0]?.slug ?? '', route: 'assessment_only', reason: 'Asked for', ticket: '' }
  await sendRequest(bot.changes, 'fix-route', form)
}

/** What is posted from now on, and when it was first seen there. */
function listen(slack: FakeSlack): () => readonly { at: number; isCard: boolean }[] {
  const known = new Map<string, { at: number; isCard: boolean }>()
  const before = new Set(all(slack).map(({ ts }) => ts))
  return () => {
    for (const { ts, isCard } of all(slack)) {
      if (!before.has(ts) && !known.has(ts)) known.set(ts, { at: Date.now(), isCard })
    }
    return [...known.values()]
  }
}

function all(slack: FakeSlack): { ts: string; isCard: boolean }[] {
  return slack
    .messages(CHANNEL)
    .flatMap(({ ts }) => [
      { ts, isCard: true },
      ...slack.replies(CHANNEL, ts).map((reply) => ({ ts: reply.ts, isCard: false })),
    ])
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
