// Block Kit as lines of text, the way a person reads it in Slack, for the transcript.

/** As much of Block Kit as the bot uses. */
export interface Block {
  type: string
  text?: Text
  fields?: Text[]
  elements?: (Text & { text?: Text | string; action_id?: string; value?: string })[]
  label?: Text
  hint?: Text
  block_id?: string
  element?: { initial_value?: string; initial_option?: { text: Text }; placeholder?: Text }
}

type Text = { type: string; text: string } | { type: string; text?: undefined }

/** What Slack shows in place of an id. */
export type NameOf = (id: string) => string

/** Lines, not wrapped: headings on lines of their own, fields as "name: value", buttons in brackets. */
export function linesOf(blocks: readonly Block[], nameOf: NameOf): string[] {
  return blocks.flatMap((block) => linesOfBlock(block, nameOf))
}

function linesOfBlock(block: Block, nameOf: NameOf): string[] {
  const read = (text: unknown) => readText(text as Text | undefined, nameOf)
  switch (block.type) {
    case 'header':
      return [read(block.text)]
    case 'divider':
      return ['']
    case 'input': {
      const { initial_value, initial_option } = block.element ?? {}
      const value = initial_value ?? (initial_option ? read(initial_option.text) : '')
      return [`${read(block.label)}: [ ${value || '          '} ]`]
    }
    case 'actions':
      return [(block.elements ?? []).map((element) => `[ ${read(element.text)} ]`).join('  ')]
    case 'context':
      return (block.elements ?? []).flatMap((element) => read(element).split('\n'))
    default:
      return [...(block.text ? read(block.text).split('\n') : []), ...pairs((block.fields ?? []).map(read))]
  }
}

/** The bot's tables: a name, then its value. */
function pairs(fields: readonly string[]): string[] {
  return fields.flatMap((field, index) => (index % 2 === 0 ? [`${field}: ${fields[index + 1] ?? ''}`] : []))
}

function readText(text: Text | undefined, nameOf: NameOf): string {
  if (!text?.text) return ''
  if (text.type !== 'mrkdwn') return text.text
  return text.text
    .replace(/<[@#]([A-Z0-9]+)>/g, (_, id: string) => nameOf(id))
    .replace(/<[^|>]+\|([^>]+)>/g, '$1')
    .replace(/```/g, '\n')
    .replace(/^\*([^*\n]+)\*/gm, '$1')
    .replace(/`/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u2060', '')
    .trim()
}

/** Breaks lines at spaces so that none is longer than `width`; what follows a break is indented. */
export function wrap(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => {
    const wrapped: string[] = []
    let rest = line
    while (rest.length > width) {
      const at = rest.lastIndexOf(' ', width)
      const end = at > 20 ? at : width
      wrapped.push(rest.slice(0, end))
      rest = `  ${rest.slice(end).trimStart()}`
    }
    return [...wrapped, rest]
  })
}
