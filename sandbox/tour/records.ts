// What the database holds, read and sometimes changed as Register itself would: not through the bot.
import pg from 'pg'

export type Row = Record<string, unknown>

export interface Records {
  query<T extends pg.QueryResultRow = Row>(sql: string, values?: unknown[]): Promise<T[]>
  trainee(id: number): Promise<Row>
  /** How often a request was carried out, by the ledger and by Register's own timeline. */
  executions(cr: string): Promise<{ ledger: number; timeline: number }>
  status(cr: string): Promise<string>
  close(): Promise<void>
}

export async function openRecords(adminUrl: string): Promise<Records> {
  const client = new pg.Client(adminUrl)
  await client.connect()
  const query = async <T extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await client.query<T>(sql, values)).rows
  return {
    query,
    async trainee(id) {
      const [found] = await query<{ row: Row }>('SELECT to_jsonb(t) AS row FROM trainees t WHERE id = $1', [id])
      if (!found) throw new Error(`There is no trainee ${id}.`)
      return found.row
    },
    async executions(cr) {
      const [found] = await query<{ ledger: number; timeline: number }>(
        `SELECT (SELECT count(*)::int FROM chatops.ledger WHERE change_request_id = $1 AND event = 'executed') AS ledger,
                (SELECT count(*)::int FROM audits WHERE comment LIKE 'CR-' || $1::text || ':%') AS timeline`,
        [cr],
      )
      return found ?? { ledger: 0, timeline: 0 }
    },
    async status(cr) {
      const [found] = await query<{ status: string }>('SELECT status FROM chatops.change_requests WHERE id = $1', [cr])
      return found?.status ?? 'not there'
    },
    close: () => client.end(),
  }
}

/** The columns that differ, with both values as JSON would show them. */
export function changedColumns(before: Row, after: Row): [column: string, before: string, after: string][] {
  const show = (value: unknown) => (value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value))
  return Object.keys(after)
    .sort()
    .filter((column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]))
    .map((column) => [column, ...changedPart(show(before[column]), show(after[column]))])
}

/** Long values by what differs in them, as two long lines side by side tell nobody anything. */
function changedPart(before: string, after: string): [string, string] {
  if (before.length <= 45 && after.length <= 45) return [before, after]
  const parts = (text: string) => text.replace(/^\{|\}$/g, '').split(',')
  const only = (these: string[], those: string[]) => `… ${these.filter((part) => !those.includes(part)).join(', ')} …`
  return [only(parts(before), parts(after)), only(parts(after), parts(before))]
}
