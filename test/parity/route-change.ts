// What Register's own code did when a route was changed, case by case, against our production code path.
import pg from 'pg'
import { execute } from '../../src/changes/execute/execute.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { parseForm } from '../../src/contract/fields.ts'
import { canonical } from '../../src/entities/json.ts'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { showsAward } from '../../src/register/trainees/states.ts'
import { TRAINING_ROUTES } from '../../src/register/trainees/training-routes.ts'
import type { World } from '../../src/world.ts'

import { approveRequest, CHANNEL, REGISTER_URL, SUPPORT } from '../support/lifecycle.ts'
import { emptyDatabase } from '../support/reset.ts'

type Row = Record<string, unknown>

export type RouteChangeCase = {
  name: string
  target_route: string
  provider: Row
  schools: Row[]
  before: Row & { id: number; slug: string }
  existing_audits: number
  error?: { class: string; message: string }
  changed?: Row
  updated_at_touched?: boolean
  audits?: Row[]
}

export function isRouteChangeCase(value: unknown): value is RouteChangeCase {
  return typeof value === 'object' && value !== null && 'target_route' in value && 'before' in value
}

/** Runs one case; returns what differs from Register, in words, or nothing. */
export async function runRouteChangeCase(context: World, admin: pg.Client, wanted: RouteChangeCase): Promise<string[]> {
  await loadCase(admin, wanted)
  const before = await readTrainee(admin, wanted.before.id)
  const outcome = await change(context, wanted)
  const after = await readTrainee(admin, wanted.before.id)
  const audits = await readAudits(admin, wanted)
  if (wanted.error) {
    return [
      ...(outcome === 'blocked' ? [] : [`Register refused (${wanted.error.message}); we ended ${outcome}`]),
      ...differences('trainee', before, after),
      ...(audits.length > 0 ? ['an audit was written'] : []),
    ]
  }
  if (isRefusedByUs(wanted)) {
    return [...(outcome === 'blocked' ? [] : [`we ended ${outcome}`]), ...differences('trainee', before, after)]
  }
  const nothing = Object.keys(wanted.changed ?? {}).length === 0
  const expected = { ...before, ...wanted.changed, updated_at: after['updated_at'] }
  const touched = before['updated_at'] !== after['updated_at']
  return [
    ...(outcome === (nothing ? 'nothing-to-do' : 'done') ? [] : [`we ended ${outcome}`]),
    ...differences('trainee', expected, after),
    ...(touched === wanted.updated_at_touched ? [] : [`updated_at was ${touched ? '' : 'not '}touched`]),
    ...(audits.length === wanted.audits?.length ? [] : [`${audits.length} audits, not ${wanted.audits?.length}`]),
    ...(wanted.audits ?? []).flatMap((audit, index) => compareAudit(audit, audits[index] ?? {})),
  ]
}

/** Register moves a finished record to HPITT, which has no award, and can no longer show it. We refuse, on purpose. */
function isRefusedByUs({ target_route, before }: RouteChangeCase): boolean {
  const { code } = TRAINING_ROUTES.hpitt_postgrad
  const state = Number(before['state'] ?? 0)
  return target_route === 'hpitt_postgrad' && before['training_route'] !== code && showsAward(state)
}

async function change(context: World, wanted: RouteChangeCase): Promise<string> {
  const typed = { subject: wanted.before.slug, route: wanted.target_route, reason: 'Parity', ticket: '' }
  const parsed = await parseForm(fixRoute.form, typed, { sql: context.database.manager, registerUrl: REGISTER_URL })
  if (!parsed.ok) return 'blocked'
  const proposal = await propose(context, {
    playbook: fixRoute,
    form: parsed.values,
    requester: SUPPORT,
    channel: CHANNEL,
  })
  if (proposal.kind !== 'ready') return proposal.kind
  const sent = await send(context, { id: proposal.changeRequest.id, requester: SUPPORT })
  await approveRequest(context, sent)
  const execution = await execute(context, sent.id)
  if (execution !== 'executed') return execution
  await verify(context, sent.id)
  return (await getRequest(context.database, sent.id)).status
}

/** Puts a trainee with their provider and schools into empty tables. */
export async function loadCase(
  admin: pg.Client,
  { provider, schools, before, existing_audits }: Omit<RouteChangeCase, 'name' | 'target_route'>,
): Promise<void> {
  await emptyDatabase(admin)
  await insert(admin, 'providers', [provider])
  await insert(admin, 'schools', schools)
  await insert(admin, 'trainees', [before])
  await insert(
    admin,
    'audits',
    Array.from({ length: existing_audits }, (_, index) => ({
      id: index + 1,
      auditable_type: 'Trainee',
      auditable_id: before.id,
      action: index === 0 ? 'create' : 'update',
      audited_changes: {},
      version: index + 1,
      request_uuid: `existing-${index}`,
      created_at: '2021-10-01T00:00:00',
    })),
  )
  await admin.query(`SELECT setval('audits_id_seq', 1000)`)
}

/** Inserts rows as `to_jsonb` wrote them; columns that a row leaves out are null, or take their default. */
async function insert(admin: pg.Client, table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const columns = Object.keys(row)
      .map((column) => pg.escapeIdentifier(column))
      .join(', ')
    await admin.query(
      `INSERT INTO public.${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::public.${table}, $1)`,
      [JSON.stringify(row)],
    )
  }
}

async function readTrainee(admin: pg.Client, id: number): Promise<Row> {
  const { rows } = await admin.query<{ row: Row }>('SELECT to_jsonb(t) AS row FROM public.trainees t WHERE id = $1', [
    id,
  ])
  return rows[0]?.row ?? {}
}

async function readAudits(admin: pg.Client, { before, existing_audits }: RouteChangeCase): Promise<Row[]> {
  const { rows } = await admin.query<{ row: Row }>(
    `SELECT to_jsonb(a) AS row FROM public.audits a WHERE auditable_type = 'Trainee' AND auditable_id = $1 AND version > $2 ORDER BY id`,
    [before.id, existing_audits],
  )
  return rows.map(({ row }) => row)
}

function compareAudit(wanted: Row, written: Row): string[] {
  const { comment, ...rest } = wanted
  const seen = Object.fromEntries(Object.keys(rest).map((key) => [key, written[key] ?? null]))
  return differences('audit', rest, seen)
}

function differences(what: string, wanted: Row, found: Row): string[] {
  const columns = [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
  return columns
    .filter((column) => canonical(wanted[column] ?? null) !== canonical(found[column] ?? null))
    .map(
      (column) =>
        `${what}.${column}: Register ${canonical(wanted[column] ?? null)}, we ${canonical(found[column] ?? null)}`,
    )
}
