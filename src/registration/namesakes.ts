import { type EntityManager, Not } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'

/**
 * The numbers of other trainees of the same provider with the same id of theirs (Register had such pairs until December
 * 2021): whatever DTTP has with that id may be theirs.
 */
export async function findNamesakes(
  sql: EntityManager,
  { id, provider_id, trainee_id }: Pick<Trainee, 'id' | 'provider_id' | 'trainee_id'>,
): Promise<string[]> {
  if (trainee_id === null) return []
  const where = { id: Not(id), provider_id, trainee_id }
  const found = await sql.find(Trainee, { select: { id: true }, where, order: { id: 'ASC' } })
  return found.map((namesake) => namesake.id)
}

/** "trainee 5901", or "trainees 5901 and 5902". */
export function namesakeWords(namesakes: readonly string[]): string {
  return `trainee${namesakes.length === 1 ? '' : 's'} ${namesakes.join(' and ')}`
}
