// What the bot has of GIAS: Register's seeded schools, each as its story needs it.
import pg from 'pg'
import { schools } from '../../sandbox/register/seed/organisations.ts'

export type GiasRow = { urn: string; name: string; status: number; openDate?: string | null; closeDate?: string | null }

const STATUS_NAMES = ['Open', 'Closed', 'Open, but proposed to close', 'Proposed to open']

const STORIES: Readonly<Record<string, Partial<GiasRow>>> = {
  '900011': { status: 2, closeDate: '2021-07-31' },
}

/** Every seeded school, open but for 900011, which is closed. */
const storySchools: readonly GiasRow[] = schools.map(({ urn, name }) => ({
  urn,
  name,
  status: 1,
  openDate: '2004-09-01',
  ...STORIES[urn],
}))

/** Puts an extract of today in place of what was there; `change` rewrites single schools, null leaves one out. */
export async function loadGias(
  admin: pg.Client,
  change: Readonly<Record<string, Partial<GiasRow> | null>> = {},
  sourceDate = 'today',
): Promise<void> {
  const rows = storySchools.flatMap((school) => {
    const changed = change[school.urn]
    return changed === null ? [] : [{ ...school, ...changed }]
  })
  const values = rows.map(({ urn, name, status, openDate = null, closeDate = null }) =>
    [urn, name, status, STATUS_NAMES[status - 1], openDate, closeDate].map(literal).join(', '),
  )
  await admin.query(`
    DELETE FROM chatops.gias_schools;
    INSERT INTO chatops.gias_schools VALUES (${values.join('), (')});
    INSERT INTO chatops.gias_loads (started_at, finished_at, source_date, rows, defects, outcome)
      VALUES (now(), now(), ${literal(sourceDate)}::date, ${rows.length}, 0, 'loaded')`)
}

const literal = (value: unknown): string => (value === null ? 'NULL' : pg.escapeLiteral(String(value)))

/** As before anything was loaded. */
export async function forgetGias(admin: pg.Client): Promise<void> {
  await admin.query('DELETE FROM chatops.gias_schools; DELETE FROM chatops.gias_loads')
}
