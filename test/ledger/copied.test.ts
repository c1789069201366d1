import type pg from 'pg'
import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { useWorld } from '../support/world.ts'

const original = useWorld()
const copy = useWorld()

test('a ledger with entries of both chains is copied into another migrated database, and verifies there', async () => {
  await original.admin.query('SET session_replication_role = replica')
  await original.admin.query(OF_THE_FIRST_CHAIN)
  await original.admin.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U02', '{"because": "not-listed"}')`)
  const verdict = await verifyLedger(original.world.database)
  expect(verdict).toMatchObject({ entries: 2, broken: null })

  await withClient(copy.scratch.adminUrl, async (admin) => {
    await admin.query('SET session_replication_role = replica') // as a subscription has, and pg_restore --disable-triggers
    for (const table of ['identity', 'ledger', 'ledger_head']) await copyTable(table, admin)
  })
  expect(await verifyLedger(copy.world.database)).toEqual(verdict)
})

/** An entry as the version before the second chain added it, and the head after it. */
const OF_THE_FIRST_CHAIN = `
  INSERT INTO chatops.ledger (seq, at, event, actor, details, prev_hash, hash, chain)
    SELECT 1, '2026-01-31T12:00:00.123456Z', 'refused', 'U01', '{}', hash, encode(sha256(convert_to(
      concat_ws(E'\\n', hash, 1, '-', '2026-01-31T12:00:00.123456', 'refused', 'U01', '{}'), 'UTF8')), 'hex'), 1
    FROM chatops.ledger_head;
  UPDATE chatops.ledger_head SET seq = 1, hash = (SELECT hash FROM chatops.ledger)`

async function copyTable(table: string, to: pg.Client): Promise<void> {
  const { rows } = await original.admin.query(`SELECT jsonb_agg(row) AS all FROM chatops.${table} row`)
  await to.query(`DELETE FROM chatops.${table}`)
  await to.query(`INSERT INTO chatops.${table} SELECT * FROM jsonb_populate_recordset(NULL::chatops.${table}, $1)`, [
    JSON.stringify(rows[0].all),
  ])
}
