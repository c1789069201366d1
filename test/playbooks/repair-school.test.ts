import { beforeEach, describe, expect, test, vi } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'

import { aroundOf } from '../../src/changes/assess/assess.ts'
import { dealWith } from '../../src/changes/attention.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import type { Plan } from '../../src/contract/plan.ts'
import { checksOf, planOf } from '../../src/contract/stored.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { repairSchool } from '../../src/playbooks/repair-school/index.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import type { World } from '../../src/world.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { loadGias } from '../support/gias.ts'
import { approveRequest, CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { resetToDemo } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'

const EMPTY = { subject: '', row: '', missing: '', dttp_id: '', reason: 'Test', ticket: '' }
const SLUGS = { 5903: 'gfoGqk5BDV999oyF2HvHko7X', 5914: 'uXbAVBx2CwfAfMfxt5ujADWk' }
const NEW_ACCOUNT = '5a000000-0000-4000-8000-000000000705'

describe('on the demo’s schools', () => {
  const use = useWorldWithDttp({}, () => ({ onStep: (step) => onStep(step) }))
  let context: World
  let onStep: (step: string) => Promise<void>

  beforeEach(async () => {
    context = use.world
    onStep = async () => {}
    use.dttp.reset()
    await resetToDemo(use.admin)
    await loadGias(use.admin)
  })

  const playbook = () => getPlaybook('repair-school')

  async function look(
    form: Partial<typeof EMPTY>,
  ): Promise<{ says: string; asks: string[]; plan: Plan; kind: string; digest: string }> {
    const asked = { playbook: playbook(), form: { ...EMPTY, ...form }, requester: SUPPORT, channel: CHANNEL }
    const proposal = await propose(context, asked)
    const request = proposal.kind === 'ready' ? proposal.changeRequest : null
    const checks = request ? checksOf(request) : proposal.kind === 'ready' ? [] : proposal.checks
    const evidence = JSON.stringify(checks.map(({ id, verdict, evidence }) => [id, verdict, evidence]))
    return {
      kind: proposal.kind,
      asks: checks.flatMap(({ ask }) => ask?.field ?? []),
      says: checks.map(({ verdict, found }) => `${verdict}: ${found}`).join('\n'),
      plan: request ? planOf(request) : { updates: [], inserts: [], effects: [] },
      digest: `${evidence} ${JSON.stringify(request?.plan)}`,
    }
  }

  const effectsOf = ({ effects }: Plan) => effects.map(({ kind }) => kind)

  test.each<[string, Partial<typeof EMPTY>, string]>([
    ['no id to insert', { missing: 'insert' }, 'Enter the school’s id in DTTP. If you do not have it, choose to ask'],
    ['an id with the sync', { missing: 'sync', dttp_id: NEW_ACCOUNT }, 'Leave this empty, or choose to insert'],
    ['an id with waiting', { missing: 'wait', dttp_id: NEW_ACCOUNT }, 'Leave this empty, or choose to insert'],
  ])('a form with %s is asked again', async (_what, answers, words) => {
    const { kind, says, asks } = await look({ subject: 'URN 900005', ...answers })
    expect({ kind, asks }).toEqual({ kind: 'blocked', asks: ['dttp_id'] })
    expect(says).toContain(words)
  })

  test('everybody who waits is read in as many queries as one', async () => {
    const queries = async () => {
      const runner = context.database.createQueryRunner()
      const asked = vi.spyOn(runner, 'query')
      try {
        const form = { ...EMPTY, subject: 'URN 900004' }
        const { waiting } = await repairSchool.read(runner.manager, form, aroundOf(context, null))
        return { waiting: waiting.length, queries: asked.mock.calls.length }
      } finally {
        await runner.release()
      }
    }
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    const one = await queries()
    for (const trainee of [5901, 5904, 5905, 5906]) await addFailedJob(use.admin, { trainee, urns: ['900004'] })
    await use.admin.query('UPDATE public.trainees SET dttp_id = NULL WHERE id IN (5901, 5904, 5905, 5906)')
    const five = await queries()
    expect(five.waiting).toBe(one.waiting + 4)
    expect(five.queries).toBe(one.queries)
  })

  test('both schools of a trainee are repaired together, with a card for each', async () => {
    await use.admin.query('UPDATE public.dttp_schools SET status_code = 2 WHERE id IN (801, 804)')
    use.dttp.simulator.state.add('accounts', { id: dttpId('school', 801), dfe_urn: '900001', statuscode: 2 })
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900001', '900004'] })
    const { plan } = await look({ subject: SLUGS[5914] })
    expect(plan.updates.map(({ id, changes }) => [id, changes])).toEqual([
      ['801', { status_code: [2, 1] }],
      ['804', { status_code: [2, 1] }],
    ])
    expect(effectsOf(plan)).toEqual(['retry', 'enqueue', 'trello-card', 'trello-card'])
  })

  test('a trainee with two such schools goes on only when both are there', async () => {
    await use.admin.query('UPDATE public.dttp_schools SET status_code = 2 WHERE id IN (801, 804)')
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900001', '900004'] })
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(effectsOf(plan)).toEqual(['trello-card'])
    expect(says).toContain('Trainee 5914 is left out. It would fail for another reason. The lead school (URN 900001)')
  })

  test.each<[string, Partial<typeof EMPTY>]>([
    ['nothing more is said', {}],
    ['one is to be waited for', { missing: 'wait' }],
    ['the sync is to run', { missing: 'sync' }],
    ['one is to be inserted', { missing: 'insert', dttp_id: NEW_ACCOUNT }],
    ['a row is chosen', { row: '802' }],
  ])('where one school is not active and the other not there, they are repaired one at a time: %s', async (_, said) => {
    use.dttp.simulator.state.add('accounts', { id: NEW_ACCOUNT, name: 'Demo', dfe_urn: '900005', statuscode: 1 })
    await use.admin.query('UPDATE public.trainees SET lead_school_id = 702, employing_school_id = 705 WHERE id = 5914')
    const { kind, says } = await look({ subject: SLUGS[5914], ...said })
    expect(kind).toBe('blocked')
    expect(says).toContain('URN 900002 is in the list, but not active: it is inactive')
    expect(says).toContain('URN 900005 is not in the list of DTTP schools.')
    expect(says).toContain('one at a time. Start with /trainee repair-school 900002.')
    expect((await look({ subject: 'URN 900002' })).kind).toBe('ready')
  })

  test('whose school has spaces around its URN in DTTP can be helped', async () => {
    use.dttp.simulator.state.change('accounts', dttpId('school', 802), { dfe_urn: ' 900002 ' })
    expect((await look({ subject: 'URN 900002' })).kind).toBe('ready')
  })

  test('whose provider has chosen another school since their job failed can go on', async () => {
    const job = await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    await use.admin.query('UPDATE public.trainees SET employing_school_id = 703 WHERE id = 5914')
    for (const form of [{ subject: SLUGS[5914] }, { subject: job }]) {
      const { plan, says } = await look(form)
      expect(plan.effects).toMatchObject([
        { kind: 'retry', jobId: job },
        { kind: 'enqueue', job: 'retrieve-trn' },
      ])
      expect(says).toContain('Retried: trainee 5914 (registration).')
    }
  })

  test('who has another request open is left out, and does not hold up the others', async () => {
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    const { id } = await sendRequest(context, 'repair-school', { ...EMPTY, subject: SLUGS[5914] })
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'approved', decided_by = 'U1' WHERE id = $1`, [
      id,
    ])
    await use.admin.query(`UPDATE public.trainees SET lead_school_id = 702 WHERE id = 5914`)
    await use.admin.query(`UPDATE public.dttp_schools SET status_code = 1 WHERE id = 804`)
    await addFailedJob(use.admin, { trainee: 5903, name: 'update-trainee', urns: ['900002'] })
    const { kind, plan, says } = await look({ subject: 'URN 900002' })
    expect(kind).toBe('ready')
    expect(plan.effects).toMatchObject([{ kind: 'retry', trainee: '5903' }, { kind: 'trello-card' }])
    expect(says).toContain(`Trainee 5914 is left out. CR-${id} is open for them. It decides first.`)
  })

  test('a registration that ended well before the trainee was taken out of DTTP stands in nobody’s way', async () => {
    const old = await addFailedJob(use.admin, { trainee: 5914 })
    await use.admin.query(
      `UPDATE chatops.jobs SET status = 'done', failure = NULL, created_at = now() - interval '2 days'`,
    )
    await use.admin.query(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome, sent_at, settled_at)
       VALUES ($1, 5914, 'registered', now() - interval '2 days', now() - interval '2 days')`,
      [old],
    )
    const job = await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    expect((await look({ subject: 'URN 900004' })).plan.effects[0]).toMatchObject({ kind: 'retry', jobId: job })
    await use.admin.query(`UPDATE chatops.registration_attempts SET settled_at = now() + interval '1 minute'`)
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(effectsOf(plan)).toEqual(['trello-card'])
    expect(says).toContain('Their registration is done, but Register has no DTTP record of theirs. Ask a developer.')
  })

  test('a trainee who moves before they are registered ends alone: the others are registered', async () => {
    const moved = await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    await use.admin.query(
      `UPDATE public.trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL, training_route = 4,
         lead_school_id = 701, employing_school_id = 704 WHERE id = 5901`,
    )
    use.dttp.deleteContact(5901)
    const other = await addFailedJob(use.admin, {
      trainee: 5901,
      urns: ['900004'],
      args: { submitted_by: dttpId('user', 201) },
    })
    const request = await sendRequest(context, 'repair-school', { ...EMPTY, subject: 'URN 900004' })
    await approveRequest(context, request)
    expect(await execute(context, request.id)).toBe('executed')
    await use.admin.query(`UPDATE public.trainees SET last_name = 'Moved' WHERE id = 5914`)
    for (const id of [moved, other]) await runJob(context, jobRunner, id)
    await verify(context, request.id)
    const { outcome } = await getRequest(context.database, request.id)
    const lines = (outcome.verified ?? []).filter(({ trainee }) => trainee)
    expect(lines.map(({ found, trainee }) => [trainee, found])).toEqual(
      expect.arrayContaining([
        [{ id: '5901', is: 'done' }, 'Done.'],
        [{ id: '5914', is: 'failed' }, expect.stringContaining('has changed since it was approved')],
      ]),
    )
  })

  test('a school that is lead and employing school is looked at once', async () => {
    await use.admin.query('UPDATE public.trainees SET lead_school_id = 704 WHERE id = 5914')
    const { plan } = await look({ subject: SLUGS[5914] })
    expect(plan.updates).toHaveLength(1)
  })

  test.each<[string, string, string]>([
    [
      'is under way',
      `UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL`,
      'A registration of this trainee is under way.',
    ],
    ['was withdrawn', 'UPDATE trainees SET state = 4 WHERE id = 5914', 'The record is Withdrawn'],
    ['has a TRN', `UPDATE trainees SET trn = '3999999', state = 1 WHERE id = 5914`, 'They have a TRN already'],
    [
      'lacks something else',
      'UPDATE trainees SET course_end_date = NULL WHERE id = 5914',
      'It would fail for another reason. The course end date is not set.',
    ],
    [
      'may be registered already',
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id) SELECT id, 5914 FROM chatops.jobs`,
      'A registration may already have been sent, so it is never retried',
    ],
    [
      'failed without an answer',
      `UPDATE chatops.jobs SET failure = '{"code": "outcome-unknown", "words": "No answer.", "at": "2021-10-27T13:14:00Z"}'`,
      'A registration may already have been sent',
    ],
    [
      'failed for another reason last',
      `UPDATE chatops.jobs SET failure = '{"code": "dttp-refused", "words": "DTTP refused it.", "at": "2021-10-27T13:14:00Z"}'`,
      'Their last job failed for another reason. DTTP refused it.',
    ],
    [
      'has no job and no trainee ID to look for',
      'DELETE FROM chatops.jobs; UPDATE trainees SET trainee_id = NULL WHERE id = 5914',
      'No failed job is on record, and we cannot tell whether DTTP has the trainee already',
    ],
  ])('who %s is left out, and why is said', async (_who, change, words) => {
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    await use.admin.query(change)
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(effectsOf(plan)).toEqual(['trello-card'])
    expect(says).toContain(`warns: Trainee 5914 is left out. ${words}`)
  })

  test('an update is retried whatever else was sent, but not for a record that is finished', async () => {
    await addFailedJob(use.admin, { trainee: 5903, name: 'update-trainee', urns: ['900002'] })
    expect(effectsOf((await look({ subject: 'URN 900002' })).plan)).toEqual(['retry', 'trello-card'])
    await use.admin.query('UPDATE trainees SET state = 6 WHERE id = 5903')
    expect((await look({ subject: 'URN 900002' })).says).toContain(
      'The record is QTS awarded, so it is not sent to DTTP again.',
    )
  })

  test('who has been registered since their registration failed does not wait', async () => {
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    await use.admin.query(`UPDATE trainees SET dttp_id = gen_random_uuid() WHERE id = 5914`)
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(effectsOf(plan)).toEqual(['trello-card'])
    expect(says).not.toContain('5914 is left out')
  })

  test('only the last job of a trainee counts', async () => {
    await addFailedJob(use.admin, { trainee: 5903, name: 'update-trainee', urns: ['900002'] })
    await use.admin.query(
      `INSERT INTO chatops.jobs (name, trainee_id, status, created_at, finished_at)
       VALUES ('update-trainee', 5903, 'done', now() + interval '1 minute', now())`,
    )
    expect(effectsOf((await look({ subject: 'URN 900002' })).plan)).toEqual(['trello-card'])
  })

  test('someone who is polled for already gets no second poll', async () => {
    const job = await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    await use.admin.query(
      `WITH poll AS (INSERT INTO chatops.jobs (name, trainee_id) VALUES ('retrieve-trn', 5914) RETURNING id)
       INSERT INTO chatops.polls (trainee_id, job_id) SELECT 5914, id FROM poll`,
    )
    expect((await look({ subject: 'URN 900004' })).plan.effects).toMatchObject([
      { kind: 'retry', jobId: job, fingerprint: '1', trainee: '5914' },
      { kind: 'trello-card' },
    ])
  })

  test.each([
    ['where the bot does not run them', { runsJobs: false }, 'Register’s jobs are not run by this bot'],
    [
      'where Register’s flag is off',
      { isEnabled: (flag: string) => flag !== 'persist_to_dttp' },
      'persist_to_dttp is off',
    ],
  ])('the school is repaired without the jobs %s', async (_where, register, words) => {
    context = { ...use.world, register: { ...use.world.register, ...register } }
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(plan.updates).toHaveLength(1)
    expect(effectsOf(plan)).toEqual(['trello-card'])
    expect(says).toContain(words)
    expect(says).toContain('This request retries nothing.')
    expect(says).not.toMatch(/Retried|left out/)
  })

  test.each([
    [{ runsJobs: false }, 'The school sync is not run by this bot'],
    [{ isEnabled: (flag: string) => flag !== 'sync_from_dttp' }, 'sync_from_dttp is off'],
  ])('the sync is not offered where it would do nothing', async (register, words) => {
    context = { ...use.world, register: { ...use.world.register, ...register } }
    expect((await look({ subject: 'URN 900005', missing: 'sync' })).says).toContain(words)
  })

  test('a sync that is switched off sets nothing back by itself, and the preview says so', async () => {
    context = { ...use.world, register: { ...use.world.register, isEnabled: (flag) => flag !== 'sync_from_dttp' } }
    expect((await look({ subject: 'URN 900002' })).says).toContain('Register’s school sync is switched off')
  })

  test('without Trello the card’s text is offered for copying', async () => {
    context = { ...use.world, addsTrelloCards: false }
    const { plan, says } = await look({ subject: 'URN 900002' })
    expect(plan.effects).toMatchObject([{ kind: 'manual-step', title: 'Update a school in DTTP: URN 900002' }])
    expect(says).toContain('Ask support to update DTTP: there is text to copy.')
  })

  test('rests on the same when GIAS is loaded anew, time passes and others fail for other reasons', async () => {
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    const before = await look({ subject: 'URN 900004' })
    await loadGias(use.admin, { '900001': { status: 2 } }, 'yesterday')
    await addFailedJob(use.admin, { trainee: 5901, code: 'dttp-refused', words: 'No.' })
    expect((await look({ subject: 'URN 900004' })).digest).toBe(before.digest)
  })

  test('holds nobody’s name', async () => {
    await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
    const { plan, says } = await look({ subject: 'URN 900004' })
    expect(JSON.stringify([plan, says])).not.toMatch(/Demofirst|Demofourteen|example\.test(?!\/trainees)/i)
  })

  describe('carried out', () => {
    async function approved(form: Partial<typeof EMPTY>) {
      const request = await sendRequest(context, 'repair-school', { ...EMPTY, ...form })
      await approveRequest(context, request)
      return request
    }

    test('the row is saved as Register saves it: its update time moves, and there is no audit', async () => {
      const read = async () =>
        (
          await use.admin.query(
            'SELECT status_code, updated_at > created_at AS moved, name FROM dttp_schools WHERE id = 802',
          )
        ).rows
      const audits = async () => (await use.admin.query('SELECT count(*)::int AS n FROM audits')).rows[0].n
      const [before, count] = [await read(), await audits()]
      const { id } = await approved({ subject: 'URN 900002' })
      expect(await execute(context, id)).toBe('executed')
      expect(await read()).toEqual([{ ...before[0], status_code: 1, moved: true }])
      expect(await audits()).toBe(count)
    })

    test('a row that somebody else inserts at the same moment makes it out of date', async () => {
      use.dttp.simulator.state.add('accounts', { id: NEW_ACCOUNT, name: 'Demo', dfe_urn: '900005', statuscode: 1 })
      const { id } = await approved({ subject: 'URN 900005', missing: 'insert', dttp_id: NEW_ACCOUNT })
      onStep = async (step) => {
        if (step !== 'judged') return
        await use.admin.query(`INSERT INTO dttp_schools (urn, dttp_id, status_code) VALUES ('900005', $1, 1)`, [
          NEW_ACCOUNT,
        ])
        onStep = async () => {}
      }
      expect(await execute(context, id)).toBe('stale')
      expect((await getRequest(context.database, id)).status).toBe('stale')
    })

    test('a second active row of the school takes everything back', async () => {
      const { id } = await approved({ subject: 'URN 900006', row: '806' })
      await use.admin.query(
        `CREATE FUNCTION public.twice() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN UPDATE public.dttp_schools SET status_code = 1 WHERE id = 807; RETURN NULL; END';
         CREATE TRIGGER twice AFTER UPDATE ON public.dttp_schools FOR EACH ROW WHEN (NEW.id = 806)
           EXECUTE FUNCTION public.twice()`,
      )
      await use.admin.query('ALTER FUNCTION public.twice() SECURITY DEFINER')
      try {
        expect(await execute(context, id)).toBe('failed')
      } finally {
        await use.admin.query('DROP FUNCTION public.twice() CASCADE')
      }
      const { rows } = await use.admin.query('SELECT status_code FROM dttp_schools WHERE id IN (806, 807) ORDER BY id')
      expect(rows.map(({ status_code }) => status_code)).toEqual([2, 300000008])
    })

    test('a sync that sets the row back at once is noticed', async () => {
      const { id } = await approved({ subject: 'URN 900002' })
      await execute(context, id)
      await use.admin.query('UPDATE dttp_schools SET status_code = 2 WHERE id = 802')
      await verify(context, id)
      const { status, outcome } = await getRequest(context.database, id)
      expect(status).toBe('needs-attention')
      expect(JSON.stringify(outcome.verified)).toContain('URN 900002 is inactive')
    })

    test('every trainee is followed until the last one is through', async () => {
      const [first, second] = await twoWhoWait()
      const { id } = await approved({ subject: 'URN 900004' })
      await execute(context, id)
      const linesNow = async () => {
        await verify(context, id)
        const { status, outcome } = await getRequest(context.database, id)
        return { status, lines: outcome.verified?.flatMap(({ trainee }) => trainee ?? []) }
      }
      const line = (trainee: string, is: string) => ({ id: trainee, is })
      expect(await linesNow()).toEqual({
        status: 'verifying',
        lines: [line('5914', 'waiting'), line('5917', 'waiting')],
      })
      await end(first, 'failed')
      expect(await linesNow()).toEqual({
        status: 'verifying',
        lines: [line('5914', 'failed'), line('5917', 'waiting')],
      })
      await end(second, 'done')
      expect(await linesNow()).toEqual({
        status: 'needs-attention',
        lines: [line('5914', 'failed'), line('5917', 'done')],
      })
    })

    test.each([
      ['does not come back when the other one is through', 'done', true],
      ['comes back when the other one fails, too', 'failed', false],
    ])('a trainee whom somebody has dealt with %s', async (_what, other, stays) => {
      const [first, second] = await twoWhoWait()
      const { id } = await approved({ subject: 'URN 900004' })
      await execute(context, id)
      await end(first, 'failed')
      context = { ...use.world, now: () => new Date(Date.now() + 31 * 60_000) }
      await verify(context, id)
      await dealWith(context, { id, actor: DEVELOPER })
      await end(second, other)
      await verify(context, id)
      expect((await getRequest(context.database, id)).dealtBy === DEVELOPER).toBe(stays)
    })

    const end = (job: string, status: string) =>
      use.admin.query(
        `UPDATE chatops.jobs SET status = $2, finished_at = now(),
           failure = CASE $2 WHEN 'failed' THEN '{"code": "unexpected", "words": "Broken.", "at": "2021-10-27T13:14:00Z"}'::jsonb END WHERE id = $1`,
        [job, status],
      )

    async function twoWhoWait(): Promise<[string, string]> {
      const first = await addFailedJob(use.admin, { trainee: 5914, urns: ['900004'] })
      await use.admin.query(
        `UPDATE trainees SET training_route = 5, lead_school_id = 701, employing_school_id = 704 WHERE id = 5917`,
      )
      return [first, await addFailedJob(use.admin, { trainee: 5917, urns: ['900004'] })]
    }
  })
})
