// Pushes one job to Register's Sidekiq, reached as the settings say (the first argument, JSON), and says what came of it:
// for what a process must be started with, such as certificates.
import { randomUUID } from 'node:crypto'
import type { SidekiqSettings } from '../../src/sidekiq/connection.ts'
import { createSidekiqClient } from '../../src/sidekiq/index.ts'

const sidekiq = createSidekiqClient(JSON.parse(process.argv[2] ?? '') as SidekiqSettings, { warn: () => {} })
const job = { name: 'update-trainee', trainee: '5901' } as const
const said = await sidekiq
  .write({ kind: 'push', job, at: null }, { id: randomUUID(), now: new Date() })
  .catch((error: Error & { code?: string }) => `${error.name} ${error.code ?? ''}`)
console.log(said)
process.exit(0)
