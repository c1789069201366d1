import type { DataSource } from 'typeorm'
import { OperatorError } from '../error-facts.ts'

/**
 * Throws unless we are connected as a role that can do no more than grants.sql says: as a superuser or as the owner,
 * neither the grants nor the append-only ledger would mean anything.
 */
export async function demandLeastPrivilege(database: DataSource): Promise<void> {
  const [role] = await database.query<{ superuser: boolean; rewrites: boolean; writes: boolean }[]>(`
    SELECT rolsuper AS superuser,
      has_table_privilege('chatops.ledger', 'UPDATE') OR has_table_privilege('chatops.ledger', 'DELETE') AS rewrites,
      EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'slug' AND NOT a.attisdropped
        WHERE n.nspname = 'public' AND c.relname = 'trainees'
          AND (has_column_privilege(c.oid, a.attnum, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE'))) AS writes
    FROM pg_roles WHERE rolname = current_user`)
  if (!role || role.superuser) throw new OperatorError('DATABASE_URL must not be a superuser: connect as chatops_app.')
  if (role.rewrites || role.writes) {
    throw new OperatorError(
      'DATABASE_URL can do more than grants.sql allows: connect as chatops_app, and run grants.sql.',
    )
  }
}

/** What our role may do that it need not, because everybody may; in sentences for operators. */
export async function findLooseRights(database: DataSource): Promise<string[]> {
  const [found] = await database.query<{ creates: boolean }[]>(
    `SELECT has_schema_privilege('public', 'CREATE') AS creates`,
  )
  return found?.creates ? [EVERYBODY_CREATES] : []
}

const EVERYBODY_CREATES =
  'DATABASE_URL can create tables in Register’s schema “public”, because everybody can: run revoke-create.sql.'
