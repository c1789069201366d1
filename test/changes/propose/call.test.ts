import { beforeEach, describe, expect, test } from 'vitest'
import { endOfSpan } from '../../../src/calendar/working-time.ts'
import { cancel } from '../../../src/changes/decide/decide.ts'
import { remindApprovers } from '../../../src/changes/propose/call.ts'
import { sayMorning } from '../../../src/changes/sweeps/morning.ts'
import type { ChangeRequest } from '../../../src/entities/chatops/change-request.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT, sendRequest } from '../../support/lifecycle.ts'
import { useWorld } from '../../support/world.ts'

const GROUP = 'S0APPROVERS'
const TRAINEES = ['5901', '5902', '5903', '5904', '5905']

const use = useWorld({ rows: 'demo', forEach: 'test' }, () => ({
  now: () => now,
  approverMention: GROUP,
  closedDays: new Set(['2021-11-01']),
  expiryOf: (_, sentAt) => endOfSpan({ unit: 'working-days', count: 1 }, sentAt, new Set(['2021-11-01'])),
}))
let now: Date

beforeEach(async () => {
  now = new Date('2021-10-27T13:14:00Z')
})

async function send(index: number, requester = SUPPORT): Promise<ChangeRequest> {
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = $1', [TRAINEES[index]])
  return sendRequest(
    use.world,
    'fix-route',
    { subject: rows[0].slug, route: 'opt_in_undergrad', reason: 'x', ticket: '' },
    requester,
  )
}

async function reminders(): Promise<{ id: string; calls: string | null }[]> {
  const { rows } = await use.admin.query(
    `SELECT change_request_id AS id, payload ->> 'calls' AS calls FROM chatops.outbox
     WHERE kind = 'thread' AND payload ->> 'part' = 'reminder' ORDER BY seq`,
  )
  return rows
}

describe('until when a request waits', () => {
  test('is decided once, when it is sent, in working days of London', async () => {
    expect((await send(0)).expiresAt).toEqual(new Date('2021-10-28T13:14:00Z'))
  })

  test('leaves out weekends and the days on which nobody works', async () => {
    now = new Date('2021-10-29T13:14:00Z') // a Friday; the Monday after is closed
    expect((await send(0)).expiresAt).toEqual(new Date('2021-11-02T14:14:00Z'))
  })
})

describe('whom a request calls', () => {
  test('is the group, and in a channel nobody again for ten minutes', async () => {
    expect((await send(0)).calls).toBe(GROUP)
    now = new Date(now.getTime() + 9 * 60_000)
    expect((await send(1)).calls).toBeNull()
    now = new Date(now.getTime() + 60_000)
    expect((await send(2)).calls).toBe(GROUP)
  })

  test('is one of several that are sent at the same time', async () => {
    const sent = await Promise.all([0, 1, 2, 3].map((index) => send(index)))
    expect(sent.filter(({ calls }) => calls === GROUP)).toHaveLength(1)
  })

  test('is never its requester', async () => {
    use.world = { ...use.world, approverMention: DEVELOPER }
    expect((await send(0, DEVELOPER)).calls).toBeNull()
    expect((await send(1)).calls).toBe(DEVELOPER)
  })

  test('is nobody where nobody is named', async () => {
    use.world = { ...use.world, approverMention: null }
    expect((await send(0)).calls).toBeNull()
  })
})

describe('the reminder', () => {
  test('comes two working hours before the request expires, once, however many workers there are', async () => {
    const { id } = await send(0)
    now = new Date('2021-10-28T11:13:59Z')
    expect(await remindApprovers(use.world)).toBe(0)
    now = new Date('2021-10-28T11:14:00Z')
    await Promise.all([remindApprovers(use.world), remindApprovers(use.world), remindApprovers(use.world)])
    await remindApprovers(use.world)
    expect(await reminders()).toEqual([{ id, calls: GROUP }])
  })

  test('is still given by a bot that slept, and no longer once the request has expired', async () => {
    await send(0)
    now = new Date('2021-10-28T13:13:00Z')
    expect(await remindApprovers(use.world)).toBe(1)
    await send(1)
    now = new Date('2021-10-29T13:14:00Z')
    expect(await remindApprovers(use.world)).toBe(0)
  })

  test('is not given for what was cancelled', async () => {
    const { id } = await send(0)
    await cancel(use.world, { id, actor: SUPPORT })
    now = new Date('2021-10-28T12:00:00Z')
    expect(await remindApprovers(use.world)).toBe(0)
  })

  test('is not given where a request waits for less than two working hours', async () => {
    use.world = { ...use.world, expiryOf: (_, sentAt) => new Date(sentAt.getTime() + 90 * 60_000) }
    expect((await send(0)).remindAt).toBeNull()
  })

  test('waits for its turn where several are due, the first to expire first', async () => {
    const first = await send(0)
    now = new Date(now.getTime() + 60_000)
    const second = await send(1)
    now = new Date('2021-10-28T11:20:00Z')
    await remindApprovers(use.world)
    await remindApprovers(use.world)
    expect(await reminders()).toEqual([{ id: first.id, calls: GROUP }])
    now = new Date('2021-10-28T11:30:00Z')
    await remindApprovers(use.world)
    expect((await reminders()).map(({ id }) => id)).toEqual([first.id, second.id])
  })

  test('is given without a call to those whose turn has not come half an hour before they expire', async () => {
    const sent = []
    for (const index of [0, 1, 2, 3]) sent.push((await send(index)).id)
    now = new Date('2021-10-28T12:40:00Z')
    await remindApprovers(use.world)
    expect(await reminders()).toEqual([{ id: sent[0], calls: GROUP }])
    now = new Date('2021-10-28T12:44:00Z')
    await remindApprovers(use.world)
    await remindApprovers(use.world)
    const [called, ...others] = await reminders()
    expect(called).toEqual({ id: sent[0], calls: GROUP })
    expect(others.map(({ calls }) => calls)).toEqual([null, null, null])
    expect(others.map(({ id }) => id).sort()).toEqual(sent.slice(1).sort())
  })

  test('is given without a call where Slack never said whom to call', async () => {
    const { id } = await send(0)
    const people = { ...use.world.people, areOne: async () => null }
    use.world = { ...use.world, approverMention: DEVELOPER, people }
    now = new Date('2021-10-28T12:40:00Z')
    expect(await remindApprovers(use.world)).toBe(0)
    now = new Date('2021-10-28T12:44:00Z')
    expect(await remindApprovers(use.world)).toBe(1)
    expect(await reminders()).toEqual([{ id, calls: null }])
  })

  test('waits while the playbook is off, so that nobody is called who cannot approve', async () => {
    const { id } = await send(0)
    const setOff = (off: string | null) =>
      use.world.database.query('UPDATE chatops.change_requests SET outcome = $1', [off === null ? {} : { off }])
    await setOff('A column is missing.')
    now = new Date('2021-10-28T12:00:00Z')
    expect(await remindApprovers(use.world)).toBe(0)
    await setOff(null)
    expect(await remindApprovers(use.world)).toBe(1)
    expect(await reminders()).toMatchObject([{ id }])
  })

  test('calls nobody where the only person to call has asked', async () => {
    use.world = { ...use.world, approverMention: SECOND_DEVELOPER }
    await send(0)
    use.world = { ...use.world, approverMention: SUPPORT }
    now = new Date('2021-10-28T12:00:00Z')
    await remindApprovers(use.world)
    expect(await reminders()).toMatchObject([{ calls: null }])
  })
})

describe('where Slack does not say whether the person to call is the requester', () => {
  let isDown: boolean

  beforeEach(() => {
    const { people } = use.world
    isDown = true
    use.world = {
      ...use.world,
      approverMention: SECOND_DEVELOPER,
      people: { ...people, areOne: async (...ids) => (isDown ? null : people.areOne(...ids)) },
    }
  })

  test('a request is sent without a call, which comes in its thread as soon as Slack answers, and the reminder later', async () => {
    const { id, calls } = await send(0)
    expect(calls).toBeNull()
    expect(await remindApprovers(use.world)).toBe(0)
    isDown = false
    expect(await remindApprovers(use.world)).toBe(1)
    expect(await remindApprovers(use.world)).toBe(0)
    now = new Date('2021-10-28T11:14:00Z')
    expect(await remindApprovers(use.world)).toBe(1)
    expect(await remindApprovers(use.world)).toBe(0)
    expect(await reminders()).toEqual([
      { id, calls: SECOND_DEVELOPER },
      { id, calls: SECOND_DEVELOPER },
    ])
  })

  test('the reminder waits until Slack answers', async () => {
    isDown = false
    const { id } = await send(0)
    isDown = true
    now = new Date('2021-10-28T11:14:00Z')
    expect(await remindApprovers(use.world)).toBe(0)
    isDown = false
    expect(await remindApprovers(use.world)).toBe(1)
    expect(await reminders()).toEqual([{ id, calls: SECOND_DEVELOPER }])
  })
})

describe('the morning’s line', () => {
  const said = async () => (await use.admin.query(`SELECT payload FROM chatops.outbox WHERE kind = 'morning'`)).rows

  test('is said once on a working day, from 9am in London', async () => {
    now = new Date('2021-10-28T07:59:00Z')
    expect(await sayMorning(use.world)).toBe(0)
    now = new Date('2021-10-28T08:00:00Z')
    const rounds = await Promise.all([sayMorning(use.world), sayMorning(use.world)])
    expect(rounds.sort()).toEqual([0, 1])
    expect(await sayMorning(use.world)).toBe(0)
    expect(await said()).toEqual([{ payload: { channel: CHANNEL, day: '2021-10-28' } }])
  })

  test.each([
    ['a Saturday', '2021-10-30T08:00:00Z'],
    ['a bank holiday', '2021-12-27T09:00:00Z'],
    ['a day on which nobody works', '2021-11-01T09:00:00Z'],
    ['the afternoon, by a bot that slept', '2021-10-28T11:00:00Z'],
  ])('is not said on %s', async (_, at) => {
    now = new Date(at)
    expect(await sayMorning(use.world)).toBe(0)
    expect(await said()).toEqual([])
  })

  test('is said late by a bot that was not running at 9am', async () => {
    now = new Date('2021-10-28T10:59:00Z')
    expect(await sayMorning(use.world)).toBe(1)
  })
})
