import type { Kept, Saying } from '../../contract/playbook.ts'
import { count } from '../../words.ts'

/** Which request is taken back, and how many columns return to what they held. */
export function says({ form, plan, trainee, outcome }: Kept): Saying {
  const request = form['subject'] ?? 'a request'
  const { title, redoes } = outcome.undoes ?? {}
  const named = redoes ? `${request}, so that CR-${redoes} holds again` : request
  const what = title ? `${named}: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : named
  const whose = trainee ? ` for trainee ${trainee}` : ''
  const columns = plan.updates.flatMap(({ changes }) => Object.keys(changes)).length
  const back = `${count(columns, 'column')} ${columns === 1 ? 'goes' : 'go'} back to what ${columns === 1 ? 'it' : 'they'} held before.`
  return {
    asks: `undo ${what}${whose}`,
    approving: `undoing ${request}${whose}`,
    does: `It undoes ${request}${whose}.`,
    also: back,
    done: `${request} is undone${whose}. ${count(columns, 'column')} ${columns === 1 ? 'holds' : 'hold'} again what ${columns === 1 ? 'it' : 'they'} held before.`,
  }
}
