import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { dttpStatusLabel, isActiveInDttp } from '../../register/schools/schools.ts'
import type { SchoolSync, SyncedBy, SyncedSchool } from '../../schools/sync-news.ts'
import { copyable, heading, type Message, plainSections, section } from '../kit/blocks.ts'
import { escapeText, linkTo, mention } from '../kit/text.ts'

// What becomes of a school that a request repaired, for the request's thread.

/** A card that was added to Trello, or, where it could not be, its text to copy. */
export function renderTrelloCard({ title, url, text }: { title: string; url: string | null; text?: string }): Message {
  if (url) {
    const words = `Trello card added: ${linkTo(url, title)}`
    return { text: words, blocks: [section(words)] }
  }
  return {
    text: `We could not add a Trello card: ${escapeText(title)}`,
    blocks: [
      heading('We could not add the Trello card'),
      ...plainSections(
        'Look in Trello first: it may be there. If not, add it by hand, or ask support. You can copy this:',
      ),
      ...copyable(`${title}\n\n${text ?? ''}`),
    ],
  }
}

const HEARD: Readonly<Record<SyncedBy, string>> = {
  us: 'The school sync has run.',
  register: 'Register’s own school sync should have run in the night. This is how things are now.',
  nobody: 'No school sync has run for a week. Ask a developer why. This is how things are now.',
}

/** What the next school sync did to the rows that a request wrote. */
export function renderSchoolSync({
  changeRequest,
  by,
  schools,
}: SchoolSync & { changeRequest: ChangeRequest }): Message {
  const lines =
    schools.length > 0
      ? schools.map((school) => (by === 'us' ? lineFor(school) : lineNow(school)))
      : ['The school is no longer in the list of DTTP schools.']
  const cards = changeRequest.outcome.trello ?? []
  const isOpen = schools.some(({ is, inDttp }) => !isActiveInDttp(is) || !isActiveInDttp(inDttp?.status ?? null))
  const open = cards.map(({ title, url }) => linkTo(url, title)).join(', ')
  const ask = open ? `Trello card open: ${open}` : 'Ask support to update DTTP.'
  const words = [
    `${mention(changeRequest.requester)} ${HEARD[by]}`,
    ...lines.map(escapeText),
    ...(isOpen ? [ask] : []),
  ].join('\n')
  return { text: words, blocks: [section(words)] }
}

function lineFor({ urn, is, inDttp }: SyncedSchool): string {
  const name = nameOf(urn)
  if (!inDttp) return `${name}: DTTP no longer has this school, so the sync left it ${dttpStatusLabel(is)}.`
  const says = dttpStatusLabel(inDttp.status)
  if (isActiveInDttp(is)) {
    if (isActiveInDttp(inDttp.status)) return `Confirmed: DTTP says ${says} too, and ${name} stays active.`
    return `${name} is ${dttpStatusLabel(is)} in the list, but DTTP says ${says}. The next sync sets it back.`
  }
  if (isActiveInDttp(inDttp.status)) {
    return `The sync set ${name} back to ${dttpStatusLabel(is)}. DTTP says ${says} by now, so the next sync makes it active.`
  }
  return `DTTP still says ${says}: the sync set ${name} back to ${dttpStatusLabel(is)}, so sending it fails again.`
}

/** The line where it is not known which sync has run: how the row is now, and what DTTP says. */
function lineNow({ urn, is, inDttp }: SyncedSchool): string {
  const says = inDttp ? `DTTP says ${dttpStatusLabel(inDttp.status)}` : 'DTTP no longer has this school'
  const agrees = isActiveInDttp(is) && inDttp !== null && isActiveInDttp(inDttp.status)
  return `${agrees ? 'Confirmed: ' : ''}${nameOf(urn)} is ${dttpStatusLabel(is)} in the list. ${says}.`
}

function nameOf(urn: string | null): string {
  return urn === null ? 'The school, which has no URN by now,' : `URN ${urn}`
}
