import { beforeAll, describe, expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { type FormResult, parseForm } from '../../src/contract/fields.ts'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { useWorld } from '../support/world.ts'

const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'
const GOOD = { subject: SLUG, route: 'school_direct_salaried', reason: 'Wrong route', ticket: '' }

const use = useWorld({ rows: 'demo' })

beforeAll(async () => {
  await withClient(use.scratch.adminUrl, (client) =>
    client.query(`UPDATE trainees SET first_names = 'Robin', last_name = 'Okafor', email = 'trainee.one@example.test',
      date_of_birth = '1990-01-01', postcode = 'DE1 0XX' WHERE id = 5901`),
  )
})

test('a form that is filled in well becomes its values, the trainee by slug', async () => {
  const link = `https://register.example.test/trainees/${SLUG}/edit`
  const typed = { ...GOOD, subject: `<${link}>`, reason: '  Wrong route ', ticket: ' 123 ' }
  expect(await parse(typed)).toEqual({ ok: true, values: { ...GOOD, ticket: '123' } })
})

test('fields that are not in the form are left out', async () => {
  expect(await parse({ ...GOOD, __proto__: { admin: '1' }, approved: 'yes' })).toEqual({ ok: true, values: GOOD })
})

test('every field that is wrong is answered, all at once', async () => {
  const { errors } = await refused({})
  expect(Object.keys(errors).sort()).toEqual(['reason', 'route', 'subject'])
})

describe('a required field', () => {
  test.each(['', ' ', '\u00a0\u2003\n', '\u0000\u0007'])('that holds only %j is answered in words', async (empty) => {
    const { errors } = await refused({ ...GOOD, subject: empty, reason: empty })
    expect(errors).toEqual({ subject: 'Enter the trainee’s link, slug or number.', reason: 'Enter a reason.' })
  })

  test.each<[unknown]>([[null], [undefined], [5], [true], [{}], [[]], [{ toString: null }]])(
    'that is no text at all (%j) is answered',
    async (odd) => {
      const { errors } = await refused({ ...GOOD, subject: odd, route: odd, reason: odd })
      expect(Object.keys(errors).sort()).toEqual(['reason', 'route', 'subject'])
      expectWords(errors)
    },
  )
})

describe('text that is too long', () => {
  test.each([501, 3_000, 2_000_000])('of %d characters is answered, not cut', async (length) => {
    const { errors } = await refused({ ...GOOD, reason: 'x'.repeat(length) })
    expect(errors).toEqual({ reason: 'Enter at most 500 characters.' })
  })

  test('is answered in every field', async () => {
    const huge = '9'.repeat(500_000)
    const { errors } = await refused({ subject: huge, route: huge, reason: huge, ticket: huge })
    expect(Object.keys(errors).sort()).toEqual(['reason', 'route', 'subject', 'ticket'])
    expectWords(errors)
  })

  test('is fine up to the limit', async () => {
    expect(await parse({ ...GOOD, reason: 'x'.repeat(500), ticket: 'y'.repeat(200) })).toMatchObject({ ok: true })
  })
})

describe('hostile characters', () => {
  test('control characters and NUL are taken out, tabs and new lines stay', async () => {
    expect(await parsed('reason', 'Wrong\u0000 \u0007rou\u001bte\u007f\n\tas agreed')).toBe('Wrong route\n\tas agreed')
  })

  test('lone surrogates become what Postgres can keep', async () => {
    expect(await parsed('reason', 'Wrong \ud83d route \udc00')).toBe('Wrong \ufffd route \ufffd')
  })

  test.each([
    ['right-to-left text', 'מסלול שגוי, طريق خاطئ'],
    ['a right-to-left override', 'abc \u202egpj.exe'],
    ['emoji', '👩🏽‍🏫 wrong route 🇬🇧'],
    ['Slack’s own marks', '<!channel> <@U01> *bold* <https://evil.test|here> &amp;'],
    ['SQL', `'; DROP TABLE trainees; --`],
    ['stacked accents', `a${'\u0301'.repeat(300)}`.normalize('NFC')],
  ])('%s is kept as it was typed, and can be stored', async (_, text) => {
    expect(await parsed('reason', text)).toBe(text)
    const [row] = await use.world.database.query<{ form: unknown }[]>('SELECT $1::jsonb AS form', [
      JSON.stringify({ text }),
    ])
    expect(row?.form).toEqual({ text })
  })

  test.each(['\u202etrainee', `${SLUG}\u0301`, '%', '_______', `${SLUG}' OR '1'='1`])(
    'in a reference name nobody: %j',
    async (trainee) => {
      const { errors } = await refused({ ...GOOD, subject: trainee })
      expectWords(errors)
    },
  )

  test('in a reference are taken out where they cannot be seen', async () => {
    expect(await parsed('subject', `\u0000${SLUG}\u0007`)).toBe(SLUG)
  })
})

describe('a choice', () => {
  test.each(['HPITT', 'School direct (salaried)', '__proto__', 'constructor', '4', ' school_direct_salaried'])(
    'that is not on the list is refused: %j',
    async (route) => {
      expect(await refused({ ...GOOD, route })).toMatchObject({ errors: { route: 'Choose one from the list.' } })
    },
  )
})

describe('free text about the trainee', () => {
  test.each([
    ['name', 'Robin wants another route'],
    ['name', 'OKAFOR was on the wrong route'],
    ['email address', 'Write to trainee.one@example.test'],
    ['date of birth', 'born 1 January 1990'],
    ['address', 'moved to DE10XX'],
  ])('may not hold their %s: %j', async (what, text) => {
    const problem = `Remove the trainee’s ${what}: everyone in the channel can read this.`
    expect(await refused({ ...GOOD, reason: text })).toEqual({
      ok: false,
      errors: { reason: problem },
      revealing: ['reason'],
    })
    expect(await refused({ ...GOOD, ticket: text })).toEqual({
      ok: false,
      errors: { ticket: problem },
      revealing: ['ticket'],
    })
  })

  test('is not held against another trainee’s name', async () => {
    expect(await parse({ ...GOOD, reason: 'Demo and Robina asked; born 2 January 1990' })).toMatchObject({ ok: true })
  })

  test.each([
    'As for 5902: Demotwo',
    'As for <https://register.example.test/trainees/YEXq5VcjRjQ47sjr9L3CxKLC>, Demotwo',
  ])('may not name another one either of whom it speaks: %j', async (text) => {
    const { errors } = await refused({ ...GOOD, reason: text })
    expect(errors).toMatchObject({ reason: expect.stringContaining('Remove the trainee’s name') })
  })

  test('may not name the one either of whom only the other text speaks', async () => {
    const { errors } = await refused({ ...GOOD, reason: 'As for 5902', ticket: 'Demotwo asked' })
    expect(errors).toEqual({ ticket: expect.stringContaining('Remove the trainee’s name') })
  })

  test('is looked at even when another field is wrong', async () => {
    const { errors } = await refused({ ...GOOD, route: 'none', reason: 'Robin asked' })
    expect(Object.keys(errors).sort()).toEqual(['reason', 'route'])
  })
})

function parse(typed: Record<string, unknown>): Promise<FormResult> {
  return parseForm(fixRoute.form, typed, {
    sql: use.world.database.manager,
    registerUrl: 'https://register.example.test',
  })
}

async function refused(typed: Record<string, unknown>): Promise<Extract<FormResult, { ok: false }>> {
  const result = await parse(typed)
  if (result.ok) throw new Error('the form was accepted')
  return result
}

async function parsed(field: keyof typeof GOOD, text: string): Promise<string | undefined> {
  const result = await parse({ ...GOOD, [field]: text })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.values[field]
}

/** Answers are for people: short, whole sentences, nothing of zod's or of ours. */
function expectWords(errors: Record<string, string>): void {
  for (const words of Object.values(errors)) {
    expect(words).toMatch(/^[A-Z][^{}\n]{5,150}[./]$/)
    expect(words).not.toMatch(/invalid|expected|undefined|null|regex|zod/i)
  }
}
