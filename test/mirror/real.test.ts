import { expect, test } from 'vitest'
import { tellOfMirrored } from '../../src/alerts/news/mirrored.ts'
import { verifyAgain } from '../../src/changes/requests.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import type { World } from '../../src/world.ts'
import { useAlertStory } from '../alerts/alert-story.ts'
import { memberOf, recorded } from '../sidekiq/recorded.ts'
import { describeBesideSidekiq } from '../support/sidekiq.ts'

const jobOf = (className: string, trainee: number): string =>
  memberOf(recorded.queued.find(({ wrapped }) => wrapped === className)).replaceAll('/5901', `/${trainee}`)

describeBesideSidekiq('the mirror of a real Sidekiq', 8, (use) => {
  let later = 0
  const story = useAlertStory(() => ({
    now: () => new Date(Date.now() + later * 1000),
    upstreams: { sidekiq: use.client } as World['upstreams'],
  }))

  const push = (className: string, trainee: number) =>
    use.redis.lpush(`queue:${className === 'Dttp::UpdateTraineeJob' ? 'dttp' : 'default'}`, jobOf(className, trainee))

  /** A sweep, so many seconds later than it is. */
  async function sweep(seconds = later): Promise<void> {
    later = seconds
    await sweepSidekiq(story.world, use.client)
    await tellOfMirrored(story.world, verifyAgain)
  }

  const jobFor = (trainee: number) =>
    story.world.database.manager.findOneBy(SeenJob, { traineeId: String(trainee), runner: 'register' })

  const becomes = (trainee: number, seconds = later) =>
    expect.poll(
      async () => {
        await sweep(seconds)
        return jobFor(trainee)
      },
      { timeout: 60_000, interval: 200 },
    )

  test('posts what dies or is tried again in vain, and follows what people have tried again', async () => {
    await sweep(0)
    const error = 'Dttp::Client::HttpError'
    const gone = 'status: 400, body: {"message":"Cannot find record to be updated"}, headers: {}'
    await use.sidekiq.tell('Dttp::UpdateTraineeJob', { error, message: gone }, 5902)
    await push('Dttp::UpdateTraineeJob', 5902)
    await becomes(5902).toMatchObject({ status: 'failed', failure: { code: 'gone', by: 'register' } })
    await use.sidekiq.tell('Dttp::RetrieveTrnJob', { error: 'TypeError', message: 'x' }, 5903)
    await push('Dttp::RetrieveTrnJob', 5903)
    await becomes(5903).toMatchObject({ status: 'waiting', place: 'retry', failure: { code: 'unexpected' } })
    expect((await story.causes()).sort()).toEqual(['contact-gone:5902', 'unexpected:retrieve-trn'])

    // As "Retry now" on Sidekiq's own page, which leaves the error in the payload.
    const [member = ''] = await use.redis.zrange('dead', 0, 0)
    await use.sidekiq.tell('Dttp::UpdateTraineeJob', null, 5902)
    await use.redis.zrem('dead', member)
    await use.redis.lpush('queue:dttp', member)
    await becomes(5902).toMatchObject({ status: 'running', place: 'missing' })
    await story.admin.query(`UPDATE trainees SET dttp_update_sha = 'sent' WHERE id = 5902`)
    await sweep(later + 61)
    expect(await jobFor(5902)).toMatchObject({ status: 'done' })
    await use.sidekiq.tell('Dttp::RetrieveTrnJob', null, 5903)
  })

  test('cannot tell what became of a registration whose process was killed', async () => {
    later = 0
    await story.admin.query('UPDATE trainees SET dttp_id = NULL WHERE id = 5902')
    await use.sidekiq.stop()
    const process = await use.startAnother()
    await process.tell('Dttp::RegisterForTrnJob', { seconds: 600 }, 5902)
    await push('Dttp::RegisterForTrnJob', 5902)
    await becomes(5902).toMatchObject({ place: 'running' })
    await process.kill()
    // As Redis does a minute after the last heartbeat.
    const identities = await use.redis.smembers('processes')
    await use.redis.unlink(...identities.flatMap((identity) => [identity, `${identity}:workers`]))
    await sweep(15)
    expect(await jobFor(5902)).toMatchObject({ place: 'missing', status: 'running' })
    await sweep(31 * 60)
    expect(await jobFor(5902)).toMatchObject({ status: 'failed', failure: { code: 'outcome-unknown' } })
    expect(await story.causes()).toEqual(['registration-unknown:5902'])
  })
})
