// How numbers and lists are put into words for people.

/** A number and its noun: "1 change", "1,200 changes". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-GB')} ${noun}${number === 1 ? '' : 's'}`
}

/** "a, b and c"; beyond `most`, "a, b and 12 more". */
export function listed(items: readonly string[], most = 20): string {
  const left = items.length - most
  const shown = left > 0 ? [...items.slice(0, most), `${left.toLocaleString('en-GB')} more`] : items
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** How one bot is called in its workspace: the command, and what stands before a request's number. */
type Names = { command: string; requestPrefix: string }

/** A hyphen of another kind keeps a reference to another bot's request apart from one of ours. */
const HYPHEN = '\u2011'

/**
 * The names of a bot, for text on its way to Slack and from there. Inside, every bot's command is `/trainee` and a request
 * is `CR-12`: so what is stored and approved does not depend on names. What people write of another bot's `CR-12` comes
 * back to them as they wrote it, and is no request of ours.
 */
export function createNaming({ command, requestPrefix }: Names) {
  const isOwn = requestPrefix === 'CR'
  const theirs = new RegExp(`\\b(CR)${HYPHEN}(?=\\d)`, 'gi')
  const ours = new RegExp(`\\b${requestPrefix}-(?=\\d)`, 'gi')
  return {
    /** Text of ours, as Slack is to show it. */
    speak(text: string): string {
      const named = text.replace(/(?<![\w/.:-])\/trainee(?![\w/-])/g, command)
      return isOwn ? named : named.replace(/\bCR-(?=\d)/g, `${requestPrefix}-`).replace(theirs, '$1-')
    },
    /** What people typed, as we understand it. */
    hear(text: string): string {
      return isOwn ? text : text.replace(/\b(CR)-(?=\d)/gi, `$1${HYPHEN}`).replace(ours, 'CR-')
    },
  }
}

export type Naming = ReturnType<typeof createNaming>
