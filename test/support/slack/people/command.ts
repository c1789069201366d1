import { isObject } from '../block-kit/rules.ts'
import { acceptContent } from '../block-kit/surfaces.ts'
import { asForm, asInteraction, type Deliver, type Delivery } from '../delivery.ts'
import type { Pick } from '../replicas.ts'
import { say } from '../response-urls.ts'
import { SlackError } from '../slack-error.ts'
import type { JsonObject, Message } from '../types.ts'
import type { World } from '../world.ts'
import { actor, bareMessage, channelName, escaped, requireScope, requireSight, responseUrl } from './payloads.ts'

export interface CommandOptions {
  user: string
  channel: string
  text?: string
  /** `/trainee` unless the fake was started with another. */
  command?: string
  to?: Pick
}

export async function sendCommand(
  world: World,
  deliver: Deliver,
  baseUrl: string,
  options: CommandOptions,
): Promise<Delivery> {
  requireScope(world, 'commands')
  const { settings, workspace } = world
  const user = workspace.getUser(options.user)
  const channel = workspace.getChannel(options.channel)
  requireSight(options.user, channel)
  const delivery = await deliver(
    asForm('command', {
      token: settings.verificationToken,
      team_id: settings.teamId,
      team_domain: settings.teamDomain,
      channel_id: channel.id,
      channel_name: channelName(channel),
      user_id: user.id,
      user_name: user.name ?? user.id.toLowerCase(),
      command: options.command ?? settings.command,
      text: escaped(options.text ?? ''),
      api_app_id: settings.appId,
      is_enterprise_install: 'false',
      response_url: responseUrl(world, baseUrl, user.id, channel.id),
      trigger_id: world.triggers.issue(user.id),
    }),
    options.to,
  )
  showAcknowledgement(world, delivery, { user: user.id, channel: channel.id })
  return delivery
}

/** A command's acknowledgement may carry a reply; Slack shows it as it would one to the response URL. */
export function showAcknowledgement(world: World, delivery: Delivery, to: { user: string; channel: string }): void {
  if (delivery.error || delivery.ackBody.trim() === '') return
  const body = isObject(delivery.ack) ? delivery.ack : { text: delivery.ackBody }
  try {
    say(world.workspace, world.poster, { ...to, via: 'ack' }, acceptContent(body), body)
  } catch (error) {
    if (!(error instanceof SlackError)) throw error
    world.violate('acknowledgement of a command', `${error.code} ${JSON.stringify(error.details)}`)
    delivery.error = 'dispatch_failed'
  }
}

export interface ShortcutOptions {
  user: string
  callbackId: string
  /** A message shortcut is used on a message; a global one is not. */
  message?: Message | { channel: string; ts: string }
  to?: Pick
}

export function sendShortcut(
  world: World,
  deliver: Deliver,
  baseUrl: string,
  options: ShortcutOptions,
): Promise<Delivery> {
  requireScope(world, 'commands')
  const payload: JsonObject = {
    type: options.message ? 'message_action' : 'shortcut',
    ...actor(world, options.user),
    callback_id: options.callbackId,
    trigger_id: world.triggers.issue(options.user),
    action_ts: world.workspace.nextTs(),
  }
  if (options.message) {
    const channel = world.workspace.getChannel(options.message.channel)
    requireSight(options.user, channel)
    const message = world.workspace.findMessage(channel.id, options.message.ts)
    if (!message) throw new Error(`No message ${options.message.ts} in ${channel.id}`)
    Object.assign(payload, {
      channel: { id: channel.id, name: channelName(channel) },
      message_ts: message.ts,
      message: bareMessage(message),
      response_url: responseUrl(world, baseUrl, options.user, channel.id),
    })
  }
  return deliver(asInteraction(payload), options.to)
}
