import type { types } from '@slack/bolt'
import { markEnvironment, markView } from '../views/kit/environment.ts'
import { toldApart } from '../views/kit/told-apart.ts'
import type { Naming } from '../words.ts'
import type { Link } from './permalinks.ts'

// The bot's names, links to its requests and its environment, at Slack's wire: everything that Bolt hands us or takes from
// us passes here, and so does what the outbox sends.

/** How the bot is called, how it links its requests, and where it runs, which everything says unless it is production. */
export type Speaker = { naming: Naming; link: Link; environment: string }

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

/** The same for a handler, which need know neither how the bot is called nor where it runs. */
export function named<G extends object>(given: G, speaker: Speaker): G {
  const { naming, link } = speaker
  const { ack, respond, client, command, view } = given as Given
  const speaking =
    <A, R>(answer: (message: A) => Promise<R>) =>
    async (message: A) =>
      answer(spoken(await link(message), speaker))
  return {
    ...given,
    ...(ack ? { ack: speaking(ack) } : {}),
    ...(respond ? { respond: speaking(respond) } : {}),
    ...(client ? { client: namedClient(client, speaker) } : {}),
    ...(command ? { command: { ...command, text: naming.hear(command.text) } } : {}),
    ...(view?.state ? { view: { ...view, state: { ...view.state, values: heard(view.state.values, naming) } } } : {}),
  }
}

/** A client whose messages and views call the bot by its names, link its requests, and name its environment. */
export function namedClient<C extends Showing>(client: C, speaker: Speaker): C {
  return Object.assign(Object.create(client), {
    views: speakingMethods(client.views, speaker),
    chat: speakingMethods(client.chat, speaker),
  })
}

function speakingMethods(methods: object, speaker: Speaker): object {
  const { link } = speaker
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      typeof method === 'function' ? async (message: unknown) => method(spoken(await link(message), speaker)) : method,
    ]),
  )
}

/** Where Block Kit holds text for people; everything else is ids, or comes back to us as it was. */
const TEXTS = new Set(['text', 'initial_value'])

/** A message or view with the bot's names in its texts, buttons that can be told apart, and its environment. */
function spoken<T>(value: T, { naming, environment }: Speaker): T {
  const inOurNames = (key: string, text: string, parent: string) =>
    TEXTS.has(key) || parent === 'errors' ? naming.speak(text) : text
  return marked(withLabels(mapped(value, inOurNames)), environment) as T
}

/** The blocks of a message, of a view, or of the view in an answer, with buttons that can be told apart by ear. */
function withLabels(shown: unknown): unknown {
  if (typeof shown !== 'object' || shown === null) return shown
  if ('view' in shown) return { ...shown, view: withLabels(shown.view) }
  return 'blocks' in shown && Array.isArray(shown.blocks) ? { ...shown, blocks: toldApart(shown.blocks) } : shown
}

/** What Slack is given is a message, or holds a view, or shows nothing. */
function marked(value: unknown, environment: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { view } = value as { view?: types.View }
  return view ? { ...value, view: markView(view, environment) } : markEnvironment(value, environment)
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
