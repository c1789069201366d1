// What an auditor may do, who has a role of their own and no password of the bot's.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatops } from '../support/built.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld()
let auditor: string
let url: string

beforeAll(async () => {
  auditor = `auditor_${use.scratch.name}`
  const [, documented = ''] = /```sql\n(CREATE ROLE chatops_auditor .*?)```/s.exec(read('docs/operating.md')) ?? []
  await use.admin.query(documented.replaceAll('chatops_auditor', auditor))
  await use.admin.query(`ALTER ROLE ${auditor} PASSWORD 'not-a-secret'`)
  url = Object.assign(new URL(use.scratch.appUrl), { username: auditor, password: 'not-a-secret' }).href
  await use.world.database.query(
    `SELECT chatops.append_ledger(n, 'sent', 'U01', '{"a": "ü"}') FROM generate_series(1, 3) n`,
  )
})

afterAll(() => use.admin.query(`DROP OWNED BY ${auditor}; DROP ROLE ${auditor}`))

function read(file: string): string {
  return readFileSync(file, 'utf8')
}

test('the documented role verifies and exports, and can read nothing else of ours', async () => {
  const verified = await chatops(['verify-ledger'], { DATABASE_URL: url })
  expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('The ledger is sound: 3 entries') })
  expect(await chatops(['export-ledger', 'csv'], { DATABASE_URL: url })).toMatchObject({ code: 0 })
  const { rows } = await use.admin.query(
    `SELECT relname FROM pg_class WHERE relnamespace = 'chatops'::regnamespace AND relkind = 'r'
       AND has_table_privilege($1, oid, 'SELECT') ORDER BY relname`,
    [auditor],
  )
  expect(rows.map(({ relname }) => relname)).toEqual(['identity', 'ledger', 'ledger_head'])
})

test('an export is checked by hand as docs/decisions/ledger.md says', async () => {
  const { stdout } = await chatops(['export-ledger', 'json'], { DATABASE_URL: url })
  const { rows } = await use.admin.query('SELECT id FROM chatops.identity')
  let previous = sha256(`chatops ledger ${rows[0].id}`)
  for (const line of stdout.trim().split('\n')) {
    const entry = JSON.parse(line)
    const fields = fieldsOf(Buffer.from(entry.hashed))
    expect(JSON.parse(fields.pop() ?? '')).toEqual(entry.details)
    expect(fields).toEqual([
      ...['chatops ledger 2', previous, entry.entry, entry.changeRequest ?? '-'],
      ...[entry.at.replace('Z', ''), entry.event, entry.actor],
    ])
    expect(sha256(entry.hashed)).toBe(entry.hash)
    previous = entry.hash
  }
})

/** Each field has its length in bytes before it, and a comma after it. */
function fieldsOf(text: Buffer): string[] {
  const fields: string[] = []
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at)
    const end = colon + 1 + Number(text.toString('utf8', at, colon))
    fields.push(text.toString('utf8', colon + 1, end))
    at = end + 1
  }
  return fields
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
