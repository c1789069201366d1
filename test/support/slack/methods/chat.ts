import { normaliseBlocks } from '../block-kit/normalise.ts'
import { acceptContent, acceptMetadata } from '../block-kit/surfaces.ts'
import { malformed, SlackError } from '../slack-error.ts'
import type { Channel, JsonObject, Message } from '../types.ts'
import type { World } from '../world.ts'
import { isTrue, joinedChannel, type Method, requireArguments, visibleChannel } from './method.ts'

/** `chat.update` documents `msg_too_long`; in practice it refuses above 4,000 characters, where posting truncates at 40,000. */
const UPDATE_TEXT = 4000

export const chat: Record<string, Method> = {
  'chat.postMessage': {
    scope: 'chat:write',
    required: ['channel'],
    run(args, world) {
      const channel = whereToPost(args['channel'], world)
      const content = acceptContent(args)
      const more: Partial<Message> = { ...threadOf(args, channel, world) }
      const metadata = args['metadata'] === undefined ? null : acceptMetadata(args['metadata'])
      if (metadata) more.metadata = metadata
      const message = world.poster.post(channel.id, content, more)
      return { ok: true, channel: channel.id, ts: message.ts, message }
    },
  },

  'chat.update': {
    scope: 'chat:write',
    required: ['channel', 'ts'],
    run(args, world) {
      const channel = visibleChannel(args['channel'], world)
      const message = world.workspace.findMessage(channel.id, String(args['ts']))
      if (!message) throw new SlackError('message_not_found')
      if (message.bot_id !== world.settings.botId) throw new SlackError('cant_update_message')
      const content = acceptContent(args, UPDATE_TEXT)
      const edited = world.poster.edit(message, content)
      if (args['metadata'] !== undefined) {
        const metadata = acceptMetadata(args['metadata'])
        if (metadata) edited.metadata = metadata
        else delete edited.metadata
      }
      return { ok: true, channel: channel.id, ts: edited.ts, text: edited.text, message: edited }
    },
  },

  'chat.delete': {
    scope: 'chat:write',
    required: ['channel', 'ts'],
    run(args, world) {
      const channel = visibleChannel(args['channel'], world)
      const ts = String(args['ts'])
      const message = world.workspace.findMessage(channel.id, ts)
      if (!message) throw new SlackError('message_not_found')
      if (message.bot_id !== world.settings.botId) throw new SlackError('cant_delete_message')
      world.workspace.remove(channel.id, ts)
      return { ok: true, channel: channel.id, ts }
    },
  },

  'chat.postEphemeral': {
    scope: 'chat:write',
    required: ['channel', 'user'],
    run(args, world) {
      const channel = joinedChannel(args['channel'], world)
      const user = String(args['user'])
      if (!channel.members.includes(user)) throw new SlackError('user_not_in_channel')
      const { text, blocks } = acceptContent(args)
      const ts = world.workspace.nextTs()
      world.workspace.ephemerals.push({
        type: 'ephemeral',
        channel: channel.id,
        ts,
        user,
        text,
        via: 'postEphemeral',
        ...(blocks && { blocks: normaliseBlocks(blocks) }),
        ...threadOf(args, channel, world),
      })
      return { ok: true, message_ts: ts }
    },
  },

  'chat.getPermalink': {
    required: ['channel', 'message_ts'],
    run(args, world) {
      const channel = visibleChannel(args['channel'], world)
      const message = world.workspace.findMessage(channel.id, String(args['message_ts']))
      if (!message) throw new SlackError('message_not_found')
      const thread = message.thread_ts ? `?thread_ts=${message.thread_ts}&cid=${channel.id}` : ''
      const site = `https://${world.settings.teamDomain}.slack.com`
      return {
        ok: true,
        channel: channel.id,
        permalink: `${site}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`,
      }
    },
  },
}

/** A user id posts to that person's direct messages. A channel name is refused: it can be renamed. */
function whereToPost(id: unknown, world: World): Channel {
  if (world.workspace.findUser(String(id))) return world.workspace.directMessageWith(String(id))
  const channel = visibleChannel(id, world)
  const mayPost =
    channel.members.includes(world.workspace.botUserId) || world.settings.scopes.includes('chat:write.public')
  if (!mayPost) throw new SlackError('not_in_channel')
  if (channel.isArchived) throw new SlackError('is_archived')
  return channel
}

function threadOf(args: JsonObject, channel: Channel, world: World): Pick<Message, 'thread_ts' | 'reply_broadcast'> {
  if (args['thread_ts'] === undefined) return {}
  requireArguments(args, ['thread_ts'])
  const ts = String(args['thread_ts'])
  const parent = world.workspace.findMessage(channel.id, ts)
  if (!parent) throw new SlackError('thread_not_found')
  if (parent.thread_ts && parent.thread_ts !== parent.ts) {
    throw malformed('invalid_arguments', ["[ERROR] thread_ts is a reply's; use its parent's"])
  }
  return isTrue(args['reply_broadcast']) ? { thread_ts: ts, reply_broadcast: true } : { thread_ts: ts }
}
