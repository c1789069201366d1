import { expect, test } from 'vitest'
import { propose } from '../../src/changes/propose/propose.ts'
import { SeenJob } from '../../src/entities/chatops/seen-job.ts'
import { sweepSidekiq } from '../../src/jobs/mirror/sweep.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import type { World } from '../../src/world.ts'
import { SUBMITTER, TRAINEE, useStage } from '../jobs/stage.ts'
import { carriedOut, FORM, look, lose, runJobs } from '../registration/setup.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { describeBesideSidekiq } from '../support/sidekiq.ts'
import { relayToSidekiq } from './beside-stage.ts'
import { memberOf, recorded } from './recorded.ts'

// A registration that Register started itself, and that DTTP did not answer.

describeBesideSidekiq('a registration of Register’s own that nobody knows the outcome of', 12, (use) => {
  let later = 0
  const stage = useStage({
    now: () => new Date(Date.now() + later * 1000),
    get upstreams() {
      return { sidekiq: use.client } as World['upstreams']
    },
  })
  const sweep = () => sweepSidekiq(stage.context, use.client)
  const job = () =>
    stage.context.database.manager.findOne(SeenJob, {
      where: { traineeId: TRAINEE, name: 'register-for-trn', runner: 'register' },
    })
  const blocking = async (playbook: string, form: Record<string, string>) => {
    const asked = { playbook: getPlaybook(playbook), form, requester: SUPPORT, channel: CHANNEL }
    const proposal = await propose(stage.context, asked)
    const checks = 'checks' in proposal ? proposal.checks : []
    return checks.filter(({ verdict }) => verdict === 'blocks' || verdict === 'unchecked')
  }
  const SETTLE = { subject: 'slug5901', decision: 'again', contact: '', reason: 'DTTP has nothing', ticket: '' }

  /** One that Register has sent, and that is dead; DTTP is not working on it any more. */
  async function dieUnknown(): Promise<void> {
    later = 0
    await lose(stage)
    await stage.change('UPDATE trainees SET dttp_id = NULL, placement_assignment_dttp_id = NULL')
    await use.sidekiq.tell('Dttp::RegisterForTrnJob', { error: 'Net::ReadTimeout', message: 'x' })
    const registration = recorded.queued.find(({ wrapped }) => wrapped === 'Dttp::RegisterForTrnJob')
    const member = memberOf(registration).replace(/"arguments":\[.*?\]/, `"arguments":${ARGUMENTS}`)
    await use.redis.lpush('queue:default', member)
    await expect
      .poll(async () => (await sweep()) && job(), { timeout: 60_000, interval: 200 })
      .toMatchObject({ status: 'failed', place: 'dead', failure: { code: 'outcome-unknown' } })
    expect(await stage.attempts()).toMatchObject([{ traineeId: TRAINEE, outcome: 'unknown', ownIds: null }])
  }

  test('must be settled before another is made; then the dead job is taken out, and ours is made', async () => {
    await dieUnknown()
    const found = await blocking('re-register', FORM)
    expect(found.map(({ id }) => id)).toEqual(['registration'])
    expect(found[0]?.found).toContain('/trainee settle-registration 5901')
    expect((await blocking('settle-registration', SETTLE)).map(({ id }) => id)).toEqual(['records'])

    later = 3600 // DTTP is not working on it any more
    await sweep()
    await carriedOut(stage, 'settle-registration', SETTLE)
    await relayToSidekiq(stage.context)
    expect(await use.redis.zcard('dead')).toBe(0)
    await runJobs(stage, 'register-for-trn')
    expect(stage.simulator.requestsTo('$batch')).toHaveLength(1)
    expect((await stage.trainee()).dttp_id).not.toBeNull()

    // What we took out ourselves is not taken for lost.
    await sweep()
    later += 61
    await sweep()
    expect(await job()).toMatchObject({ place: 'gone', failure: { code: 'vanished' }, curedAt: expect.any(Date) })
    expect((await stage.attempts()).map(({ outcome }) => outcome).sort()).toEqual(['not-sent', 'registered'])
  })

  test.each([
    ['nobody has moved it', '✓', 'It was taken out.'],
    ['somebody has moved it', '✗', 'somebody has had it run again, or deleted it'],
  ])('is taken out as well once two people have found that it worked, if %s', async (how, mark, words) => {
    await dieUnknown()
    const { state } = stage.simulator
    const provider = '00000000-0000-4000-8000-00000000000a'
    const contact = state.add('contacts', { dfe_traineeid: '21/22-5901', _parentcustomerid_value: provider })
    const owner = { _dfe_contactid_value: contact, _dfe_providerid_value: provider }
    state.add('dfe_placementassignments', owner)
    later = 3600
    await sweep()
    const form = { ...SETTLE, decision: 'use', contact, reason: 'It is the trainee’s' }
    const id = await carriedOut(stage, 'settle-registration', form)
    if (mark === '✗') await use.redis.del('dead')
    expect(await use.redis.zcard('dead'), how).toBe(mark === '✓' ? 1 : 0)
    await relayToSidekiq(stage.context)
    expect(await use.redis.zcard('dead')).toBe(0)
    expect((await stage.trainee()).dttp_id).toBe(contact)
    const { lines } = await look(stage, id)
    const line = lines.find((one) => one.includes('Nobody can have the failed registration run again'))
    expect(line?.startsWith(mark)).toBe(true)
    expect(line).toContain(words)
  })
})

const ARGUMENTS = JSON.stringify([{ _aj_globalid: `gid://register-trainee-teachers/Trainee/${TRAINEE}` }, SUBMITTER])
