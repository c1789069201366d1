import { randomBytes } from 'node:crypto'
import { asEvent, type Deliver, type Delivery } from '../delivery.ts'
import type { Pick } from '../replicas.ts'
import type { JsonObject, Message } from '../types.ts'
import type { World } from '../world.ts'
import { bareMessage, escaped, requireSight } from './payloads.ts'

/** Slack tries a failed event three times more: at once, after one minute, after five. */
const RETRY_AFTER_MS = [0, 60_000, 300_000]

export type EventDelivery = Delivery & {
  /** Every attempt so far, this one included; later retries join it as the clock reaches them. */
  attempts: Delivery[]
}

/** Delivers an Events API envelope. Resolves after the first attempt, and the immediate retry if that one failed. */
export async function sendEvent(world: World, deliver: Deliver, event: JsonObject, to?: Pick): Promise<EventDelivery> {
  const { settings, workspace, clock } = world
  const payload = {
    token: settings.verificationToken,
    team_id: settings.teamId,
    api_app_id: settings.appId,
    event: { event_ts: workspace.nextTs(), ...event },
    type: 'event_callback',
    event_id: `Ev${randomBytes(5).toString('hex').toUpperCase()}`,
    event_time: Math.floor(clock.now().getTime() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: settings.teamId,
        user_id: settings.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${randomBytes(12).toString('base64url')}`,
  }
  const attempts: Delivery[] = []

  async function attempt(number: number): Promise<Delivery> {
    const before = attempts.at(-1)
    const reason = before?.timedOut ? 'http_timeout' : before?.status ? 'http_error' : 'connection_failed'
    const retry = { 'x-slack-retry-num': String(number), 'x-slack-retry-reason': reason }
    const delivery = await deliver(asEvent(payload), to, number > 0 ? retry : {})
    attempts.push(delivery)
    const delay = RETRY_AFTER_MS[number]
    if (!delivery.error || delay === undefined || delivery.headers['x-slack-no-retry'] === '1') return delivery
    if (delay === 0) return attempt(number + 1)
    clock.at(new Date(clock.now().getTime() + delay), () => attempt(number + 1))
    return delivery
  }

  return { ...(await attempt(0)), attempts }
}

/** Opens the app's Home tab, or null if the app is not subscribed to `app_home_opened`. */
export async function openHome(world: World, deliver: Deliver, user: string, to?: Pick): Promise<EventDelivery | null> {
  if (!world.settings.homeTab) throw new Error('The app has no Home tab')
  if (!world.settings.botEvents.includes('app_home_opened')) return null
  const channel = world.workspace.directMessageWith(user).id
  const home = world.views.home(user)
  const view = home ? { view: structuredClone(home.view) } : {}
  return sendEvent(world, deliver, { type: 'app_home_opened', user, channel, tab: 'home', ...view }, to)
}

export interface MessageOptions {
  /** Who writes it; of another app's message, whoever its bot is. */
  user: string
  /** Another app, whose message it is. */
  by?: { bot_id: string; app_id?: string; username?: string }
  channel: string
  text: string
  threadTs?: string
  to?: Pick
}

/** A person, or another app, posts a message. The app hears of it if it is in the channel and subscribed to such messages. */
export async function sendMessage(world: World, deliver: Deliver, options: MessageOptions): Promise<Message> {
  const { workspace, settings } = world
  const channel = workspace.getChannel(options.channel)
  requireSight(options.user, channel)
  const message = workspace.put({
    type: 'message',
    channel: channel.id,
    ts: workspace.nextTs(),
    user: options.user,
    team: workspace.getUser(options.user).teamId ?? settings.teamId,
    text: escaped(options.text),
    ...(options.threadTs && { thread_ts: options.threadTs }),
    ...(options.by && { subtype: 'bot_message', ...options.by }),
  })
  if (!channel.members.includes(settings.botUserId)) return structuredClone(message)
  const kind = 'imUser' in channel ? 'im' : channel.isPrivate ? 'group' : 'channel'
  const subscription = { im: 'message.im', group: 'message.groups', channel: 'message.channels' }[kind]
  if (settings.botEvents.includes(subscription)) {
    await sendEvent(world, deliver, { ...bareMessage(message), channel: channel.id, channel_type: kind }, options.to)
  }
  return structuredClone(message)
}
