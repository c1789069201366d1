import type { Naming } from '../words.ts'
import type { Link } from './permalinks.ts'

// The bot's names, and links to its requests, at Slack's wire: everything that Bolt hands us or takes from us passes here.

/** A client's methods that show people something. */
type Showing = { views: object; chat: object }

/** What Bolt hands a handler, as far as it matters here. */
type Given = {
  ack?: (response?: unknown) => Promise<unknown>
  respond?: (message: unknown) => Promise<unknown>
  client?: Showing
  command?: { text: string }
  view?: { state?: { values: unknown } }
}

/** The same for a handler, which need not know how the bot is called. */
export function named<G extends object>(given: G, naming: Naming, link: Link): G {
  const { ack, respond, client, command, view } = given as Given
  const speaking =
    <A, R>(answer: (message: A) => Promise<R>) =>
    async (message: A) =>
      answer(spoken(await link(message), naming))
  return {
    ...given,
    ...(ack ? { ack: speaking(ack) } : {}),
    ...(respond ? { respond: speaking(respond) } : {}),
    ...(client ? { client: namedClient(client, naming, link) } : {}),
    ...(command ? { command: { ...command, text: naming.hear(command.text) } } : {}),
    ...(view?.state ? { view: { ...view, state: { ...view.state, values: heard(view.state.values, naming) } } } : {}),
  }
}

/** A client whose messages and views call the bot by its names, and link its requests. */
export function namedClient<C extends Showing>(client: C, naming: Naming, link: Link): C {
  return Object.assign(Object.create(client), {
    views: speakingMethods(client.views, naming, link),
    chat: speakingMethods(client.chat, naming, link),
  })
}

function speakingMethods(methods: object, naming: Naming, link: Link): object {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      typeof method === 'function' ? async (message: unknown) => method(spoken(await link(message), naming)) : method,
    ]),
  )
}

/** Where Block Kit holds text for people; everything else is ids, or comes back to us as it was. */
const TEXTS = new Set(['text', 'initial_value'])

/** A message or view with the bot's names in its texts. */
function spoken<T>(value: T, naming: Naming): T {
  return mapped(value, (key, text, parent) => (TEXTS.has(key) || parent === 'errors' ? naming.speak(text) : text)) as T
}

/** What was typed into the fields of a view. */
function heard(value: unknown, naming: Naming): unknown {
  return mapped(value, (key, text) => (key === 'value' ? naming.hear(text) : text))
}

function mapped(
  value: unknown,
  change: (key: string, text: string, parent: string) => string,
  key = '',
  parent = '',
): unknown {
  if (typeof value === 'string') return change(key, value, parent)
  if (Array.isArray(value)) return value.map((item) => mapped(item, change, key, parent))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapped(item, change, name, key)]))
}
