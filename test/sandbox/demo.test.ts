// What bin/demo starts with, and what it remembers of earlier runs.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { repostCards } from '../../sandbox/demo/cards.ts'
import { startDemoDttp } from '../../sandbox/demo/dttp.ts'
import { addFirstJobs } from '../../sandbox/demo/jobs.ts'
import { claimDirectory, notePage, releaseDirectory } from '../../sandbox/demo/running.ts'
import { startDemoTrello } from '../../sandbox/demo/trello.ts'
import { whyNoLocalSlack } from '../../sandbox/local-slack.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'

let database: ScratchDatabase

beforeEach(async () => {
  database = await demoDatabase()
})

afterEach(() => database.drop())

const query = (sql: string) => withClient(database.adminUrl, async (client) => (await client.query(sql)).rows)

describe('the jobs of the first start', () => {
  test('are a poll for everyone who waits for a TRN, and the registrations that will fail', async () => {
    await addFirstJobs(database.appUrl)
    const waiting = await query(
      'SELECT id FROM trainees WHERE state = 1 AND trn IS NULL AND dttp_id IS NOT NULL ORDER BY id',
    )
    expect(await query('SELECT trainee_id AS id FROM chatops.polls ORDER BY trainee_id')).toEqual(waiting)
    const registrations = `SELECT trainee_id FROM chatops.jobs WHERE name = 'register-for-trn' ORDER BY trainee_id`
    expect((await query(registrations)).map(({ trainee_id }) => trainee_id)).toEqual(['5914', '5916', '5917'])
  })

  test('reach the queue, each by a message of its own', async () => {
    await addFirstJobs(database.appUrl)
    const unheard = `SELECT id FROM chatops.jobs WHERE id NOT IN (SELECT id FROM chatops.outbox WHERE kind = 'job')`
    expect(await query(unheard)).toEqual([])
  })

  test('are not added again by a later start', async () => {
    await addFirstJobs(database.appUrl)
    const jobs = await query('SELECT id, due_at FROM chatops.jobs ORDER BY id')
    await addFirstJobs(database.appUrl)
    expect(await query('SELECT id, due_at FROM chatops.jobs ORDER BY id')).toEqual(jobs)
  })
})

describe('a later start', () => {
  test('has open alerts posted again, and no others', async () => {
    await query(`INSERT INTO chatops.alerts (cause, channel, status, closed_at, card_ts) VALUES
      ('timed-out:5902', 'C01', 'open', NULL, '1.1'), ('timed-out:5901', 'C01', 'resolved', now(), '1.2')`)
    await repostCards(database.adminUrl)
    expect(await query(`SELECT cause FROM chatops.alerts WHERE card_ts IS NULL`)).toEqual([{ cause: 'timed-out:5902' }])
    const posts = `SELECT cause FROM chatops.outbox JOIN chatops.alerts a ON payload = jsonb_build_object('alert', a.id::text)`
    expect(await query(posts)).toEqual([{ cause: 'timed-out:5902' }])
  })

  test('has a card posted again with what was in its thread', async () => {
    await query(`INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, plan)
      VALUES ('fix-route', 1, 'U01', 'C01', '{}', repeat('0', 64), '{}')`)
    await query(`UPDATE chatops.change_requests SET sent_at = now(), card_ts = '1.1'`)
    await query(`INSERT INTO chatops.outbox (stream, kind, change_request_id, payload, status)
      VALUES ('thread:1', 'thread', 1, '{"part": "notice"}', 'sent'), ('card:1', 'card', 1, '{}', 'sent')`)
    await query(`INSERT INTO chatops.alerts (cause, channel, card_ts) VALUES ('timed-out:5902', 'C01', '1.2')`)
    await repostCards(database.adminUrl)
    const again = `SELECT kind FROM chatops.outbox WHERE status = 'queued' AND stream = 'posted-again' ORDER BY seq`
    expect((await query(again)).map(({ kind }) => kind)).toEqual(['card', 'alert']) // one after the other
    expect(
      await query(`SELECT kind FROM chatops.outbox WHERE status = 'queued' AND kind <> 'alert' ORDER BY kind`),
    ).toEqual([{ kind: 'card' }, { kind: 'thread' }])
  })

  test('finds Trello’s cards where they were', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chatops-demo-'))
    try {
      const before = await startDemoTrello(directory, 0)
      const card = before.addCard({ name: 'Update a school in DTTP', desc: 'URN 900004' })
      before.changeCard(before.addCard({ name: 'Done' }).id, { closed: true })
      await before.stop()
      const after = await startDemoTrello(directory, Number(new URL(before.url).port))
      expect(after.cards).toEqual(before.cards)
      expect(await (await fetch(card.shortUrl)).text()).toContain('URN 900004')
      await after.stop()
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('finds in DTTP who was registered since, and their TRN still comes', async () => {
    const id = 'abcdef00-0000-4000-8000-000000005913'
    await query(`UPDATE trainees SET dttp_id = '${id}' WHERE id = 5913`)
    const dttp = await startDemoDttp(database.adminUrl, { trnAfterMs: 0, port: 0 })
    expect(dttp.state.find('contacts', id)).toMatchObject({
      dfe_traineeid: '21/22-5913',
      dfe_trn: expect.stringMatching(/^\d{7}$/),
    })
    expect(dttp.state.find('contacts', dttpId('contact', 5902))).toMatchObject({ dfe_trn: null })
    await dttp.stop()
  })
})

test('DTTP has lost one trainee’s record at first, and has a school that Register’s list lacks', async () => {
  const dttp = await startDemoDttp(database.adminUrl, { trnAfterMs: 0, port: 0 })
  expect(dttp.state.find('contacts', dttpId('contact', 5913))).toBeNull()
  expect(await query(`SELECT FROM dttp_schools WHERE urn = '900005'`)).toEqual([])
  expect([...dttp.state.accounts.values()].filter(({ dfe_urn }) => dfe_urn === '900005')).toHaveLength(1)
  await dttp.stop()
})

test('is refused at once, and why, on a platform that has no local Slack', () => {
  expect(whyNoLocalSlack('darwin-arm64')).toBe(
    'The local Slack runs only on Linux x64 for now, and this is darwin-arm64.',
  )
})

describe('a second run in the same folder', () => {
  test('is told which page is open, and how to start another one', () => {
    const directory = mkdtempSync(join(tmpdir(), 'chatops-demo-'))
    try {
      claimDirectory(directory)
      notePage(directory, 'http://127.0.0.1:4300')
      expect(() => claimDirectory(directory)).toThrow(/Its page is http:\/\/127\.0\.0\.1:4300\n.*bin\/demo --in/)
      releaseDirectory(directory)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

describe('a first run without a network', () => {
  const NOBODY_LISTENS = { npm_config_registry: 'http://127.0.0.1:9/' }

  test.each([
    ['with the code that npm gives', null, 'code ECONNREFUSED'],
    ['where npm gives a long list of them', 'seq -f "code E_%.0f" 1 100000 | tr 0-9 A-J >&2; exit 1', 'code E_B'],
    ['where npm gives none', 'exit 1', 'no code'],
  ])('is told so, and why, before npm has tried for minutes: %s', (_what, npm, code) => {
    const checkout = mkdtempSync(join(tmpdir(), 'chatops-setup-'))
    try {
      for (const file of ['bin/setup', 'package.json', 'package-lock.json']) cpSync(file, join(checkout, file))
      const programs = join(checkout, 'programs')
      mkdirSync(programs)
      if (npm !== null) writeFileSync(join(programs, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
      const env = {
        ...{ ...process.env, ...NOBODY_LISTENS, npm_config_cache: join(checkout, 'cache') },
        PATH: `${programs}:${process.env['PATH']}`,
      }
      const { status, stderr } = spawnSync(join(checkout, 'bin/setup'), { env, encoding: 'utf8' })
      expect(status).toBe(1)
      expect(stderr).toContain(`the npm registry does not answer (${code})`)
      expect(stderr).toContain('then try again')
    } finally {
      rmSync(checkout, { recursive: true })
    }
  })
})
