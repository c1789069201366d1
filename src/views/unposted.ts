// What is said directly when a channel is closed to the bot, or when only an operator can help.
import type { Message } from './kit/blocks.ts'

type Unposted = { changeRequest: string; channel: string; because: string; part: string }

/** For its requester: that a request cannot be posted (`unposted`), or cannot be brought up to date (`behind`). */
export function renderUnposted({ changeRequest, channel, because, part }: Unposted): Message {
  const { why, remedy } = obstacle(because)
  const text =
    part === 'behind'
      ? `We cannot show in <#${channel}> what has become of CR-${changeRequest}: ${why}. The request itself goes on as before, and we post what is missing as soon as the bot can. Until then, /trainee requests shows where it stands.`
      : `We could not post CR-${changeRequest} in <#${channel}>: ${why}. It waits for approval, but only on the bot’s Home tab. ${remedy} the request with /trainee requests.`
  return { text, blocks: [] }
}

/** For operators: a trouble that only they can mend. `trouble` is made of our own words and codes. */
export function renderReport(trouble: string): Message {
  const text = `The bot needs an operator: ${trouble}. Its log has more. What could not be sent is in bin/chatops outbox list.`
  return { text, blocks: [] }
}

/** Why a card could not be posted, and what its requester can do about it. */
function obstacle(because: string): { why: string; remedy: string } {
  switch (because) {
    case 'not_in_channel':
    case 'channel_not_found':
      return { why: 'the bot is not in that channel', remedy: 'Add the bot to the channel, or cancel' }
    case 'is_archived':
      return { why: 'that channel is archived', remedy: 'Unarchive the channel, or cancel' }
    case 'channel_not_allowed':
      return { why: 'requests are no longer posted in that channel', remedy: 'Cancel' }
    case 'unknown playbook':
      return { why: 'the bot no longer knows this kind of change', remedy: 'Cancel' }
    default:
      return { why: `Slack refused it (${because})`, remedy: 'Cancel' }
  }
}
