// A program for postgres.test.ts: starts Postgres, says what it got, and then waits to be killed.
import { startPostgres } from '../../sandbox/postgres.ts'

const { port, adminUrl, adopted } = await startPostgres({ dataDir: process.argv[2] ?? '', fsync: false })
process.stdout.write(`${JSON.stringify({ port, adminUrl, adopted })}\n`)
setInterval(() => {}, 60_000)
