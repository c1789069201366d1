import { createHash } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { appendToLedger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { chatops } from '../support/built.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()

beforeAll(async () => {
  for (const number of [1, 2, 3, 4, 5]) await append(number)
  await tamper(
    'CREATE TABLE public.kept AS TABLE chatops.ledger',
    'CREATE TABLE public.head AS TABLE chatops.ledger_head',
  )
})

afterEach(() =>
  tamper(
    'TRUNCATE chatops.ledger, chatops.ledger_head',
    'INSERT INTO chatops.ledger TABLE public.kept',
    'INSERT INTO chatops.ledger_head TABLE public.head',
  ),
)

test('a chain that nobody touched is sound', async () => {
  expect(await verifyLedger(use.world.database)).toEqual({ entries: 5, broken: null, head: await headHash() })
})

test('appending returns the hash of the entry, which is the head until the next', async () => {
  const hash = await append(6)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(await headHash()).toBe(hash)
})

test('fifty who append at once make one chain', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, index) => append(index)))
  expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 55, broken: null })
})

test('a long chain is walked to its end', async () => {
  await use.world.database.query(`SELECT chatops.append_ledger(n, 'sent', 'U01', '{}') FROM generate_series(1, 2500) n`)
  expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 2505, broken: null })
  await tamper(`UPDATE chatops.ledger SET actor = 'U99' WHERE seq = 2400`)
  expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 2399, broken: { seq: '2400' } })
})

test('an entry of a transaction that was rolled back leaves no gap', async () => {
  const failing = use.world.database.transaction(async (sql) => {
    await appendToLedger(sql, { changeRequest: '9', event: 'executed', actor: 'chatops' })
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  await append(6)
  expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 6, broken: null })
})

test('any JSON can be recorded and is verified as it was recorded', async () => {
  const details = { z: 1.5, a: { deep: ['ü', '\n', '"', '\u2028', 'Ω'] }, empty: {}, none: null, big: 12345678901 }
  await use.world.database.transaction((sql) =>
    appendToLedger(sql, { changeRequest: null, event: 'refused', actor: 'U01', details }),
  )
  expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 6, broken: null })
})

describe('a superuser who switches the triggers off', () => {
  test.each([
    ['the details', `details = '{"because": "nothing"}'`],
    ['the event', `event = 'approved'`],
    ['the actor', `actor = 'U99'`],
    ['the time, by a microsecond', `at = at + interval '1 microsecond'`],
    ['the change request', 'change_request_id = 77'],
    ['the change request, to none', 'change_request_id = NULL'],
    ['the hash', `hash = repeat('0', 64)`],
  ])('cannot alter %s unnoticed', async (_, change) => {
    await tamper(`UPDATE chatops.ledger SET ${change} WHERE seq = 3`)
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries: 2,
      broken: { seq: '3', why: 'its content was altered' },
    })
  })

  test('cannot alter an entry and give it the hash that fits', async () => {
    await tamper(`UPDATE chatops.ledger SET actor = 'U99' WHERE seq = 3`)
    await tamper(`UPDATE chatops.ledger SET hash = '${await fittingHash('3')}' WHERE seq = 3`)
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries: 3,
      broken: { seq: '4', why: 'it does not follow the entry before it' },
    })
  })

  test.each([
    ['the first entry', 1, 0, '2'],
    ['an entry in the middle', 3, 2, '4'],
  ])('cannot remove %s unnoticed', async (_, removed, entries, seq) => {
    await tamper(`DELETE FROM chatops.ledger WHERE seq = ${removed}`)
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries,
      broken: { seq, why: 'an entry before it is missing' },
    })
  })

  test('cannot remove an entry and close the gap', async () => {
    await tamper(`DELETE FROM chatops.ledger WHERE seq = 3`)
    await tamper(`UPDATE chatops.ledger SET seq = seq - 1 WHERE seq > 3`)
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries: 2,
      broken: { seq: '3', why: 'it does not follow the entry before it' },
    })
  })

  test('cannot remove the last entry unnoticed', async () => {
    await tamper('DELETE FROM chatops.ledger WHERE seq = 5')
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries: 4,
      broken: { why: expect.stringContaining('end') },
    })
  })

  test('cannot empty the ledger unnoticed', async () => {
    await tamper('DELETE FROM chatops.ledger')
    expect(await verifyLedger(use.world.database)).toMatchObject({
      entries: 0,
      broken: { why: expect.stringContaining('end') },
    })
  })

  test('cannot add an entry in the middle', async () => {
    await tamper(
      'UPDATE chatops.ledger SET seq = seq + 100 WHERE seq > 3',
      'UPDATE chatops.ledger SET seq = seq - 99 WHERE seq > 100',
      forge(4, `(SELECT hash FROM chatops.ledger WHERE seq = 3) || ' '`),
    )
    expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 3, broken: { seq: '4' } })
  })

  test('cannot add an entry at the end that follows the last one', async () => {
    await tamper(forge(6, '(SELECT hash FROM chatops.ledger WHERE seq = 5)'))
    await tamper(`UPDATE chatops.ledger SET hash = '${await fittingHash('6')}' WHERE seq = 6`)
    const { broken } = await verifyLedger(use.world.database)
    expect(broken).toMatchObject({ seq: '6', why: 'it was added past the head' })
  })

  test('cannot swap two entries', async () => {
    await tamper(
      'UPDATE chatops.ledger SET seq = 99 WHERE seq = 2',
      'UPDATE chatops.ledger SET seq = 2 WHERE seq = 3',
      'UPDATE chatops.ledger SET seq = 3 WHERE seq = 99',
    )
    expect(await verifyLedger(use.world.database)).toMatchObject({ entries: 1, broken: { seq: '2' } })
  })
})

describe('bin/chatops verify-ledger', () => {
  test('says that a sound ledger is sound, with its head, and exits 0', async () => {
    const { code, output } = await chatops(['verify-ledger'], { DATABASE_URL: use.scratch.appUrl })
    expect({ code, output: output.trim() }).toEqual({
      code: 0,
      output: `The ledger is sound: 5 entries, head ${await headHash()}.`,
    })
  })

  test('names the first entry that is wrong, and exits 1', async () => {
    await tamper(`UPDATE chatops.ledger SET actor = 'U99' WHERE seq = 3`)
    const { code, output } = await chatops(['verify-ledger'], { DATABASE_URL: use.scratch.appUrl })
    expect(code).toBe(1)
    expect(output).toContain('entry 3: its content was altered')
  })

  test('exits 4 and says what to set when it does not know the database', async () => {
    const { code, output } = await chatops(['verify-ledger'], { DATABASE_URL: '' })
    expect(code).toBe(4)
    expect(output).toContain('DATABASE_URL')
  })

  test('exits 4 without showing the password when the database does not answer', async () => {
    const { code, output } = await chatops(['verify-ledger'], { DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/none' })
    expect(code).toBe(4)
    expect(output).not.toContain('s3cret')
  })

  test('a command that there is not exits 2 and lists those that there are', async () => {
    const { code, output } = await chatops(['approve'], {})
    expect(code).toBe(2)
    expect(output).toContain('verify-ledger')
    expect(output).not.toContain('approve')
  })
})

function append(number: number): Promise<string> {
  const entry = { changeRequest: String(number), event: 'sent', actor: 'U01', details: { number } } as const
  return use.world.database.transaction((sql) => appendToLedger(sql, entry))
}

async function headHash(): Promise<string> {
  const [head] = await use.world.database.query<{ hash: string }[]>('SELECT hash FROM chatops.ledger_head')
  return head?.hash ?? ''
}

async function tamper(...statements: string[]): Promise<void> {
  await withClient(use.scratch.adminUrl, async (client) => {
    await client.query('SET session_replication_role = replica')
    for (const statement of statements) await client.query(statement)
  })
}

function forge(seq: number, prevHash: string): string {
  return `INSERT INTO chatops.ledger VALUES (${seq}, 1, now(), 'approved', 'U02', '{}', ${prevHash}, repeat('f', 64))`
}

/** The hash that an entry's content would have, computed apart from our code. */
async function fittingHash(seq: string): Promise<string> {
  const [entry] = await use.world.database.query<Record<string, string>[]>(
    `SELECT prev_hash, seq::text, change_request_id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at,
       event, actor, details::text FROM chatops.ledger WHERE seq = $1`,
    [seq],
  )
  const fields = ['chatops ledger 2', ...Object.values(entry ?? {})]
  return createHash('sha256')
    .update(fields.map((field) => `${Buffer.from(field).length}:${field},`).join(''))
    .digest('hex')
}
