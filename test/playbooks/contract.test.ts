import { describe, expect, test } from 'vitest'
import { aroundOf } from '../../src/changes/assess/assess.ts'
import { approve } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { writePlan } from '../../src/changes/execute/write-plan.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { inverse, type Plan } from '../../src/contract/plan.ts'
import { findMoved } from '../../src/contract/planned-rows.ts'
import { checksOf, planOf } from '../../src/contract/stored.ts'
import { LedgerEntry } from '../../src/entities/chatops/ledger-entry.ts'
import { Trainee } from '../../src/entities/register/trainee.ts'
import { inSnapshot } from '../../src/entities/snapshot.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { withTold } from '../../src/registration/told.ts'
import { extent, sampleOf } from '../support/extent.ts'
import {
  approveRequest,
  CHANNEL,
  DEVELOPER,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'
import { type Sample, samples } from './samples.ts'

/** A few samples of each playbook, spread over its list; all of them in the proof. */
function chosen(all: readonly Sample[]): readonly Sample[] {
  const every = extent === 'all' ? 1 : Math.ceil(all.length / 5)
  const wide = all.filter((_, index) => index % every === 0)
  return sampleOf(wide, 2)
}

const use = useWorldWithDttp()

test('every playbook has samples', () => {
  expect(Object.keys(samples).sort()).toEqual(playbooks.map(({ name }) => name).sort())
})

describe.each(playbooks)('$name', (playbook) => {
  describe.each(chosen(samples[playbook.name] ?? []))('on $name', (sample) => {
    const begin = async () => {
      await emptyDatabase(use.admin)
      use.dttp.reset()
      await sample.seed(use.admin)
      sample.inDttp?.(use.dttp)
      return typeof sample.form === 'function' ? sample.form(use.world) : sample.form
    }
    const sent = async () => sendRequest(use.world, playbook.name, await begin())

    test('a preview writes nothing, and could not', async () => {
      const form = await begin()
      const before = await writableRows()
      await propose(use.world, { playbook, form, requester: SUPPORT, channel: CHANNEL })
      expect(await writableRows()).toEqual(before)
      const writing = inSnapshot(use.world.database, async (sql) => {
        await playbook.read(sql, form, aroundOf(use.world, null))
        await sql.query('UPDATE public.trainees SET updated_at = updated_at')
      })
      await expect(writing).rejects.toMatchObject({ driverError: { code: '25006' } })
    })

    test('nobody approves their own request', async () => {
      const request = await sent()
      const own = { id: request.id, actor: SUPPORT, viewId: 'V1', digest: request.digest }
      await expect(openReview(use.world, own)).rejects.toMatchObject({ code: 'own-request' })
      await expect(approve(use.world, own)).rejects.toMatchObject({ code: 'own-request' })
      expect((await getRequest(use.world.database, request.id)).status).toBe('pending')
    })

    test('an approver who asked cannot approve either', async () => {
      const request = await sendRequest(use.world, playbook.name, await begin(), DEVELOPER)
      await expect(approveRequest(use.world, request, DEVELOPER)).rejects.toMatchObject({ code: 'own-request' })
    })

    test('nobody but an approver approves', async () => {
      const request = await sent()
      const asked = { id: request.id, actor: STRANGER, viewId: 'V1', digest: request.digest }
      await expect(openReview(use.world, asked)).rejects.toMatchObject({ code: 'not-an-approver' })
      await expect(approve(use.world, asked)).rejects.toMatchObject({ code: 'not-an-approver' })
    })

    test('nobody approves what they were not shown', async () => {
      const request = await sent()
      await openReview(use.world, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
      const { id, digest } = request
      const doors = [
        { id, digest, actor: DEVELOPER, viewId: 'V-other' },
        { id, digest, actor: SECOND_DEVELOPER, viewId: 'V1' },
        { id, digest: 'f'.repeat(64), actor: DEVELOPER, viewId: 'V1' },
      ]
      for (const door of doors) await expect(approve(use.world, door)).rejects.toMatchObject({ code: 'not-shown' })
      expect((await getRequest(use.world.database, id)).status).toBe('pending')
    })

    test('any planned column that moves makes it out of date, named, and nothing is written', async () => {
      const { updates } = planOf(await sent())
      const columns = updates.flatMap((update) => Object.keys(update.changes).map((column) => ({ ...update, column })))
      for (const { table, id, column } of sampleOf(columns, 3)) {
        const request = await sent()
        await approveRequest(use.world, request)
        await use.admin.query(moveColumn(table, column), [id])
        const before = await writableRows()
        expect(await execute(use.world, request.id)).toBe('stale')
        expect(await writableRows()).toEqual(before)
        const { status, outcome } = await getRequest(use.world.database, request.id)
        expect({ status, columns: outcome.moved?.columns }).toEqual({ status: 'stale', columns: [column] })
      }
    })

    test('anything else that the approval rests on and that moves makes it out of date, and nothing is written', async () => {
      const drifts = sampleOf(sample.drifts ?? [], 4)
      expect(planOf(await sent()).updates.length + drifts.length).toBeGreaterThan(0)
      for (const { check, move } of drifts) {
        const request = await sent()
        await approveRequest(use.world, request)
        await move(use.admin, use.dttp)
        const before = await writableRows()
        expect(await execute(use.world, request.id)).toBe('stale')
        expect(await writableRows()).toEqual(before)
        const { status, outcome } = await getRequest(use.world.database, request.id)
        const sentence = checksOf(request).find(({ id }) => id === check)?.sentence
        expect({ status, checks: outcome.moved?.checks }).toEqual({
          status: 'stale',
          checks: expect.arrayContaining([sentence]),
        })
      }
    })

    test('a row that is deleted makes it out of date', async () => {
      const request = await sent()
      await approveRequest(use.world, request)
      const rows = request.subjects
        .map((subject) => subject.split(':'))
        .filter(([table, id]) => id !== 'new' && table !== 'contacts')
      for (const [table, id] of rows) await use.admin.query(`DELETE FROM public.${table} WHERE id = $1`, [id])
      expect(await execute(use.world, request.id)).toBe('stale')
    })

    test('a postcondition that does not hold, or a job that cannot be added, takes everything back', async () => {
      const request = await sent()
      await approveRequest(use.world, request)
      const before = await writableRows()
      await sabotage(planOf(request))
      try {
        expect(await execute(use.world, request.id)).toBe('failed')
      } finally {
        await use.admin.query('DROP FUNCTION public.sabotage CASCADE')
      }
      expect(await writableRows()).toEqual(before)
      expect((await getRequest(use.world.database, request.id)).status).toBe('failed')
    })

    test('carried out twice, and at once by several workers, it changes the rows once', async () => {
      const request = await sent()
      await approveRequest(use.world, request)
      const attempts = await Promise.all([1, 2, 3, 4].map(() => execute(use.world, request.id)))
      expect(attempts.filter((execution) => execution === 'executed')).toHaveLength(1)
      expect(await execute(use.world, request.id)).toBe('not-approved')
      const { rows } = await use.admin.query(`SELECT 1 FROM public.audits WHERE comment LIKE $1`, [
        `CR-${request.id}:%`,
      ])
      const audited = planOf(request).updates.filter(
        ({ save, table }) => save === 'audited' && table !== 'dttp_schools',
      )
      expect(rows).toHaveLength(audited.length)
      const { rows: jobs } = await use.admin.query('SELECT 1 FROM chatops.jobs WHERE change_request_id = $1', [
        request.id,
      ])
      expect(jobs).toHaveLength(
        planOf(request).effects.filter(({ kind }) => kind === 'enqueue' || kind === 'retry').length,
      )
    })

    test('what DTTP will be told is what it would be told of the rows as they then are, and each job knows it', async () => {
      const request = await sent()
      await approveRequest(use.world, request)
      expect(await execute(use.world, request.id)).toBe('executed')
      const plan = planOf(request)
      const asTheyAre = await withTold(
        use.world.database.manager,
        { ...plan, updates: [], inserts: [] },
        use.world.register,
        true,
      )
      expect(asTheyAre.effects).toEqual(plan.effects)
      const told = plan.effects.flatMap((effect) => ('told' in effect && effect.told ? [effect.told.hash] : []))
      const { rows } = await use.admin.query<{ approved: string }>(
        `SELECT args ->> 'approved' AS approved FROM chatops.jobs
         WHERE change_request_id = $1 AND name = 'register-for-trn'`,
        [request.id],
      )
      expect(rows.map(({ approved }) => approved).sort()).toEqual(told.sort())
    })

    test('the ledger tells the whole story and its chain is sound', async () => {
      const request = await sent()
      await openReview(use.world, { id: request.id, actor: STRANGER, viewId: 'V0' }).catch(() => {})
      await approveRequest(use.world, request)
      await execute(use.world, request.id)
      await verify(use.world, request.id)
      const entries = await use.world.database.manager.find(LedgerEntry, {
        where: { changeRequestId: request.id },
        order: { seq: 'ASC' },
      })
      const story = ['proposed', 'sent', 'refused', 'review-opened', 'approved', 'executed']
      expect(entries.slice(0, -1).map(({ event }) => event)).toEqual(story)
      expect(playbook.settles?.within === undefined ? ['done'] : ['done', 'verified']).toContain(entries.at(-1)?.event)
      expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
      const executed = entries.find(({ event }) => event === 'executed')
      expect(executed?.details).toHaveProperty('ids', idsOf(planOf(request)))
    })

    test('the inverse puts every planned column back, byte for byte', async () => {
      const request = await sent()
      const plan = planOf(request)
      const back = inverse(plan)
      if ('refused' in back) {
        expect(back.refused.length).toBeGreaterThan(0)
        return
      }
      await approveRequest(use.world, request)
      expect(await execute(use.world, request.id)).toBe('executed')
      await use.world.database.transaction((sql) => writePlan(sql, back.plan))
      expect(await findMoved(use.world.database.manager, plan, 'before')).toEqual([])
    })
  })
})

/** What a plan changes of ids in Register's rows, before and after. */
function idsOf({ updates }: Plan): object {
  const ids: Record<string, object> = {}
  for (const { table, id, changes } of updates) {
    for (const [column, change] of Object.entries(changes)) {
      if (/_id$/.test(column)) ids[`${table}:${id}`] = { ...ids[`${table}:${id}`], [column]: change }
    }
  }
  return ids
}

/** Every row of the tables that a playbook could write, exactly. */
async function writableRows(): Promise<unknown> {
  const { rows } = await use.admin.query(`
    SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM public.trainees t) AS trainees,
           (SELECT jsonb_agg(to_jsonb(s) ORDER BY id) FROM public.dttp_schools s) AS dttp_schools,
           (SELECT jsonb_agg(to_jsonb(a) ORDER BY id) FROM public.audits a) AS audits,
           (SELECT jsonb_agg(to_jsonb(j) ORDER BY id) FROM chatops.jobs j) AS jobs,
           (SELECT jsonb_agg(to_jsonb(p) ORDER BY trainee_id) FROM chatops.polls p) AS polls`)
  return rows
}

/** Changes a column to a value that neither side of the plan has. */
function moveColumn(table: string, column: string): string {
  const { type } = use.world.database
    .getMetadata(table === 'trainees' ? Trainee : table)
    .columns.find((candidate) => candidate.databaseName === column) ?? { type: 'text' }
  const values: Readonly<Record<string, string>> = {
    integer: `CASE WHEN "${column}" IS NULL THEN 3 ELSE "${column}" + 1 END`,
    bigint: `coalesce("${column}", 0) + 900`,
    boolean: `CASE WHEN "${column}" IS NULL THEN true ELSE NOT "${column}" END`,
    date: `coalesce("${column}", '2020-02-02') + 1`,
    uuid: 'gen_random_uuid()',
    jsonb: `coalesce("${column}", '{}') || '{"moved": true}'`,
    timestamp: `coalesce("${column}", '2020-02-02') + interval '1 microsecond'`,
  }
  return `UPDATE public.${table} SET "${column}" = ${values[String(type)] ?? `coalesce("${column}", '') || '  moved'`} WHERE id = $1`
}

/** A trigger that undoes whatever is written to the plan's first row; or, where it changes none, refuses its jobs. */
async function sabotage({ updates: [update] }: Plan): Promise<void> {
  const [table, body] = update
    ? [`public.${update.table}`, 'BEGIN RETURN OLD; END']
    : ['chatops.jobs', `BEGIN RAISE EXCEPTION ''sabotage''; END`]
  await use.admin.query(`
    CREATE FUNCTION public.sabotage() RETURNS trigger LANGUAGE plpgsql AS '${body}';
    CREATE TRIGGER sabotage BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION public.sabotage()`)
}
