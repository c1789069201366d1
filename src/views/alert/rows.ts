import type { AlertSight, Group, SeenEntry, SeenTrainee } from '../../alerts/sight/sight.ts'
import { formatDateTime } from '../../calendar/london.ts'
import { referenceWords } from '../../dttp/words.ts'
import { jobFailedWords, registerJobName } from '../../register/jobs/words.ts'
import { type Block, type BlockGroup, note, plainNote, plainSections, section, takeWithin } from '../kit/blocks.ts'
import { escapeText, shorten } from '../kit/text.ts'
import { checkedAt, circumstancesOf, deadlineWords, findingsOf, recordSentence, settledWords } from './findings.ts'
import { link, linksOf, nameOf, type Places, recordPage, startButton, viewButton } from './links.ts'

// The part of a post that says whom it is about: one trainee in full, or a list.

/** What was found about the one trainee, or the job that has none, and what it means. */
export function renderOne(sight: AlertSight, places: Places): Block[] {
  const [group] = sight.groups
  if (!group) return []
  const found = sight.urn === null ? recordOf(sight, group) : '' // one about a school is not about the record
  const words = [found, meaningOf(sight), ...outageChecked(sight)].filter(Boolean).join(' ')
  return [...plainSections(shorten(words, 2500)), ...renderCandidates(sight, group, places)]
}

function recordOf(sight: AlertSight, group: Group): string {
  return group.trainee ? recordSentence(foundOf(sight, group), ` (checked ${checkedAt(sight)})`) : ''
}

/** The rest of what is known of the one trainee, small: links, which jobs failed and when, the state, the schools. */
export function renderParticulars(sight: AlertSight, places: Places): Block[] {
  const [group] = sight.groups
  if (!group) return []
  const since = [...linksOf(group, places), ...group.entries.map((entry) => sinceWords(entry, true))].join(' ')
  const deadlines = group.entries.map(deadlineWords).filter(Boolean)
  const record = sight.urn === null ? '' : recordOf(sight, group)
  const words = [...deadlines, circumstancesOf(foundOf(sight, group)), record].filter(Boolean).join(' ')
  return [note(since), ...(words ? [plainNote(shorten(words, 1500))] : [])]
}

/** What was found when it was last looked at: of a post that is over, that is no longer so. */
function foundOf({ alert, found }: AlertSight, { trainee }: Group) {
  return trainee && alert.status === 'open' ? found?.trainees[trainee.id] : undefined
}

/** When DTTP was asked whether it answers. */
function outageChecked(sight: AlertSight): string[] {
  return sight.found?.dttp ? [`Checked ${checkedAt(sight)}.`] : []
}

/** A row for each trainee, as far as they fit, and how many more there are. */
export function renderMany(sight: AlertSight, places: Places): Block[] {
  const rows = sight.groups.map((group): BlockGroup => ({ blocks: renderRow(sight, group, places), shows: 1 }))
  const { blocks, left: cut } = takeWithin(rows, { blocks: 20, weight: 12_000 })
  const left = sight.all - rows.length + cut
  const settled = sight.all - sight.open
  const cutOff = sight.groups.slice(rows.length - cut).flatMap(({ trainee }) => trainee ?? [])
  const notes = [
    ...(settled > 0 && sight.alert.status === 'open' ? [`${settled.toLocaleString('en-GB')} no longer affected.`] : []),
    ...(sight.found ? [`Checked ${checkedAt(sight)}.`] : []),
  ]
  const others = left > 0 ? renderOthers(sight, [...cutOff, ...sight.others], left, places) : []
  return [
    ...plainSections(meaningOf(sight)),
    ...blocks,
    ...others,
    ...(notes.length > 0 ? [note(notes.join(' '))] : []),
  ]
}

/** Those for whom there is no room, by number. `/trainee jobs` lists their jobs, where the bot knows of any. */
function renderOthers(sight: AlertSight, others: readonly SeenTrainee[], left: number, places: Places): Block[] {
  const isListed = sight.alert.status === 'open' && entriesOf(sight).some(({ jobId }) => jobId !== null)
  const where = isListed ? ' All of their jobs: /trainee jobs.' : ''
  const more = `And ${left.toLocaleString('en-GB')} more`
  if (others.length === 0) return [section(`${more}.${where}`)]
  const named = others.map((trainee) => (others.length > MOST_LINKED ? trainee.id : nameOf(trainee, places)))
  const unnamed = left - others.length
  const rest = unnamed > 0 ? `, and ${unnamed.toLocaleString('en-GB')} who are not named here` : ''
  return [section(`${more}: trainees ${named.join(', ')}${rest}.${where}`)]
}

/** So many links fit into one section. */
const MOST_LINKED = 20

function renderRow(sight: AlertSight, group: Group, places: Places): Block[] {
  const { found } = sight
  const lines = group.entries.flatMap((entry) => [
    sinceWords(entry),
    ...[settledWords(entry, { ...found?.because })].filter(Boolean),
  ])
  const findings = group.trainee ? findingsOf(found?.trainees[group.trainee.id], '') : ''
  const text = [...linksOf(group, places), ...lines, ...(findings ? [escapeText(shorten(findings, 600))] : [])].join(
    '\n',
  )
  const accessory = startButton(sight, group) ?? viewButton(group, places)
  const own = wordsInCommon(sight).length > 0 ? [] : group.entries.map(({ failure }) => failure.words)
  return [
    { ...section(text), ...(accessory ? { accessory } : {}) },
    ...plainSections(shorten([...new Set(own)].join(' '), 300)),
  ]
}

/** Which job failed, and since when; small also with Register's name for it. */
function sinceWords({ subject, failure, addedAt }: SeenEntry, isSmall = false): string {
  if (failure.code === 'not-polled') return `Found on ${formatDateTime(addedAt)}.`
  const job = subject.split(':')[0] ?? ''
  const again = failure.at !== addedAt.toISOString() ? `, last on ${formatDateTime(failure.at)}` : ''
  const name = isSmall ? ` (${registerJobName(job)})` : ''
  const when = `${jobFailedWords(job)}${name} on ${formatDateTime(addedAt)}${again}.`
  return escapeText([when, referenceWords(failure.reference)].filter(Boolean).join(' '))
}

function renderCandidates({ found }: AlertSight, { trainee }: Group, { dttpUrl }: Places): Block[] {
  const candidates = (trainee && found?.trainees[trainee.id]?.candidates) ?? []
  const links = candidates.flatMap((id) => {
    const page = recordPage(id, dttpUrl)
    return page ? [link(page, id)] : []
  })
  return links.length > 0 ? [section(`DTTP records that the registration may have created:\n${links.join('\n')}`)] : []
}

/**
 * The error's own words, if the post is about one trainee or all trainees share them. Otherwise each trainee's row has
 * its own.
 */
export function wordsInCommon(sight: AlertSight): string[] {
  const words = [...new Set(entriesOf(sight).map(({ failure }) => failure.words))]
  return sight.all === 1 || words.length === 1 ? words : []
}

export function entriesOf({ groups }: AlertSight): SeenEntry[] {
  return groups.flatMap(({ entries }) => entries)
}

/** What the failure means, while the alert is open. In an alert about a school, this was said further up. */
function meaningOf({ alert, urn, diagnosis }: AlertSight): string {
  return alert.status === 'open' && urn === null ? diagnosis.meaning : ''
}
