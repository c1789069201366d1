/** What a person reads on a screen, as one string, for tests to look for sentences in. */
import type { types } from '@slack/bolt'
import type { Block, Element, Ephemeral, Message, TextObject, View } from './types.ts'

/** A message, an ephemeral, a view, or just blocks: as the fake has them, or as the bot drew them. */
export type Screen = Message | Ephemeral | View | Drawn | Blocks | undefined

type Blocks = readonly Block[] | readonly types.AnyBlock[]
type Drawn = { text: string; blocks: readonly types.AnyBlock[] }

export interface Button {
  text: string
  actionId: string
  blockId: string
  value?: string
  url?: string
  style?: string
  /** The confirmation dialog's text, title first. */
  confirm?: string
}

/**
 * Everything a person would read, a line per piece of text: `# header`, section and field texts, context, image alt
 * texts, input labels with what they hold and their hints, buttons in [brackets] (menus with a ▾). mrkdwn is left as
 * its source, so `&lt;` stays `&lt;`, but that a link to another message is read as its words. A message with blocks shows no `text`: that is for notifications.
 */
export function readText(screen: Screen): string {
  return read(screen).replace(LINK_TO_MESSAGE, '$1')
}

const LINK_TO_MESSAGE = /<https:\/\/[\w.-]+\/archives\/[^|>]+\|([^>]+)>/g

function read(screen: Screen): string {
  if (!screen) return ''
  const lines = blocksOf(screen).flatMap(readBlock)
  if (isView(screen)) {
    const foot = [screen.submit, screen.close].filter((text) => text).map((text) => `[${text?.text}]`)
    return [screen.title && `# ${screen.title.text}`, ...lines, ...foot].filter(Boolean).join('\n')
  }
  if (!isBlocks(screen) && lines.length === 0) return screen.text
  return lines.join('\n')
}

/** The buttons on a screen, in reading order (a modal's own submit and close are not among them). */
export function buttons(screen: Screen): Button[] {
  return (screen ? blocksOf(screen) : []).flatMap((block) =>
    elementsOf(block)
      .filter((element) => element.type === 'button')
      .map((element) => ({
        text: plain(element.text),
        actionId: element.action_id ?? '',
        blockId: block.block_id ?? '',
        ...(element.value !== undefined && { value: element.value }),
        ...(element.url !== undefined && { url: element.url }),
        ...(element.style !== undefined && { style: element.style }),
        ...(element.confirm && { confirm: `${element.confirm.title.text}\n${element.confirm.text.text}` }),
      })),
  )
}

/** Every `<…>` that Slack would bring to life in mrkdwn on this screen: mentions, links, dates. Plain text has none. */
export function liveMarkup(screen: Screen): string[] {
  const found: string[] = []
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect)
    else if (typeof value === 'object' && value !== null) {
      if ('type' in value && value.type === 'mrkdwn' && 'text' in value) found.push(...markup(String(value.text)))
      Object.values(value).forEach(collect)
    }
  }
  if (!screen) return []
  collect(blocksOf(screen))
  if (!isBlocks(screen) && !isView(screen)) found.push(...markup(screen.text))
  return found
}

function isBlocks(screen: NonNullable<Screen>): screen is Blocks {
  return Array.isArray(screen)
}

function isView(screen: NonNullable<Screen>): screen is View {
  return 'hash' in screen
}

function markup(text: string): string[] {
  return text.match(/<[^<>\s][^<>]*>/g) ?? []
}

function blocksOf(screen: NonNullable<Screen>): Block[] {
  const blocks = isBlocks(screen) ? screen : (screen.blocks ?? [])
  return [...blocks] as Block[] // what the bot draws arrives in Slack as it is
}

function elementsOf(block: Block): Element[] {
  const inActions = block.type === 'actions' ? (block.elements ?? []) : []
  return [block.accessory, ...inActions].filter((element) => element !== undefined)
}

function readBlock(block: Block): string[] {
  const texts = [block.text, ...(block.fields ?? [])].map(plain)
  switch (block.type) {
    case 'header':
      return texts.map((text) => text && `# ${text}`).filter(Boolean)
    case 'divider':
      return ['---']
    case 'context':
      return [(block.elements ?? []).map((element) => element.alt_text ?? plain(element.text)).join(' ')]
    case 'image':
      return [plain(block.title), block.alt_text ?? ''].filter(Boolean)
    case 'input':
      return readInput(block)
    default:
      return [...texts, ...elementsOf(block).map(readElement)].filter(Boolean)
  }
}

function readInput({ label, hint, optional, element }: Block): string[] {
  const held = element ? heldBy(element) : ''
  const title = `${plain(label)}${optional ? ' (optional)' : ''}${held && `: ${held}`}`
  return [title, plain(hint)].filter(Boolean)
}

function readElement(element: Element): string {
  if (element.type === 'image') return element.alt_text ?? ''
  if (element.type === 'button') return `[${plain(element.text)}]`
  return `[${heldBy(element) || plain(element.placeholder)} ▾]`
}

function heldBy(element: Element): string {
  const options = [element.initial_option, ...(element.initial_options ?? [])].map((option) => plain(option?.text))
  const ids = [
    element.initial_user,
    ...(element.initial_users ?? []),
    element.initial_conversation,
    element.initial_channel,
  ]
  const typed = [element.initial_value, element.initial_date, element.initial_time]
  return [...options, ...ids, ...typed].filter(Boolean).join(', ')
}

function plain(text: TextObject | string | undefined): string {
  return typeof text === 'string' ? text : (text?.text ?? '')
}
