// A program for postgres.test.ts: starts Postgres, says what it got, and then waits to be killed.
import { startPostgres } from '../../sandbox/postgres.ts'

const [dataDir = '', place] = process.argv.slice(2)
const { port, adminUrl, adopted } = await startPostgres({ dataDir, fsync: false, inMemory: place === 'in-memory' })
process.stdout.write(`${JSON.stringify({ port, adminUrl, adopted })}\n`)
setInterval(() => {}, 60_000)
