import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import { addToOutbox } from '../outbox/add.ts'
import type { Report } from '../world.ts'

/**
 * Logs each report as an error, and sends it to the operators' channel where there is one.
 * @param operators a channel's or a person's Slack id
 */
export function createReports(database: DataSource, log: Logger, operators: string | null): Report {
  return async (trouble, facts) => {
    try {
      await database.transaction(async (sql) => {
        const isFirst = await sql.query<object[]>(
          `INSERT INTO chatops.reports (trouble, day) VALUES ($1, current_date) ON CONFLICT DO NOTHING RETURNING day`,
          [trouble],
        )
        if (isFirst.length === 0) return
        log.error({ trouble, ...facts }, 'an operator is needed')
        if (operators === null) return
        const payload = { user: operators, report: trouble }
        await addToOutbox(sql, { stream: 'reports', kind: 'direct', changeRequest: null, payload })
      })
    } catch {
      log.error({ trouble, ...facts }, 'an operator is needed, and the report could not be kept')
    }
  }
}
