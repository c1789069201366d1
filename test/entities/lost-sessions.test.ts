import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { outliveAndTellLoss, outliveLoss } from '../../src/entities/lost-sessions.ts'

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
