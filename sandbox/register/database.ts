// Builds a database as the bot finds it in production: Register's tables, the bot's roles and grants, its own schema.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { migrate } from '../../src/entities/migrate.ts'
import { registerSchemaSql } from './schema.ts'

export interface RegisterDatabase {
  /** As the role that migrates. */
  ownerUrl: string
  /** As the role the bot runs as. */
  appUrl: string
  /** As the superuser, who stands in for Register itself. Its tables belong to a role that is none. */
  adminUrl: string
}

const ROLES_LOCK = 7_031_521 // roles belong to the whole server, so two databases must not prepare them at once

/** Owns the database and Register's tables, and is no superuser: as Rails' own role on a server in production. */
const RAILS = 'rails'

/** Makes the database `name` with Register's empty tables and everything of ours. Fails if it exists. */
export async function createRegisterDatabase(adminUrl: string, name: string): Promise<RegisterDatabase> {
  await prepareRoles(adminUrl)
  await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${RAILS}`))
  await withClient(databaseUrls(adminUrl, name).adminUrl, (client) =>
    client.query(`SET ROLE ${RAILS}; ${registerSchemaSql()}`),
  )
  return upgradeRegisterDatabase(adminUrl, name)
}

/** Brings roles, grants and our schema in an existing database up to date; changes nothing where they are. */
export async function upgradeRegisterDatabase(adminUrl: string, name: string): Promise<RegisterDatabase> {
  const urls = databaseUrls(adminUrl, name)
  await prepareRoles(adminUrl)
  await grantRights(urls.adminUrl)
  await migrate(urls.ownerUrl)
  return urls
}

/** Runs the grants file in one database, as whoever owns Register's tables there. */
export async function grantRights(databaseAdminUrl: string): Promise<void> {
  await withClient(databaseAdminUrl, async (client) => {
    await client.query(
      `SELECT set_config('role', tableowner, false) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'trainees'`,
    )
    await client.query(entitiesSql('grants.sql'))
  })
}

async function prepareRoles(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLES_LOCK])
    await client.query(entitiesSql('roles.sql'))
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [RAILS])
    if (rowCount === 0) await client.query(`CREATE ROLE ${RAILS} NOSUPERUSER`)
    for (const role of ['chatops_owner', 'chatops_app']) {
      await client.query(`ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(rolePassword(adminUrl, role))}`)
    }
  })
}

/** The URLs of a database made here. */
export function databaseUrls(adminUrl: string, name: string): RegisterDatabase {
  const url = (user?: string) => {
    const changed = new URL(adminUrl)
    changed.pathname = `/${encodeURIComponent(name)}`
    if (user) {
      changed.username = user
      changed.password = rolePassword(adminUrl, user)
    }
    return changed.href
  }
  return { ownerUrl: url('chatops_owner'), appUrl: url('chatops_app'), adminUrl: url() }
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The same at every run, as roles are shared by all databases of the server, and as secret as the superuser's. */
function rolePassword(adminUrl: string, role: string): string {
  return createHash('sha256')
    .update(`${new URL(adminUrl).password}/${role}`)
    .digest('hex')
    .slice(0, 32)
}

function entitiesSql(file: string): string {
  return readFileSync(new URL(`../../src/entities/${file}`, import.meta.url), 'utf8')
}
