// Register's schema, changed as a later Register could change it, and what is then not safe.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findUnsafe, lookAtRegister } from '../../src/compatibility/look.ts'
import { JOBS_TOUCH, PLAYBOOKS_TOUCH } from '../../src/compatibility/touched.ts'
import type { JobName } from '../../src/entities/chatops/job.ts'
import { demandLeastPrivilege } from '../../src/entities/least-privilege.ts'
import { countQueries } from '../bench/count-queries.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

// Each test changes the schema in a transaction of a superuser, in which it also looks as the bot's own role.
beforeEach(() => use.admin.query('BEGIN'))
afterEach(() => use.admin.query('ROLLBACK'))

const EVERY_PLAYBOOK = Object.keys(PLAYBOOKS_TOUCH)
const WITHOUT_SCHOOLS = ['requeue-trn', 'undo']

async function look(runsHere: (job: JobName) => boolean = () => true) {
  await use.admin.query('SET LOCAL ROLE chatops_app')
  const sql = { query: async (text: string, values: unknown[]) => (await use.admin.query(text, values)).rows }
  const { playbooks, jobs, harmless } = await lookAtRegister(use.world.database, runsHere, sql as never)
  return {
    playbooks: Object.fromEntries(playbooks),
    jobs: Object.fromEntries(jobs),
    off: [...playbooks.keys()],
    waiting: [...jobs.keys()],
    harmless,
  }
}

test('with Register as the bot knows it, everything is safe', async () => {
  expect(await look()).toEqual({ playbooks: {}, jobs: {}, off: [], waiting: [], harmless: [] })
})

test('people who ask at the same moment share one look, and whoever asks later has another', async () => {
  const counter = countQueries()
  try {
    const asked = () => findUnsafe(use.world.database, () => true, 'fix-route')
    await Promise.all([asked(), asked(), asked()])
    expect(counter.texts()).toHaveLength(1)
    await asked()
    await Promise.all([asked(), findUnsafe(use.world.database, () => true, 'fix-route', use.world.database.manager)])
    expect(counter.texts()).toHaveLength(4)
  } finally {
    counter.stop()
  }
})

test('a job that Register’s own Sidekiq runs turns nothing off', async () => {
  await use.admin.query('ALTER TABLE audits DROP COLUMN comment')
  const everywhere = await look()
  const beside = await look((job) => job === 'register-for-trn' || job === 'load-gias')
  expect(everywhere.off).toContain('requeue-trn')
  expect(everywhere.waiting).toContain('retrieve-trn')
  expect(beside.off).not.toContain('requeue-trn')
  expect(beside.off).toContain('re-register')
  expect(beside.waiting).toEqual(['register-for-trn'])
})

test('more columns and tables than the bot knows change nothing', async () => {
  await use.admin.query(`
    ALTER TABLE trainees ADD COLUMN hesa_id text NOT NULL DEFAULT '';
    ALTER TABLE trainees ADD COLUMN itt_start_date date;
    ALTER TABLE providers ADD COLUMN region text NOT NULL;
    CREATE TABLE funding_methods (id bigserial)`)
  expect(await look()).toMatchObject({ off: [], waiting: [], harmless: [] })
})

describe('a dropped column', () => {
  test('disables what reads its rows, and nothing else', async () => {
    await use.admin.query('ALTER TABLE users DROP COLUMN dttp_id')
    const { off, waiting, playbooks } = await look()
    expect(off.sort()).toEqual(['re-register', 'repair-school'])
    expect(waiting).toEqual([])
    expect(playbooks['re-register']).toEqual(['users.dttp_id is missing'])
  })

  test('that was renamed counts as missing', async () => {
    await use.admin.query('ALTER TABLE degrees RENAME COLUMN grade TO degree_grade')
    const { off, waiting } = await look()
    expect(off.sort()).toEqual(EVERY_PLAYBOOK.filter((name) => name !== 'requeue-trn').sort())
    expect(waiting.sort()).toEqual(['register-for-trn', 'update-trainee'])
  })

  test('of trainees disables every playbook, and the bot still may start', async () => {
    await use.admin.query('ALTER TABLE trainees DROP COLUMN slug')
    const { off, playbooks } = await look()
    expect(off.sort()).toEqual([...EVERY_PLAYBOOK].sort())
    expect(playbooks['fix-route']).toEqual(['trainees.slug is missing'])
    const database = { query: async (text: string) => (await use.admin.query(text)).rows }
    await expect(demandLeastPrivilege(database as never)).resolves.toBeUndefined()
  })
})

describe('text made varchar', () => {
  test('changes nothing, and is said', async () => {
    await use.admin.query('ALTER TABLE trainees ALTER course_subject_one TYPE varchar')
    expect(await look()).toMatchObject({
      off: [],
      harmless: ['trainees.course_subject_one is character varying and was text: that changes nothing'],
    })
  })

  test('of a length changes nothing where it is only read', async () => {
    await use.admin.query('ALTER TABLE trainees ALTER email TYPE varchar(255)')
    expect(await look()).toMatchObject({
      off: [],
      harmless: ['trainees.email is character varying(255) and was text: that changes nothing'],
    })
  })

  test('of a length disables what writes it', async () => {
    await use.admin.query('ALTER TABLE trainees ALTER course_subject_two TYPE varchar(20)')
    const { off, playbooks, waiting } = await look()
    expect(off.sort()).toEqual(['fix-route', 'undo'])
    expect(waiting).toEqual([])
    expect(playbooks['undo']).toEqual(['trainees.course_subject_two takes only 20 characters now'])
  })
})

describe('a column of another type', () => {
  test.each([
    ['ALTER TABLE trainees ALTER state TYPE varchar', 'trainees.state is character varying and was integer'],
    ['ALTER TABLE trainees ALTER training_route TYPE smallint', 'trainees.training_route is smallint and was integer'],
    ['ALTER TABLE trainees ALTER course_uuid TYPE text', 'trainees.course_uuid is text and was uuid'],
    [
      'ALTER TABLE trainees ALTER updated_at TYPE timestamptz',
      'trainees.updated_at is timestamp with time zone and was timestamp without time zone',
    ],
    [
      'ALTER TABLE trainees ALTER submitted_for_trn_at TYPE timestamp(0)',
      'trainees.submitted_for_trn_at is timestamp(0) without time zone and was timestamp without time zone',
    ],
    ['ALTER TABLE trainees ALTER trainee_id TYPE bigint USING 1', 'trainees.trainee_id is bigint and was text'],
    ['ALTER TABLE trainees ALTER provider_id DROP NOT NULL', 'trainees.provider_id may be empty now'],
  ])('disables what reads it: %s', async (statement, difference) => {
    await use.admin.query(statement)
    const { off, playbooks } = await look()
    expect(off.sort()).toEqual([...EVERY_PLAYBOOK].sort())
    expect(playbooks['requeue-trn']).toContain(difference)
  })

  test('with microseconds said in another way is the same', async () => {
    await use.admin.query('ALTER TABLE trainees ALTER updated_at TYPE timestamp')
    expect(await look()).toMatchObject({ off: [], harmless: [] })
  })

  test.each([
    ['ALTER TABLE trainees ALTER bursary_tier SET NOT NULL', 'trainees.bursary_tier must not be empty any more'],
    [
      'ALTER TABLE trainees DROP COLUMN study_mode, ADD COLUMN study_mode integer GENERATED ALWAYS AS (1) STORED',
      'Postgres works out trainees.study_mode by itself now',
    ],
  ])('disables what writes it: %s', async (statement, difference) => {
    await use.admin.query(statement)
    await use.admin.query('GRANT SELECT, UPDATE (study_mode) ON trainees TO chatops_app')
    const { playbooks, off } = await look()
    expect(off.sort()).toEqual(['fix-route', 'undo'])
    expect(playbooks['fix-route']).toEqual([difference])
  })

  test('whatever a new row needs besides is a difference to whoever adds rows', async () => {
    await use.admin.query('ALTER TABLE dttp_schools ADD COLUMN region text NOT NULL')
    const { off, waiting, jobs } = await look()
    expect(off).toEqual(['repair-school'])
    expect(waiting).toEqual(['sync-schools'])
    expect(jobs['sync-schools']).toEqual(['a new row of dttp_schools needs region now'])
  })

  test('a key that is no longer unique is one to the sync of schools', async () => {
    await use.admin.query(`
      DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'dttp_schools'::regclass AND NOT indisprimary
        LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
      END $$`)
    const { off, jobs } = await look()
    expect(off).toEqual(['repair-school'])
    expect(jobs).toEqual({ 'sync-schools': ['dttp_schools.dttp_id is not unique any more'] })
  })
})

describe('a revoked grant', () => {
  test('to change a column disables what writes it', async () => {
    await use.admin.query('REVOKE UPDATE (trn) ON trainees FROM chatops_app')
    const { off, waiting, playbooks } = await look()
    expect(off.sort()).toEqual(['re-register', 'repair-school', 'requeue-trn', 'settle-registration'])
    expect(waiting).toEqual(['retrieve-trn'])
    expect(playbooks['requeue-trn']).toEqual(['the bot may not change trainees.trn'])
  })

  test('to read a table disables what reads it', async () => {
    await use.admin.query('REVOKE SELECT ON schools FROM chatops_app')
    expect((await look()).off.sort()).toEqual(EVERY_PLAYBOOK.filter((name) => !WITHOUT_SCHOOLS.includes(name)).sort())
  })

  test('to add audits, or to use their sequence, disables what writes one', async () => {
    await use.admin.query('REVOKE USAGE ON SEQUENCE audits_id_seq FROM chatops_app')
    const { off, playbooks, waiting } = await look()
    expect(off.sort()).toEqual([...EVERY_PLAYBOOK].sort())
    expect(waiting.sort()).toEqual(['register-for-trn', 'retrieve-trn', 'update-trainee'])
    expect(playbooks['fix-route']).toEqual(['the bot may not use the sequence of audits.id'])
  })

  test('of everything is said of each table, and of nothing that is not there', async () => {
    await use.admin.query('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM chatops_app')
    const { off, playbooks } = await look()
    expect(off.sort()).toEqual([...EVERY_PLAYBOOK].sort())
    expect(playbooks['requeue-trn']).toContain('the bot may not read trainees.id')
  })

  test('on the schema is said once', async () => {
    await use.admin.query('REVOKE USAGE ON SCHEMA public FROM PUBLIC, chatops_app')
    const { playbooks, waiting } = await look()
    for (const because of Object.values(playbooks)) expect(because).toEqual(['the bot may not use the schema public'])
    expect(waiting).not.toContain('load-gias')
  })
})

describe('another thing in the place of a table', () => {
  test('nothing at all', async () => {
    await use.admin.query('ALTER TABLE dttp_schools RENAME TO dttp_accounts')
    const { off, waiting, playbooks } = await look()
    expect(off.sort()).toEqual(EVERY_PLAYBOOK.filter((name) => name !== 'requeue-trn').sort())
    expect(waiting.sort()).toEqual(['register-for-trn', 'sync-schools', 'update-trainee'])
    expect(playbooks['fix-route']).toEqual(['the table dttp_schools is missing'])
  })

  test('another schema', async () => {
    await use.admin.query('CREATE SCHEMA register; ALTER TABLE trainees SET SCHEMA register')
    expect((await look()).playbooks['undo']).toEqual(['the table trainees is missing'])
  })

  test('a view', async () => {
    await use.admin.query(`
      ALTER TABLE providers RENAME TO organisations;
      CREATE VIEW providers AS SELECT * FROM organisations;
      GRANT SELECT ON providers TO chatops_app`)
    expect((await look()).playbooks['fix-route']).toEqual(['providers is not a table any more'])
  })

  test('row security', async () => {
    await use.admin.query('ALTER TABLE trainees ENABLE ROW LEVEL SECURITY')
    expect((await look()).playbooks['requeue-trn']).toEqual(['row security hides rows of trainees from the bot'])
  })

  test('a table in partitions, with the same columns and grants, is the same', async () => {
    await use.admin.query(`
      ALTER TABLE nationalisations RENAME TO old;
      CREATE TABLE nationalisations (LIKE old INCLUDING DEFAULTS) PARTITION BY RANGE (id);
      GRANT SELECT (id, trainee_id, nationality_id) ON nationalisations TO chatops_app`)
    expect(await look()).toMatchObject({ off: [], waiting: [] })
  })
})

test('every job that a playbook adds counts for the playbook', async () => {
  for (const { jobs = [] } of Object.values(PLAYBOOKS_TOUCH)) {
    for (const job of jobs) expect(Object.keys(JOBS_TOUCH)).toContain(job)
  }
  await use.admin.query('REVOKE UPDATE (dttp_update_sha) ON trainees FROM chatops_app')
  expect((await look()).off).toEqual(['repair-school'])
})
