import type { Pause } from '../brake/brake.ts'
import { formatDateTime } from '../calendar/london.ts'
import type { BrakeNews } from '../pausing/pause.ts'
import { type Block, type Message, plainSections, section } from './kit/blocks.ts'
import type { Words } from './kit/notice.ts'
import { mention, shorten } from './kit/text.ts'

// What people read of the brake: on cards, on the Home tab, in the help, and in the channel.

/** The bot’s own, and the one behind which it stands. */
const MOST_OF_A_REASON = 700

/**
 * Why nothing is carried out just now; nothing where the bot acts.
 * @property off the kinds of change that are not safe, and why
 */
export type Standstill = {
  pause: Pause | null
  previewOnly: boolean
  off?: readonly { title: string; because: string }[]
}

/** The heading and the reason, for the top of a card, the Home tab or the help. */
export function renderStandstill({ pause, previewOnly, off = [] }: Standstill): Block[] {
  return [...renderPause({ pause, previewOnly }), ...renderOff(off)]
}

function renderOff(off: readonly { title: string; because: string }[]): Block[] {
  if (off.length === 0) return []
  return [
    section(
      '*Some changes are switched off*\nRegister’s database is not as this version of the bot knows it. Tell the Register developers.',
    ),
    ...plainSections(shorten(off.map(({ title, because }) => `${title}: ${because}`).join('\n'), 2500)),
  ]
}

function renderPause({ pause, previewOnly }: Standstill): Block[] {
  if (previewOnly) return [section('*This bot shows previews only*\nNothing is carried out, also when it is approved.')]
  if (!pause) return []
  return [
    section(`*⏸️ The bot is paused*\n${mention(pause.by)} paused it on ${formatDateTime(pause.at)}. ${WAITS}`),
    ...plainSections(shorten(`Reason: ${pause.reason}`, MOST_OF_A_REASON)),
  ]
}

/** What the channel is told. */
export function renderBrakeNews({ event, by, reason }: BrakeNews): Message {
  const who = mention(by)
  switch (event) {
    case 'paused':
      return {
        text: '⏸️ The bot is paused',
        blocks: [
          section(`*⏸️ The bot is paused*\n${who} paused it. ${WAITS} ${HOW_TO_RESUME}`),
          ...plainSections(shorten(`Reason: ${reason}`, MOST_OF_A_REASON)),
        ],
      }
    case 'resume-asked':
      return {
        text: 'Another approver is needed to resume the bot',
        blocks: [
          section(
            `*Another approver is needed to resume the bot*\n${who} wants it to go on. Another approver must type /trainee resume within an hour. Until then it stays paused.`,
          ),
        ],
      }
    case 'resumed':
      return {
        text: '▶️ The bot goes on',
        blocks: [section(`*▶️ The bot goes on*\n${who} resumed it. What waited is carried out now.`)],
      }
  }
}

/** For whoever paused it. */
export function wordsAfterPausing(was: Pause | null): Words {
  if (was) {
    const since = `${mention(was.by)} paused it on ${formatDateTime(was.at)}.`
    return {
      title: 'The bot is paused already',
      text: `${since}\nIf somebody had asked to resume it, they must ask again.`,
    }
  }
  return { title: 'The bot is paused', text: `${WAITS}\n${HOW_TO_RESUME}` }
}

/** For whoever wants it to go on. */
export function wordsAfterResuming(came: 'asked' | 'resumed'): Words {
  if (came === 'resumed') return { title: 'The bot goes on', text: 'What waited is carried out now.' }
  return {
    title: 'Another approver is needed',
    text: 'The bot stays paused until another approver types /trainee resume, within an hour.',
  }
}

export const REASON_NEEDED: Words = {
  title: 'Say why the bot must be paused',
  text: 'Type /trainee pause and a reason. Everybody can read the reason, so do not name a trainee.\nNothing has changed: the bot is not paused by this.',
}

const WAITS = 'Nothing is carried out, and nothing is sent to DTTP. What is approved waits, and can be cancelled.'
const HOW_TO_RESUME = 'Two approvers can resume it: each types /trainee resume.'
