// The least that a change asks of the database: the reads and writes of a fix-route as prepared statements of one client, with
// nothing in between that thinks about them. What our own times stand beside.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Plan } from '../../src/contract/plan.ts'
import { planOf } from '../../src/contract/stored.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'

type Update = Plan['updates'][number]

/** Each function does what ours of that name does to the database; what it writes is like what ours writes. */
export async function openBareSql(appUrl: string) {
  const client = new pg.Client({ connectionString: appUrl })
  await client.connect()
  const say = (name: string, values: unknown[] = []) => client.query({ name, text: STATEMENTS[name as Name], values })

  async function readRows(slug: string): Promise<string> {
    const { id, provider_id } = (await say('trainee', [slug])).rows[0]
    await say('provider', [provider_id])
    await say('degrees', [id])
    await say('lastAudit', [Number(id)])
    await say('openRequests', [[`trainees:${id}`]])
    return id
  }

  return {
    /** Reads, and keeps a request like this one that is not sent. */
    async preview(slug: string, { requester, channel, form, plan, checks, subjects, digest }: ChangeRequest) {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const id = await readRows(slug)
      await client.query('COMMIT')
      await client.query('BEGIN')
      const kept = [form, plan, checks].map((json) => JSON.stringify(json))
      const request = (await say('keep', [requester, channel, id, subjects, digest, ...kept])).rows[0].id
      await say('append', [request, 'proposed', requester, '{}'])
      await client.query('COMMIT')
    },

    /** Carries out an approved request. */
    async execute(slug: string, request: ChangeRequest) {
      const [update] = planOf(request).updates as [Update]
      await client.query('BEGIN')
      await say('brake')
      await say('lockRequest', [request.id])
      await say('approval', [request.id])
      await say('lockTrainee', [update.id])
      await readRows(slug)
      await writeColumns(client, update)
      await say('trainee', [slug])
      await say('audit', [Number(update.id), JSON.stringify(update.changes), `CR-${request.id}`, randomUUID()])
      await say('carriedOut', [request.id])
      await say('outbox', [randomUUID(), `card:${request.id}`, request.id])
      await say('append', [request.id, 'executed', 'chatops', '{}'])
      await client.query('COMMIT')
    },

    /** Looks at the result, and says that it is done. */
    async verify(slug: string, request: ChangeRequest) {
      await say('request', [request.id])
      await say('trainee', [slug])
      await client.query('BEGIN')
      await say('lockRequest', [request.id])
      await say('verified', [request.id])
      await say('outbox', [randomUUID(), `card:${request.id}`, request.id])
      await say('append', [request.id, 'done', 'chatops', '{}'])
      await client.query('COMMIT')
    },

    close: () => client.end(),
  }
}

async function writeColumns(client: pg.Client, { id, changes }: Update): Promise<void> {
  const columns = Object.keys(changes)
  const text = `UPDATE public.trainees SET ${columns.map((column, index) => `"${column}" = $${index + 2}`).join(', ')},
    updated_at = now() AT TIME ZONE 'UTC' WHERE id = $1`
  const after = Object.values(changes).map(([, value]) =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
  )
  await client.query({ name: `columns ${columns.length}`, text, values: [id, ...after] })
}

const STATEMENTS = {
  trainee: 'SELECT * FROM public.trainees WHERE slug = $1',
  provider: 'SELECT id, name, code FROM public.providers WHERE id = $1',
  degrees: 'SELECT count(*) FROM public.degrees WHERE trainee_id = $1',
  lastAudit: `SELECT id, version, created_at FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = $1
    ORDER BY version DESC NULLS LAST, id DESC LIMIT 1`,
  openRequests: 'SELECT change_request_id FROM chatops.open_subjects WHERE subject = ANY($1)',
  keep: `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, trainee_id, subjects, digest,
      form, plan, checks) VALUES ('fix-route', 1, $1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
  append: 'SELECT chatops.append_ledger($1, $2, $3, $4)',
  brake: 'SELECT paused_at FROM chatops.brake FOR SHARE',
  request: 'SELECT * FROM chatops.change_requests WHERE id = $1',
  lockRequest: 'SELECT * FROM chatops.change_requests WHERE id = $1 FOR UPDATE',
  approval: `SELECT FROM chatops.ledger approval JOIN chatops.reviews review USING (change_request_id)
    WHERE change_request_id = $1 AND event = 'approved'`,
  lockTrainee: 'SELECT id FROM public.trainees WHERE id = $1 FOR NO KEY UPDATE',
  audit: `INSERT INTO public.audits (auditable_type, auditable_id, associated_type, associated_id, action, audited_changes,
      version, comment, request_uuid, created_at)
    SELECT 'Trainee', $1::int, 'Provider', 1, 'update', $2, 1 + (
      SELECT coalesce(max(version), 0) FROM public.audits WHERE auditable_type = 'Trainee' AND auditable_id = $1::int), $3, $4,
      now() AT TIME ZONE 'UTC'`,
  carriedOut: `UPDATE chatops.change_requests SET status = 'verifying', executed_at = now(), next_verify_at = now()
    WHERE id = $1`,
  outbox: `INSERT INTO chatops.outbox (id, stream, kind, change_request_id, payload) VALUES ($1, $2, 'card', $3, '{}')`,
  verified: `UPDATE chatops.change_requests SET status = 'done', next_verify_at = NULL WHERE id = $1`,
} as const

type Name = keyof typeof STATEMENTS
