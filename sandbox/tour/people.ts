// People who act in the tour and see what comes of it. Every wait ends in a StepFailed that says what was seen instead.
import { setTimeout as sleep } from 'node:timers/promises'
import { type PEOPLE, SUPPORT_CHANNEL, WORDS_FOR_IDS } from '../demo/workspace.ts'
import type { Message, Modal, SlackWindow, Values } from './slack-window.ts'
import type { Transcript } from './transcript.ts'
import { linesOf } from './words.ts'

/** For what never comes true: a busy machine takes its time. */
const PATIENCE_MS = 90_000

export interface Person {
  id: string
  name: string
  types(text: string, channel?: string): Promise<void>
  /** Fills in and submits the modal; `button` is what its submit button must be called. */
  submits(button: string, values?: Values): void
  /** Selects a button on a message of the channel. */
  selects(label: string, message: Message): Promise<void>
  closes(): void
  /** Waits for a new modal that says this; returns its lines. */
  getsModal(says: string | RegExp): Promise<string[]>
  /** Waits for words at a field of the form. */
  getsFieldError(field: string, says: string): Promise<void>
  /** Waits for a new message that only this person sees; returns its lines. */
  getsPrivately(says: string | RegExp): Promise<string[]>
}

export interface Stage {
  transcript: Transcript
  interrupted: AbortSignal
  /** How many times longer than usual it is waited for something. */
  patience: number
}

export function castPerson(
  stage: Stage,
  window: SlackWindow,
  { id, real_name: name }: (typeof PEOPLE)[keyof typeof PEOPLE],
): Person {
  const { transcript } = stage
  let modalBefore: string | undefined
  let noticesBefore: string[] = []
  let channelNow = SUPPORT_CHANNEL

  const notices = async () => (await window.messages(channelNow)).filter((message) => message.ephemeral_to === id)
  async function remember(channel = SUPPORT_CHANNEL): Promise<void> {
    channelNow = channel
    modalBefore = window.modal()?.id
    noticesBefore = (await notices()).map(({ ts }) => ts)
  }

  return {
    id,
    name,
    async types(text, channel = SUPPORT_CHANNEL) {
      await remember(channel)
      const where = channel === SUPPORT_CHANNEL ? '' : ` in ${nameOf(channel)}`
      transcript.tell(`${name} types${where}:  /trainee ${text}`)
      await window.command({ user: id, channel, text })
    },
    submits(button, values = {}) {
      const modal = window.modal()
      modalBefore = modal?.id
      if (modal?.submit?.text !== button) {
        throw transcript.failure(`a modal with the button “${button}”`, sayModal(modal))
      }
      const typed = Object.entries(values).map(([field, value]) => `${field} “${value}”`)
      transcript.tell(`${name} ${typed.length > 0 ? `enters ${typed.join(', ')} and ` : ''}selects “${button}”.`)
      window.submit(id, values)
    },
    async selects(label, message) {
      await remember()
      const buttons = (message.blocks ?? []).flatMap(({ elements = [] }) => elements)
      const button = buttons.find((element) => (element.text as { text?: string } | undefined)?.text === label)
      if (!button) throw transcript.failure(`a button “${label}” on the request`, sayMessage(message))
      transcript.tell(`${name} selects “${label}”.`)
      const { action_id: actionId = '', value = '' } = button
      await window.click({ user: id, channel: SUPPORT_CHANNEL, ts: message.ts, button: { actionId, value } })
    },
    closes: () => window.closeModal(id),
    async getsModal(says) {
      const isNew = () => window.modal()?.id !== modalBefore
      const found = await waitFor(
        stage,
        async () => (isNew() && matches(linesOfModal(window.modal()).join('\n'), says) ? window.modal() : null),
        () => ({
          expected: `a modal that says ${quote(says)}`,
          seen: `${sayModal(window.modal())}\nand at its fields: ${JSON.stringify(window.fieldErrors())}`,
        }),
      )
      return linesOfModal(found)
    },
    async getsFieldError(field, says) {
      await waitFor(
        stage,
        async () => window.fieldErrors()?.[field]?.includes(says) ?? false,
        () => ({
          expected: `the answer “${says}” at the field “${field}”`,
          seen: `${JSON.stringify(window.fieldErrors())}, and ${sayModal(window.modal())}`,
        }),
      )
      transcript.show(`At the field “${field}”`, [window.fieldErrors()?.[field] ?? ''])
      transcript.hold('The form stays open', window.modal()?.id === modalBefore, () => sayModal(window.modal()))
    },
    async getsPrivately(says) {
      let seen: Message[] = []
      const found = await waitFor(
        stage,
        async () => {
          seen = (await notices()).filter(({ ts }) => !noticesBefore.includes(ts))
          return seen.find((message) => matches(sayMessage(message), says))
        },
        () => ({
          expected: `a message for ${name} alone that says ${quote(says)}`,
          seen: seen.map(sayMessage).join('\n') || `none; ${sayModal(window.modal())}`,
        }),
      )
      return linesOf(found.blocks ?? [], nameOf)
    },
  }
}

/** Asks again and again until there is an answer. Throws StepFailed when there is none in time. */
export async function waitFor<T>(
  { transcript, interrupted, patience }: Stage,
  probe: () => Promise<T>,
  otherwise: () => { expected: string; seen: string },
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + patience * PATIENCE_MS
  for (;;) {
    interrupted.throwIfAborted()
    const found = await probe()
    if (found) return found as NonNullable<Exclude<T, false>>
    if (Date.now() > deadline) break
    await sleep(100)
  }
  const { expected, seen } = otherwise()
  throw transcript.failure(`${expected}, within ${(patience * PATIENCE_MS) / 1000} seconds`, seen)
}

export function nameOf(id: string): string {
  return WORDS_FOR_IDS[id] ?? id
}

export function sayMessage(message: Message): string {
  return linesOf(message.blocks ?? [], nameOf).join('\n') || message.text
}

function linesOfModal(modal: Modal | null): string[] {
  if (!modal) return []
  const buttons = modal.submit ? [`[ ${modal.submit.text} ]`] : []
  return [...linesOf(modal.blocks, nameOf), ...buttons]
}

function sayModal(modal: Modal | null): string {
  return modal ? `the modal “${modal.title.text}”:\n${linesOfModal(modal).join('\n')}` : 'no modal'
}

export function matches(text: string, says: string | RegExp): boolean {
  return typeof says === 'string' ? text.includes(says) : says.test(text)
}

function quote(says: string | RegExp): string {
  return typeof says === 'string' ? `“${says}”` : String(says)
}
