// A recorded trainee with everything around them, put into a database and into a DTTP that knows what they refer to.
import pg from 'pg'
import type { DttpSimulator } from '../../sandbox/dttp/index.ts'
import codeSets from '../../src/dttp/code-sets.json' with { type: 'json' }
import type { Json } from '../../src/entities/json.ts'
import { emptyDatabase } from '../support/reset.ts'
import type { RecordedRows } from './register-for-trn.ts'

type Row = Record<string, Json>

const _TABLES = ['trainees', 'providers', 'schools', 'dttp_schools', 'degrees', 'nationalities', 'nationalisations']
const _MORE_TABLES = ['disabilities', 'trainee_disabilities', 'users', 'audits']

/** Empties Register's tables and ours, and puts the rows there; null columns may be left out. */
export async function loadRegistration(
  admin: pg.Client,
  rows: RecordedRows & { users?: Row[]; audits?: Row[] },
): Promise<void> {
  await emptyDatabase(admin)
  const trainee_id = rows.trainee['id'] ?? null
  const links = (list: readonly Row[], column: string): Row[] =>
    list.map(({ id = null, created_at = null }, index) => ({
      ...{ id: index + 1, trainee_id, [column]: id, created_at, updated_at: created_at },
    }))
  await insertRows(admin, 'providers', [rows.provider])
  await insertRows(admin, 'trainees', [rows.trainee])
  await insertRows(admin, 'schools', rows.schools)
  await insertRows(admin, 'dttp_schools', rows.dttp_schools)
  await insertRows(admin, 'degrees', rows.degrees)
  await insertRows(admin, 'nationalities', distinct(rows.nationalities))
  await insertRows(admin, 'nationalisations', links(rows.nationalities, 'nationality_id'))
  await insertRows(admin, 'disabilities', distinct(rows.disabilities))
  await insertRows(admin, 'trainee_disabilities', links(rows.disabilities, 'disability_id'))
  await insertRows(admin, 'users', rows.users ?? [])
  await insertRows(admin, 'audits', rows.audits ?? [])
  await admin.query(`SELECT setval('audits_id_seq', 1000)`)
}

async function insertRows(admin: pg.Client, table: string, rows: readonly Row[]): Promise<void> {
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

function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row['id'], row])).values()]
}

/** The account that stands for "not applicable" where a school is named. */
const NOT_APPLICABLE = '9e7fcac0-4a37-e811-80ef-005056ac45bb'

/** Gives DTTP every account and contact that a registration of these rows refers to. */
export function knowReferences(
  { state }: Pick<DttpSimulator, 'state'>,
  { provider, dttp_schools }: Pick<RecordedRows, 'provider' | 'dttp_schools'>,
  submittedBy: string | null,
): void {
  if (provider['dttp_id']) state.add('accounts', { id: String(provider['dttp_id']), dfe_provider: true })
  const institutions = Object.values(codeSets.institutions)
  const schools = dttp_schools.flatMap(({ dttp_id }) => (dttp_id ? [String(dttp_id)] : []))
  for (const id of [NOT_APPLICABLE, ...institutions, ...schools]) state.add('accounts', { id })
  if (submittedBy !== null) state.add('contacts', { id: submittedBy })
}
