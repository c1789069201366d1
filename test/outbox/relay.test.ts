import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { withClient } from '../../sandbox/register/database.ts'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import { addToOutbox, type OutboxKind } from '../../src/outbox/add.ts'
import { type Claimed, claimOutbox, readPayload } from '../../src/outbox/claim.ts'
import { wakeOutbox } from '../../src/outbox/due.ts'
import { NEWER, RetryLater, TURN, Undeliverable } from '../../src/outbox/not-sent.ts'
import type { Effects } from '../../src/outbox/relay.ts'
import type { Loop } from '../../src/queue/loop.ts'
import { startRelay } from '../../src/queue/relay-loop.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()
let relays: Loop[]
/** What was sent, in order, and what sending does besides. */
let sent: string[]
let onSend: (name: string, row: Claimed) => Promise<void>

beforeEach(async () => {
  await asAdmin('DELETE FROM chatops.outbox')
  relays = []
  sent = []
  onSend = async () => {}
})

afterEach(() => Promise.all(relays.map((relay) => relay.stop())))

test('what is put out is sent by its kind, and each stream in order', async () => {
  const kinds: string[] = []
  for (const kind of ['card', 'thread', 'direct', 'hint'] as const) await add('a', kind, kind)
  start(everyKind(async ({ kind }) => void kinds.push(kind)))
  await expect.poll(() => kinds).toEqual(['card', 'thread', 'direct', 'hint'])
  await expect.poll(statuses).toEqual(['sent', 'sent', 'sent', 'sent'])
})

test('nudged, it sends at once what was put out since', async () => {
  const relay = start()
  for (const name of ['one', 'two', 'three']) {
    await add('a', name)
    relay.nudge()
    await expect.poll(() => sent).toContain(name)
  }
})

test.each([
  ['messages that Slack keeps waiting', 'card', 16, 'sidekiq'],
  ['jobs that Register’s Sidekiq keeps waiting', 'sidekiq', 8, 'card'],
] as const)('%s leave room for what an approval waits for, and for other receivers', async (_, silent, most, other) => {
  let answer: () => void = () => {}
  const silence = new Promise<void>((resolve) => {
    answer = resolve
  })
  for (let row = 1; row <= 40; row++) await add(`silent:${row}`, silent, silent)
  const relay = start(
    everyKind(async ({ kind }) => {
      if (kind === silent) await silence
      else sent.push(kind)
    }),
  )
  await expect.poll(async () => (await statuses()).filter((status) => status === 'sending')).toHaveLength(most)
  await add('other:1', other, other)
  await add('hint:1', 'hint', 'hint')
  relay.nudge()
  await expect.poll(() => [...sent].sort()).toEqual([other, 'hint'].sort())
  answer()
  await expect.poll(async () => (await statuses()).filter((status) => status === 'sent')).toHaveLength(42)
})

test('what is put out for later holds the next of its stream, and no other', async () => {
  const later = { stream: 'a', kind: 'card', changeRequest: null, payload: { name: 'later' }, delay: 3600_000 } as const
  await addToOutbox(use.world.database.manager, later)
  await add('a', 'next')
  await add('b', 'other')
  start()
  await expect.poll(statuses).toEqual(['queued', 'queued', 'sent'])
  await asAdmin('UPDATE chatops.outbox SET due_at = now()')
  await expect.poll(() => sent).toEqual(['other', 'later', 'next'])
})

test('two relays send each row once', async () => {
  start()
  start()
  const names = Array.from({ length: 60 }, (_, index) => `row-${index}`)
  for (const [index, name] of names.entries()) await add(`stream-${index % 7}`, name)
  await expect.poll(() => sent.length).toBe(60)
  await expect.poll(async () => new Set(await statuses())).toEqual(new Set(['sent']))
  expect([...sent].sort()).toEqual([...names].sort())
})

describe('an effect that fails', () => {
  test('is tried again until it works, and says that it may have got through before', async () => {
    const attempts: { again: boolean; attempts: number }[] = []
    onSend = async (_, { again, attempts: number }) => {
      attempts.push({ again, attempts: number })
      if (number === 1) throw new Error('connection reset by Demo Trainee')
    }
    await add('a', 'one')
    await add('a', 'two')
    start()
    await expect.poll(() => sent).toEqual(['one', 'two'])
    expect(attempts.slice(0, 2)).toEqual([
      { again: false, attempts: 1 },
      { again: true, attempts: 2 },
    ])
  })

  test('keeps Slack’s code as its reason, and no other words: they could be personal', async () => {
    onSend = async (name) => {
      if (name === 'code') throw Object.assign(new Error('An API error occurred'), { data: { error: 'fatal_error' } })
      throw new Error('Demo Trainee Two')
    }
    await add('a', 'code')
    await add('b', 'words')
    start()
    await expect.poll(reasons).toEqual(['Error: fatal_error', 'Error: '])
  })

  test('does not hold up other streams', async () => {
    onSend = async (name) => {
      if (name === 'bad') throw new Error('bad')
    }
    await add('a', 'bad')
    await add('b', 'good')
    start()
    await expect.poll(() => sent).toContain('good')
    await expect.poll(statuses).toEqual(['queued', 'sent'])
  })
})

test('what is undeliverable is given up at once, and those after it in its stream go on', async () => {
  onSend = async (name) => {
    if (name === 'one') throw new Undeliverable('is_archived')
  }
  await add('a', 'one')
  await add('a', 'two')
  start()
  await expect.poll(() => sent).toEqual(['two'])
  await expect.poll(statuses).toEqual(['failed', 'sent'])
  expect(await reasons()).toEqual(['Undeliverable: is_archived', null])
})

describe('what this version of the bot cannot read', () => {
  const known = z.object({ name: z.literal('known') })
  const older = () => everyKind(async (row) => void sent.push(readPayload(known, row).name))

  test('is left to a newer one beside it, and those after it in its stream wait', async () => {
    await add('a', 'new')
    await add('a', 'known')
    start(older())
    await expect.poll(reasons).toEqual(['RetryLater: its payload cannot be read', null])
    expect(sent).toEqual([])
    start()
    await expect.poll(() => sent, { timeout: 60_000 }).toEqual(['new', 'known'])
    await expect.poll(statuses).toEqual(['sent', 'sent'])
  })

  const since = (minutes: number) => `failing_since = now() - interval '${minutes} minutes'`

  test('is given up where none has come within an hour of turns, however long something else stood in its way', async () => {
    await add('tried', 'new')
    await add('other reason', 'new')
    await add('paused', 'new')
    await asAdmin(`UPDATE chatops.outbox SET ${since(61)}, failing_for = '${NEWER}', attempts = 500`)
    await asAdmin(`UPDATE chatops.outbox SET ${since(600)}, failing_for = NULL WHERE stream = 'other reason'`)
    await asAdmin(`UPDATE chatops.outbox SET due_at = now() - interval '60 minutes' WHERE stream = 'paused'`)
    start(older())
    await expect
      .poll(reasons)
      .toEqual([
        'Undeliverable: its payload cannot be read',
        'RetryLater: its payload cannot be read',
        'RetryLater: its payload cannot be read',
      ])
    expect((await statuses())[0]).toBe('failed')
    expect(await failsForHours('other reason')).toBe(0)
    expect(await failsForHours('paused')).toBe(0)
  })

  test('does not count as that once a version that can read it waits for something else', async () => {
    await add('a', 'new')
    await asAdmin(`UPDATE chatops.outbox SET ${since(61)}, failing_for = '${NEWER}'`)
    onSend = async () => {
      throw new RetryLater(0, { waitsFor: TURN, isBlameless: true })
    }
    const newer = start()
    await expect.poll(reasons).toEqual([expect.stringContaining('RetryLater: asked to wait')])
    await newer.stop()
    start(older())
    await expect.poll(reasons).toEqual(['RetryLater: its payload cannot be read'])
  })
})

describe('what has failed for a day', () => {
  test('waits for an operator, and those after it in its stream go on', async () => {
    onSend = async (name) => {
      if (name === 'one') throw new Error('still not')
    }
    await add('a', 'one')
    await add('a', 'two')
    await asAdmin(
      `UPDATE chatops.outbox SET failing_since = now() - interval '24 hours' WHERE payload->>'name' = 'one'`,
    )
    const reported: string[] = []
    const report = async (trouble: string) => {
      reported.push(trouble)
    }
    Object.assign(use.world, { report })
    start()
    await expect.poll(statuses).toEqual(['waiting', 'sent'])
    await expect.poll(() => reported).toEqual([expect.stringContaining('(card)')])
  })

  test('is left with a word on what trying again cannot help', async () => {
    onSend = async () => {
      throw new Error('still not')
    }
    await add('a', 'one', 'sidekiq')
    await asAdmin(`UPDATE chatops.outbox SET failing_since = now() - interval '24 hours'`)
    const reported: string[] = []
    const report = async (trouble: string) => {
      reported.push(trouble)
    }
    Object.assign(use.world, { report })
    start()
    await expect.poll(() => reported).toEqual([expect.stringContaining('gives Sidekiq no registration or poll that')])
  })

  test('is only postponed if it was not tried, or if waiting has no end', async () => {
    onSend = async (name) => {
      throw new RetryLater(3_600_000, name === 'one' ? { isBlameless: true } : { isEndless: true })
    }
    await add('a', 'one')
    await add('b', 'two')
    await asAdmin(`UPDATE chatops.outbox SET failing_since = now() - interval '25 hours'`)
    start()
    await expect.poll(reasons).not.toContain(null)
    expect(await rows()).toMatchObject([
      { status: 'queued', attempts: 0 },
      { status: 'queued', attempts: 1 },
    ])
  })
})

test('a pause that is nobody’s fault changes neither why nor since when a row fails', async () => {
  const pauses = [{ waitsFor: 'channel:C1' }, { waitsFor: TURN, isBlameless: true }, { waitsFor: 'channel:C1' }]
  let calls = 0
  onSend = async () => {
    const pause = pauses[calls++]
    throw new RetryLater(pause ? 0 : 3_600_000, pause ?? { waitsFor: TURN, isBlameless: true })
  }
  await add('a', 'one')
  await asAdmin(`UPDATE chatops.outbox SET failing_since = now() - interval '20 hours', failing_for = 'channel:C1'`)
  start()
  await expect.poll(() => calls, { timeout: 60_000 }).toBe(4)
  expect(await failsForHours()).toBe(20)
})

test('a row that fails for another reason counts from then', async () => {
  onSend = async () => {
    throw new RetryLater(3_600_000, { waitsFor: 'channel:C1' })
  }
  await add('a', 'one')
  await asAdmin(`UPDATE chatops.outbox SET failing_since = now() - interval '20 hours'`)
  start()
  await expect.poll(reasons).not.toContain(null)
  expect(await failsForHours()).toBe(0)
})

test('pauses grow with the time for which a row has failed, up to their end', async () => {
  onSend = async (name) => {
    throw new RetryLater(null, { longest: name === 'short' ? 1_000 : 3_600_000 })
  }
  await add('a', 'short')
  await add('b', 'long')
  await asAdmin(`UPDATE chatops.outbox SET failing_since = now() - interval '2 hours'`)
  start()
  await expect.poll(reasons).not.toContain(null)
  const [far] = await use.world.database.query<{ names: string[] }[]>(
    `SELECT array_agg(payload->>'name') AS names FROM chatops.outbox WHERE due_at > now() + interval '25 minutes'`,
  )
  expect(far).toEqual({ names: ['long'] })
})

test('kinds that cannot be sent at the moment are left alone, and the others go on', async () => {
  let isOpen = false
  await add('a', 'one')
  await add('b', 'two', 'hint')
  start(everyKind(send), (kind) => kind === 'hint' || isOpen)
  await expect.poll(() => sent).toEqual(['two'])
  expect((await rows())[0]).toMatchObject({ status: 'queued', attempts: 0 })
  isOpen = true
  await expect.poll(() => sent).toEqual(['two', 'one'])
})

test('what wakes workers goes first, then cards and posts, then everything else', async () => {
  for (const kind of ['direct', 'thread', 'alert', 'card', 'hint'] as const) await add(kind, kind, kind)
  const claimed = []
  for (let index = 0; index < 5; index++) claimed.push((await claimOutbox(use.world.database, 1))[0]?.kind)
  expect(claimed).toEqual(['hint', 'alert', 'card', 'direct', 'thread'])
})

test('rows that waited for something are due once it is there, and others are not', async () => {
  onSend = async (name) => {
    throw new RetryLater(3_600_000, { waitsFor: name })
  }
  await add('a', 'slack')
  await add('b', 'channel:C1')
  start()
  await expect.poll(reasons).not.toContain(null)
  onSend = async () => {}
  await wakeOutbox(use.world.database.manager, 'channel:C1')
  await expect.poll(statuses).toEqual(['queued', 'sent'])
})

test('a receiver that asks us to wait is not asked again before', async () => {
  let asked = 0
  onSend = async () => {
    if (++asked === 1) throw new RetryLater(3_600_000)
  }
  await add('a', 'one')
  await add('b', 'other')
  start()
  await expect.poll(() => sent).toHaveLength(1)
  await expect.poll(statuses).toContain('queued')
  const [waiting] = await use.world.database.query<{ far: boolean }[]>(
    `SELECT due_at > now() + interval '30 minutes' AS far FROM chatops.outbox WHERE status = 'queued'`,
  )
  expect(waiting).toEqual({ far: true })
  await asAdmin('UPDATE chatops.outbox SET due_at = now()')
  await expect.poll(statuses).toEqual(['sent', 'sent'])
})

test('stopping waits for what is being sent, and begins nothing new', async () => {
  let finish = () => {}
  let begun = false
  onSend = () => {
    begun = true
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  }
  await add('a', 'one')
  await add('a', 'two')
  const relay = start()
  await expect.poll(() => begun).toBe(true)
  let stopped = false
  const stopping = relay.stop().then(() => {
    stopped = true
  })
  await use.world.database.query('SELECT pg_sleep(0.3)')
  expect(stopped).toBe(false)
  finish()
  await stopping
  expect(await statuses()).toEqual(['sent', 'queued'])
})

test('a database that was away is asked again', async () => {
  start()
  await add('a', 'one')
  await expect.poll(() => sent).toEqual(['one'])
  await asAdmin(
    `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = 'chatops_app' AND datname = current_database()`,
  )
  await add('a', 'two')
  await expect.poll(() => sent).toEqual(['one', 'two'])
})

function start(effects: Effects = everyKind(send), isOpen?: (kind: OutboxKind) => boolean): Loop {
  const relay = startRelay(use.world, effects, isOpen)
  relays.push(relay)
  return relay
}

async function send(row: Claimed): Promise<void> {
  const { name } = z.object({ name: z.string() }).parse(row.payload)
  await onSend(name, row)
  sent.push(name)
}

function everyKind(effect: Effects['card']): Effects {
  const slack = { card: effect, thread: effect, direct: effect, alert: effect, brake: effect, morning: effect }
  return { ...slack, trello: effect, hint: effect, job: effect, sidekiq: effect }
}

function add(stream: string, name: string, kind: keyof Effects = 'card'): Promise<void> {
  return addToOutbox(use.world.database.manager, { stream, kind, changeRequest: null, payload: { name } })
}

async function rows(): Promise<OutboxRow[]> {
  return use.world.database.manager.find(OutboxRow, { order: { seq: 'ASC' } })
}

async function statuses(): Promise<string[]> {
  return (await rows()).map(({ status }) => status)
}

async function reasons(): Promise<(string | null)[]> {
  return (await rows()).map(({ lastError }) => lastError)
}

async function failsForHours(stream = 'a'): Promise<number> {
  const row = (await rows()).find((one) => one.stream === stream)
  return Math.round((Date.now() - (row?.failingSince?.getTime() ?? 0)) / 3_600_000)
}

async function asAdmin(statement: string): Promise<void> {
  await withClient(use.scratch.adminUrl, (client) => client.query(statement))
}
