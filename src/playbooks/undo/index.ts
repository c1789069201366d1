import type { Effect } from '../../contract/effect.ts'
import { reason, ticket } from '../../contract/fields.ts'
import type { Plan } from '../../contract/plan.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { readSubject, request } from '../../contract/subject.ts'
import { findNamedBy } from '../../schools/named.ts'
import { checks } from './checks.ts'
import { read } from './rows.ts'
import { says } from './says.ts'
import { type Situation, situationOf } from './situation.ts'

/** Takes back what a finished request changed, as a request of its own. */
export const undo = definePlaybook({
  name: 'undo',
  version: 2,
  title: 'Undo a request',
  summary: 'Put back what a finished request changed. What was sent to DTTP or Trello cannot be taken back.',
  says,
  form: { subject: request(findNamedBy), reason: reason(), ticket: ticket() },
  read: (sql, form) => read(sql, readSubject(form.subject).id),
  situation: situationOf,
  checks,
  outcome: (situation) => ({ plan: planFor(situation), advice: situation.redone?.outcome.advice ?? null }),
  holds: async () => [],
})

function planFor(situation: Situation): Plan {
  const { back } = situation
  if ('refused' in back) throw new TypeError('the checks let nothing pass that has no inverse')
  return { ...back.plan, effects: takeBackByHand(situation) }
}

/** If people were asked to do something by hand, they must be asked to take it back by hand. */
function takeBackByHand({ request, plan }: Situation): Effect[] {
  return plan.effects.flatMap((effect) => {
    if (effect.kind !== 'manual-step') return []
    const { title, text, back = takenBack(request.id, effect) } = effect
    return [{ kind: 'manual-step' as const, ...back, back: { title, text } }]
  })
}

/** Where the playbook, or an older version of it, has no words for taking it back. */
function takenBack(request: string, { title, text }: { title: string; text: string }) {
  return {
    title: `Take back by hand: ${title}`,
    text: `CR-${request} is being undone. If this was done, please take it back:\n\n${text}`,
  }
}
