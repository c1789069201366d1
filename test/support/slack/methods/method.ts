/** What every Web API method is made of here, and the checks several of them share. */
import { malformed, SlackError } from '../slack-error.ts'
import type { Channel, JsonObject, User } from '../types.ts'
import { isDirectMessage } from '../workspace.ts'
import type { World } from '../world.ts'

export interface Method {
  /** The scope the call needs; a function where it depends on the kind of channel. */
  scope?: string | ((args: JsonObject, world: World) => string)
  required?: string[]
  run(args: JsonObject, world: World): JsonObject
}

export function requireArguments(args: JsonObject, names: string[]): void {
  const missing = names.filter((name) => args[name] === undefined || args[name] === '')
  const problems = missing.map((name) => `[ERROR] missing required field: ${name}`)
  if (problems.length > 0) throw malformed('invalid_arguments', problems)
}

/** Arguments arrive as strings in a form and as booleans in JSON. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1' || value === 1
}

/** The scope for reading a channel, which depends on what kind of channel it is. */
export function channelScope(suffix: 'read' | 'history'): Method['scope'] {
  return (args, world) => {
    const channel = world.workspace.findChannel(String(args['channel']))
    if (!channel) throw new SlackError('channel_not_found')
    if (isDirectMessage(channel)) return `im:${suffix}`
    return channel.isPrivate ? `groups:${suffix}` : `channels:${suffix}`
  }
}

/** Returns a channel the bot can see. A private one it is not in does not exist for it: `channel_not_found`. */
export function visibleChannel(id: unknown, { workspace }: World): Channel {
  const channel = workspace.findChannel(String(id))
  if (!channel || (channel.isPrivate && !channel.members.includes(workspace.botUserId))) {
    throw new SlackError('channel_not_found')
  }
  return channel
}

/** Returns a channel the bot is a member of. Throws `channel_not_found` or `not_in_channel`. */
export function joinedChannel(id: unknown, world: World): Channel {
  const channel = visibleChannel(id, world)
  if (!channel.members.includes(world.workspace.botUserId)) throw new SlackError('not_in_channel')
  return channel
}

export function knownUser(id: unknown, { workspace }: World): User {
  const user = workspace.findUser(String(id))
  if (!user) throw new SlackError('user_not_found')
  return user
}
