import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { outliveAndTellLoss, outliveLoss } from '../../src/entities/lost-sessions.ts'
import { isTransient } from '../../src/entities/transient.ts'
import { startSwitch } from '../support/switch.ts'

test.each([outliveLoss, outliveAndTellLoss])(
  'a session that is lost before anyone listens ends nothing',
  async (outlive) => {
    const { client } = await loseSession(outlive)
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable')
  },
)

test('whoever listens later is told that it is lost', async () => {
  const { client, loss } = await loseSession(outliveAndTellLoss)
  expect(await new Promise((resolve) => client.on('error', resolve))).toBe(loss)
})

test('a session is given up when the database owes an answer for too long, and not while it owes none', async () => {
  const url = new URL(inject('postgresUrl'))
  const way = await startSwitch(Number(url.port))
  url.port = String(way.port)
  const database = await createDataSource(url.href, 1, 3_000).initialize()
  const session = async () => (await database.query('SELECT pg_backend_pid() AS pid'))[0].pid
  const first = await session()
  await sleep(4_000)
  expect(await session()).toBe(first)
  way.freeze()
  await expect(session()).rejects.toSatisfy(isTransient)
  way.freeze(false)
  await expect.poll(session).not.toBe(first)
  await database.destroy()
  await way.stop()
})

/** A session that an administrator ended. */
async function loseSession(outlive: (client: pg.ClientBase) => void) {
  const client = new pg.Client(inject('postgresUrl'))
  const lost = new Promise<Error>((resolve) => client.once('error', resolve))
  outlive(client)
  await client.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  await withClient(inject('postgresUrl'), (admin) => admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid]))
  return { client, loss: await lost }
}
