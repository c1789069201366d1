import { readFileSync } from 'node:fs'
import pg from 'pg'
import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { demandPrimary } from '../../src/entities/demand-primary.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch()

test('a database that takes no writes just now is not ready', async () => {
  const ready = await createDataSource(use.scratch.appUrl, 1).initialize()
  await demandPrimary((statement) => ready.query(statement))
  await ready.destroy()
  const setting = `ALTER DATABASE ${use.scratch.name} SET default_transaction_read_only`
  await withClient(use.scratch.adminUrl, (admin) => admin.query(`${setting} = on`))
  const standby = await createDataSource(use.scratch.appUrl, 1).initialize()
  await expect(demandPrimary((statement) => standby.query(statement))).rejects.toThrow('takes no writes')
  await standby.destroy()
  await withClient(use.scratch.adminUrl, async (admin) => {
    await admin.query('SET default_transaction_read_only = off')
    await admin.query(`${setting} = off`)
  })
})

test('a bot that is at work misses no right while grants.sql is run', async () => {
  const [owner, bot] = [new pg.Client(use.scratch.adminUrl), new pg.Client(use.scratch.appUrl)]
  await Promise.all([owner.connect(), bot.connect()])
  const file = readFileSync('src/entities/grants.sql', 'utf8')
  const statements = file.match(/(\$\$[\s\S]*?\$\$|[^;]|;(?!\n))+;\n/g) ?? [] // psql sends them one by one
  for (const statement of statements) {
    await owner.query(statement)
    await bot.query('SELECT slug FROM public.trainees LIMIT 1')
  }
  expect(statements.length).toBeGreaterThanOrEqual(5)
  await Promise.all([owner.end(), bot.end()])
})
