/** The people, channels and messages of the fake workspace: plain state, no rules about who may do what. */
import type { TestClock } from './clock.ts'
import { SlackError } from './slack-error.ts'
import type { Channel, Ephemeral, Message, User, UserGroup } from './types.ts'

export interface DirectMessage extends Channel {
  imUser: string
}

export interface WorkspaceOptions {
  teamId: string
  botUserId: string
  users: User[]
  channels: Channel[]
  userGroups: UserGroup[]
  paidPlan: boolean
}

export type Workspace = ReturnType<typeof createWorkspace>

export function createWorkspace(options: WorkspaceOptions, clock: TestClock) {
  const { teamId, botUserId } = options
  const bot: User = { id: botUserId, name: 'trainee-chatops', isBot: true }
  const users = new Map([bot, ...options.users].map((user) => [user.id, { ...user }]))
  const channels = new Map(options.channels.map((channel) => [channel.id, structuredClone(channel)]))
  const directMessages = new Map<string, DirectMessage>()
  const userGroups = new Map(options.userGroups.map((group) => [group.id, structuredClone(group)]))
  const messages = new Map<string, Map<string, Message>>()
  const ephemerals: Ephemeral[] = []
  let lastMicros = 0

  function messagesIn(channel: string): Map<string, Message> {
    const known = messages.get(channel) ?? new Map<string, Message>()
    messages.set(channel, known)
    return known
  }

  return {
    teamId,
    botUserId,
    users,
    userGroups,
    ephemerals,
    messagesIn,
    paidPlan: options.paidPlan,

    /** A message timestamp: unique in the workspace and always increasing, even while the clock stands still. */
    nextTs(): string {
      lastMicros = Math.max(lastMicros + 1, clock.now().getTime() * 1000)
      return `${Math.floor(lastMicros / 1_000_000)}.${String(lastMicros % 1_000_000).padStart(6, '0')}`
    },
    findUser: (id: string): User | null => users.get(id) ?? null,
    getUser(id: string): User {
      const user = users.get(id)
      if (!user) throw new Error(`The fake Slack has no user ${id}`)
      return user
    },
    findChannel: (id: string): Channel | DirectMessage | null => channels.get(id) ?? directMessages.get(id) ?? null,
    getChannel(id: string): Channel | DirectMessage {
      const channel = channels.get(id) ?? directMessages.get(id)
      if (!channel) throw new Error(`The fake Slack has no channel ${id}`)
      return channel
    },
    /** Returns the bot's direct message channel with a person, opening it if need be. Throws `user_not_found`. */
    directMessageWith(userId: string): DirectMessage {
      const user = users.get(userId)
      if (!user || user.deleted) throw new SlackError('user_not_found')
      if (user.isBot) throw new SlackError('cannot_dm_bot')
      const id = `D${userId.slice(1)}`
      const channel = directMessages.get(id) ?? {
        id,
        name: 'directmessage',
        members: [userId, botUserId],
        imUser: userId,
      }
      directMessages.set(id, channel)
      return channel
    },
    findMessage: (channel: string, ts: string): Message | null => messagesIn(channel).get(ts) ?? null,
    /** Stores a new message, or the new state of one with the same timestamp. */
    put(message: Message): Message {
      messagesIn(message.channel).set(message.ts, message)
      return message
    },
    remove: (channel: string, ts: string): boolean => messagesIn(channel).delete(ts),
  }
}

export function isDirectMessage(channel: Channel | DirectMessage): channel is DirectMessage {
  return 'imUser' in channel
}
