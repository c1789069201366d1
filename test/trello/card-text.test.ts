// Trello shows what was written, and notifies nobody. `·` stands for the character that keeps words apart unseen.
import { describe, expect, test } from 'vitest'
import { cardDescription, cardName, endsWithMarker, markerOf } from '../../src/trello/card-text.ts'

const MARKER = markerOf('3f0c1f5e')

/** The description without its reference, with what is not seen made visible. */
const described = (text: string): string =>
  cardDescription(text, MARKER)
    .slice(0, -MARKER.length - 2)
    .replaceAll('\u200b', '·')
    .replaceAll('\u00a0', '␣')

describe('in a description, what people typed is no Markdown:', () => {
  test.each([
    ['plain words stay', 'The school’s URN is 100000 (see below).', 'The school’s URN is 100000 (see below).'],
    ['emphasis', '*not* **bold** _nor_ __this__', '\\*not\\* \\*\\*bold\\*\\* \\_nor\\_ \\_\\_this\\_\\_'],
    ['an underscore within a name stays', 'lead_school_id', 'lead_school_id'],
    ['code', '`rm`', '\\`rm\\`'],
    ['a link', '[click](https://example.com)', '\\[click\\](https://example.com)'],
    ['an image', '![x](https://example.com/x.png)', '!\\[x\\](https://example.com/x.png)'],
    ['a link in angle brackets', '<https://example.com>', '\\<https:·//example.com\\>'],
    ['HTML', '<b>x</b>', '\\<b\\>x\\</b\\>'],
    ['a character’s name', '&lt; &#60; A & B', '\\&lt; \\&#60; A & B'],
    ['strikethrough and tables', '~~x~~ | y', '\\~\\~x\\~\\~ \\| y'],
    ['a backslash', 'C:\\*', 'C:\\\\\\*'],
    ['a heading', '# Big', '\\# Big'],
    ['a heading by underlining', 'Big\n===\nBigger\n---', 'Big  \n\\===  \nBigger  \n\\---'],
    ['a bullet', '- one\n+ two\n* three', '\\- one  \n\\+ two  \n\\* three'],
    ['a numbered list', '1. one\n2) two\n10 three', '1\\. one  \n2\\) two  \n10 three'],
    ['a quotation', '> said', '\\> said'],
    ['code by indenting', '    rm\n\tls', '␣␣␣␣rm  \n␣␣␣␣ls'],
  ])('%s', (_, typed, shown) => {
    expect(described(typed)).toBe(shown)
  })
})

describe('in a description', () => {
  test.each([
    ['a mention notifies nobody', 'Ask @board or @zoe', 'Ask @·board or @·zoe'],
    ['a lone at sign stays', '3 @ 5', '3 @ 5'],
    ['an emoji’s name stays a name', ':smile: at 12:30:45', ':·smile: at 12:30:45'],
    ['a web address is linked as it is', 'https://register.example/trainees/aB3?page=2&all=1#top', null],
    ['one that cannot be linked as it is, is not linked', 'https://x.example/_a*', 'https:·//x.example/\\_a\\*'],
    [
      'nor is one behind another',
      'https://x.example/<https://y.example/>',
      'https:·//x.example/\\<https:·//y.example/\\>',
    ],
    ['nor is one with a mention', 'www.example.com/@zoe', 'www·.example.com/@·zoe'],
    ['hidden characters are written out', 'ab\u202ec\u200bd\u0000', 'ab{U+202E}c{U+200B}d{U+0000}'],
    ['an emoji stays whole', '👩‍🏫', '👩‍🏫'],
    ['half a character is replaced', 'a\ud800b', 'a\ufffdb'],
    ['lines and paragraphs stay', 'one\ntwo\n\nthree\r\nfour', 'one  \ntwo\n\nthree  \nfour'],
    ['any other line break is one', 'one\u2028two\vthree\u0085four', 'one  \ntwo  \nthree  \nfour'],
    ['space at the ends of lines and of the text goes', '\n\none  \n\n', 'one'],
  ])('%s', (_, typed, shown) => {
    expect(described(typed)).toBe(shown ?? typed)
  })

  test('the reference is the last line, and alone if there is no text', () => {
    expect(cardDescription('Words', MARKER)).toBe(`Words\n\n${MARKER}`)
    expect(cardDescription(' \n', MARKER)).toBe(MARKER)
    expect(endsWithMarker(cardDescription('Words', MARKER), MARKER)).toBe(true)
    expect(endsWithMarker(MARKER, MARKER)).toBe(true)
  })
})

describe('a name', () => {
  const named = (title: string): string => cardName(title).replaceAll('\u200b', '·')

  test.each([
    ['stays as it is', 'Add URN 100000 to *DTTP* [today]', 'Add URN 100000 to *DTTP* [today]'],
    ['is one line', ' Add\r\nthe \t school\u2028now ', 'Add the school now'],
    ['notifies nobody', 'For @zoe :tada:', 'For @·zoe :·tada:'],
    ['has no hidden characters', 'a\u202eb', 'a{U+202E}b'],
    ['of dashes makes no separator', '---', '·---'],
    ['that is an address makes no link', 'https://example.com/x', '·https://example.com/x'],
  ])('%s', (_, title, shown) => {
    expect(named(title)).toBe(shown)
  })
})
