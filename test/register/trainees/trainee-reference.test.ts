import { beforeAll, describe, expect, test } from 'vitest'
import { withClient } from '../../../sandbox/register/database.ts'
import { findTrainee, parseTraineeReference } from '../../../src/register/trainees/trainee-reference.ts'
import { useWorld } from '../../support/world.ts'

const REGISTER = 'https://register.example.test'
const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'

describe('what is typed', () => {
  test.each([
    ['a slug', SLUG],
    ['a slug with spaces around it', `  ${SLUG}\n`],
    ['a link', `${REGISTER}/trainees/${SLUG}`],
    ['a link to a part of the record', `${REGISTER}/trainees/${SLUG}/course-details/edit`],
    ['a link with a query and a fragment', `${REGISTER}/trainees/${SLUG}?a=b#c`],
    ['a link as Slack sends it', `<${REGISTER}/trainees/${SLUG}>`],
    ['a link as Slack sends it, with its text', `<${REGISTER}/trainees/${SLUG}|register.example.test>`],
    ['a link with the host in capitals', `HTTPS://REGISTER.EXAMPLE.TEST/trainees/${SLUG}`],
    ['a link with the port spelled out', `https://register.example.test:443/trainees/${SLUG}`],
  ])('%s names a slug', (_, typed) => {
    expect(parseTraineeReference(typed, REGISTER)).toEqual({ by: 'slug', slug: SLUG })
  })

  test('a link works where Register has a path of its own', () => {
    const reference = parseTraineeReference(
      `https://gov.example.test/register/trainees/${SLUG}`,
      'https://gov.example.test/register',
    )
    expect(reference).toEqual({ by: 'slug', slug: SLUG })
  })

  test.each([
    ['another host', `https://register.example.test.evil.test/trainees/${SLUG}`],
    ['another scheme', `http://register.example.test/trainees/${SLUG}`],
    ['another port', `https://register.example.test:8443/trainees/${SLUG}`],
    ['a user in front of the host', `https://register.example.test@evil.test/trainees/${SLUG}`],
    ['a user in front of our host', `https://someone@register.example.test/trainees/${SLUG}`],
    ['no host at all', `javascript:alert(1)//trainees/${SLUG}`],
    ['another page', `${REGISTER}/providers/${SLUG}`],
    ['no slug', `${REGISTER}/trainees/`],
    ['a slug that is none', `${REGISTER}/trainees/%27%20OR%201=1`],
    ['a link that cannot be read', 'https://'],
  ])('a link with %s is refused', (_, typed) => {
    expect(parseTraineeReference(typed, REGISTER)).toEqual({
      problem: expect.stringContaining('not a link to a trainee'),
    })
  })

  test('digits are a number', () => {
    expect(parseTraineeReference(' 5901 ', REGISTER)).toEqual({ by: 'number', number: '5901' })
    expect(parseTraineeReference('9223372036854775807', REGISTER)).toEqual({
      by: 'number',
      number: '9223372036854775807',
    })
  })

  test.each(['9223372036854775808', '9'.repeat(31), '9'.repeat(10_000)])(
    'a number that is too long names nobody: %.20s',
    (typed) => {
      expect(parseTraineeReference(typed, REGISTER)).toEqual({ problem: expect.stringContaining('No trainee') })
    },
  )

  test.each([
    '',
    'Jo',
    'Demo Trainee One',
    "'; DROP TABLE trainees; --",
    '５９０１',
    '-5901',
    '59.01',
    'a'.repeat(65),
    '<>',
    '<!channel>',
  ])('%j is refused, with what to enter', (typed) => {
    expect(parseTraineeReference(typed, REGISTER)).toEqual({ problem: expect.stringContaining('Do not use a name') })
  })
})

describe('whom it names', () => {
  const use = useWorld({ rows: 'demo' })

  beforeAll(async () => {
    await withClient(use.scratch.adminUrl, (client) =>
      client.query(`
        UPDATE trainees SET trn = '5902' WHERE id = 5903;
        UPDATE trainees SET trn = '0005905' WHERE id = 5906;
        UPDATE trainees SET slug = '00005907' WHERE id = 5908`),
    )
  })

  const find = async (typed: string) => {
    const reference = parseTraineeReference(typed, REGISTER)
    return 'problem' in reference ? reference : findTrainee(use.world.database.manager, reference)
  }

  test('a slug names its trainee', async () => {
    expect(await find(SLUG)).toMatchObject({ id: '5901', slug: SLUG })
  })

  test('a slug is compared exactly', async () => {
    expect(await find(SLUG.toUpperCase())).toEqual({ problem: expect.stringContaining('No trainee has this link') })
  })

  test('a number names the trainee with that id', async () => {
    expect(await find('5901')).toMatchObject({ id: '5901', slug: SLUG })
  })

  test('a number that nobody has names nobody', async () => {
    expect(await find('123456')).toEqual({ problem: expect.stringContaining('No trainee has this number') })
  })

  test.each([
    ['trainee ID', '5904'],
    ['TRN', '5902'],
  ])('a number that is also another trainee’s %s is refused', async (_, typed) => {
    expect(await find(typed)).toEqual({ problem: expect.stringContaining('more than one trainee. Use the link') })
  })

  test('a number that is only a TRN is refused', async () => {
    expect(await find('3000007')).toEqual({ problem: expect.stringContaining('It looks like a TRN') })
  })

  test.each(['0005905', '005901', '00005907'])(
    'a number that begins with 0, as a TRN can, is not taken for the id after the zeros: %s',
    async (typed) => {
      expect(await find(typed)).toEqual({ problem: expect.stringContaining('Use the link') })
    },
  )
})
