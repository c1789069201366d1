import { malformed, SlackError } from '../slack-error.ts'
import type { JsonObject, Message } from '../types.ts'
import { isDirectMessage } from '../workspace.ts'
import type { World } from '../world.ts'
import { channelScope, isTrue, joinedChannel, type Method, visibleChannel } from './method.ts'

export const conversations: Record<string, Method> = {
  'conversations.history': {
    scope: channelScope('history'),
    required: ['channel'],
    run(args, world) {
      const channel = joinedChannel(args['channel'], world)
      const shown = [...world.workspace.messagesIn(channel.id).values()].filter(isInChannel)
      const page = paged(within(shown, args).reverse(), args, 100)
      return { ...page, messages: page.messages.map((message) => seen(message, args, world)) }
    },
  },

  'conversations.replies': {
    scope: channelScope('history'),
    required: ['channel', 'ts'],
    run(args, world) {
      const channel = joinedChannel(args['channel'], world)
      const asked = world.workspace.findMessage(channel.id, String(args['ts']))
      if (!asked) throw new SlackError('thread_not_found')
      const root = asked.thread_ts ?? asked.ts
      const thread = [...world.workspace.messagesIn(channel.id).values()].filter(
        (message) => message.ts === root || message.thread_ts === root,
      )
      const page = paged(within(thread, args), args, 1000)
      return { ...page, messages: page.messages.map((message) => seen(message, args, world)) }
    },
  },

  'conversations.info': {
    scope: channelScope('read'),
    required: ['channel'],
    run(args, world) {
      const channel = visibleChannel(args['channel'], world)
      const direct = isDirectMessage(channel)
      return {
        ok: true,
        channel: {
          id: channel.id,
          name: channel.name,
          is_channel: !direct && !channel.isPrivate,
          is_group: !direct && channel.isPrivate === true,
          is_im: direct,
          is_private: direct || channel.isPrivate === true,
          is_archived: channel.isArchived === true,
          is_shared: channel.isExtShared === true,
          is_ext_shared: channel.isExtShared === true,
          is_org_shared: false,
          is_member: channel.members.includes(world.workspace.botUserId),
          context_team_id: world.workspace.teamId,
          ...(direct && { user: channel.imUser }),
        },
      }
    },
  },

  'conversations.open': {
    scope: 'im:write',
    required: ['users'],
    run(args, world) {
      const users = String(args['users']).split(',')
      if (users.length !== 1) throw malformed('invalid_arguments', ['[ERROR] this fake opens one-to-one messages only'])
      const channel = world.workspace.directMessageWith(String(users[0]))
      return { ok: true, no_op: false, already_open: false, channel: { id: channel.id } }
    },
  },
}

function isInChannel(message: Message): boolean {
  return !message.thread_ts || message.thread_ts === message.ts || message.reply_broadcast === true
}

function within(messages: Message[], args: JsonObject): Message[] {
  const inclusive = isTrue(args['inclusive'])
  const oldest = Number(args['oldest'] ?? 0)
  const latest = Number(args['latest'] ?? Number.POSITIVE_INFINITY)
  return messages.filter(({ ts }) => {
    const at = Number(ts)
    return (at > oldest && at < latest) || (inclusive && (at === oldest || at === latest))
  })
}

function paged(messages: Message[], args: JsonObject, standard: number) {
  const limit = Math.min(Number(args['limit'] ?? standard), 999)
  const start = args['cursor'] ? Number(Buffer.from(String(args['cursor']), 'base64url').toString()) : 0
  if (!Number.isInteger(start)) throw new SlackError('invalid_cursor')
  const more = start + limit < messages.length
  const next = more ? Buffer.from(String(start + limit)).toString('base64url') : ''
  return {
    ok: true,
    messages: messages.slice(start, start + limit),
    has_more: more,
    response_metadata: { next_cursor: next },
  }
}

/** A message as an app reads it back: metadata only when asked for, a thread's parent with its reply count. */
function seen(message: Message, args: JsonObject, world: World): JsonObject {
  const { channel, metadata, ...rest } = message
  const replies = [...world.workspace.messagesIn(channel).values()].filter(
    (other) => other.thread_ts === message.ts && other.ts !== message.ts,
  )
  return {
    ...rest,
    ...(replies.length > 0 && { thread_ts: message.ts, reply_count: replies.length, latest_reply: replies.at(-1)?.ts }),
    ...(metadata && isTrue(args['include_all_metadata']) && { metadata }),
  }
}
