import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findPause } from '../../src/brake/brake.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { hintAgain } from '../../src/changes/sweeps/sweep.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { addToOutbox, type OutboxKind } from '../../src/outbox/add.ts'
import { type Claimed, claimOutbox } from '../../src/outbox/claim.ts'
import { createRelay } from '../../src/outbox/relay.ts'
import { pause, resume } from '../../src/pausing/pause.ts'
import { chatops } from '../support/built.ts'
import {
  approveRequest,
  CHANNEL,
  DEVELOPER,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const MINUTE = 60_000

const use = useWorld({ rows: 'demo' }, () => ({ now: () => new Date(clock) }))
let clock: number

beforeEach(async () => {
  clock = Date.now()
  await use.admin.query('DELETE FROM chatops.outbox')
})

afterEach(async () => {
  await use.admin.query(`
    UPDATE chatops.brake SET paused_at = NULL, paused_by = NULL, reason = NULL, resume_asked_at = NULL,
      resume_asked_by = NULL;
    UPDATE chatops.change_requests SET status = 'cancelled' WHERE status = 'pending';
    UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved';
    UPDATE chatops.change_requests SET status = 'done' WHERE status = 'verifying'`)
})

const reason = 'DTTP is being migrated'
const stop = (actor = DEVELOPER) => pause(use.world, { actor, reason })
const paused = () => findPause(use.world.database.manager)
const route = async () => (await use.admin.query('SELECT training_route FROM trainees WHERE id = 5901')).rows[0]
const statusOf = async ({ id }: ChangeRequest) =>
  (await use.admin.query('SELECT status FROM chatops.change_requests WHERE id = $1', [id])).rows[0].status
const outbox = async (kind: OutboxKind) =>
  (await use.admin.query('SELECT payload FROM chatops.outbox WHERE kind = $1 ORDER BY seq', [kind])).rows

async function lastEvents(count: number): Promise<string[]> {
  const { rows } = await use.admin.query('SELECT event FROM chatops.ledger ORDER BY seq DESC LIMIT $1', [count])
  return rows.map(({ event }) => event).reverse()
}

async function approved(): Promise<ChangeRequest> {
  const { rows } = await use.admin.query('SELECT slug, training_route FROM trainees WHERE id = 5901')
  const other = rows[0].training_route === 0 ? 'provider_led_postgrad' : 'assessment_only'
  const form = { subject: rows[0].slug, route: other, reason: 'Asked for', ticket: '' }
  return approveRequest(use.world, await sendRequest(use.world, 'fix-route', form))
}

describe('whoever may approve', () => {
  test('pauses the bot at once, for a reason, and that is in the ledger and in the channel', async () => {
    expect(await stop()).toEqual({ was: null })
    expect(await paused()).toMatchObject({ by: DEVELOPER, reason, resumeAskedBy: null })
    expect(await lastEvents(1)).toEqual(['paused'])
    expect(await outbox('brake')).toEqual([{ payload: { channel: CHANNEL, event: 'paused', by: DEVELOPER, reason } }])
  })

  test('is told who was first, when somebody else did', async () => {
    await stop()
    const { was } = await pause(use.world, { actor: SECOND_DEVELOPER, reason: 'Another reason' })
    expect(was).toMatchObject({ by: DEVELOPER, reason })
    expect(await paused()).toMatchObject({ by: DEVELOPER, reason })
    expect(await outbox('brake')).toHaveLength(1)
  })

  test('needs another one to resume', async () => {
    await stop()
    expect(await resume(use.world, DEVELOPER)).toBe('asked')
    expect(await resume(use.world, DEVELOPER)).toBe('asked')
    expect(await paused()).toMatchObject({ resumeAskedBy: DEVELOPER })
    expect(await resume(use.world, SECOND_DEVELOPER)).toBe('resumed')
    expect(await paused()).toBeNull()
    expect(await lastEvents(3)).toEqual(['paused', 'resume-asked', 'resumed']) // asked twice at once, on record once
    await expect(resume(use.world, DEVELOPER)).rejects.toMatchObject({ code: 'not-paused' })
  })

  test('is one person with two ids, too, and cannot resume alone', async () => {
    await stop()
    const { people } = use.world
    const areOne = async () => true
    expect(await resume({ ...use.world, people: { ...people, areOne } }, DEVELOPER)).toBe('asked')
    expect(await resume({ ...use.world, people: { ...people, areOne } }, SECOND_DEVELOPER)).toBe('asked')
    const unknown = resume({ ...use.world, people: { ...people, areOne: async () => null } }, DEVELOPER)
    await expect(unknown).rejects.toMatchObject({ code: 'people-unknown' })
    expect(await paused()).not.toBeNull()
  })

  test('is asked about afresh, and refused once out of the group', async () => {
    await stop()
    await resume(use.world, DEVELOPER)
    const people = { ...use.world.people, mayDecide: async () => 'not-listed' as const }
    await expect(resume({ ...use.world, people }, SECOND_DEVELOPER)).rejects.toMatchObject({ code: 'not-an-approver' })
    expect(await paused()).not.toBeNull()
  })

  test('is the first of two where the first may approve no more', async () => {
    await stop()
    expect(await resume(use.world, DEVELOPER)).toBe('asked')
    const saying = (standing: 'not-listed' | 'people-unknown') => ({
      ...use.world,
      people: {
        ...use.world.people,
        mayDecide: async (id: string) => (id === DEVELOPER ? standing : use.world.people.mayDecide(id)),
      },
    })
    const unknown = resume(saying('people-unknown'), SECOND_DEVELOPER)
    await expect(unknown).rejects.toMatchObject({ code: 'people-unknown' })
    expect(await resume(saying('not-listed'), SECOND_DEVELOPER)).toBe('asked')
    expect(await paused()).toMatchObject({ resumeAskedBy: SECOND_DEVELOPER })
    const asked = (await outbox('brake')).filter(({ payload }) => payload.event === 'resume-asked')
    expect(asked.map(({ payload }) => payload.by)).toEqual([DEVELOPER, SECOND_DEVELOPER])
  })

  test('must ask again after an hour, or when the bot is paused once more', async () => {
    await stop()
    await resume(use.world, DEVELOPER)
    clock += 61 * MINUTE
    expect(await resume(use.world, SECOND_DEVELOPER)).toBe('asked')
    await stop()
    expect(await resume(use.world, DEVELOPER)).toBe('asked')
    expect(await paused()).not.toBeNull()
  })

  test('decides alone among two at once', async () => {
    await stop()
    const came = await Promise.all([resume(use.world, DEVELOPER), resume(use.world, SECOND_DEVELOPER)])
    expect(came.sort()).toEqual(['asked', 'resumed'])
  })
})

test.each([SUPPORT, STRANGER])('others can do neither (%s)', async (actor) => {
  await expect(pause(use.world, { actor, reason })).rejects.toMatchObject({ code: 'not-an-approver' })
  await stop()
  await expect(resume(use.world, actor)).rejects.toMatchObject({ code: 'not-an-approver' })
})

describe('an approved request', () => {
  test('waits, and is carried out once the bot goes on', async () => {
    const request = await approved()
    const before = await route()
    await stop()
    expect(await execute(use.world, request.id)).toBe('paused')
    expect({ status: await statusOf(request), ...(await route()) }).toEqual({ status: 'approved', ...before })

    clock += 40 * MINUTE
    expect(await hintAgain(use.world)).toBe(0)
    expect(await execute(use.world, request.id)).toBe('paused')
    await use.admin.query('DELETE FROM chatops.outbox')
    await resume(use.world, DEVELOPER)
    await resume(use.world, SECOND_DEVELOPER)
    expect(await outbox('hint')).toHaveLength(1)
    expect(await execute(use.world, request.id)).toBe('executed')
  })

  test('is not carried out by a worker that had begun with it', async () => {
    const request = await approved()
    const onStep = async (step: string) => void (step === 'asked' && (await stop()))
    expect(await execute({ ...use.world, onStep }, request.id)).toBe('paused')
    expect(await statusOf(request)).toBe('approved')
  })

  test.each(['begun', 'asked'])('is not given up for a fault of ours while the bot is paused (%s)', async (at) => {
    const request = await approved()
    await stop()
    const onStep = async (step: string) => {
      if (step === at) throw new TypeError('a fault of ours')
    }
    expect(await execute({ ...use.world, onStep }, request.id)).toBe('paused')
    expect(await statusOf(request)).toBe('approved')
  })

  test('that is being written is finished before the pause counts', async () => {
    const request = await approved()
    const order: string[] = []
    let pausing: Promise<unknown> = Promise.resolve()
    const onStep = async (step: string) => {
      if (step === 'written') pausing = stop().then(() => order.push('paused'))
      if (step === 'recorded') order.push('recorded')
    }
    expect(await execute({ ...use.world, onStep }, request.id)).toBe('executed')
    await pausing
    expect(order).toEqual(['recorded', 'paused'])
  })

  test('is carried out nowhere that shows previews only', async () => {
    const request = await approved()
    expect(await execute({ ...use.world, mode: 'preview-only' }, request.id)).toBe('paused')
    expect(await statusOf(request)).toBe('approved')
  })
})

describe('what is to be sent', () => {
  const KINDS = ['card', 'hint', 'job', 'trello'] as const
  beforeEach(async () => {
    await use.admin.query('DELETE FROM chatops.outbox')
    for (const kind of KINDS) {
      await addToOutbox(use.world.database.manager, { stream: kind, kind, changeRequest: null })
    }
  })

  const claimed = async () => (await claimOutbox(use.world.database, 10)).map(({ kind }) => kind).sort()

  test('to a queue or to Trello waits, and what tells people does not', async () => {
    await stop()
    expect(await claimed()).toEqual(['brake', 'card'])
    await resume(use.world, DEVELOPER)
    await resume(use.world, SECOND_DEVELOPER)
    expect(await claimed()).toEqual(expect.arrayContaining(['hint', 'job', 'trello']))
  })

  test('waits as well where only previews are shown', async () => {
    const sent: string[] = []
    const send = async ({ kind }: Claimed) => void sent.push(kind)
    const slack = { card: send, thread: send, direct: send, alert: send, brake: send, morning: send }
    const effects = { ...slack, hint: send, job: send, sidekiq: send, trello: send }
    const relay = createRelay({ ...use.world, mode: 'preview-only' }, effects)
    await relay.sendDue(() => {})
    await relay.settled()
    expect(sent).toEqual(['card'])
    expect(await claimed()).toEqual(['hint', 'job', 'trello'])
  })
})

describe('bin/chatops', () => {
  const operator = (...words: string[]) =>
    chatops(words, { DATABASE_URL: use.scratch.appUrl, ALLOWED_CHANNELS: CHANNEL })

  test('pauses and resumes, in the name of an operator', async () => {
    expect((await operator('pause', 'Restoring', 'a backup')).stdout).toContain('The bot is paused')
    expect(await paused()).toMatchObject({ by: 'operator', reason: 'Restoring a backup' })
    expect((await operator('pause', 'again')).stdout).toContain('paused already')
    expect((await operator('resume')).stdout).toContain('goes on')
    expect((await operator('resume')).stdout).toContain('was not paused')
    expect(await paused()).toBeNull()
    expect(await lastEvents(3)).toEqual(['paused', 'paused', 'resumed'])
  })

  test.each([['pause'], ['pause', ' '], ['pause', '-f', 'Restoring']])('wants a reason: %s %s', async (...words) => {
    expect(await operator(...words)).toMatchObject({ code: 2, stdout: expect.stringContaining('"<reason') })
    expect(await paused()).toBeNull()
  })

  test('does nothing where it is asked how a command is used, or is given words that it does not know', async () => {
    await operator('pause', 'Restoring')
    const before = await lastEvents(1_000)
    for (const command of [
      'pause',
      'resume',
      'adopt',
      'migrate',
      'outbox',
      'load-gias',
      'verify-ledger',
      'export-ledger',
    ]) {
      const stdout = expect.stringContaining(`Usage: bin/chatops ${command}`)
      expect(await operator(command, '--help')).toMatchObject({ code: 0, stdout })
      expect(await operator(command, '--hlep')).toMatchObject({ code: 2, stdout })
    }
    expect(await lastEvents(1_000)).toEqual(before)
    await operator('resume')
  })
})
