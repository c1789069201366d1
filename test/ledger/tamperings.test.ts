// What somebody could do to the ledger who has the database's superuser, or the bot's own password, and who finds it.
// docs/trust.md has the same table.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { verifyDue } from '../../src/changes/sweeps/sweep.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { compareWithWitnesses, type Witness } from '../../src/ledger/witnesses.ts'
import { pause } from '../../src/pausing/pause.ts'
import { approveRequest, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const KEPT = ['ledger', 'ledger_head', 'change_requests', 'identity']
const RECEIPTS = 'a message in Slack'
const NOBODY = 'nobody'

const use = useWorld({ rows: 'demo' })
/** What the messages in Slack say; the last entry has not been spoken of yet. */
let messages: Witness[]

beforeAll(async () => {
  await use.admin.query('SET session_replication_role = replica')
})

describe('the database itself refuses, without its triggers,', () => {
  const values = (seq: string, event: string, actor: string) =>
    `INSERT INTO chatops.ledger VALUES (${seq}, NULL, now(), ${event}, ${actor}, '{}', 'before', repeat('a', 64))`

  test.each([
    ['an entry before the first', values('0', `'sent'`, `'U01'`)],
    ['a line break in an event', values('1', `E'sent\\nU01'`, `'U01'`)],
    ['a line break in an actor', values('1', `'sent'`, `E'U01\\nU02'`)],
    ['details that are no object', values('1', `'sent'`, `'U01'`).replace(`'{}'`, `'[]'`)],
    ['a version of the chain that is none of ours', values('1', `'sent'`, `'U01'`).replace(/\)$/, ', 3)')],
    ['a hash that is none', values('1', `'sent'`, `'U01'`).replace(`repeat('a', 64)`, `'none'`)],
    ['a second head', `INSERT INTO chatops.ledger_head VALUES (false, 0, repeat('a', 64))`],
    ['a head below the beginning', 'UPDATE chatops.ledger_head SET seq = -1'],
  ])('%s', async (_, statement) => {
    await expect(use.admin.query(statement)).rejects.toMatchObject({ code: '23514' })
  })
})

describe('a superuser who takes away the constraints, too', () => {
  beforeAll(async () => {
    await use.admin.query(`
      ALTER TABLE chatops.ledger DROP CONSTRAINT ledger_seq, DROP CONSTRAINT ledger_chain, DROP CONSTRAINT ledger_event,
        DROP CONSTRAINT ledger_actor, DROP CONSTRAINT ledger_details, DROP CONSTRAINT ledger_hash,
        DROP CONSTRAINT ledger_prev_hash_key, DROP CONSTRAINT ledger_hash_key, DROP CONSTRAINT ledger_pkey;
      ALTER TABLE chatops.ledger ALTER seq DROP NOT NULL;
      ALTER TABLE chatops.ledger_head DROP CONSTRAINT ledger_head_only_row_check;
      INSERT INTO chatops.ledger SELECT n, NULL, now(), 'refused', 'U0' || n, '{}', 'p' || n, 'h' || n, 1 FROM generate_series(1, 3) n`)
    await giveFittingHashes()
    messages = [await say()]
    const { id } = await approveRequest(use.world, await sendRequest(use.world, 'fix-route', await form()))
    await execute(use.world, id)
    await verifyDue(use.world)
    messages.push(await say())
    await use.admin.query(`SELECT chatops.append_ledger(NULL, 'refused', 'U07', '{}')`)
    for (const table of KEPT) await use.admin.query(`CREATE TABLE public.kept_${table} AS TABLE chatops.${table}`)
  })

  beforeEach(async () => {
    expect(await verifyLedger(use.world.database)).toMatchObject({ broken: null })
    const { contradictions, vouched } = await compareWithWitnesses(use.world.database, messages)
    expect({ contradictions, vouched }).toEqual({ contradictions: [], vouched: messages.at(-1)?.entries })
  })

  afterEach(async () => {
    for (const table of KEPT) {
      await use.admin.query(`DELETE FROM chatops.${table}`)
      await use.admin.query(
        `INSERT INTO chatops.${table} ${table === 'change_requests' ? 'OVERRIDING SYSTEM VALUE' : ''} TABLE public.kept_${table}`,
      )
    }
  })

  /**
   * Who finds it: the entry and the reason that `verify-ledger` gives, a message in Slack, or nobody. Of some entries the number
   * is read before they are tampered with: that of the head, of one that is added after it, and of the execution.
   */
  const TAMPERINGS: readonly (readonly [what: string, how: () => Promise<unknown>, found: string])[] = [
    ['an entry is rewritten', () => rewrite(5), '5: its content was altered'],
    [
      'an entry is rewritten, with a hash that fits',
      async () => {
        await rewrite(5)
        await giveFittingHash(5)
      },
      '6: it does not follow the entry before it',
    ],
    [
      'an entry is rewritten, and every later hash with it',
      async () => {
        await rewrite(5)
        await giveFittingHashes()
      },
      RECEIPTS,
    ],
    [
      'an entry is taken out',
      () => run('DELETE FROM chatops.ledger WHERE seq = 5'),
      '6: an entry before it is missing',
    ],
    [
      'an entry is taken out, and the later ones move up',
      () => run('DELETE FROM chatops.ledger WHERE seq = 5', 'UPDATE chatops.ledger SET seq = seq - 1 WHERE seq > 5'),
      '5: it does not follow the entry before it',
    ],
    [
      'two entries change places',
      () =>
        run(
          'UPDATE chatops.ledger SET seq = 99 WHERE seq = 5',
          'UPDATE chatops.ledger SET seq = 5 WHERE seq = 6',
          'UPDATE chatops.ledger SET seq = 6 WHERE seq = 99',
        ),
      '5: it does not follow the entry before it',
    ],
    [
      'an entry is put in between, and the later ones move on',
      async () => {
        await run('UPDATE chatops.ledger SET seq = seq + 100 WHERE seq > 5')
        await run('UPDATE chatops.ledger SET seq = seq - 99 WHERE seq > 100')
        await forge(6)
        await giveFittingHash(6)
      },
      '7: it does not follow the entry before it',
    ],
    [
      'an entry is added after the last, and the head is left',
      async () => {
        await forge((await lastSeq()) + 1)
        await giveFittingHash(await lastSeq())
      },
      'added: it was added past the head',
    ],
    ['an entry is added before the first, with the number 0', () => forge(0), '0: it was added before the first'],
    ['an entry is added before the first, with a number below 0', () => forge(-3), '-3: it was added before the first'],
    [
      'an entry without a number is added',
      () => run(`INSERT INTO chatops.ledger VALUES (NULL, 1, now(), 'approved', 'U66', '{}', 'none', repeat('f', 64))`),
      'head: an entry has no number, or that of another',
    ],
    [
      'the requester approves, with hashes that fit',
      async () => {
        await run(
          `UPDATE chatops.ledger SET actor = '${SUPPORT}' WHERE event = 'approved'`,
          `UPDATE chatops.ledger SET details = details || '{"approver": "${SUPPORT}"}' WHERE event = 'executed'`,
        )
        await giveFittingHashes()
      },
      'executed: a request was carried out that nobody had approved as it was',
    ],
    [
      'the end is cut off, and the head is left',
      () => run('DELETE FROM chatops.ledger WHERE seq > 6'),
      'head: entries at the end are missing',
    ],
    [
      'the end is cut off, and the head is set back',
      () => run('DELETE FROM chatops.ledger WHERE seq > 6', headTo(6)),
      '7: nothing says how CR-1 came to be done',
    ],
    [
      'the end is cut off, the head is set back, and the requests are rewritten to match',
      () => run('DELETE FROM chatops.ledger WHERE seq > 3', headTo(3), 'DELETE FROM chatops.change_requests'),
      RECEIPTS,
    ],
    ['the head is taken away', () => run('DELETE FROM chatops.ledger_head'), '0: the ledger has lost its head'],
    [
      'a second head is added',
      () => run(`INSERT INTO chatops.ledger_head SELECT false, 2, hash FROM chatops.ledger WHERE seq = 2`),
      '2: the ledger has more than one head',
    ],
    [
      'a line break is hidden in a field, so that an old entry can be split anew',
      async () => {
        await run(`UPDATE chatops.ledger SET actor = E'U02\\nU03' WHERE seq = 2`)
        await giveFittingHashes()
      },
      '2: a line break in it hides where its fields end',
    ],
    [
      'a new entry is passed off as one of the old chain',
      async () => {
        await run('UPDATE chatops.ledger SET chain = 1 WHERE seq = 6')
        await giveFittingHashes()
      },
      '6: it is of an older version of the chain than the entry before it',
    ],
    [
      'the approver is replaced, with hashes that fit',
      async () => {
        await run(`UPDATE chatops.ledger SET actor = 'U66' WHERE event = 'approved'`)
        await giveFittingHashes()
      },
      'executed: a request was carried out that nobody had approved as it was',
    ],
    [
      'everything is emptied, and the head is left',
      () => run('DELETE FROM chatops.ledger'),
      'head: entries at the end are missing',
    ],
    [
      'everything is emptied, and the head set to the beginning',
      () => run('DELETE FROM chatops.ledger', headTo(0)),
      '1: nothing says how CR-1 came to be done',
    ],
    [
      'everything is emptied, the requests as well',
      () => run('DELETE FROM chatops.ledger', headTo(0), 'DELETE FROM chatops.change_requests'),
      RECEIPTS,
    ],
    [
      'everything is rewritten, and the database is given another name',
      async () => {
        await rewrite(5)
        await run(`UPDATE chatops.identity SET id = gen_random_uuid(), environment = 'another'`)
        await giveFittingHashes()
      },
      RECEIPTS,
    ],
    [
      'entries that no message has spoken of yet are rewritten, and every later hash with them',
      async () => {
        await rewrite(await lastSeq())
        await giveFittingHashes()
      },
      NOBODY,
    ],
    [
      'everything is rewritten, and so is every message in Slack',
      async () => {
        await rewrite(5)
        await giveFittingHashes()
        return sayAnew()
      },
      NOBODY,
    ],
    [
      'the function that appends is replaced, and leaves out who was refused',
      async () => {
        await run(
          'ALTER FUNCTION chatops.append_ledger RENAME TO really_append',
          `CREATE FUNCTION chatops.append_ledger(request bigint, event text, actor text, details jsonb) RETURNS text
             LANGUAGE sql SECURITY DEFINER AS $$
               SELECT CASE WHEN event <> 'refused' THEN chatops.really_append(request, event, actor, details) END $$`,
        )
        await expect(pause(use.world, { actor: SUPPORT, reason: 'Test' })).rejects.toMatchObject({
          code: 'not-an-approver',
        })
        await run('DROP FUNCTION chatops.append_ledger', 'ALTER FUNCTION chatops.really_append RENAME TO append_ledger')
      },
      NOBODY,
    ],
    [
      'an approval in another person’s name is added with the bot’s own password, as the bot adds it',
      async () => {
        const request = await sendRequest(use.world, 'fix-route', await form('provider_led_postgrad'))
        await approveAsTheBot(request)
        expect(await execute(use.world, request.id)).toBe('executed')
        await verifyDue(use.world)
        return [...messages, await say()]
      },
      NOBODY,
    ],
  ]

  test.each(TAMPERINGS)('%s', async (what, how, found) => {
    const number = await readNumbers()
    const said = ((await how()) as Witness[] | undefined) ?? messages
    const { broken } = await verifyLedger(use.world.database)
    const { contradictions, vouched } = await compareWithWitnesses(use.world.database, said)
    if (found === NOBODY) {
      expect({ broken, contradictions }).toEqual({ broken: null, contradictions: [] })
      if (said === messages) expect(Number(vouched)).toBe((await lastSeq()) - 1)
    } else if (found === RECEIPTS) {
      expect(broken).toBeNull()
      expect(contradictions).not.toEqual([])
    } else {
      const wanted = found.replace(/^(head|added|executed)(?=:)/, (entry) =>
        String(number[entry as keyof typeof number]),
      )
      expect(`${broken?.seq}: ${broken?.why}`).toBe(wanted)
    }
    const finder =
      found === RECEIPTS ? '`verify-ledger --receipts`' : found === NOBODY ? 'beyond us' : '`verify-ledger`'
    expect(readFileSync('docs/trust.md', 'utf8').includes(`\n| ${what} | ${finder}`), 'docs/trust.md says so').toBe(
      true,
    )
  })

  async function form(route = 'assessment_only') {
    const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
    return { subject: rows[0].slug, route, reason: `Asked for by ${SUPPORT}`, ticket: '' }
  }
})

/** Needs no more than the bot's own role may do: what the bot itself writes when an approver approves. */
async function approveAsTheBot({ id, digest }: ChangeRequest): Promise<void> {
  const { manager } = use.world.database
  await manager.query(
    `INSERT INTO chatops.reviews (change_request_id, digest, slack_user, view_id) VALUES ($1, $2, $3, 'V')`,
    [id, digest, DEVELOPER],
  )
  await manager.query(
    `UPDATE chatops.change_requests SET status = 'approved', decided_by = $2, decided_at = now() WHERE id = $1`,
    [id, DEVELOPER],
  )
  const details = { digest, viewId: 'V' }
  await manager.query(`SELECT chatops.append_ledger($1, 'approved', $2, $3)`, [id, DEVELOPER, JSON.stringify(details)])
}

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await use.admin.query(statement)
}

const rewrite = (seq: number) =>
  run(`UPDATE chatops.ledger SET details = details || '{"because": "nothing"}' WHERE seq = ${seq}`)

const forge = (seq: number) =>
  run(`INSERT INTO chatops.ledger VALUES (${seq}, NULL, now(), 'refused', 'U02', '{}',
    coalesce((SELECT hash FROM chatops.ledger WHERE seq = ${seq} - 1), 'none') || ' ', repeat('f', 64))`)

const headTo = (seq: number) =>
  `UPDATE chatops.ledger_head SET seq = ${seq}, hash = coalesce((SELECT hash FROM chatops.ledger WHERE seq = ${seq}),
     (SELECT encode(sha256(convert_to('chatops ledger ' || id, 'UTF8')), 'hex') FROM chatops.identity))`

async function readNumbers() {
  const executed = `SELECT seq::int FROM chatops.ledger WHERE event = 'executed'`
  const { rows } = await use.admin.query(
    `SELECT (SELECT seq::int FROM chatops.ledger_head) AS head, (${executed}) AS executed`,
  )
  const [{ head, executed: of }] = rows
  return { head, added: head + 1, executed: of }
}

async function lastSeq(): Promise<number> {
  const { rows } = await use.admin.query('SELECT max(seq)::int AS seq FROM chatops.ledger')
  return rows[0].seq
}

/** What a message that is posted now says. */
async function say(): Promise<Witness> {
  const { rows } = await use.admin.query('SELECT seq, hash FROM chatops.ledger_head')
  return { entries: rows[0].seq, head: rows[0].hash, where: 'a message' }
}

async function sayAnew(): Promise<Witness[]> {
  const { rows } = await use.admin.query('SELECT seq, hash FROM chatops.ledger')
  const hashes = new Map(rows.map(({ seq, hash }) => [seq, hash]))
  return messages.map((message) => ({ ...message, head: hashes.get(message.entries) }))
}

/** Gives one entry the hash that its content has after the one before it; computed apart from our code. */
async function giveFittingHash(seq: number): Promise<void> {
  const { rows } = await use.admin.query(
    `SELECT *, seq::text, coalesce(change_request_id::text, '-') AS request, details::text AS details,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at,
       coalesce((SELECT hash FROM chatops.ledger WHERE seq = $1 - 1),
         (SELECT encode(sha256(convert_to('chatops ledger ' || id, 'UTF8')), 'hex') FROM chatops.identity)) AS previous
     FROM chatops.ledger WHERE seq = $1`,
    [seq],
  )
  const { previous, request, at, event, actor, details, chain } = rows[0]
  const fields: string[] = [previous, String(seq), request, at, event, actor, details]
  const counted = ['chatops ledger 2', ...fields].map((field) => `${Buffer.from(field).length}:${field},`)
  const text = chain === 1 ? fields.join('\n') : counted.join('')
  const hash = createHash('sha256').update(text).digest('hex')
  await use.admin.query('UPDATE chatops.ledger SET prev_hash = $2, hash = $3 WHERE seq = $1', [seq, previous, hash])
}

/** The same for every entry, and for the head. */
async function giveFittingHashes(): Promise<void> {
  const last = await lastSeq()
  for (let seq = 1; seq <= last; seq++) await giveFittingHash(seq)
  await run(headTo(last))
}
