import type { Effect } from '../../contract/plan.ts'
import { columnsHold } from '../../contract/planned-rows.ts'
import { definePlaybook } from '../../contract/playbook.ts'
import type { Json } from '../../entities/json.ts'
import { Audit } from '../../entities/register/audit.ts'
import { applySaveRules, changesBetween } from '../../register/saving.ts'
import { applyRoute, TRAINING_ROUTES } from '../../register/training-routes.ts'
import { adviseProvider } from './advice.ts'
import { checks, newRoute } from './checks.ts'
import { form } from './form.ts'
import { type Rows, readRows } from './rows.ts'

/** Moves a trainee to another training route, as Register's RouteDataManager does. */
export const fixRoute = definePlaybook({
  name: 'fix-route',
  version: 1,
  title: 'Change training route',
  summary: 'Move a trainee to another training route. Course and funding details are emptied.',
  args: ['trainee', 'route'],
  source: 'support-playbook.md#changing-training-route',
  form,
  trainee: ({ trainee }) => ({ id: trainee.id, slug: trainee.slug }),
  rows: (sql, form) => readRows(sql, form.trainee),
  checks,
  plan({ rows: { trainee }, form, register }) {
    const before = trainee as unknown as Record<string, Json>
    const changes = changesBetween(before, applySaveRules(trainee, applyRoute(trainee, newRoute(form))))
    if (Object.keys(changes).length === 0) return { updates: [], inserts: [], effects: [] }
    return {
      updates: [{ table: 'trainees', id: trainee.id, changes, save: 'audited' }],
      inserts: [],
      effects: 'training_route' in changes ? askDttp(trainee, newRoute(form), register.url) : [],
    }
  },
  async verifyRows(sql, plan) {
    return [await columnsHold(sql, plan)]
  },
  async verifyAfter(sql, plan) {
    const audits = await Promise.all(plan.updates.map(({ id, changes }) => findAudit(sql, id, Object.keys(changes))))
    return [
      await columnsHold(sql, plan),
      {
        sentence: 'Register’s timeline shows the change',
        holds: audits.every((audit) => audit !== null),
        found: audits.map((audit) => (audit ? `Audit version ${audit.version}.` : 'No audit found.')).join(' '),
      },
    ]
  },
  advice: ({ rows, form, register }) => adviseProvider(rows, newRoute(form), register),
})

/** A changed route never reaches DTTP by an update, so people must ask for it there. */
function askDttp(trainee: Rows['trainee'], route: keyof typeof TRAINING_ROUTES, registerUrl: string): Effect[] {
  if (trainee.dttp_id === null) return []
  const records = [
    `DTTP contact: ${trainee.dttp_id}`,
    ...(trainee.placement_assignment_dttp_id ? [`Placement assignment: ${trainee.placement_assignment_dttp_id}`] : []),
  ]
  const text = [
    `Please change the training route of this trainee in DTTP to ${TRAINING_ROUTES[route].label}.`,
    ...records,
    `Register: ${registerUrl}/trainees/${trainee.slug}`,
  ].join('\n')
  return [{ kind: 'manual-step', title: 'Ask for the route to be changed in DTTP', text }]
}

async function findAudit(sql: Parameters<typeof columnsHold>[0], traineeId: string, columns: string[]) {
  const audits = await sql.find(Audit, {
    where: { auditable_type: 'Trainee', auditable_id: Number(traineeId), action: 'update' },
    order: { version: { direction: 'DESC', nulls: 'LAST' }, id: 'DESC' },
    take: 20,
  })
  return audits.find((audit) => columns.every((column) => column in (audit.audited_changes ?? {}))) ?? null
}
