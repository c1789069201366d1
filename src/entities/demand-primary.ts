import type { DataSource } from 'typeorm'

/** Throws unless the database takes writes: after a failover a connection may lead to what is a standby now. */
export async function demandPrimary(database: DataSource): Promise<void> {
  const [found] = await database.query<{ takesWrites: boolean }[]>(
    `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS "takesWrites"`,
  )
  if (!found?.takesWrites) throw new Error('the database takes no writes')
}
