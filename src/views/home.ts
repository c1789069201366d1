import type { types } from '@slack/bolt'
import type { AlertSight } from '../alerts/sight/sight.ts'
import { formatDateTime } from '../calendar/london.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { count } from '../words.ts'
import { renderStandstill, type Standstill } from './brake.ts'
import { actions, type Block, button, divider, header, note, plainSections, section } from './kit/blocks.ts'
import { ACTIONS } from './kit/ids.ts'
import { pageBlocks } from './kit/pages.ts'
import { escapeText, plain, shorten } from './kit/text.ts'

/** A list on the Home tab: what is in it, and a page of its rows, of at most two blocks each. */
export type HomeList = {
  name: string
  title: string
  /** What is said where it is empty; null for a list that is then left out. */
  none: string | null
  rows: readonly Block[][]
  all: number
  isAll: boolean
  page: number
  pages: number
}

/** So many rows of each list are on the first view, so that all of it stays below Slack's 100 blocks. */
export const ROWS_AT_FIRST = 4
/** So many are on a page of one list. */
export const ROWS_PER_PAGE = 20

const MOST_PLAYBOOKS = 8

/**
 * The Home tab: what there is to do, the most urgent first, and for requesters what can be started.
 * @param offered the playbooks that can be started; none for somebody who only approves
 */
export function renderHome({
  lists,
  offered,
  standstill,
}: {
  lists: readonly HomeList[]
  offered: readonly AnyPlaybook[]
  standstill: Standstill
}): types.HomeView {
  return {
    type: 'home',
    blocks: [
      ...renderStandstill(standstill),
      ...lists.flatMap(renderBeginning),
      ...(offered.length > 0 ? renderOffered(offered) : []),
    ],
  }
}

/** One list on the Home tab, a page at a time, with the way back to all of them. */
export function renderHomeList(list: HomeList): types.HomeView {
  const back = button('Back to all lists', ACTIONS.homeList, '')
  return {
    type: 'home',
    blocks: [
      header(titleOf(list)),
      ...(list.all === 0 ? plainSections(list.none ?? 'There is nothing here any more.') : []),
      ...list.rows.flat(),
      ...pageBlocks(list, ACTIONS.homePage, (page) => `${list.name}:${page}`),
      divider(),
      actions([back]),
    ],
  }
}

function renderBeginning(list: HomeList): Block[] {
  if (list.all === 0 && list.none === null) return []
  const shown = list.rows.slice(0, ROWS_AT_FIRST)
  const label = `See all ${list.isAll ? list.all.toLocaleString('en-GB') : ''}`.trim()
  const more = { accessibility_label: `${label}: ${list.title}` }
  return [
    header(titleOf(list)),
    ...(list.all === 0 ? plainSections(list.none ?? '') : shown.flat()),
    ...(list.all > shown.length ? [actions([button(label, ACTIONS.homeList, list.name, more)])] : []),
    divider(),
  ]
}

function titleOf({ title, all, isAll }: HomeList): string {
  if (all === 0) return title
  return `${title} (${isAll ? '' : 'more than '}${all.toLocaleString('en-GB')})`
}

function renderOffered(offered: readonly AnyPlaybook[]): Block[] {
  const left = offered.length - MOST_PLAYBOOKS
  return [
    header('Start a new request'),
    ...plainSections('You see a preview first. Nothing changes until a developer has approved it.'),
    ...offered.slice(0, MOST_PLAYBOOKS).map(startButton),
    ...(left > 0 ? [note('Type /trainee to choose from all of them.')] : []),
  ]
}

function startButton({ name, title, summary }: AnyPlaybook): types.SectionBlock {
  return {
    type: 'section',
    text: plain(shorten(`${title}: ${summary}`, 1000)),
    accessory: button('Start', ACTIONS.startPlaybook, name, { accessibility_label: `Start: ${shorten(title, 60)}` }),
  }
}

/** An alert in the list, with the way to its post. */
export function renderAlertRow({ alert, diagnosis, open }: AlertSight, link: string | null): Block[] {
  const whom = open > 1 ? ` ${count(open, 'trainee')}.` : ''
  const text = `*${escapeText(shorten(diagnosis.title, 300))}*\nOpen since ${formatDateTime(alert.openedAt)}.${whom}`
  const label = { accessibility_label: `Open the alert: ${shorten(diagnosis.title, 50)}` }
  const accessory = link ? { accessory: button('Open', ACTIONS.openCard, alert.id, { url: link, ...label }) } : {}
  return [{ ...section(text), ...accessory }]
}
