// What the database holds, read and sometimes changed as Register itself would: not through the bot.
import pg from 'pg'

export type Row = Record<string, unknown>

export interface Records {
  query<T extends pg.QueryResultRow = Row>(sql: string, values?: unknown[]): Promise<T[]>
  trainee(id: number): Promise<Row>
  /** How often a request was carried out, by the ledger and by Register's own timeline. */
  executions(cr: string): Promise<{ ledger: number; timeline: number }>
  status(cr: string): Promise<string>
  /** Turns the clock: a trainee's poll is due at once and, if so wished, its time is up. */
  hurryPoll(trainee: number, options: { isTimeUp: boolean }): Promise<void>
  /** A job to register a trainee with DTTP, as Register adds it on behalf of a user. */
  addRegistration(trainee: number, submittedBy: string): Promise<void>
  close(): Promise<void>
}

export async function openRecords(adminUrl: string): Promise<Records> {
  const client = new pg.Client(adminUrl)
  await client.connect()
  const query = async <T extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await client.query<T>(sql, values)).rows
  const hint = (job: string | undefined) =>
    query(
      `INSERT INTO chatops.outbox (stream, kind, payload)
       VALUES ('job:' || $1::text, 'job', jsonb_build_object('job', $1::text))`,
      [job],
    )
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
    async hurryPoll(trainee, { isTimeUp }) {
      const time = isTimeUp ? `, timeout_at = (now() AT TIME ZONE 'UTC') + interval '1 second'` : ''
      const [poll] = await query<{ job_id: string }>(
        `UPDATE chatops.polls SET polled_at = NULL${time} WHERE trainee_id = $1 RETURNING job_id`,
        [trainee],
      )
      await query(`UPDATE chatops.jobs SET due_at = now() + interval '1 second' WHERE id = $1`, [poll?.job_id])
      await hint(poll?.job_id)
    },
    async addRegistration(trainee, submittedBy) {
      const [job] = await query<{ id: string }>(
        `INSERT INTO chatops.jobs (name, trainee_id, args)
         VALUES ('register-for-trn', $1, jsonb_build_object('submitted_by', $2::text)) RETURNING id`,
        [trainee, submittedBy],
      )
      await hint(job?.id)
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
