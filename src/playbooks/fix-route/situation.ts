import type { Trainee } from '../../entities/register/trainee.ts'
import { applySaveRules, type Change, changesBetween, rowAfter } from '../../register/saves/rules.ts'
import { applyRoute, type TrainingRoute } from '../../register/trainees/training-routes.ts'
import type { RegisterSettings } from '../../world.ts'
import type { Rows } from './rows.ts'

/** A trainee, the route they are to be on, and the record as it would be then. */
export type Situation = Rows & {
  route: TrainingRoute
  changes: Readonly<Record<string, Change>>
  after: Trainee
  register: RegisterSettings
}

export function situationOf(rows: Rows, route: TrainingRoute, register: RegisterSettings): Situation {
  const { trainee } = rows
  const changes = changesBetween(trainee, applySaveRules(trainee, applyRoute(trainee, route)))
  return { ...rows, route, changes, after: rowAfter(trainee, changes), register }
}
