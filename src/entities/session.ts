import type { DataSource } from 'typeorm'

/**
 * What holds in every session of ours. The role carries it: a pooler such as PgBouncer neither passes on what a client asks
 * for when it connects, nor keeps what it sets. A process that hangs must not keep a lock that everyone needs.
 */
const SETTINGS = {
  timezone: 'UTC',
  lock_timeout: '5s',
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '15s',
} as const

/**
 * Whether this session has them. If not, the role is given them, which every role may do for itself: then new sessions have
 * them. A superuser's are left alone.
 */
export async function prepareSessions(database: DataSource): Promise<'ready' | 'anew'> {
  const names = Object.keys(SETTINGS)
  const [session] = await database.query<{ role: string; superuser: boolean; settings: string[] }[]>(READ, [names])
  if (!session || session.superuser) return 'ready'
  if (session.settings.join() === Object.values(SETTINGS).join()) return 'ready'
  const role = `"${session.role.replaceAll('"', '""')}"`
  const statements = Object.entries(SETTINGS).map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}'`)
  // Another process may be doing the same; then these throw, and what it did is as good.
  for (const statement of statements) await database.query(statement).catch(() => {})
  return 'anew'
}

const READ = `
  SELECT current_user AS role, rolsuper AS superuser,
    (SELECT array_agg(current_setting(name) ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, place)) AS settings
  FROM pg_roles WHERE rolname = current_user`
