// What an earlier version left in the outbox is sent by this one. Whoever changes a payload adds here how it was until then.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { writeToSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { OUTBOX_KINDS, type OutboxKind } from '../../src/outbox/add.ts'
import type { Claimed } from '../../src/outbox/claim.ts'
import { useStory } from '../support/bot.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { approveRequest, CHANNEL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory(() => ({ REGISTER_JOBS: 'own' }))
const FAILURE = { code: 'dttp-refused', words: 'DTTP refused it.', at: '2021-10-27T13:14:00.000Z' }
const MEMBER = { place: 'schedule', queue: 'default', score: '1635340440.1234567', sha1: 'a1'.repeat(20) }

type Left = { kind: OutboxKind; payload: object; request?: string }

/** As version 0.2.0 wrote them; and those that came later, as they were first written. */
function leftBehind({ request, alert, wait, job }: Record<'request' | 'alert' | 'wait' | 'job', string>): Left[] {
  const news = (of: object) => ({ part: 'job-news', job: 'retrieve-trn', trainee: '5901', news: of })
  const thread = [
    ...[{ part: 'notice' }, { part: 'receipt' }, { part: 'advice' }, { part: 'manual-steps' }],
    news({ kind: 'no-trn-yet', next: '2021-10-27T14:14:00.000Z', timeout: '2021-10-31T13:14:00.5' }),
    ...[news({ kind: 'trn-received' }), news({ kind: 'done' }), news({ kind: 'failed', failure: FAILURE })],
    { part: 'trello-card', title: 'Update a school', url: 'https://trello.example.test/c/1' },
    { part: 'trello-card', title: 'Update a school', url: null, text: 'Please update it.' },
    { part: 'school-sync', by: 'us', schools: [{ row: '804', urn: '900004', is: 1, inDttp: { status: 1 } }] },
    { part: 'reminder', calls: null },
  ]
  const direct = [
    { user: SUPPORT, channel: CHANNEL, because: 'the channel is closed' },
    ...['school-arrived', 'school-asked-for', 'school-not-asked-for'].map((part) => ({ user: SUPPORT, part, wait })),
  ]
  const asks = { title: 'Add a school to DTTP: URN 900005', text: 'Please add it.' }
  return [
    { kind: 'card', payload: {}, request },
    ...thread.map((payload): Left => ({ kind: 'thread', payload, request })),
    ...direct.map((payload): Left => ({ kind: 'direct', payload, request })),
    { kind: 'alert', payload: { alert } },
    { kind: 'brake', payload: { channel: CHANNEL, event: 'paused', by: SUPPORT, reason: 'A test' } },
    { kind: 'morning', payload: { channel: CHANNEL, day: '2021-10-27' } },
    { kind: 'trello', payload: asks, request },
    { kind: 'hint', payload: {}, request },
    { kind: 'job', payload: { job } },
  ]
}

const ASKED_OF_SIDEKIQ = [
  { do: 'push', job: { name: 'update-trainee', trainee: '5901' }, at: '2021-10-27T13:14:00.000Z', instead: null },
  {
    ...{ do: 'push', job: { name: 'retrieve-trn', trainee: '5901', timeoutAt: null }, at: '2021-10-27T13:14:00.000Z' },
    instead: MEMBER,
  },
  { do: 'retry', member: MEMBER },
  { do: 'remove', members: [MEMBER], next: { id: randomUUID(), name: 'update-trainee', trainee: '5901', args: {} } },
]

test('every message and hint is sent, whichever version wrote it', async () => {
  const { bot, slack } = use.story
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route: 'school_direct_salaried', reason: 'x', ticket: '' }
  const request = await sendRequest(bot.changes, 'fix-route', form)
  await approveRequest(bot.changes, request)
  await slack.until(() => readText(slack.messages(CHANNEL)[0] ?? []).includes('CR-1 is done'), 'CR-1 to be done')
  const { rows: made } = await use.admin.query(`
    WITH alert AS (INSERT INTO chatops.alerts (cause, channel) VALUES ('gone:5901', '${CHANNEL}') RETURNING id),
      wait AS (INSERT INTO chatops.school_waits (urn, requester, channel, playbook, form, asks, created_at)
        VALUES ('900005', '${SUPPORT}', '${CHANNEL}', 'repair-school', '{}', '{"title": "t", "text": "x"}', now())
        RETURNING id)
    SELECT alert.id AS alert, wait.id AS wait FROM alert, wait`)
  const job = await addFailedJob(use.admin, { trainee: 5901 })
  await use.admin.query(
    `INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, failure)
     VALUES ($1, 'update-trainee:5901', 5901, $2)`,
    [made[0].alert, FAILURE],
  )
  const left = leftBehind({ request: request.id, job, ...made[0] })
  expect(new Set([...left.map(({ kind }) => kind), 'sidekiq'])).toEqual(new Set(OUTBOX_KINDS))
  await use.admin.query(
    `INSERT INTO chatops.outbox (id, stream, kind, change_request_id, payload)
     SELECT gen_random_uuid(), 'left:' || n, of ->> 'kind', (of ->> 'request')::bigint, of -> 'payload'
     FROM jsonb_array_elements($1) WITH ORDINALITY AS of (of, n)`,
    [JSON.stringify(left)],
  )
  const notSent = async () => {
    const { rows: open } = await use.admin.query(
      `SELECT kind, payload, status, last_error FROM chatops.outbox WHERE stream LIKE 'left:%' AND status <> 'sent'`,
    )
    return open
  }
  await slack.until(async () => (await notSent()).every(({ last_error: error }) => error !== null), 'all to be sent')
  expect(await notSent()).toEqual([])
})

test.each(ASKED_OF_SIDEKIQ)('what was asked of Register’s Sidekiq is read: $do', async (payload) => {
  const row = { id: randomUUID(), payload, hasWaitedForNewer: false, changeRequest: null } as unknown as Claimed // all that is read before Sidekiq is asked
  const written = await writeToSidekiq(use.story.bot.changes, row).catch((error: Error) => error.message)
  expect(written).toBeTypeOf('string') // there is no Sidekiq here, nor what the mirror would know of the job
  expect(written).not.toContain('cannot be read')
})
