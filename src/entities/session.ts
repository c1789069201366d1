import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource, QueryRunner } from 'typeorm'

/**
 * What holds in every session of ours, or something stricter. The role carries it: a pooler such as PgBouncer neither passes
 * on what a client asks for when it connects, nor keeps what it sets. A process that hangs must not keep a lock that
 * everyone needs.
 */
const SETTINGS = {
  TimeZone: 'UTC',
  lock_timeout: '5s',
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '15s',
} as const

type Name = keyof typeof SETTINGS

/** A session, and which of its settings are not as they should be, as Postgres gives them (a time in milliseconds). */
type Session = {
  role: string
  database: string
  pid: number
  settings: { name: Name; value: string; source: string }[]
}

/** The wrong settings of our sessions. Behind a pooler some may be from before the role was given them, so several are asked. */
export async function findWrong(database: DataSource): Promise<Session[]> {
  const [first] = await askAtOnce(database, 1)
  const most = first?.isPooled ? (database.options.poolSize ?? 1) : 1
  const sessions = most === 1 ? [first] : await askAtOnce(database, most)
  return sessions.flatMap((session) => (session && session.settings.length > 0 ? session : []))
}

/** Gives the role what its sessions lack, which every role may do for itself: then new sessions have it. */
export async function giveSettings(database: DataSource, lacking: readonly Session[]): Promise<void> {
  const names = new Set(lacking.flatMap(({ settings }) => settings.map(({ name }) => name)))
  for (const name of names) {
    const statement = `ALTER ROLE CURRENT_USER SET ${name} = '${SETTINGS[name]}'`
    await database.query(statement).catch(() => {}) // Another process may be doing the same, which is as good.
  }
}

/** In words for an operator: what new sessions still lack, and what to do about it. */
export function describeWrong(sessions: readonly Session[]): string {
  const all = sessions.flatMap(({ role, database, settings }) => settings.map((one) => ({ role, database, ...one })))
  // PgBouncer hands on the zone from one session to the next, and thus hides where it is from.
  const wrong = all.find(({ name }) => name !== 'TimeZone') ?? all[0]
  if (!wrong) return 'the database’s sessions are as they should be'
  const { role, database, name, value, source } = wrong
  const found = `the database’s sessions have ${name} = ${value}, and it should be ${SETTINGS[name]}`
  if (source === 'database user')
    return `${found}: ALTER ROLE ${quoted(role)} IN DATABASE ${quoted(database)} RESET ${name}`
  if (source === 'session' || source === 'client')
    return `${found}. The pooler (PgBouncer’s connect_query?) or DATABASE_URL sets it: take it out there. PgBouncer also hands on what an older session had: RECONNECT`
  return `${found}. They are from before their role was set up: run roles.sql, and have a pooler connect anew (PgBouncer: RECONNECT)`
}

/** Transactions that are open at once are in as many sessions, also behind a pooler. One that has fewer for us keeps the others waiting. */
async function askAtOnce(database: DataSource, count: number): Promise<(Session & { isPooled: boolean })[]> {
  let left = count
  let answered = () => {}
  const all = new Promise<void>((resolve) => {
    answered = () => --left === 0 && resolve()
  })
  const untilAll = Promise.race([all, sleep(LONGEST_WAIT_MS, undefined, { ref: false })])
  return Promise.all(
    Array.from({ length: count }, async () => {
      const runner = database.createQueryRunner()
      try {
        await runner.startTransaction()
        const session = await ask(runner)
        answered()
        await untilAll
        return session
      } finally {
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {}) // gone with the connection
        await runner.release()
      }
    }),
  )
}

const LONGEST_WAIT_MS = 1_000

async function ask(runner: QueryRunner): Promise<Session & { isPooled: boolean }> {
  const client: { processID: number } = await runner.connect()
  const [session] = await runner.manager.query<[Session & { superuser: boolean }]>(READ, [Object.keys(SETTINGS)])
  const settings = session.superuser ? [] : session.settings.filter(isWrong)
  return { ...session, settings, isPooled: client.processID !== session.pid }
}

function isWrong({ name, value }: Session['settings'][number]): boolean {
  if (name === 'TimeZone') return value !== SETTINGS[name]
  return !(Number(value) > 0 && Number(value) <= Number.parseInt(SETTINGS[name], 10) * 1_000)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

const READ = `
  SELECT current_user AS role, current_database() AS database, pg_backend_pid() AS pid, rolsuper AS superuser,
    (SELECT jsonb_agg(jsonb_build_object('name', name, 'value', setting, 'source', source) ORDER BY name)
     FROM pg_settings WHERE name = ANY($1)) AS settings
  FROM pg_roles WHERE rolname = current_user`
