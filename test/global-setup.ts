// Once per run: a real Postgres with a template database, a real Redis, and our code as processes of their own run it.
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../sandbox/postgres.ts'
import { markProcess } from '../sandbox/processes.ts'
import { createRegisterDatabase, databaseUrls, withClient } from '../sandbox/register/database.ts'
import { seedRegister } from '../sandbox/register/seed.ts'
import { whyNoSidekiq } from '../sandbox/sidekiq/index.ts'
import { build } from './support/built.ts'
import { startRedis } from './support/redis.ts'
import { insertStoryRows } from './support/story-rows.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's URL to the test server's database `postgres`. */
    postgresUrl: string
    /** Databases of this run have names that begin so. */
    runPrefix: string
    /** What scratchDatabase() clones: Register's empty tables, roles, grants, our migrated schema. */
    templateDatabase: string
    /** What demoDatabase() clones: the same with the demo rows. */
    demoTemplate: string
    /** What storyDatabase() clones: the same with what a story begins with. */
    storyTemplate: string
    /** The day on which it was made, for runs that pass midnight. */
    storyDay: string
    /** One Redis for the whole run: give queues a prefix of their own. */
    redisUrl: string
    /** Why no test runs beside a real Sidekiq; null where they do. */
    noSidekiq: string | null
  }
}

const SANDBOX = fileURLToPath(new URL('../.sandbox/', import.meta.url))

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const removeBuilt = build()
  const dataDir = `${SANDBOX}test-postgres`
  const postgres = await startPostgres({ dataDir, fsync: false, inMemory: true, timezone: 'Europe/London' })
  const redis = await startRedis(`${SANDBOX}test-redis`)
  const runPrefix = `run_${process.pid}_`
  const templateDatabase = `${runPrefix}template`
  const demoTemplate = `${runPrefix}demo_template`
  const storyTemplate = `${runPrefix}story_template`
  await dropDatabases(postgres.adminUrl, isLeftover)
  await createRegisterDatabase(postgres.adminUrl, templateDatabase)
  await withClient(postgres.adminUrl, async (client) => {
    await client.query(`CREATE DATABASE ${demoTemplate} TEMPLATE ${templateDatabase}`)
    await seedRegister(databaseUrls(postgres.adminUrl, demoTemplate).adminUrl)
    await client.query(`CREATE DATABASE ${storyTemplate} TEMPLATE ${demoTemplate}`)
    await withClient(databaseUrls(postgres.adminUrl, storyTemplate).adminUrl, insertStoryRows)
    for (const name of [templateDatabase, demoTemplate, storyTemplate]) {
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    }
  })
  project.provide('postgresUrl', postgres.adminUrl)
  project.provide('runPrefix', runPrefix)
  project.provide('templateDatabase', templateDatabase)
  project.provide('demoTemplate', demoTemplate)
  project.provide('storyTemplate', storyTemplate)
  project.provide('storyDay', new Date().toDateString())
  project.provide('redisUrl', redis.url)
  project.provide('noSidekiq', whyNoSidekiq())
  return async () => {
    removeBuilt()
    await redis.stop()
    await dropDatabases(postgres.adminUrl, (name) => name.startsWith(runPrefix))
    await postgres.remove()
  }
}

/** A database of a run that is over, or of an earlier process with our own pid. */
function isLeftover(name: string): boolean {
  const pid = Number(/^run_(\d+)_/.exec(name)?.[1] ?? 0)
  return pid > 0 && (pid === process.pid || markProcess(pid) === null)
}

async function dropDatabases(adminUrl: string, isUnwanted: (name: string) => boolean): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    for (const { datname } of rows) {
      if (isUnwanted(datname)) await client.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`)
    }
  })
}
