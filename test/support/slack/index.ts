/**
 * A small, strict Slack for tests: the Web API methods the bot calls, and signed delivery of commands, interactions and
 * events to the real app. It refuses what Slack refuses, and `violations` keeps what it had to refuse.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createDeliver, type Delivery } from './delivery.ts'
import type { Fault } from './faults.ts'
import { lateAnswer, settle } from './people/acknowledgement.ts'
import { type ClickOptions, sendClick } from './people/click.ts'
import { type CloseOptions, sendClose } from './people/close.ts'
import {
  type CommandOptions,
  type ShortcutOptions,
  sendCommand,
  sendShortcut,
  showAcknowledgement,
} from './people/command.ts'
import { type EventDelivery, type MessageOptions, openHome, sendEvent, sendMessage } from './people/events.ts'
import { type Submission, type SubmitOptions, sendSubmission, type as typeInto } from './people/submit.ts'
import { createReplicas, type Pick } from './replicas.ts'
import type { Ephemeral, JsonObject, Message, User, View, Violation } from './types.ts'
import type { Given } from './view-state.ts'
import { createWebApi } from './web-api.ts'
import { createWorld, type FakeSlackOptions } from './world.ts'

export type { Delivery } from './delivery.ts'
export type { Fault } from './faults.ts'
export type { Submission } from './people/submit.ts'
export { buttons, liveMarkup, readText } from './read-text.ts'
export type { Ephemeral, JsonObject, Message, User, View, Violation } from './types.ts'
export type { FakeSlackOptions } from './world.ts'

export type FakeSlack = Awaited<ReturnType<typeof startFakeSlack>>

/** Starts the fake on a free port of 127.0.0.1. Stop it with `stop()`. */
export async function startFakeSlack(options: FakeSlackOptions) {
  const world = createWorld(options)
  const { workspace, views } = world
  const replicas = createReplicas(world.settings.seed)
  const deliver = createDeliver(world, replicas)
  const server = createWebApi(world).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const copies = (messages: Iterable<Message>): Message[] => structuredClone([...messages])
  const inChannel = (channel: string): Message[] => [...workspace.messagesIn(channel).values()]

  return {
    /** For Bolt's `clientOptions.slackApiUrl`. */
    apiUrl: `${baseUrl}/api/`,
    clock: world.clock,
    async stop(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
    addReplica: replicas.add,
    removeReplica: replicas.remove,

    // What people do.
    command: (what: CommandOptions): Promise<Delivery> => sendCommand(world, deliver, baseUrl, what),
    shortcut: async (what: ShortcutOptions): Promise<Delivery> => sendShortcut(world, deliver, baseUrl, what),
    /** Clicks a button or uses a menu that is on the screen; throws if it is not there. */
    click: async (what: ClickOptions): Promise<Delivery> => sendClick(world, deliver, baseUrl, what),
    /** Types into the person's top modal without submitting it. */
    fill(user: string, values: Record<string, Given>): void {
      const top = views.top(user)
      if (!top) throw new Error(`${user} has no modal open`)
      typeInto(top, values)
    },
    /** Submits the person's top modal. */
    submit: (what: SubmitOptions): Promise<Submission> => sendSubmission(world, deliver, what),
    closeView: async (what: CloseOptions): Promise<Delivery[]> => sendClose(world, deliver, what),
    openHome: (what: { user: string; to?: Pick }): Promise<EventDelivery | null> =>
      openHome(world, deliver, what.user, what.to),
    message: (what: MessageOptions): Promise<Message> => sendMessage(world, deliver, what),
    event: (event: JsonObject, to?: Pick): Promise<EventDelivery> => sendEvent(world, deliver, event, to),
    /** Sends the same payload once more (a double click, a duplicate), signed afresh, and shows what comes back. */
    async redeliver(last: Delivery, to?: Pick): Promise<Delivery> {
      const { kind, payload, body, contentType } = last
      const again = await deliver({ kind, payload, body, contentType }, to, kind === 'event_callback' ? RETRIED : {})
      if (kind === 'command') {
        showAcknowledgement(world, again, { user: String(payload['user_id']), channel: String(payload['channel_id']) })
      }
      const open = kind === 'view_submission' ? views.find((payload['view'] as View).id) : undefined
      return open ? { ...again, ...settle(world, open, again), ...(await lateAnswer(world, open)) } : again
    },

    // What people see. All copies: one kept is a screen gone out of date.
    /** The channel's own messages, oldest first, without replies. */
    messages: (channel: string): Message[] =>
      copies(inChannel(channel).filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.reply_broadcast)),
    replies: (channel: string, ts: string): Message[] =>
      copies(inChannel(channel).filter((one) => one.thread_ts === ts && one.ts !== ts)),
    directMessages: (user: string): Message[] => copies(inChannel(workspace.directMessageWith(user).id)),
    /** What only this person was shown, oldest first. */
    ephemerals: (user: string): Ephemeral[] => structuredClone(workspace.ephemerals.filter((one) => one.user === user)),
    view: (user: string): View | undefined => structuredClone(views.top(user)?.view),
    /** The person's modal stack, bottom first. */
    views: (user: string): View[] => structuredClone(views.stack(user).map((open) => open.view)),
    home: (user: string): View | undefined => structuredClone(views.home(user)?.view),

    // What the test watches.
    calls: world.calls,
    /** The body of every answer to what was delivered. */
    acknowledgements: world.acknowledgements,
    callsTo: (method: string) => world.calls.filter((call) => call.method === method),
    /** What the app got wrong, by Slack's rules. Assert in afterEach that it is empty. */
    violations: world.violations as readonly Violation[],
    /** Returns the violations so far and forgets them, for a test that provokes some. */
    takeViolations: (): Violation[] => world.violations.splice(0),
    /** Waits for work that goes on after the acknowledgement. Rejects with `what` if it never becomes true. */
    async until<T>(condition: () => T | Promise<T>, what = 'the condition to hold'): Promise<NonNullable<T>> {
      const deadline = Date.now() + PATIENCE_MS
      for (;;) {
        const result = await condition()
        if (result) return result
        if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS} ms in vain for ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    },

    // What the world does.
    fault: (fault: Fault): void => world.faults.add(fault),
    clearFaults: (): void => world.faults.clear(),
    updateUser: (id: string, change: Partial<User>): void => void Object.assign(workspace.getUser(id), change),
    setUserGroup: (id: string, users: string[], handle = id): void =>
      void workspace.userGroups.set(id, { id, handle, users }),
    removeUserGroup: (id: string): void => void workspace.userGroups.delete(id),
    setPaidPlan: (paid: boolean): void => void Object.assign(workspace, { paidPlan: paid }),
    setScopes: (scopes: string[]): void => void Object.assign(world.settings, { scopes }),
    invite: (channel: string, user: string): void => void workspace.getChannel(channel).members.push(user),
    kick(channel: string, user: string): void {
      const from = workspace.getChannel(channel)
      from.members = from.members.filter((member) => member !== user)
    },
    archive: (channel: string): void => void Object.assign(workspace.getChannel(channel), { isArchived: true }),
    deleteMessage: (channel: string, ts: string): boolean => workspace.remove(channel, ts),
  }
}

/** For what never comes true: how long things take is not asserted anywhere. */
const PATIENCE_MS = 120_000

const RETRIED = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }
