import { beforeAll, expect, test } from 'vitest'
import { findPersonalDataInDismissal } from '../../src/alerts/dismiss.ts'
import { findPersonalDataIn } from '../../src/changes/decide/decide.ts'
import { parseForm } from '../../src/contract/fields.ts'
import { findPersonalDataInPause } from '../../src/pausing/reason.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { CHANNEL, REGISTER_URL, SUPPORT } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

// Two trainees wait for one school: whoever names the one must not name the other.

const use = useWorld({ rows: 'demo' })
let urn: string
let slug: string
let repair: string
const OTHER = 'Quillfeather'

beforeAll(async () => {
  const school = (await use.admin.query('SELECT id, urn FROM public.schools ORDER BY id LIMIT 1')).rows[0]
  urn = school.urn
  const wait = `UPDATE public.trainees SET state = 1, dttp_id = NULL, trn = NULL, lead_school_id = $2 WHERE id = $1 RETURNING slug`
  slug = (await use.admin.query(wait, [5901, school.id])).rows[0].slug
  await use.admin.query(wait, [5902, school.id])
  await use.admin.query('UPDATE public.trainees SET last_name = $1 WHERE id = 5902', [OTHER])
  repair = await kept('repair-school', `URN ${urn}`)
})

/** A request that is about no trainee of its own. */
async function kept(playbook: string, subject: string): Promise<string> {
  const { rows } = await use.admin.query(
    `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, form, plan, checks, subjects, digest, sent_at)
     VALUES ($1, 1, $2, $3, $4, '{"updates": [], "inserts": [], "effects": []}', '[]', '{}', repeat('0', 64), now()) RETURNING id`,
    [playbook, SUPPORT, CHANNEL, { subject, reason: 'Test' }],
  )
  return rows[0].id
}

async function revealing(playbook: string, subject: string): Promise<readonly string[]> {
  const typed = { subject, reason: `${OTHER}’s job fails, too` }
  const context = { sql: use.world.database.manager, registerUrl: REGISTER_URL }
  const parsed = await parseForm(getPlaybook(playbook).form, typed, context)
  return parsed.ok ? [] : parsed.revealing
}

test('a form that names a school by one of them', async () => {
  expect(await revealing('repair-school', slug)).toEqual(['reason'])
  expect(await revealing('repair-school', urn)).toEqual(['reason'])
})

test('a form that undoes the repair of their school', async () => {
  expect(await revealing('undo', `CR-${repair}`)).toEqual(['reason'])
})

test('a rejection or a question about the repair, or about undoing it', async () => {
  const undo = await kept('undo', `CR-${repair}`)
  for (const id of [repair, undo]) expect(await findPersonalDataIn(use.world, id, `Ask ${OTHER} first`)).toBe('name')
  expect(await findPersonalDataIn(use.world, undo, 'Ask the school first')).toBeNull()
})

test('a dismissal of the post about the one', async () => {
  const failure = { code: 'school-not-active', words: 'x', at: '2021-10-27T10:00:00Z', urns: [urn] }
  const { rows } = await use.admin.query(
    `WITH alert AS (INSERT INTO chatops.alerts (cause, channel) VALUES ('school-not-active', $1) RETURNING id)
     INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, failure)
     SELECT id, 'register-for-trn:5901', 5901, $2 FROM alert RETURNING alert_id`,
    [CHANNEL, failure],
  )
  const reason = `${OTHER}’s school comes next week`
  expect(await findPersonalDataInDismissal(use.world, rows[0].alert_id, reason)).toBe('name')
  await use.admin.query('DELETE FROM chatops.alert_entries; DELETE FROM chatops.alerts')
})

test('a pause while a request is about their school', async () => {
  expect(await findPersonalDataInPause(use.world.database.manager, `${OTHER} is put right by hand`)).toBe('name')
  expect(await findPersonalDataInPause(use.world.database.manager, 'The school is put right by hand')).toBeNull()
})
