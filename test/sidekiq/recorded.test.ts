import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { MemberId } from '../../src/sidekiq/job.ts'
import { describeBesideSidekiq } from '../support/sidekiq.ts'
import { memberOf, recorded } from './recorded.ts'

// Every failure that Register's own jobs have left in a real Sidekiq; test/mirror/alerts.test.ts has what is said of each.

const FAILURES = (['retry', 'dead'] as const).flatMap((place) =>
  recorded[place].map(({ job, score }) => ({ place, job, score, what: describeOne(job) })),
)

function describeOne(job: unknown): string {
  const { wrapped = 'no JSON', error_class: error = '' } =
    typeof job === 'object' ? (job as { wrapped?: string; error_class?: string }) : {}
  return `${wrapped} ${error}`.trim()
}

describeBesideSidekiq('a failure that was recorded', 14, (use) => {
  const write = (kind: 'retry' | 'remove', member: MemberId) =>
    use.client.write({ kind, member }, { id: randomUUID(), now: new Date() })
  const findOnly = async (): Promise<MemberId> => {
    const found: MemberId[] = []
    for await (const { jobs, strange } of use.client.readWaiting()) found.push(...jobs, ...strange)
    expect(found).toHaveLength(1)
    return found[0] as MemberId
  }
  // What is tried again by Sidekiq itself is put far ahead, so that it stays where it is.
  const put = ({ place, job, score }: (typeof FAILURES)[number]) =>
    use.redis.zadd(place, place === 'retry' ? score + 1e8 : score, memberOf(job))

  test.each(FAILURES)('in $place is removed, and nothing runs: $what', async (failure) => {
    await put(failure)
    const ran = (await use.sidekiq.ran()).length
    expect(await write('remove', await findOnly())).toBe('done')
    expect(await use.redis.exists('retry', 'dead', 'schedule', 'queue:default', 'queue:dttp')).toBe(0)
    expect(await use.sidekiq.ran()).toHaveLength(ran)
  })

  test.each(FAILURES)('in $place is run again, as far as it can be: $what', async (failure) => {
    await put(failure)
    const member = await findOnly()
    const text = memberOf(failure.job)
    const jobId = /"job_id":"([^"]+)"/.exec(text)?.[1]
    if (jobId === undefined) {
      expect(await write('retry', member)).toBe('unreadable')
      expect(await use.redis.zscore(failure.place, text)).not.toBeNull()
      return
    }
    const ended = async () => (await use.sidekiq.ran()).filter((one) => one.what === 'ended' && one.jobId === jobId)
    const before = (await ended()).length
    expect(await write('retry', member)).toBe('done')
    if (text.includes('Dttp::NoSuchJob')) {
      await expect.poll(() => use.redis.zcard('dead')).toBe(1)
      expect((await findOnly()).sha1).not.toBe(member.sha1)
      return
    }
    await expect.poll(ended, { timeout: 60_000 }).toHaveLength(before + 1)
    expect(await use.redis.exists('retry', 'dead')).toBe(0)
  })
})
