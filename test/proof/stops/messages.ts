// Every kind of outbox row, as a piece of work that may be stopped anywhere.

import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import { joinAlert } from '../../../src/alerts/live/entries.ts'
import { londonDay } from '../../../src/calendar/london.ts'
import { addToThread, announce, hintExecution } from '../../../src/changes/announce.ts'
import { cancel } from '../../../src/changes/decide/decide.ts'
import { enqueueJob } from '../../../src/jobs/start/enqueue.ts'
import { addToOutbox, type OutboxKind } from '../../../src/outbox/add.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../../support/lifecycle.ts'
import { readText } from '../../support/slack/index.ts'
import { JOBS } from './jobs.ts'
import type { Stage } from './stage.ts'
import type { Kind } from './work.ts'

/** What the outbox says of the rows about this, and how often people see it, and what. */
async function seen(stage: Stage, work: string, shown: string[]) {
  const { rows } = await stage.admin.query('SELECT status FROM chatops.outbox WHERE id = $1', [work.slice(7)])
  return { shape: { status: rows[0]?.status, shown: shown.length }, all: shown }
}

/** The row that was put out last in this transaction. */
async function lastRow(sql: EntityManager, kind: OutboxKind): Promise<string> {
  const [row] = await sql.query<{ id: string }[]>(
    'SELECT id FROM chatops.outbox WHERE kind = $1 ORDER BY seq DESC LIMIT 1',
    [kind],
  )
  return `outbox:${row?.id}`
}

/** A row whose message says a word that no other does. */
function saying(
  add: (stage: Stage, sql: EntityManager, word: string) => Promise<unknown>,
  kind: OutboxKind,
  read: (stage: Stage) => string[] | Promise<string[]>,
): Kind {
  return {
    prepare: async () => `word-${randomUUID()}`,
    async add(stage, sql, word) {
      await add(stage, sql, word)
      return lastRow(sql, kind)
    },
    look: async (stage, word, work) =>
      seen(
        stage,
        work,
        (await read(stage)).filter((text) => text.includes(word)),
      ),
  }
}

const inChannel = ({ slack }: Stage) => slack.messages(CHANNEL).map(readText)

/** The card whose thread the replies go to. */
async function findThread({ admin }: Stage): Promise<{ id: string; ts: string }> {
  const { rows } = await admin.query(
    'SELECT id, card_ts AS ts FROM chatops.change_requests WHERE card_ts IS NOT NULL ORDER BY id LIMIT 1',
  )
  return rows[0]
}

/** What Register's Sidekiq is asked has a proof of its own (sidekiq.ts): there other jobs run elsewhere. */
export const MESSAGES: Record<Exclude<OutboxKind, 'sidekiq'>, Kind> = {
  card: {
    prepare: (stage) => stage.takeRequest('pending'),
    async add(_, sql, id) {
      await announce(sql, id)
      return lastRow(sql, 'card')
    },
    newer: async ({ world }, id) => void (await cancel(world, { id, actor: SUPPORT })),
    async look(stage, id, work) {
      const cards = stage.slack.messages(CHANNEL).filter(({ text }) => new RegExp(`^CR-${id}\\b`).test(text))
      const { rows } = await stage.admin.query(
        'SELECT card_ts, rendered_version = card_version AS current FROM chatops.change_requests WHERE id = $1',
        [id],
      )
      const { shape, all } = await seen(
        stage,
        work,
        cards.map(({ text, ts }) => `${ts} ${text}`),
      )
      return {
        shape: { ...shape, current: rows[0].current, known: cards.some(({ ts }) => ts === rows[0].card_ts) },
        all,
      }
    },
  },
  thread: saying(
    async (stage, sql, word) => {
      const { id } = await findThread(stage)
      await addToThread(sql, id, { part: 'trello-card', title: word, url: null, text: word })
      // Not in the thread's own stream, where one would wait for the other.
      await sql.query(`UPDATE chatops.outbox SET stream = $1 WHERE payload ->> 'title' = $1`, [word])
    },
    'thread',
    async (stage) => stage.slack.replies(CHANNEL, (await findThread(stage)).ts).map(readText),
  ),
  direct: {
    ...saying(
      (_, sql, word) =>
        addToOutbox(sql, {
          stream: word,
          kind: 'direct',
          changeRequest: null,
          payload: { user: SUPPORT, report: word },
        }),
      'direct',
      ({ slack }) => slack.directMessages(SUPPORT).map(readText),
    ),
    // The bot cannot read there: only the sleeper itself can take back what it has posted.
    waits: true,
  },
  alert: saying(
    async (_, sql, word) => {
      const at = new Date().toISOString()
      const failure = { code: 'unexpected' as const, words: word, at }
      const entry = { subject: `update-trainee:${word}`, trainee: null, job: null, failure }
      await joinAlert(sql, { cause: `unexpected:${word}`, channel: CHANNEL, at, from: null }, [entry])
    },
    'alert',
    inChannel,
  ),
  brake: saying(
    (_, sql, word) => {
      const payload = { channel: CHANNEL, event: 'paused', by: DEVELOPER, reason: word }
      return addToOutbox(sql, { stream: word, kind: 'brake', changeRequest: null, payload })
    },
    'brake',
    inChannel,
  ),
  // It says what waits when it is sent, so that only its key tells one from the next.
  morning: {
    prepare: async () => randomUUID(),
    async add({ world }, sql, id) {
      const payload = { channel: CHANNEL, day: londonDay(world.now()) }
      await addToOutbox(sql, { id, stream: id, kind: 'morning', changeRequest: null, payload })
      return `outbox:${id}`
    },
    look: async (stage, id, work) => {
      const posted = stage.slack
        .messages(CHANNEL)
        .filter(({ metadata }) => JSON.stringify(metadata ?? null).includes(id))
      return seen(
        stage,
        work,
        posted.map((message) => `${message.ts} ${readText(message)}`),
      )
    },
  },
  trello: saying(
    async (stage, sql, word) => {
      const { id } = await findThread(stage)
      return addToOutbox(sql, { stream: word, kind: 'trello', changeRequest: id, payload: { title: word, text: word } })
    },
    'trello',
    ({ trello }) => trello.cards.map(({ name, id }) => `${id} ${name}`),
  ),
  hint: {
    prepare: (stage) => stage.takeRequest('approved'),
    async add(_, sql, id) {
      await hintExecution(sql, id, new Date())
      return lastRow(sql, 'hint')
    },
    async look({ admin }, id) {
      const { rows } = await admin.query(
        `SELECT status IN ('verifying', 'done') AS carried_out, (SELECT count(*)::int FROM public.audits WHERE comment LIKE 'CR-' || request.id || ':%') AS audits
         FROM chatops.change_requests request WHERE id = $1`,
        [id],
      )
      return { shape: rows[0], all: null }
    },
  },
  job: {
    prepare: (stage) => stage.takeTrainee('registered'),
    async add(_, sql, trainee) {
      const id = await enqueueJob(sql, { name: 'update-trainee', trainee, dueAt: new Date() })
      return `outbox:${id}`
    },
    look: JOBS['update-trainee'].look,
  },
}
