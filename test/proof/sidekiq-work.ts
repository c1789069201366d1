// What is asked of Sidekiq in the proof: jobs to push, and dead ones to run again or to remove.

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { removeFromSidekiq } from '../../src/jobs/start/in-sidekiq.ts'
import { startJob } from '../../src/jobs/start/start.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import type { MemberId } from '../../src/sidekiq/job.ts'
import { sha1Of } from '../../src/sidekiq/member.ts'
import { payloadOf } from '../../src/sidekiq/payload.ts'
import type { World } from '../../src/world.ts'

/** A row of the outbox: which job it is about, and the dead member that it takes out. */
export type Asked = { kind: 'push' | 'retry' | 'remove'; row: string; jobId: string; member: string | null }

type Dead = { jobId: string; member: string; id: MemberId }

let score = 1_700_000_000

/** Jobs that have failed for good, each with a trainee of its own. */
export async function seedDead(redis: Redis, count: number): Promise<Dead[]> {
  const dead: Dead[] = []
  for (let index = 0; index < count; index++) {
    score += 1
    const jobId = randomUUID()
    const job = { name: 'update-trainee', trainee: String(9_000_000 + (score % 1_000_000)) } as const
    const pushed = JSON.parse(payloadOf(job, { id: jobId, now: new Date(), later: false }))
    const failure = { error_class: 'TypeError', error_message: 'x', failed_at: score, retry_count: 0 }
    const member = JSON.stringify({ ...pushed, ...failure })
    const text = `${score}.5`
    await redis.zadd('dead', text, member)
    dead.push({
      jobId,
      member,
      id: { place: 'dead', queue: 'default', score: text, sha1: sha1Of(Buffer.from(member)) },
    })
  }
  return dead
}

/** As many pushes as retries and removals. What follows a removal is a registration of a trainee whom nobody knows. */
export async function askFor(world: World, dead: readonly Dead[], each: number): Promise<Asked[]> {
  const asked: Asked[] = []
  const beside = { ...world, upstreams: { ...world.upstreams, sidekiq: {} as never } }
  await world.database.transaction(async (sql) => {
    for (let index = 0; index < each; index++) {
      const id = randomUUID()
      const job = { id, name: 'update-trainee', trainee: '5901', dueAt: world.now() } as const
      await startJob(beside, sql, job)
      asked.push({ kind: 'push', row: id, jobId: id, member: null })
    }
    for (const [index, { id: member, member: text, jobId }] of dead.entries()) {
      const row = randomUUID()
      if (index < each) {
        const payload = { do: 'retry', member }
        await addToOutbox(sql, { id: row, stream: `sidekiq:${row}`, kind: 'sidekiq', changeRequest: null, payload })
        asked.push({ kind: 'retry', row, jobId, member: text })
      } else {
        const next = { id: randomUUID(), name: 'register-for-trn', trainee: '99999999', args: { submitted_by: null } }
        await removeFromSidekiq(sql, {
          id: row,
          members: [member],
          changeRequest: null,
          next: { ...next, name: 'register-for-trn' },
        })
        asked.push({ kind: 'remove', row, jobId: next.id, member: text })
      }
    }
  })
  return asked
}
