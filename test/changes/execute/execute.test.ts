import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'

import { execute } from '../../../src/changes/execute/execute.ts'
import { getRequest } from '../../../src/changes/requests.ts'
import { hintAgain } from '../../../src/changes/sweeps/sweep.ts'
import { LedgerEntry } from '../../../src/entities/chatops/ledger-entry.ts'
import { approveRequest, sendRequest } from '../../support/lifecycle.ts'
import { resetToDemo } from '../../support/reset.ts'
import { useWorld } from '../../support/world.ts'

const MINUTE = 60_000
/** On a route that sends both schools, and to be moved to another that does. */
const ID = '5903'
const FORM = {
  subject: 'gfoGqk5BDV999oyF2HvHko7X',
  route: 'pg_teaching_apprenticeship',
  reason: 'Wrong route',
  ticket: '',
}

const use = useWorld({}, () => ({ now: () => new Date(clock), onStep: (step) => onStep(step) }))
let clock: number
let onStep: (step: string) => Promise<void>

beforeAll(async () => {
  await use.admin.query('CREATE TABLE public.notes (trainee_id bigint NOT NULL REFERENCES public.trainees)')
})

beforeEach(async () => {
  clock = Date.now()
  onStep = async () => {}
  await use.admin.query('DELETE FROM notes')
  await resetToDemo(use.admin)
})

afterEach(() => use.admin.query('ROLLBACK'))

describe('when what it needs is away', () => {
  test('a row that someone else holds for too long is left for later, and changed then', async () => {
    const id = await approved()
    await use.admin.query('BEGIN')
    await use.admin.query('SELECT 1 FROM trainees WHERE id = $1 FOR NO KEY UPDATE', [ID])
    const before = await registerRows()
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await statusOf(id)).toBe('approved')
    await use.admin.query('ROLLBACK')
    expect(await registerRows()).toEqual(before)
    expect(await execute(use.world, id)).toBe('executed')
    expect(await statusOf(id)).toBe('verifying')
  })

  test('a row that someone lets go of in time is waited for', async () => {
    const id = await approved()
    await use.admin.query('BEGIN')
    await use.admin.query('SELECT 1 FROM trainees WHERE id = $1 FOR NO KEY UPDATE', [ID])
    onStep = async (step) => {
      if (step === 'claimed') setTimeout(() => void use.admin.query('ROLLBACK'), 300)
    }
    expect(await execute(use.world, id)).toBe('executed')
  })

  test.each(['claimed', 'locked', 'written', 'audited', 'recorded'] as const)(
    'a connection lost when it has %s leaves the request approved and nothing half done',
    async (lost) => {
      const id = await approved()
      const before = await registerRows()
      onStep = (step) => (step === lost ? cutConnections() : Promise.resolve())
      expect(await execute(use.world, id)).toBe('postponed')
      expect({ status: await statusOf(id), rows: await registerRows() }).toEqual({ status: 'approved', rows: before })
      onStep = async () => {}
      expect(await execute(use.world, id)).toBe('executed')
    },
  )

  test.each([
    ['rights that it lacks for a moment', 'SELECT first_name FROM users'],
    ['a password that is being changed', `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '28P01'; END $$`],
    ['a disk that stutters', `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '58030'; END $$`],
    ['a server that takes no writes for a moment', 'BEGIN READ ONLY; CREATE TABLE chatops.refused ()'],
  ])('%s leave it for later', async (_, refused) => {
    const id = await approved()
    onStep = async (step) => {
      if (step === 'locked') await withClient(use.scratch.appUrl, (app) => app.query(refused))
    }
    expect(await execute(use.world, id)).toBe('postponed')
    onStep = async () => {}
    expect(await execute(use.world, id)).toBe('executed')
  })

  test('two failures with a long silence between them are not 30 minutes of trying', async () => {
    const id = await approved()
    onStep = (step) => (step === 'written' ? cutConnections() : Promise.resolve())
    const drawn = async () => (await getRequest(use.world.database, id)).cardVersion
    const before = await drawn()
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await drawn()).toBe(before + 1) // the card says so
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await drawn()).toBe(before + 1)
    clock += 31 * MINUTE
    await hintAgain(use.world)
    expect(await execute(use.world, id)).toBe('postponed')
    expect(await drawn()).toBe(before + 2) // with another time until which it is tried
    onStep = async () => {}
    expect(await execute(use.world, id)).toBe('executed')
  })

  test('it is tried for 30 minutes, and then needs attention', async () => {
    const id = await approved()
    const before = await registerRows()
    onStep = (step) => (step === 'written' ? cutConnections() : Promise.resolve())
    expect(await execute(use.world, id)).toBe('postponed')
    const began = clock
    while (clock < began + 30 * MINUTE - 4 * MINUTE) {
      clock += 4 * MINUTE
      await hintAgain(use.world)
      expect(await execute(use.world, id)).toBe('postponed')
    }
    clock = began + 30 * MINUTE
    await hintAgain(use.world)
    expect(await execute(use.world, id)).toBe('failed')
    const { status, outcome } = await getRequest(use.world.database, id)
    expect({ status, problem: outcome.problem }).toEqual({
      status: 'needs-attention',
      problem: expect.stringContaining('None of the changes in this request were made'),
    })
    expect(await registerRows()).toEqual(before)
    onStep = async () => {}
    expect(await execute(use.world, id)).toBe('not-approved')
  })
})

test('a write that the database refuses ends the request as failed, without values in the ledger', async () => {
  const id = await approved()
  const before = await registerRows()
  await use.admin.query('ALTER TABLE trainees ADD CONSTRAINT refused CHECK (course_min_age IS NOT NULL) NOT VALID')
  try {
    expect(await execute(use.world, id)).toBe('failed')
  } finally {
    await use.admin.query('ALTER TABLE trainees DROP CONSTRAINT refused')
  }
  expect({ status: await statusOf(id), rows: await registerRows() }).toEqual({ status: 'failed', rows: before })
  const entry = await use.world.database.manager.findOneByOrFail(LedgerEntry, { changeRequestId: id, event: 'failed' })
  expect(entry.details).toEqual({ because: 'database 23514 refused' })
})

test('a request that fails keeps the names that its words are about', async () => {
  const id = await approved()
  const named = { undoes: { request: '7', title: 'Fix route' }, school: 'Oak School' }
  await use.admin.query('UPDATE chatops.change_requests SET outcome = $2 WHERE id = $1', [id, named])
  await use.admin.query('ALTER TABLE trainees ADD CONSTRAINT refused CHECK (course_min_age IS NOT NULL) NOT VALID')
  try {
    expect(await execute(use.world, id)).toBe('failed')
  } finally {
    await use.admin.query('ALTER TABLE trainees DROP CONSTRAINT refused')
  }
  expect((await getRequest(use.world.database, id)).outcome).toMatchObject({ ...named, problem: expect.any(String) })
})

describe('while it holds the row', () => {
  test('Rails can insert a row that refers to the trainee, at every step', async () => {
    const id = await approved()
    const blocked: string[] = []
    const inserted: string[] = []
    onStep = async (step) => {
      if (step === 'begun' || step === 'asked' || step === 'committed') return
      await use.admin.query(`SET lock_timeout = '500ms'`)
      await use.admin.query('INSERT INTO notes VALUES ($1)', [ID]).then(
        () => inserted.push(step),
        () => blocked.push(step),
      )
    }
    expect(await execute(use.world, id)).toBe('executed')
    expect(blocked).toEqual([])
    expect(inserted).toContain('locked')
    expect(inserted).toContain('recorded')
  })

  test('Rails cannot change the trainee underneath it', async () => {
    const id = await approved()
    let refused: unknown
    onStep = async (step) => {
      if (step !== 'judged') return
      await use.admin.query(`SET lock_timeout = '200ms'`)
      const change = use.admin.query(`UPDATE trainees SET course_subject_one = 'physics' WHERE id = $1`, [ID])
      await change.catch((error: unknown) => {
        refused = error
      })
    }
    expect(await execute(use.world, id)).toBe('executed')
    expect(refused).toMatchObject({ code: '55P03' })
  })

  test('other trainees, and this one’s degrees and audits, stay free', async () => {
    const id = await approved()
    onStep = async (step) => {
      if (step !== 'recorded') return
      await use.admin.query(`SET lock_timeout = '500ms'`)
      await use.admin.query('UPDATE trainees SET updated_at = now() WHERE id <> $1', [ID])
      await use.admin.query('UPDATE degrees SET updated_at = now() WHERE trainee_id = $1', [ID])
      await use.admin.query('UPDATE audits SET remote_address = NULL WHERE auditable_id = $1', [ID])
    }
    expect(await execute(use.world, id)).toBe('executed')
  })
})

describe('when something moved between the preview and the execution', () => {
  test.each([
    [
      'the DTTP record',
      `UPDATE trainees SET dttp_id = gen_random_uuid() WHERE id = ${ID}`,
      'DTTP needs no change by hand',
    ],
    ['the state', `UPDATE trainees SET state = 4 WHERE id = ${ID}`, 'The record is still being worked on'],
    [
      'the lead school’s status',
      'UPDATE dttp_schools SET status_code = 1 WHERE id = 802',
      'The lead school fits the new route',
    ],
    [
      'a second row of the lead school',
      `INSERT INTO dttp_schools (urn, status_code, created_at, updated_at) VALUES ('900002', 1, now(), now())`,
      'The lead school fits the new route',
    ],
    [
      'the employing school’s status',
      'UPDATE dttp_schools SET status_code = 300000002 WHERE id = 811',
      'The employing school fits the new route',
    ],
    [
      'the employing school',
      `UPDATE trainees SET employing_school_id = 710 WHERE id = ${ID}`,
      'The employing school fits the new route',
    ],
    [
      'the number of degrees',
      `DELETE FROM degrees WHERE trainee_id = ${ID}`,
      'The trainee has the degree the new route asks for',
    ],
    ['the provider', `UPDATE trainees SET provider_id = 101 WHERE id = ${ID}`, 'The route is open to the provider'],
    [
      'the history',
      `INSERT INTO audits (auditable_type, auditable_id, action, audited_changes, version) VALUES ('Trainee', ${ID}, 'update', '{"region": [null, "x"]}', 9)`,
      'The last change to the record is known',
    ],
  ])('%s, it is out of date, and the check is named', async (_, change, sentence) => {
    const id = await approved()
    await use.admin.query(change)
    const before = await registerRows()
    expect(await execute(use.world, id)).toBe('stale')
    const { status, outcome } = await getRequest(use.world.database, id)
    expect({ status, columns: outcome.moved?.columns }).toEqual({ status: 'stale', columns: [] })
    expect(outcome.moved?.checks).toContain(sentence)
    expect(await registerRows()).toEqual(before)
  })

  test('after it asked and before it locked, it is out of date', async () => {
    const id = await approved()
    onStep = async (step) => {
      if (step === 'asked')
        await use.admin.query(`UPDATE trainees SET course_subject_one = 'physics' WHERE id = $1`, [ID])
    }
    expect(await execute(use.world, id)).toBe('stale')
    const { outcome } = await getRequest(use.world.database, id)
    expect(outcome.moved?.columns).toEqual(['course_subject_one'])
  })

  test('and back again, it is carried out', async () => {
    const id = await approved()
    await use.admin.query(`UPDATE trainees SET state = 4 WHERE id = $1`, [ID])
    await use.admin.query(`UPDATE trainees SET state = 2 WHERE id = $1`, [ID])
    expect(await execute(use.world, id)).toBe('executed')
  })

  test('that no check and no change depends on, it is carried out', async () => {
    const id = await approved()
    await use.admin.query(`UPDATE trainees SET region = 'London', updated_at = now() WHERE id = $1`, [ID])
    await use.admin.query('UPDATE schools SET updated_at = now()')
    expect(await execute(use.world, id)).toBe('executed')
  })
})

test('a request whose trainee is gone is out of date, by the check that its card showed', async () => {
  const id = await approved()
  await use.admin.query('DELETE FROM trainees WHERE id = $1', [ID])
  expect(await execute(use.world, id)).toBe('stale')
  const { checks, outcome } = await getRequest(use.world.database, id)
  expect(outcome.moved?.checks).toEqual(['One trainee is meant'])
  expect(JSON.stringify(checks)).toContain('"sentence":"One trainee is meant"')
})

test('an approval is void in another database, such as a restored copy', async () => {
  const id = await approved()
  const before = await registerRows()
  expect(await execute({ ...use.world, databaseIdentity: 'a copy' }, id)).toBe('stale')
  expect(await registerRows()).toEqual(before)
})

/** An approved request for the trainee. */
async function approved(): Promise<string> {
  const request = await sendRequest(use.world, 'fix-route', FORM)
  await approveRequest(use.world, request)
  return request.id
}

async function statusOf(id: string): Promise<string> {
  return (await getRequest(use.world.database, id)).status
}

/** Ends the sessions of the execution under way, as a database that is restarted would. */
async function cutConnections(): Promise<void> {
  await use.admin.query(
    `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = 'chatops_app'`,
  )
}

/** Every row of the tables that the playbook writes, exactly. */
async function registerRows(): Promise<unknown> {
  return withClient(use.scratch.adminUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM public.trainees t) AS trainees,
              (SELECT jsonb_agg(to_jsonb(a) ORDER BY id) FROM public.audits a) AS audits`,
    )
    return rows
  })
}
