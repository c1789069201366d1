// Databases for tests: each a clone of one of the run's templates, so that no test sees another's rows.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { databaseUrls, type RegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { insertStoryRows } from './story-rows.ts'

export interface ScratchDatabase extends RegisterDatabase {
  name: string
  /** Removes it, whoever is still connected. What is not dropped goes at the end of the run. */
  drop(): Promise<void>
}

/** A database of one's own: Register's empty tables, both roles with their grants, our migrated schema. */
export function scratchDatabase(): Promise<ScratchDatabase> {
  return cloneOf(inject('templateDatabase'))
}

/** The same with the demo rows in Register's tables. */
export function demoDatabase(): Promise<ScratchDatabase> {
  return cloneOf(inject('demoTemplate'))
}

/** The same with today's GIAS, and nothing left to say in the morning. */
export async function storyDatabase(): Promise<ScratchDatabase> {
  const database = await cloneOf(inject('storyTemplate'))
  if (inject('storyDay') !== new Date().toDateString()) await withClient(database.adminUrl, insertStoryRows)
  return database
}

async function cloneOf(template: string): Promise<ScratchDatabase> {
  const server = inject('postgresUrl')
  const name = `${inject('runPrefix')}${randomUUID().slice(0, 8)}`
  await cloneDatabase(server, name, template)
  return {
    ...databaseUrls(server, name),
    name,
    async drop() {
      await (await connectionTo(server)).query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

/** Makes a database as another one is, to which nobody may be connected at that moment. */
export async function cloneDatabase(server: string, name: string, template: string): Promise<void> {
  const client = await connectionTo(server)
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`)
      await client.query(`GRANT CONNECT, CREATE ON DATABASE ${name} TO chatops_owner`) // not cloned with the rest
      return
    } catch (error) {
      const isBusy = error instanceof pg.DatabaseError && error.code === TEMPLATE_IN_USE
      if (!isBusy || attempt === 1_500) throw error
      await sleep(40)
    }
  }
}

/** A worker keeps its connections to servers: each costs as much of the processor's time as a database that is made by it. */
function connectionTo(server: string): Promise<pg.Client> {
  const open = connections.get(server) ?? connect(server)
  connections.set(server, open)
  return open
}

const connections = new Map<string, Promise<pg.Client>>()

/** A server that goes away ends its connections: the next use has another. */
async function connect(server: string): Promise<pg.Client> {
  const client = new pg.Client(server)
  client.on('error', () => connections.delete(server))
  client.on('end', () => connections.delete(server))
  return client.connect().then(
    () => client,
    (error) => {
      connections.delete(server)
      throw error
    },
  )
}

const TEMPLATE_IN_USE = '55006'
