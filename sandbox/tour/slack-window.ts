// A window on a local Slack: does what people do there, through its control API, and sees what they would see.
import type { Block } from './words.ts'

export interface Modal {
  id: string
  title: { text: string }
  submit?: { text: string } | null
  blocks: Block[]
}

export interface Message {
  ts: string
  text: string
  blocks?: Block[]
  thread_ts?: string
  /** Whom alone the message is shown to. */
  ephemeral_to?: string
}

/** What is typed or chosen in a form, by field. */
export type Values = Record<string, string>

export interface SlackWindow {
  command(asked: { user: string; channel: string; text: string }): Promise<void>
  click(asked: {
    user: string
    channel: string
    ts: string
    button: { actionId: string; value: string }
  }): Promise<void>
  /** Submits the modal that is open. Whatever is not given stays as the modal has it. */
  submit(user: string, values?: Values): void
  closeModal(user: string): void
  /** The one modal that is open: the local Slack has one for everybody. */
  modal(): Modal | null
  /** What the last submission was answered with, by field; null if it was not. */
  fieldErrors(): Record<string, string> | null
  messages(channel: string): Promise<Message[]>
  leave(): void
}

export async function openSlackWindow(url: string): Promise<SlackWindow> {
  let stack: Modal[] = []
  let errors: Record<string, string> | null = null
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ui`)
  socket.addEventListener('message', ({ data }) => {
    const event = JSON.parse(String(data)) as UiEvent
    if (event.t === 'init') stack = event.state.modalStack
    if (event.t === 'view') stack = event.stack
    if (event.t === 'view_errors') errors = event.errors
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error(`No WebSocket at ${url}.`)), { once: true })
  })
  return {
    command: ({ user, channel, text }) => control(url, 'command', { user, channel, command: '/trainee', text }),
    click: ({ user, channel, ts, button: { actionId, value } }) =>
      control(url, 'interact', {
        ...{ user, channel, messageTs: ts },
        action: { type: 'button', action_id: actionId, block_id: 'actions', value },
      }),
    submit(user, values = {}) {
      errors = null
      socket.send(JSON.stringify({ t: 'view_submit', user, values: filledIn(stack.at(-1), values) }))
    },
    closeModal: (user) => socket.send(JSON.stringify({ t: 'view_close', user })),
    modal: () => stack.at(-1) ?? null,
    fieldErrors: () => errors,
    async messages(channel) {
      const response = await fetch(`${url}/_control/messages/${channel}`)
      return ((await response.json()) as { messages: Message[] }).messages
    },
    leave: () => socket.close(),
  }
}

type UiEvent =
  | { t: 'init'; state: { modalStack: Modal[] } }
  | { t: 'view'; stack: Modal[] }
  | { t: 'view_errors'; errors: Record<string, string> }

type Element = {
  type?: string
  action_id?: string
  initial_value?: string
  initial_option?: { value: string }
  options?: { value: string }[]
}

/** Slack sends what a field was filled in with beforehand; the local Slack sends nothing for it. Every box is ticked. */
function filledIn(modal: Modal | undefined, typed: Values): object {
  const inputs = (modal?.blocks ?? []).filter(({ type }) => type === 'input')
  return Object.fromEntries(
    inputs.map(({ block_id = '', element }) => {
      const { type, action_id = '', initial_value, initial_option, options } = (element ?? {}) as Element
      const value = typed[block_id] ?? initial_option?.value ?? initial_value ?? null
      const chosen = options?.find((option) => option.value === value) ?? null
      if (type === 'checkboxes') return [block_id, { [action_id]: { type, selected_options: options ?? [] } }]
      return [block_id, { [action_id]: type === 'static_select' ? { type, selected_option: chosen } : { type, value } }]
    }),
  )
}

async function control(url: string, what: string, body: object): Promise<void> {
  const response = await fetch(`${url}/_control/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`The local Slack refused ${what}: ${await response.text()}`)
}
