import type { Kept, Saying } from '../../contract/playbook.ts'
import { count } from '../../words.ts'

/** Which request is taken back, and how many details are put back. */
export function says({ form, plan, trainee, outcome }: Kept): Saying {
  const request = form['subject'] ?? 'a request'
  const { title, redoes } = outcome.undoes ?? {}
  const named = redoes ? `${request}, so that CR-${redoes} holds again` : request
  const what = title ? `${named}: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : named
  const whose = trainee ? ` for trainee ${trainee}` : ''
  const columns = plan.updates.flatMap(({ changes }) => Object.keys(changes)).length
  const back = `${count(columns, 'detail')} ${columns === 1 ? 'goes' : 'go'} back to what ${columns === 1 ? 'it was' : 'they were'} before.`
  return {
    asks: `undo ${what}${whose}`,
    approving: `undoing ${request}${whose}`,
    does: `It undoes ${request}${whose}.`,
    also: back,
    done: `${request} is undone${whose}. ${count(columns, 'detail')} ${columns === 1 ? 'is' : 'are'} what ${columns === 1 ? 'it was' : 'they were'} before again.`,
  }
}
