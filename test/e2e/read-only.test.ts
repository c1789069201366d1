// Postgres after a failover that leaves our sessions on what takes no writes now, or with a disk that is full.
import { expect, test } from 'vitest'
import { useStory } from '../support/bot.ts'

const use = useStory(() => ({ QUEUE_BACKEND: 'postgres' }))

test('readiness is red while the database, or the queue in it, takes no writes', async () => {
  const ready = async () => (await fetch(`http://127.0.0.1:${use.story.bot.port}/readyz`)).json()
  const { name } = use.story.scratch
  expect(await ready()).toMatchObject({ ready: true, database: true, queue: true })
  await anew('SET default_transaction_read_only = on')
  await expect.poll(ready).toMatchObject({ ready: false, database: false, queue: false })
  await anew('RESET default_transaction_read_only')
  await expect.poll(ready).toMatchObject({ ready: true, database: true, queue: true })

  async function anew(setting: string): Promise<void> {
    await use.admin.query(`ALTER DATABASE ${name} ${setting}`)
    await use.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chatops_app' AND datname = $1`,
      [name],
    )
  }
})
