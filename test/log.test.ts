// The last line of defence: whatever is logged, no message of an error that is not our own is in it.
import { expect, test } from 'vitest'
import { describeError, OperatorError, wordsForOperator } from '../src/error-facts.ts'
import { createLog } from '../src/log.ts'

function logging(write: (log: ReturnType<typeof createLog>) => void): {
  text: string
  lines: Record<string, unknown>[]
} {
  const written: string[] = []
  write(createLog('debug', { write: (line) => void written.push(line) }))
  return { text: written.join(''), lines: written.map((line) => JSON.parse(line)) }
}

function quoting(): Error {
  const error = new TypeError('Zoë Müller\n    at Zoë (Müller.ts:1:1)', { cause: new Error('Zoë Müller') })
  return Object.assign(error, {
    code: '23505',
    detail: 'Key (last_name)=(Müller) already exists.',
    parameters: ['Zoë'],
  })
}

test('an error is logged as its class, its code and where it was thrown', () => {
  const { text, lines } = logging((log) => {
    log.error({ err: quoting() }, 'it failed')
    log.error({ why: quoting() }, 'it failed')
    log.error(quoting())
    log.error(quoting(), 'it failed')
    log.child({ job: 1 }).warn({ err: quoting() })
  })
  expect(text).not.toMatch(/Zoë|Müller/)
  expect(lines).toHaveLength(5)
  expect(lines[0]).toMatchObject({
    msg: 'it failed',
    err: { name: 'TypeError', code: '23505', at: expect.any(Array), cause: { name: 'Error' } },
  })
  expect(lines[0]?.['err']).toMatchObject({ at: expect.arrayContaining([expect.stringContaining('quoting')]) })
  expect(lines[2]).toMatchObject({ msg: 'an error', err: { name: 'TypeError' } })
})

test('a code or a name that somebody else chose is not logged', () => {
  const error = Object.assign(new Error('x'), { name: 'Zoë Müller', code: 'zoe_mueller' })
  expect(logging((log) => log.error({ err: error }, 'it failed')).lines[0]).toMatchObject({
    err: { name: 'Error', at: expect.any(Array) },
  })
  expect(logging((log) => log.error({ err: error }, 'it failed')).text).not.toMatch(/Zoë|mueller/)
})

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'Error SELF_SIGNED_CERT_IN_CHAIN'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'Error UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'Error DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['CERT_HAS_EXPIRED', 'Error CERT_HAS_EXPIRED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Error ERR_TLS_CERT_ALTNAME_INVALID'],
])('of a certificate that is not trusted it is said why: %s', (code, words) => {
  expect(describeError(Object.assign(new Error('CN=Zoë Müller'), { code }))).toBe(words)
})

test('of an error of Redis its first word is said, and nothing that it quotes', () => {
  const refused = (message: string) => describeError(Object.assign(new Error(message), { name: 'ReplyError' }))
  expect(refused('WRONGPASS invalid username-password pair')).toBe('ReplyError WRONGPASS')
  expect(refused('Müller is not known')).toBe('ReplyError')
  expect(describeError(new Error('NOAUTH Zoë'))).toBe('Error')
})

test('what is thrown need not be an error', () => {
  expect(logging((log) => log.error({ err: 'Zoë' }, 'it failed')).lines[0]).toMatchObject({ err: { name: 'unknown' } })
})

test('each line names the environment, unless it is production', () => {
  const written: string[] = []
  const to = { write: (line: string) => void written.push(line) }
  for (const environment of ['staging', 'production']) createLog('info', to, environment).info('started')
  expect(written.map((line) => JSON.parse(line).environment)).toEqual(['staging', undefined])
})

test('who runs the bot is told of an error in our own words, or its class and code; nothing that it quotes', () => {
  expect(wordsForOperator(quoting())).toBe('TypeError 23505 (Error)')
  expect(wordsForOperator(new OperatorError('Run the migrations', { cause: quoting() }))).toBe(
    'Run the migrations (TypeError 23505)',
  )
  expect(wordsForOperator('Zoë Müller')).toBe('unknown')
})
