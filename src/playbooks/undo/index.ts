import type { Effect } from '../../contract/plan.ts'
import { inverse } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import { checks } from './checks.ts'
import { form } from './form.ts'
import { type Rows, readRows } from './rows.ts'

/** Takes back what a finished request changed, as a request of its own. */
export const undo = definePlaybook({
  name: 'undo',
  version: 1,
  title: 'Undo a request',
  summary: 'Put back the columns that a finished request changed. Jobs and cards that were sent cannot be taken back.',
  args: ['request'],
  source: 'docs/adding-a-playbook.md',
  form,
  trainee: ({ trainee }) => trainee,
  rows: (sql, form) => readRows(sql, form.request),
  checks,
  plan({ rows }) {
    const undone = inverse(rows.plan)
    if ('refused' in undone) throw new TypeError('the checks let nothing pass that has no inverse')
    return { ...undone.plan, effects: takeBackByHand(rows) }
  },
  verifyRows: async (sql, plan) => [await columnsHold(sql, plan)],
  verifyAfter: async (sql, plan) => [await columnsHold(sql, plan)],
  advice: () => null,
})

/** What people were asked to do by hand, they must be asked to take back. */
function takeBackByHand({ request, plan }: Rows): Effect[] {
  return plan.effects.flatMap((effect) =>
    effect.kind === 'manual-step'
      ? [
          {
            kind: 'manual-step' as const,
            title: `Take back by hand: ${effect.title}`,
            text: `CR-${request.id} is being undone. If this was done, please take it back:\n\n${effect.text}`,
          },
        ]
      : [],
  )
}
