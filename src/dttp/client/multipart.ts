// Reads the answer to a batch (RFC 2046 §5.1, OData 4.0 part 1 §11.7.4), however it is spelled.

/** One inner HTTP answer. */
export type InnerAnswer = { contentId: string | null; status: number; headers: Map<string, string>; text: string }

/**
 * Every inner answer, in the order they stand, change sets opened up. Boundaries are whatever the headers name; case of
 * header names, bare LF, indentation and blank lines do not matter. Returns none if there is nothing it can read.
 */
export function readInnerAnswers(contentType: string | undefined, text: string): InnerAnswer[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const boundaries = new Set([boundaryOf(contentType ?? '') ?? lines.find((line) => line.startsWith('--'))?.slice(2)])
  const parts: string[][] = []
  for (const line of lines) {
    const named = /^content-type\s*:/i.test(line) ? boundaryOf(line) : null
    if (named) boundaries.add(named)
    if (isDelimiter(line, boundaries)) parts.push([])
    else parts.at(-1)?.push(line)
  }
  return parts.map(readPart).filter((part) => part !== null)
}

function boundaryOf(contentType: string): string | null {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? []
  return quoted ?? bare ?? null
}

function isDelimiter(line: string, boundaries: Set<string | null | undefined>): boolean {
  if (!line.startsWith('--')) return false
  return boundaries.has(line.slice(2)) || (line.endsWith('--') && boundaries.has(line.slice(2, -2)))
}

/** A part with a status line in it; null for the wrapping of a change set and for what follows it. */
function readPart(lines: readonly string[]): InnerAnswer | null {
  const at = lines.findIndex((line) => /^HTTP\/\d/i.test(line))
  const status = Number(/^HTTP\/[\d.]+\s+(\d{3})\b/i.exec(lines[at] ?? '')?.[1])
  if (at === -1 || Number.isNaN(status)) return null
  const inner = lines.slice(at + 1)
  const blank = inner.indexOf('')
  const headers = readHeaders(blank === -1 ? inner : inner.slice(0, blank))
  const contentId = readHeaders(lines.slice(0, at)).get('content-id') ?? headers.get('content-id') ?? null
  return {
    contentId,
    status,
    headers,
    text:
      blank === -1
        ? ''
        : inner
            .slice(blank + 1)
            .join('\n')
            .trim(),
  }
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]] : []
    }),
  )
}
