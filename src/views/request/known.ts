import type { AlertSight } from '../../alerts/sight/sight.ts'
import { formatAt } from '../../calendar/london.ts'
import type { Known } from '../../changes/lists/known.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { count } from '../../words.ts'
import { type Block, heading, section } from '../kit/blocks.ts'
import { inert, linkTo, mention, shorten, size } from '../kit/text.ts'
import { crName, STATUS_WORDS, standingOf } from './request.ts'
import { sayingOf } from './saying.ts'

/** What the bot knows beside the request; `threadUrl` is where its questions are, where that is known. */
export type KnownBeside = Known & { alerts: readonly AlertSight[]; threadUrl: string | null }

/** What else there is about the same trainee or school, for whoever decides: a line each, none where there is nothing. */
export function renderKnown(known: KnownBeside): Block[] {
  const lines = [
    ...known.alerts.map(({ diagnosis }) => `An alert is open: “${inert(shorten(diagnosis.title, 200))}”.`),
    ...known.open.map((other) => `${crName(other)} is ${STATUS_WORDS[other.status]}: ${whatOf(other)}.`),
    ...known.waits.map(
      ({ requester, urn }) => `${mention(requester)} waits until DTTP has the school with URN ${inert(urn)}.`,
    ),
    ...known.earlier.map(earlierWords),
    ...moreWords(known),
    ...questionLines(known),
  ]
  return lines.length > 0 ? [heading('What the bot knows'), ...sectionsOf(lines.map((line) => `• ${line}`))] : []
}

/** In as few sections as hold all lines: Slack takes 3,000 characters in each. */
function sectionsOf(lines: readonly string[]): Block[] {
  const sections: string[] = []
  for (const line of lines) {
    const joined = `${sections.at(-1) ?? ''}\n${line}`
    if (sections.length > 0 && size(joined) <= 3_000) sections[sections.length - 1] = joined
    else sections.push(line)
  }
  return sections.map((text) => section(text))
}

function earlierWords(other: ChangeRequest): string {
  const { requester, executedAt } = other
  const when = executedAt ? ` at ${formatAt(executedAt)}` : ''
  return `${crName(other)} was carried out${when} and ${other.outcome.undoneBy ? '' : 'is '}${standingOf(other)}, asked for by ${mention(requester)}: ${whatOf(other)}.`
}

function whatOf(request: ChangeRequest): string {
  const playbook = findPlaybook(request.playbook)
  const saying = playbook && sayingOf(request, playbook)
  return inert(shorten(saying?.asks ?? playbook?.title ?? request.playbook, 200))
}

/** None is left out without a word; the list of all is found by the same trainee or school. */
function moreWords({ more, about: { trainees, urns } }: KnownBeside): string[] {
  if (more === 0) return []
  const named = trainees[0] ?? urns[0]
  return [`And ${count(more, 'more request')}${named ? `: type /trainee find ${inert(named)}` : ''}.`]
}

function questionLines({ questions, threadUrl }: KnownBeside): string[] {
  if (questions === 0) return []
  const thread = threadUrl ? linkTo(threadUrl, 'its thread') : 'its thread'
  return [`${count(questions, 'question')} ${questions === 1 ? 'was' : 'were'} asked in ${thread}.`]
}
