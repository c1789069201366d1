import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDataSource } from '../../src/entities/data-source.ts'
import { OtherSystemsWords1764500000000 } from '../../src/entities/migrations/1764500000000-other-systems-words.ts'
import { WordsInChecks1795870941000 } from '../../src/entities/migrations/1795870941000-words-in-checks.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'

// What an earlier version kept of DTTP's errors, before the words of other systems were left out.

const SAID = ' (400 0x80040203): A validation error occurred for Zoë "Q" Quorn\nborn 1987-03-29: (no).'
const REFUSED = `DTTP refused it${SAID}`
const LEFT = 'DTTP refused it (400 0x80040203).'

let scratch: ScratchDatabase
let admin: pg.Client

beforeAll(async () => {
  scratch = await demoDatabase()
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await scratch.drop()
})

/** As chatops_owner, whose migrations they are. */
async function migrateAgain(): Promise<void> {
  const database = await createDataSource(scratch.ownerUrl, 1).initialize()
  const runner = database.createQueryRunner()
  await new OtherSystemsWords1764500000000().up(runner)
  await new WordsInChecks1795870941000().up(runner)
  await database.destroy()
}

const only = async (query: string) => (await admin.query<{ kept: object }>(query)).rows.map(({ kept }) => kept)

test('is taken out of failures, alerts, messages that wait and the results of requests; all else stays', async () => {
  const failure = { code: 'dttp-refused', words: REFUSED, at: '2026-01-01T00:00:00Z' }
  const own = { code: 'incomplete', words: 'The trainee has no gender: ask.', at: '2026-01-01T00:00:00Z' }
  const add = `INSERT INTO chatops.jobs (name, trainee_id, status, failure, progress, finished_at) VALUES ('update-trainee', 5901, 'failed', $1, $2, now())`
  await admin.query(add, [failure, { code: 'gone', words: `DTTP does not have the record${SAID}`, at: '' }])
  await admin.query(add, [own, { urns: ['123456'], page: 2, empty: {}, none: [] }])
  await admin.query(`INSERT INTO chatops.alerts (cause, channel) VALUES ('job', 'C01SUPPORT')`)
  await admin.query(
    `INSERT INTO chatops.alert_entries (alert_id, subject, failure) SELECT id, 'x', $1 FROM chatops.alerts`,
    [failure],
  )
  await admin.query(
    `INSERT INTO chatops.outbox (id, stream, kind, payload) VALUES (gen_random_uuid(), 'card:1', 'thread', $1)`,
    [{ part: 'job-news', job: 'update-trainee', trainee: '5901', news: { kind: 'failed', failure } }],
  )
  await admin.query(
    `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, outcome, checks)
     VALUES ('requeue-trn', 1, 'U01SUPPORT', 'C01SUPPORT', '{}', repeat('0', 64), $1, $2)`,
    [
      { verified: [{ sentence: 'A poll', holds: false, found: `Asking failed: ${REFUSED}` }] },
      JSON.stringify([{ id: 'poll', verdict: 'holds', found: `It failed: ${REFUSED}`, evidence: {} }]),
    ],
  )
  await migrateAgain()
  expect(await only('SELECT failure AS kept FROM chatops.jobs ORDER BY created_at')).toEqual([
    { ...failure, words: LEFT },
    own,
  ])
  expect(await only('SELECT progress AS kept FROM chatops.jobs ORDER BY created_at')).toEqual([
    { code: 'gone', words: 'DTTP does not have the record (400 0x80040203).', at: '' },
    { urns: ['123456'], page: 2, empty: {}, none: [] },
  ])
  expect(await only('SELECT failure AS kept FROM chatops.alert_entries')).toEqual([{ ...failure, words: LEFT }])
  expect(await only('SELECT payload AS kept FROM chatops.outbox')).toMatchObject([
    { part: 'job-news', news: { failure: { words: LEFT } } },
  ])
  expect(await only('SELECT outcome AS kept FROM chatops.change_requests')).toEqual([
    { verified: [{ sentence: 'A poll', holds: false, found: `Asking failed: ${LEFT}` }] },
  ])
  expect(await only('SELECT checks AS kept FROM chatops.change_requests')).toEqual([
    [{ id: 'poll', verdict: 'holds', found: `It failed: ${LEFT}`, evidence: {} }],
  ])
  const { rows } = await admin.query(`SELECT to_regprocedure('chatops.without_words(jsonb)') AS left_behind`)
  expect(rows).toEqual([{ left_behind: null }])
})
