import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { seedRegister } from '../../sandbox/register/seed.ts'
import type { ChangesContext } from '../../src/changes/context.ts'
import { propose } from '../../src/changes/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { checksOf, planOf } from '../../src/playbooks/plan.ts'
import { type ScratchDatabase, scratchDatabase } from '../support/database.ts'
import { type StoryDttp, startStoryDttp } from '../support/dttp.ts'
import { loadGias } from '../support/gias.ts'
import { CHANNEL, createLifecycle, SUPPORT } from '../support/lifecycle.ts'

let scratch: ScratchDatabase
let dttp: StoryDttp
let context: ChangesContext
let admin: pg.Client
beforeAll(async () => {
  scratch = await scratchDatabase()
  dttp = await startStoryDttp()
  context = await createLifecycle(scratch.appUrl, { upstreams: { dttp: dttp.client } })
  admin = new pg.Client(scratch.adminUrl)
  await admin.connect()
  await seedRegister(scratch.adminUrl)
  await loadGias(admin)
})
afterAll(async () => {
  await admin.end()
  await context.database.destroy()
  await dttp.stop()
  await scratch.drop()
})
const EMPTY = { trainee: '', urn: '', job: '', row: '', missing: '', dttp_id: '', reason: 'Test', ticket: '' }
async function look(form: object) {
  const p = await propose(context, {
    playbook: getPlaybook('repair-school'),
    form: { ...EMPTY, ...form },
    requester: SUPPORT,
    channel: CHANNEL,
  })
  const checks = p.kind === 'ready' ? checksOf(p.changeRequest) : p.checks
  return {
    kind: p.kind,
    checks: checks.map(
      (c) => `${c.id} ${c.verdict}: ${c.found} ${JSON.stringify(c.evidence)} ${JSON.stringify(c.ask ?? null)}`,
    ),
    plan: p.kind === 'ready' ? planOf(p.changeRequest) : null,
  }
}
const slug = async (id: number) => (await admin.query('SELECT slug FROM trainees WHERE id=$1', [id])).rows[0].slug
test('probe', async () => {
  for (const f of [
    { urn: '900002' },
    { trainee: await slug(5903) },
    { urn: '900006' },
    { urn: '900006', row: '806' },
    { urn: '900005' },
    { urn: '900005', missing: 'wait' },
    { urn: '900005', missing: 'sync' },
    { urn: '900011' },
    { urn: '900003' },
    { urn: '900007' },
    { urn: '900099' },
    { trainee: await slug(5914) },
    { trainee: await slug(5910) },
    { trainee: await slug(5901) },
  ]) {
    console.log(JSON.stringify(f), JSON.stringify(await look(f), null, 1))
  }
})
