// The demo's database: seeded once, kept between runs, brought up to date at every start.
import type { Postgres } from '../postgres.ts'
import {
  createRegisterDatabase,
  type RegisterDatabase,
  upgradeRegisterDatabase,
  withClient,
} from '../register/database.ts'
import { seedRegister } from '../register/seed.ts'

const NAME = 'register_demo'
const DRAFT = 'register_demo_draft'

/** The demo database, made if need be. It gets its name only once it is complete, so a crash leaves no half of it. */
export async function demoDatabase({ adminUrl }: Postgres): Promise<RegisterDatabase> {
  if (!(await exists(adminUrl))) await build(adminUrl)
  return upgradeRegisterDatabase(adminUrl, NAME)
}

async function exists(adminUrl: string): Promise<boolean> {
  return withClient(adminUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${DRAFT} WITH (FORCE)`)
    return (await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME])).rowCount === 1
  })
}

async function build(adminUrl: string): Promise<void> {
  const draft = await createRegisterDatabase(adminUrl, DRAFT)
  await seedRegister(draft.adminUrl)
  await withClient(adminUrl, (client) => client.query(`ALTER DATABASE ${DRAFT} RENAME TO ${NAME}`))
}
