import { describe, expect, it } from 'vitest'
import { inert, mention, plain, shorten, size, split, strong } from '../../../src/views/kit/text.ts'
import { listed } from '../../../src/words.ts'
import { numbers } from '../builders.ts'

const ALPHABET = ['a', 'é', ' ', '\n', '<', '&', '👩‍💻', '字', '*', 'ا', '`']

describe('splitting a long text', () => {
  it('loses nothing, keeps to the limit and never cuts a character, whatever the text', () => {
    const number = numbers(7)
    for (let round = 0; round < 200; round++) {
      const text = Array.from({ length: number(400) }, () => ALPHABET[number(ALPHABET.length)]).join('')
      const max = 20 + number(80)
      const pieces = split(text, max)
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) {
        expect(size(piece)).toBeLessThanOrEqual(max)
        expect(piece.isWellFormed()).toBe(true)
        expect(piece).not.toMatch(/^\u200d|\u200d$/)
      }
    }
  })

  it('breaks after a word', () => {
    expect(split('one two three four', 10)).toEqual(['one two ', 'three four'])
  })

  it('copes with a character that is longer than a whole piece', () => {
    const stacked = `a${'\u0301'.repeat(500)}`
    expect(split(stacked, 100).join('')).toBe(stacked)
  })
})

it('says how many characters are left out when it shortens', () => {
  expect(shorten('x'.repeat(500), 200)).toBe(`${'x'.repeat(160)}… (340 more characters)`)
  expect(shorten('short', 200)).toBe('short')
})

it('never makes an empty text object, which Slack refuses', () => {
  expect(plain('').text).toBe('empty')
  expect(plain('  ').text).toBe('··')
})

it.each([
  ['*x* a_b ~y~ `z`', ' x  a b  y   z '],
  [':smile: and :+1::skin-tone-2:', ': smile: and : +1:: skin-tone-2:'],
  ['At 4:08am, and at 5:10pm. Why: unknown', 'At 4:08am, and at 5:10pm. Why: unknown'],
  ['<@U1> & <!here>', '&lt;@U1&gt; &amp; &lt;!here&gt;'],
])('has %j formatted by nothing, and told apart from it as little as may be', (text, shown) => {
  expect(inert(text)).toBe(shown)
})

it('sets in bold only what Slack cannot read as something else', () => {
  expect(strong('⚠️ The state is right')).toMatchObject({ type: 'mrkdwn', text: '*⚠️ The state is right*' })
  for (const text of ['*x*', 'a_b', '<!here>', ':smile:', '`x`', '~x~', 'https://a.b', ' x']) {
    expect(strong(text)).toMatchObject({ type: 'plain_text', text })
  }
})

it('mentions people, names the bot, and lets nothing else through', () => {
  expect(mention('U012AB')).toBe('<@U012AB>')
  expect(mention('chatops')).toBe('the bot')
  expect(mention('!channel')).toBe('someone')
  expect(mention(null)).toBe('someone')
})

it('lists things with "and", and counts those beyond the limit', () => {
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more')
})
