import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { databaseUrls, grantRights, type RegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { registerSchemaSql } from '../../sandbox/register/schema.ts'
import { TRANSITIONS } from '../../src/changes/transitions.ts'
import type { Status } from '../../src/entities/chatops/change-request.ts'
import type { JobName } from '../../src/entities/chatops/job.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { migrate } from '../../src/entities/migrate.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { applySaveRules } from '../../src/register/saves/rules.ts'
import { applyRoute, ROUTE_NAMES } from '../../src/register/trainees/training-routes.ts'
import { nodeRuns } from '../support/built.ts'
import { demoDatabase, type ScratchDatabase } from '../support/database.ts'

const STATUSES = Object.keys(TRANSITIONS) as Status[]
/** The migration that holds the lock, and waits for the table. */
const WAITING = "SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock' AND query ~ 'migrations'"
/** The migration that waits for the test. */
const AT_WORK =
  "SELECT FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database() AND locktype = 'advisory' AND objid = 1 AND NOT granted"
/** PurgesByIndex; those before it are not looked at. */
const FIRST_THAT_LETS_READ = 1795917000000
/**
 * Refuses to make an index in a transaction that keeps a table or view from being read, and to drop one in a transaction that keeps
 * a table from being written, whose writers may hold what the dropping waits for.
 */
const NO_INDEX_WHILE_UNREAD = `
  CREATE FUNCTION public.no_index_while_unread() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE unread text;
    BEGIN
      SELECT string_agg(relname, ', ') INTO unread FROM pg_locks JOIN pg_class ON pg_class.oid = relation
      WHERE pid = pg_backend_pid() AND relkind IN ('r', 'v')
        AND mode = CASE tg_tag WHEN 'CREATE INDEX' THEN 'AccessExclusiveLock' ELSE 'ShareLock' END;
      IF unread IS NOT NULL THEN RAISE '% with a lock on %', tg_tag, unread; END IF;
    END $$;
  CREATE EVENT TRIGGER no_index_while_unread ON ddl_command_end WHEN TAG IN ('CREATE INDEX', 'DROP INDEX')
    EXECUTE FUNCTION public.no_index_while_unread()`
const DENIED = { code: '42501' }
const REFUSED = { code: '23514' }

test('every migration that there is a file of is run', async () => {
  const url = new URL('../../src/entities/migrations/', import.meta.url)
  const written = await Promise.all(readdirSync(url).map((file) => import(new URL(file, url).href)))
  const classes = written.flatMap((file) => Object.values<unknown>(file)).filter((one) => typeof one === 'function')
  const { migrations } = createDataSource('postgres://nobody@localhost/nowhere').options
  expect(new Set(Object.values(migrations ?? {}))).toEqual(new Set(classes))
})

describe('migrating', () => {
  const name = `${inject('runPrefix')}${randomUUID().slice(0, 8)}`
  const { adminUrl, ownerUrl, appUrl } = databaseUrls(inject('postgresUrl'), name)

  beforeAll(async () => {
    await withClient(inject('postgresUrl'), (client) => client.query(`CREATE DATABASE ${name}`))
    await withClient(adminUrl, (client) => client.query(registerSchemaSql()))
    await grantRights(adminUrl)
  })

  afterAll(() =>
    withClient(inject('postgresUrl'), (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  )

  test('works from several processes at once, and leaves Register’s tables alone', async () => {
    const register = await readCatalog(adminUrl, 'public')
    await Promise.all([migrate(ownerUrl), migrate(ownerUrl), migrate(ownerUrl)])
    expect(await readCatalog(adminUrl, 'public')).toEqual(register)
    const { rows } = await withClient(appUrl, (client) => client.query('SELECT seq FROM chatops.ledger_head'))
    expect(rows).toEqual([{ seq: '0' }])
  })

  test('changes nothing when it is run again', async () => {
    const before = [await readCatalog(adminUrl, 'chatops'), await readCatalog(adminUrl, 'bullmq'), await readOurs()]
    await migrate(ownerUrl)
    expect([await readCatalog(adminUrl, 'chatops'), await readCatalog(adminUrl, 'bullmq'), await readOurs()]).toEqual(
      before,
    )
  })

  test('waits for another, and says so, but not for one that is frozen', async () => {
    const admin = await connect(adminUrl)
    await admin.query('BEGIN')
    await admin.query('LOCK TABLE chatops.migrations IN ACCESS EXCLUSIVE MODE')
    const frozen = spawn(process.execPath, [...nodeRuns('src/cli.ts'), 'migrate'], {
      env: { PATH: process.env['PATH'], MIGRATE_DATABASE_URL: ownerUrl },
      stdio: 'ignore',
    })
    try {
      const waiting = () => withClient(adminUrl, (client) => client.query(WAITING, [name]))
      await expect.poll(async () => (await waiting()).rowCount).toBe(1)
      frozen.kill('SIGSTOP')
      await admin.query('ROLLBACK')
      const said: string[] = []
      await migrate(ownerUrl, (words) => said.push(words))
      expect(said).toEqual(['Another migration is under way. This one begins when that is over.'])
    } finally {
      frozen.kill('SIGKILL')
      await admin.end()
    }
  })

  test('takes longer than a statement of the bot’s may, where a table is large', () =>
    withUnmigrated('PERFORM pg_sleep(2.5)', async ({ ownerUrl }, admin) => {
      await admin.query(`ALTER ROLE chatops_owner IN DATABASE ${name}_2 SET statement_timeout = '2s'`)
      await migrate(ownerUrl)
    }))

  test('goes no further once it has lost its lock, as one that was frozen has', () =>
    withUnmigrated(
      `SET LOCAL lock_timeout = 0; PERFORM pg_advisory_xact_lock_shared(1)`,
      async ({ ownerUrl }, admin) => {
        await admin.query('SELECT pg_advisory_lock(1)')
        const migrating = expect(migrate(ownerUrl)).rejects.toThrow(/was frozen, and another may have begun/)
        await expect.poll(async () => (await admin.query(AT_WORK)).rowCount, { timeout: 60_000 }).toBe(1)
        await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7031520 AND
        database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
        await admin.query('SELECT pg_advisory_unlock(1)')
        await migrating
        const done = async () => (await admin.query('SELECT name FROM chatops.migrations')).rowCount
        const before = await done()
        await migrate(ownerUrl)
        expect(await done()).toBeGreaterThan(before ?? 0)
      },
    ))

  test('lets everybody read while it makes an index, which may take long', async () => {
    const database = await createDataSource(ownerUrl, 1).initialize()
    const runner = database.createQueryRunner()
    const later = database.migrations.filter(({ name }) => Number(name?.slice(-13)) >= FIRST_THAT_LETS_READ)
    try {
      for (const migration of later.toReversed()) await migration.down(runner)
      await withClient(adminUrl, (client) => client.query(NO_INDEX_WHILE_UNREAD))
      for (const migration of later) {
        if (migration.transaction !== false) await runner.startTransaction()
        await migration.up(runner)
        if (runner.isTransactionActive) await runner.commitTransaction()
      }
    } finally {
      await database.destroy()
      await withClient(adminUrl, (client) => client.query('DROP EVENT TRIGGER IF EXISTS no_index_while_unread'))
    }
    expect(later.length).toBeGreaterThan(0)
  })

  test('is not needed by the app’s role, which could not do it', async () => {
    await expect(migrate(appUrl)).rejects.toMatchObject(DENIED)
  })

  /** A database with Register's tables only, in which one migration also does what is given. */
  async function withUnmigrated(meanwhile: string, act: (urls: RegisterDatabase, admin: pg.Client) => Promise<void>) {
    const urls = databaseUrls(inject('postgresUrl'), `${name}_2`)
    await withClient(inject('postgresUrl'), (client) => client.query(`CREATE DATABASE ${name}_2`))
    try {
      await withClient(urls.adminUrl, (client) => client.query(registerSchemaSql()))
      await grantRights(urls.adminUrl)
      await withClient(urls.adminUrl, async (admin) => {
        await admin.query(`
          CREATE FUNCTION public.dawdle() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN IF current_query() ~ 'INDEX mirrored_jobs_over' THEN ${meanwhile}; END IF; END $$;
          CREATE EVENT TRIGGER dawdles ON ddl_command_start EXECUTE FUNCTION public.dawdle()`)
        await act(urls, admin)
      })
    } finally {
      await withClient(inject('postgresUrl'), (client) => client.query(`DROP DATABASE ${name}_2 WITH (FORCE)`))
    }
  }

  async function readOurs(): Promise<unknown> {
    const { rows } = await withClient(adminUrl, (client) =>
      client.query(
        `SELECT (SELECT jsonb_agg(m) FROM chatops.migrations m) AS migrations, (SELECT id FROM chatops.identity) AS id,
           (SELECT hash FROM chatops.ledger_head) AS head, (SELECT jsonb_agg(t ORDER BY t) FROM chatops.transitions t)`,
      ),
    )
    return rows
  }
})

describe('what the roles may do', () => {
  let scratch: ScratchDatabase
  let app: pg.Client
  let owner: pg.Client
  let admin: pg.Client

  beforeAll(async () => {
    scratch = await demoDatabase()
    app = await connect(scratch.appUrl)
    owner = await connect(scratch.ownerUrl)
    admin = await connect(scratch.adminUrl)
    await app.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U01', '{}')`)
  })

  afterAll(async () => {
    await Promise.all([app.end(), owner.end(), admin.end()])
    await scratch.drop()
  })

  describe('the bot', () => {
    test.each([
      `UPDATE chatops.ledger SET actor = 'someone else'`,
      'DELETE FROM chatops.ledger',
      'TRUNCATE chatops.ledger',
      `INSERT INTO chatops.ledger VALUES (99, NULL, now(), 'done', 'U01', '{}', 'a', 'b')`,
      'UPDATE chatops.ledger_head SET seq = 0',
      'DELETE FROM chatops.ledger_head',
      `INSERT INTO chatops.ledger_head VALUES (true, 0, 'x')`,
      'ALTER TABLE chatops.ledger DISABLE TRIGGER ALL',
      `SET session_replication_role = replica`,
      'DROP TRIGGER guard_change_request ON chatops.change_requests',
      `INSERT INTO chatops.transitions VALUES ('done', 'approved')`,
      `UPDATE chatops.transitions SET to_status = 'approved'`,
      'UPDATE chatops.identity SET id = gen_random_uuid()',
      'DELETE FROM chatops.change_requests',
      'TRUNCATE chatops.change_requests CASCADE',
      `INSERT INTO chatops.open_subjects VALUES ('trainees:1', 1)`,
      'DELETE FROM chatops.open_subjects',
      `UPDATE chatops.reviews SET digest = 'x'`,
      'DELETE FROM chatops.reviews',
      'DELETE FROM chatops.outbox',
      'CREATE TABLE chatops.mine ()',
      'CREATE TABLE public.mine ()',
      'CREATE SCHEMA mine',
      'SET ROLE chatops_owner',
    ])('is refused: %s', async (statement) => {
      await expect(app.query(statement)).rejects.toMatchObject(DENIED)
    })

    test.each([
      'DELETE FROM trainees',
      'TRUNCATE trainees',
      `INSERT INTO trainees (slug) VALUES ('new')`,
      'UPDATE providers SET code = NULL',
      'UPDATE schools SET urn = urn',
      'UPDATE dttp_schools SET dttp_id = dttp_id',
      'DELETE FROM dttp_schools',
      `INSERT INTO degrees (trainee_id) VALUES (5901)`,
      'UPDATE degrees SET trainee_id = 5902',
      'DELETE FROM degrees',
      `UPDATE audits SET comment = 'x'`,
      'DELETE FROM audits',
      `INSERT INTO audits (username) VALUES ('someone')`,
      `INSERT INTO audits (user_id) VALUES (1)`,
      `INSERT INTO audits (user_type) VALUES ('User')`,
      `INSERT INTO audits (id) VALUES (1)`,
      `UPDATE users SET dttp_id = NULL`,
      'SELECT email FROM users',
      'SELECT * FROM trainee_disabilities',
      'SELECT * FROM nationalisations',
    ])('is refused in Register: %s', async (statement) => {
      await expect(app.query(statement)).rejects.toMatchObject(DENIED)
    })

    test('can write what fix-route and the jobs write of a trainee, and no other column', async () => {
      const { trainees: columns = [] } = await rightsTo('UPDATE')
      expect(columns).toEqual(
        [...new Set([...(await columnsOfFixRoute()), ...Object.values(COLUMNS_OF_JOBS).flat(), 'updated_at'])].sort(),
      )
      for (const column of await columnsOf('trainees')) {
        const write = app.query(`UPDATE trainees SET "${column}" = "${column}" WHERE id = 5901`)
        if (columns.includes(column)) await write
        else await expect(write, column).rejects.toMatchObject(DENIED)
      }
    })

    test('can write the ids of degrees, the schools that DTTP has, and audits, and nothing else', async () => {
      const school = ['name', 'status_code', 'updated_at', 'urn']
      expect(await rightsTo('UPDATE')).toEqual({
        degrees: ['dttp_id', 'updated_at'],
        dttp_schools: school,
        trainees: expect.any(Array),
      })
      expect(await rightsTo('INSERT')).toEqual({
        audits: [
          ...['action', 'associated_id', 'associated_type', 'auditable_id', 'auditable_type', 'audited_changes'],
          ...['comment', 'created_at', 'request_uuid', 'version'],
        ],
        dttp_schools: [...school, 'created_at', 'dttp_id'].sort(),
      })
      const { rows } = await admin.query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
           AND has_table_privilege('chatops_app', oid, 'DELETE, TRUNCATE, TRIGGER, REFERENCES')`,
      )
      expect(rows).toEqual([])
    })

    test('can read eleven of Register’s tables, three of them only in part', async () => {
      const rights = await rightsTo('SELECT')
      const whole = [
        'audits',
        'degrees',
        'disabilities',
        'dttp_schools',
        'nationalities',
        'providers',
        'schools',
        'trainees',
      ]
      const inPart = {
        nationalisations: ['id', 'nationality_id', 'trainee_id'],
        trainee_disabilities: ['disability_id', 'id', 'trainee_id'],
        users: ['discarded_at', 'dttp_id', 'id', 'provider_id', 'system_admin'],
      }
      expect(rights).toMatchObject(inPart)
      expect(Object.keys(rights)).toEqual([...whole, ...Object.keys(inPart)].sort())
      for (const table of whole) expect(rights[table]).toEqual(await columnsOf(table))
    })

    /** Columns of each of Register's tables to which the bot has this right. */
    async function rightsTo(right: 'SELECT' | 'INSERT' | 'UPDATE'): Promise<Record<string, string[]>> {
      const { rows } = await admin.query<{ table: string; columns: string[] }>(
        `SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") AS columns
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
           AND has_column_privilege('chatops_app', c.oid, a.attnum, $1)
         GROUP BY 1`,
        [right],
      )
      return Object.fromEntries(rows.map(({ table, columns }) => [table, columns]))
    }

    async function columnsOf(table: string): Promise<string[]> {
      const { rows } = await admin.query<{ name: string }>(
        `SELECT column_name::text AS name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 ORDER BY column_name COLLATE "C"`,
        [table],
      )
      return rows.map(({ name }) => name)
    }

    test('can append to the ledger, and read it', async () => {
      const { rows } = await app.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U02', '{"a": 1}') AS hash`)
      const entry = await app.query('SELECT event, actor FROM chatops.ledger WHERE hash = $1', [rows[0].hash])
      expect(entry.rows).toEqual([{ event: 'refused', actor: 'U02' }])
    })
  })

  describe('the owner', () => {
    test.each([`UPDATE chatops.ledger SET actor = 'x'`, 'DELETE FROM chatops.ledger', 'TRUNCATE chatops.ledger'])(
      'cannot rewrite the ledger by accident: %s',
      async (statement) => {
        await expect(owner.query(statement)).rejects.toThrow('the ledger is append-only')
      },
    )

    test('has no rights on Register’s rows', async () => {
      await expect(owner.query('SELECT * FROM public.trainees')).rejects.toMatchObject(DENIED)
    })
  })

  describe('a change request', () => {
    test.each(STATUSES.filter((status) => status !== 'unsent'))('cannot begin as %s', async (status) => {
      await expect(insertRequest(app, { status })).rejects.toMatchObject(REFUSED)
      await expect(insertRequest(app, { status, decided_by: 'U02' })).rejects.toMatchObject(REFUSED)
    })

    test('cannot begin decided', async () => {
      await expect(insertRequest(app, { decided_by: 'U02' })).rejects.toMatchObject(REFUSED)
    })

    test.each([
      ['requester', `'U03'`],
      ['playbook', `'other'`],
      ['created_at', `now() + interval '1 hour'`],
      ['id', '999999'],
    ])('keeps its %s, whatever its state', async (column, value) => {
      for (const status of STATUSES) {
        const id = await requestIn(status)
        const write = app.query(`UPDATE chatops.change_requests SET ${column} = ${value} WHERE id = $1`, [id])
        await expect(write, status).rejects.toMatchObject(REFUSED)
      }
    })

    test.each([
      ['digest', `'${'b'.repeat(64)}'`],
      ['plan', `'{"updates": []}'`],
      ['form', `'{}'`],
      ['checks', `'[]'`],
      ['playbook_version', '2'],
      ['subjects', `'{trainees:2}'`],
      ['trainee_slug', `'abc'`],
    ])('keeps its %s from the moment that it is sent', async (column, value) => {
      for (const status of STATUSES) {
        const id = await requestIn(status)
        const write = `UPDATE chatops.change_requests SET ${column} = ${value}`
        const sending = app.query(`${write}, status = 'pending' WHERE id = $1 AND status = 'unsent'`, [id])
        if (status === 'unsent') await expect(sending).rejects.toMatchObject(REFUSED)
        const alone = app.query(`${write} WHERE id = $1`, [id])
        if (status === 'unsent') await alone
        else await expect(alone, status).rejects.toMatchObject(REFUSED)
      }
    })

    test('can be emptied of what it holds only once it is over, whatever it says of its end', async () => {
      const empty = 'UPDATE chatops.change_requests SET form = NULL, plan = NULL, checks = NULL WHERE id = $1'
      for (const status of STATUSES) {
        const id = await requestIn(status)
        await app.query('UPDATE chatops.change_requests SET finished_at = now() WHERE id = $1', [id])
        const isOver = TRANSITIONS[status].length === 0
        if (isOver) await app.query(empty, [id])
        else await expect(app.query(empty, [id]), status).rejects.toMatchObject(REFUSED)
      }
    })

    test('takes the legal steps and is refused every other', async () => {
      const taken: Record<string, string[]> = {}
      for (const from of STATUSES) {
        taken[from] = []
        for (const to of STATUSES.filter((status) => status !== from)) {
          const id = await requestIn(from, { subject: `trainees:${from}-${to}` })
          const step = app.query(
            `UPDATE chatops.change_requests SET status = $2, decided_by = coalesce(decided_by, 'U02') WHERE id = $1`,
            [id, to],
          )
          if (await step.then(Boolean, demandRefusal)) taken[from].push(to)
        }
      }
      expect(taken).toEqual(sorted(TRANSITIONS))
    })

    test.each(['approved', 'verifying', 'done'])('cannot be %s by the person who asked', async (status) => {
      const from = { approved: 'pending', verifying: 'approved', done: 'verifying' }[status] as Status
      const own = await requestIn(from, { decided_by: from === 'pending' ? null : 'U01', unchecked: true })
      const step = `UPDATE chatops.change_requests SET status = $2, decided_by = 'U01' WHERE id = $1`
      await expect(app.query(step, [own, status])).rejects.toMatchObject({
        ...REFUSED,
        constraint: 'decided_by_another_person',
      })
    })

    test('cannot be approved by nobody', async () => {
      const id = await requestIn('pending')
      await expect(
        app.query(`UPDATE chatops.change_requests SET status = 'approved' WHERE id = $1`, [id]),
      ).rejects.toMatchObject(REFUSED)
    })

    test('keeps the person who decided', async () => {
      const id = await requestIn('approved')
      await expect(
        app.query(`UPDATE chatops.change_requests SET decided_by = 'U03' WHERE id = $1`, [id]),
      ).rejects.toMatchObject(REFUSED)
    })

    test('holds its rows from the sending to the end: no other request can', async () => {
      const subject = 'trainees:held'
      const [first, second] = [await requestIn('unsent', { subject }), await requestIn('unsent', { subject })]
      const send = `UPDATE chatops.change_requests SET status = 'pending' WHERE id = $1`
      await app.query(send, [first])
      await expect(app.query(send, [second])).rejects.toMatchObject({ code: '23505' })
      await app.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [first])
      await app.query(send, [second])
    })
  })

  /** A request in a state that it did not reach step by step; only a superuser can make one. */
  async function requestIn(status: Status, columns: Columns & { unchecked?: boolean } = {}): Promise<string> {
    const { unchecked, ...rest } = columns
    const decided = ['unsent', 'pending'].includes(status) ? null : 'U02'
    if (unchecked) await admin.query('ALTER TABLE chatops.change_requests DROP CONSTRAINT decided_by_another_person')
    await admin.query('SET session_replication_role = replica')
    const id = await insertRequest(admin, { status, decided_by: decided, ...rest })
    await admin.query('SET session_replication_role = origin')
    if (unchecked) {
      await admin.query(`ALTER TABLE chatops.change_requests ADD CONSTRAINT decided_by_another_person CHECK (
        status NOT IN ('approved', 'verifying', 'done') OR (decided_by IS NOT NULL AND decided_by <> requester)) NOT VALID`)
    }
    return id
  }
})

type Columns = { status?: string; decided_by?: string | null; subject?: string }

async function insertRequest(client: pg.Client, columns: Columns): Promise<string> {
  const { status = 'unsent', decided_by = null, subject = `trainees:${randomUUID()}` } = columns
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO chatops.change_requests
       (playbook, playbook_version, status, requester, channel, form, plan, checks, subjects, digest, decided_by)
     VALUES ('fix-route', 1, $1, 'U01', 'C01', '{"a": "b"}', '{}', '[{}]', ARRAY[$2], repeat('a', 64), $3)
     RETURNING id`,
    [status, subject, decided_by],
  )
  return rows[0]?.id ?? ''
}

function demandRefusal(error: unknown): false {
  expect(error).toMatchObject({ ...REFUSED, message: expect.stringContaining('cannot go from') })
  return false
}

function sorted(table: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([from, to]) => [from, STATUSES.filter((s) => to.includes(s))]))
}

/** What each job saves of a trainee, besides what Register does on every save. */
const COLUMNS_OF_JOBS = {
  'retrieve-trn': ['trn', 'state'],
  'register-for-trn': ['dttp_id', 'placement_assignment_dttp_id'],
  'update-trainee': ['dttp_update_sha'],
  'change-trainee-status': [],
  'sync-schools': [],
  'load-gias': [],
} as const satisfies Record<JobName, readonly string[]>

/** Every column that any route could give a trainee, with every rule of a save at work. */
async function columnsOfFixRoute(): Promise<string[]> {
  const trainee = Object.assign(new Trainee(), {
    training_route: 1,
    progress: { course_details: true },
    first_names: ' A',
    last_name: ' B',
    lead_school_not_applicable: true,
    employing_school_not_applicable: true,
  })
  const columns = ROUTE_NAMES.flatMap((route) => Object.keys(applySaveRules(trainee, applyRoute(trainee, route))))
  return [...new Set(columns)]
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

/** Everything Postgres knows of a schema that DDL would change, and what is installed in the database. */
async function readCatalog(url: string, schema: string): Promise<unknown> {
  return withClient(url, async (client) => {
    const read = async (sql: string, values = [schema]) => (await client.query(sql, values)).rows
    return {
      schema: await read('SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname = $1'),
      extensions: await read('SELECT extname FROM pg_extension ORDER BY 1', []),
      relations: await read(
        `SELECT oid, relname, relkind, relowner, relacl::text, relhastriggers, relrowsecurity FROM pg_class
         WHERE relnamespace = $1::regnamespace ORDER BY oid`,
      ),
      columns: await read(
        `SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attisdropped, a.attacl::text FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = $1::regnamespace ORDER BY 1, a.attnum`,
      ),
      constraints: await read(
        'SELECT oid, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = $1::regnamespace ORDER BY oid',
      ),
      triggers: await read(
        `SELECT t.oid, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = $1::regnamespace ORDER BY t.oid`,
      ),
      functions: await read(
        `SELECT oid, proname, md5(prosrc), proacl::text, proowner FROM pg_proc WHERE pronamespace = $1::regnamespace ORDER BY oid`,
      ),
      types: await read('SELECT oid, typname FROM pg_type WHERE typnamespace = $1::regnamespace ORDER BY oid'),
    }
  })
}
