/** Response URLs: five posts within thirty minutes, seen only by the person who acted unless told otherwise. */
import { randomBytes } from 'node:crypto'
import { normaliseBlocks } from './block-kit/normalise.ts'
import { acceptContent, type Content } from './block-kit/surfaces.ts'
import type { TestClock } from './clock.ts'
import { malformed, SlackError } from './slack-error.ts'
import type { Ephemeral, JsonObject, Message } from './types.ts'
import type { Workspace } from './workspace.ts'

const USES = 5
const LIFETIME_MS = 30 * 60_000
const KNOWN = new Set([
  'text',
  'blocks',
  'response_type',
  'replace_original',
  'delete_original',
  'thread_ts',
  'mrkdwn',
  'unfurl_links',
  'unfurl_media',
  'metadata',
])

interface ResponseUrl {
  user: string
  channel: string
  issuedAt: number
  uses: number
  /** The message that was clicked; none for a command. */
  original?: Message | Ephemeral
}

export interface Poster {
  post(channel: string, content: Content, more?: Partial<Message>): Message
  edit(message: Message, content: Content): Message
}

export function createResponseUrls(workspace: Workspace, clock: TestClock, poster: Poster) {
  const urls = new Map<string, ResponseUrl>()

  function use(id: string): ResponseUrl {
    const url = urls.get(id)
    if (!url || clock.now().getTime() - url.issuedAt > LIFETIME_MS) throw new SlackError('expired_url')
    if (url.uses >= USES) throw new SlackError('used_url')
    url.uses += 1
    return url
  }

  return {
    /** Returns the id that ends the URL. */
    issue(user: string, channel: string, original?: Message | Ephemeral): string {
      const id = randomBytes(12).toString('base64url')
      urls.set(id, { user, channel, issuedAt: clock.now().getTime(), uses: 0, original })
      return id
    },
    /** Does what a post to the URL asks for. Throws `expired_url`, `used_url`, or what the content is refused with. */
    post(id: string, body: JsonObject): JsonObject {
      const url = use(id)
      const unknown = Object.keys(body).filter((key) => !KNOWN.has(key))
      if (unknown.length > 0) throw malformed('invalid_arguments', [`[ERROR] unknown fields: ${unknown.join(', ')}`])
      if (body['delete_original'] === true) {
        remove(workspace, url.original)
        return { ok: true }
      }
      const content = acceptContent(body)
      if (body['replace_original'] === true && url.original) replace(workspace, poster, url.original, content)
      else say(workspace, poster, { user: url.user, channel: url.channel, via: 'respond' }, content, body)
      return { ok: true }
    },
  }
}

/** Shows a reply where its `response_type` says: to the one person unless it is `in_channel`. */
export function say(
  workspace: Workspace,
  poster: Poster,
  to: { user: string; channel: string; via: Ephemeral['via'] },
  content: Content,
  body: JsonObject,
): void {
  const type = body['response_type'] ?? 'ephemeral'
  if (type !== 'ephemeral' && type !== 'in_channel') {
    throw malformed('invalid_arguments', [`[ERROR] unknown response_type: ${String(type)}`])
  }
  const thread = typeof body['thread_ts'] === 'string' ? { thread_ts: body['thread_ts'] } : {}
  if (type === 'in_channel') {
    poster.post(to.channel, content, thread)
    return
  }
  const { text, blocks } = content
  const shown = blocks ? { text, blocks: normaliseBlocks(blocks) } : { text }
  workspace.ephemerals.push({ type: 'ephemeral', ts: workspace.nextTs(), ...to, ...shown, ...thread })
}

function remove(workspace: Workspace, original?: Message | Ephemeral): void {
  if (original?.type === 'message') workspace.remove(original.channel, original.ts)
  const index = original?.type === 'ephemeral' ? workspace.ephemerals.indexOf(original) : -1
  if (index >= 0) workspace.ephemerals.splice(index, 1)
}

function replace(workspace: Workspace, poster: Poster, original: Message | Ephemeral, content: Content): void {
  if (original.type === 'message') {
    const current = workspace.findMessage(original.channel, original.ts)
    if (!current) throw new SlackError('message_not_found')
    poster.edit(current, content)
    return
  }
  const { text, blocks } = content
  Object.assign(original, { text, blocks: blocks ? normaliseBlocks(blocks) : undefined })
}
