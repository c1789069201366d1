/** Characters that change how a line looks without being seen; a zero-width joiner is left, as emoji are made with it. */
const HIDDEN = /(?![\n\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** White space that would be overlooked: at either end, doubled, or other than a plain space. */
const ODD_SPACE = /^\s|\s$|\s\s|[^\S ]/

/** A value in quotes. Hidden characters are written out, and spaces that would be overlooked are marked. */
export function quote(text: string): string {
  const marked = ODD_SPACE.test(text)
    ? ` (each · is a space: “${showHidden(text).replace(/\n/g, '⏎').replace(/ /g, '·').replace(/\s/g, '⍽')}”)`
    : ''
  return `“${showHidden(text)}”${marked}`
}

/** What somebody typed, as one line in quotes, so that it cannot be taken for another part of the card. */
export function onOneLine(typed: string): string {
  return quote(joinLines(typed).replace(/[“”]/g, '"'))
}

/**
 * A sentence of the bot's with values in it, as one line: a value cannot begin another line. Hidden characters are
 * written out.
 */
export function asOneLine(said: string): string {
  return showHidden(joinLines(said))
}

function joinLines(text: string): string {
  const lines = text
    .split(/[\n\v\f\r\u0085\u2028\u2029]+/)
    .map((line) => line.replace(/[\s\u2800\u3164]+/g, ' ').trim())
  return lines.filter((words) => words !== '').join(' / ')
}

/** The text with hidden characters written out, as "{U+202E}". */
function showHidden(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `{U+${code}}`
  })
}
