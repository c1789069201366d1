/** Asks the database, and answers the rows. */
type Ask = (statement: string) => Promise<readonly { takesWrites: boolean }[]>

/** Throws unless the database takes writes: after a failover a connection may lead to what is a standby now. */
export async function demandPrimary(ask: Ask): Promise<void> {
  const [found] = await ask(
    `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS "takesWrites"`,
  )
  if (!found?.takesWrites) throw new Error('the database takes no writes')
}
