/** The parts that Slack's payloads have in common. */
import type { Channel, Ephemeral, JsonObject, Message } from '../types.ts'
import { isDirectMessage } from '../workspace.ts'
import type { World } from '../world.ts'

/** Who acted, for which app, in which workspace. */
export function actor(world: World, userId: string): JsonObject {
  const user = world.workspace.getUser(userId)
  const { settings } = world
  const name = user.name ?? userId.toLowerCase()
  return {
    user: { id: userId, username: name, name, team_id: user.teamId ?? settings.teamId },
    api_app_id: settings.appId,
    token: settings.verificationToken,
    team: { id: settings.teamId, domain: settings.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  }
}

export function channelName(channel: Channel): string {
  if (isDirectMessage(channel)) return 'directmessage'
  return channel.isPrivate ? 'privategroup' : channel.name
}

/** A message as interactions and events carry it: without the channel, which stands beside it. */
export function bareMessage(message: Message | Ephemeral): JsonObject {
  const { channel: _beside, ...rest } = structuredClone(message)
  return { ...rest }
}

export function responseUrl(
  world: World,
  baseUrl: string,
  user: string,
  channel: string,
  original?: Message | Ephemeral,
): string {
  return `${baseUrl}/response/${world.responseUrls.issue(user, channel, original)}`
}

/** What Slack does to text that people type in messages and commands. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function requireScope(world: World, scope: string): void {
  if (!world.settings.scopes.includes(scope))
    throw new Error(`Slack would not offer this: the app lacks the scope ${scope}`)
}

/** Throws where the person could not be looking at this channel. */
export function requireSight(user: string, channel: Channel): void {
  const hidden = channel.isPrivate || isDirectMessage(channel)
  if (hidden && !channel.members.includes(user)) throw new Error(`${user} cannot see ${channel.id}`)
}
