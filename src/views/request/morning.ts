import { formatDeadlineFrom } from '../../calendar/london.ts'
import type { OpenStep } from '../../changes/steps/manual-steps.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { count } from '../../words.ts'
import { type Message, section } from '../kit/blocks.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { crName } from './request.ts'
import { linked, sayingOf } from './saying.ts'
import { stepLine } from './steps.ts'

/** How many requests, and how many steps, the morning's post names. */
export const MOST_IN_MORNING = 10

type Waiting = {
  requests: { requests: readonly ChangeRequest[]; inAll: number }
  steps: { steps: readonly OpenStep[]; inAll: number }
  registerUrl: string
  now: Date
}

/** What waits in a channel: requests for approval, the first to expire first, and steps that are left to do by hand. */
export function renderMorning({ requests, steps, registerUrl, now }: Waiting): Message {
  const waiting = `${count(requests.inAll, 'request')} ${requests.inAll === 1 ? 'waits' : 'wait'} for approval`
  const left = `${count(steps.inAll, 'step')} ${steps.inAll === 1 ? 'is' : 'are'} left to do by hand`
  const parts = [...(requests.inAll > 0 ? [waiting] : []), ...(steps.inAll > 0 ? [left] : [])]
  const text = parts.join(', ')
  return {
    text,
    blocks: [
      ...(requests.inAll > 0
        ? [
            list(
              waiting,
              requests.requests.map((request) => requestLine(request, registerUrl, now)),
              requests.inAll,
            ),
          ]
        : []),
      ...(steps.inAll > 0 ? [list(left, steps.steps.map(stepLine), steps.inAll)] : []),
    ],
  }
}

function list(title: string, lines: readonly string[], inAll: number) {
  const more = inAll - lines.length
  const rest = more > 0 ? [`And ${more.toLocaleString('en-GB')} more.`] : []
  return section([`*${title}*`, ...lines.map((line) => `• ${line}`), ...rest].join('\n'))
}

function requestLine(request: ChangeRequest, registerUrl: string, now: Date): string {
  const playbook = findPlaybook(request.playbook)
  const saying = playbook ? sayingOf(request, playbook) : null
  const what = saying ? linked(shorten(saying.asks, 150), request, registerUrl) : escapeText(request.playbook)
  const until = request.expiresAt ? ` It expires at ${formatDeadlineFrom(request.expiresAt, now)}.` : ''
  return `${crName(request)}: ${what}.${until}`
}
