import type { AlertSight, Group, SeenTrainee } from '../../alerts/sight/sight.ts'
import { isUuid } from '../../uuid.ts'
import { button } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { escapeText } from '../kit/text.ts'
import { isForTrainee } from './beside.ts'

// Links and buttons on a post about failed jobs: the trainee, their record in DTTP, and playbooks.

/** Where Register and DTTP show a record; without a slash at the end. */
export type Places = { registerUrl: string; dttpUrl: string }

/** Mrkdwn: the trainee by number, and the trainee's DTTP record, as links where we can make them. */
export function linksOf({ trainee }: Group, { registerUrl, dttpUrl }: Places): string[] {
  if (!trainee) return []
  const page = traineePage(trainee.slug, registerUrl)
  const record = recordPage(trainee.dttpId, dttpUrl)
  const words = `Trainee ${trainee.id.replace(/\D/g, '')}`
  return [`*${page ? link(page, words) : words}*${record ? `, ${link(record, 'DTTP record')}` : ''}`]
}

/** Mrkdwn: the trainee's number, as a link where we can make one. */
export function nameOf({ id, slug }: SeenTrainee, { registerUrl }: Places): string {
  const page = traineePage(slug, registerUrl)
  const number = id.replace(/\D/g, '')
  return page ? link(page, number) : number
}

/** Starts the playbook for one trainee, while the post is open and nobody has asked for it. */
export function startButton(sight: AlertSight, group: Group) {
  const { alert } = sight
  const { trainee, offer } = group
  if (alert.status !== 'open' || offer?.per !== 'trainee' || !trainee?.slug || isForTrainee(sight, group)) return null
  return button(offer.label, ACTIONS.startFromAlert, `${alert.id}:${trainee.id}`, { style: 'primary' })
}

/** Leads to the trainee in Register. */
export function viewButton({ trainee }: Group, { registerUrl }: Places) {
  const url = trainee ? traineePage(trainee.slug, registerUrl) : null
  return trainee && url ? button('View trainee', ACTIONS.viewTrainee, trainee.id, { url }) : null
}

function traineePage(slug: string | null, registerUrl: string): string | null {
  return slug !== null && /^[\w-]+$/.test(slug) ? `${registerUrl}/trainees/${slug}` : null
}

/** Dynamics' page of a contact (learn.microsoft.com, "Open forms, views, dialogs, and reports with a URL"). */
export function recordPage(id: string | null, dttpUrl: string): string | null {
  return id !== null && isUuid(id) ? `${dttpUrl}/main.aspx?pagetype=entityrecord&etn=contact&id=${id}` : null
}

/** Mrkdwn. */
export function link(url: string, words: string): string {
  return `<${escapeText(url)}|${words}>`
}
