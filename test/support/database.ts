// Databases for tests: each a clone of one of the run's templates, so that no test sees another's rows.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { databaseUrls, type RegisterDatabase, withClient } from '../../sandbox/register/database.ts'

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

async function cloneOf(template: string): Promise<ScratchDatabase> {
  const server = inject('postgresUrl')
  const name = `${inject('runPrefix')}${randomUUID().slice(0, 8)}`
  await cloneDatabase(server, name, template)
  return {
    ...databaseUrls(server, name),
    name,
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}

/** Makes a database as another one is, to which nobody may be connected at that moment. */
export async function cloneDatabase(server: string, name: string, template: string): Promise<void> {
  await withClient(server, async (client) => {
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
  })
}

const TEMPLATE_IN_USE = '55006'
