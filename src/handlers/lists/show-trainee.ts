import { findAlertsAbout } from '../../alerts/sight/about.ts'
import { ChangeError } from '../../errors.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import { findNamedTrainee } from '../../register/trainees/trainee-reference.ts'
import { gatherTraineeFacts } from '../../trainee/facts.ts'
import { renderTrainee } from '../../views/trainee.ts'
import type { HandlerContext } from '../context.ts'

/** `/trainee show <trainee>`: what support looks up, for one person. Throws ChangeError. */
export async function showTrainee(context: HandlerContext, user: string, typed: string) {
  const { changes } = context
  await refuseUnlessEither(changes, user)
  if (typed.trim() === '') throw new ChangeError('nobody-named')
  const found = await findNamedTrainee(changes.database.manager, typed, changes.register.url)
  if ('problem' in found) throw new ChangeError('bad-reference', { detail: found.problem })
  const facts = await gatherTraineeFacts(changes, found.slug)
  const alerts = await findAlertsAbout(changes.database, { trainees: [facts.trainee.id], urns: [] })
  return renderTrainee({ ...facts, alerts }, { registerUrl: changes.register.url, dttpUrl: changes.dttpUrl })
}
