import { expect, test } from 'vitest'
import { describeBesideSidekiq } from '../support/sidekiq.ts'
import { memberOf, recorded } from './recorded.ts'

const jobOf = (className: string, trainee = 5901): string => {
  const job = recorded.queued.find(({ wrapped }) => wrapped === className)
  return memberOf(job).replaceAll('/5901', `/${trainee}`)
}

describeBesideSidekiq('what a real Sidekiq does with Register’s jobs', 4, (use) => {
  const push = (className: string, trainee?: number) =>
    use.redis.lpush(`queue:${className === 'Dttp::UpdateTraineeJob' ? 'dttp' : 'default'}`, jobOf(className, trainee))
  const found = (trainee: string, place: string) =>
    expect.poll(async () => (await use.client.findJobsOf([trainee])).find((job) => job.place === place))

  test.each([
    ['Dttp::RetrieveTrnJob', 'TypeError', 'no implicit conversion of nil into String', 'retry', 'unexpected'],
    [
      'Dttp::UpdateTraineeJob',
      'Dttp::Client::HttpError',
      'status: 400, body: {"message":"Cannot find record to be updated"}, headers: {}',
      'dead',
      'gone',
    ],
    [
      'Dttp::UpdateTraineeJob',
      'ActiveRecord::RecordNotFound',
      `Couldn't find Dttp::School with [WHERE "dttp_schools"."status_code" IN ($1, $2) AND "dttp_schools"."urn" = $3]`,
      'dead',
      'school-not-active',
    ],
    [
      'Dttp::RegisterForTrnJob',
      'Net::ReadTimeout',
      'Net::ReadTimeout with #<TCPSocket:(closed)>',
      'dead',
      'outcome-unknown',
    ],
    [
      'Dttp::RegisterForTrnJob',
      'Dttp::Client::HttpError',
      'status: 401, body: Zoë, headers: {}',
      'dead',
      'dttp-unauthorised',
    ],
    ['Dttp::RetrieveTrnJob', 'Dttp::RetrieveTrnJob::TraineeAttributeError', 'x', 'retry', 'cannot-receive-trn'],
  ])('%s fails with %s', async (className, error, message, place, code) => {
    await use.sidekiq.tell(className, { error, message }, 5902)
    await push(className, 5902)
    await found('5902', place).toMatchObject({ className, errorClass: error, failure: { code }, trainee: '5902' })
    await use.sidekiq.tell(className, null, 5902)
  })

  test('an error of DTTP’s is first tried again from the schedule, without an error', async () => {
    await use.sidekiq.tell('Dttp::RetrieveTrnJob', { error: 'Dttp::Client::HttpError', message: 'status: 500' }, 5903)
    await push('Dttp::RetrieveTrnJob', 5903)
    await found('5903', 'schedule').toMatchObject({ executions: 1, failure: null })
    await use.sidekiq.tell('Dttp::RetrieveTrnJob', null, 5903)
    await expect.poll(() => use.client.findJobsOf(['5903'])).toEqual([])
  })

  test('a trainee who is gone is told as such', async () => {
    await use.sidekiq.forget(5904)
    await push('Dttp::UpdateTraineeJob', 5904)
    await found('5904', 'dead').toMatchObject({ failure: { code: 'trainee-gone' } })
  })

  test('what runs is seen from the next heartbeat on; TERM puts it back, and kill -9 loses it', async () => {
    await use.sidekiq.stop()
    const first = await use.startAnother()
    await first.tell('Dttp::RegisterForTrnJob', { seconds: 600 }, 5905)
    await push('Dttp::RegisterForTrnJob', 5905)
    await found('5905', 'running').toMatchObject({ name: 'register-for-trn', score: null })
    const [running] = await use.client.findJobsOf(['5905'])
    await first.stop()
    const [queued] = await use.client.findJobsOf(['5905'])
    expect(queued).toMatchObject({ place: 'queue', sha1: running?.sha1, retries: 0 })

    const second = await use.startAnother()
    await found('5905', 'running').toMatchObject({ sha1: running?.sha1 })
    await second.kill()
    expect(await use.redis.exists('queue:default', 'retry', 'dead', 'schedule')).toBe(0)
  })
})
