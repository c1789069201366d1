import { type EntityManager, In } from 'typeorm'
import { Degree } from '../entities/register/degree.ts'
import { Disability } from '../entities/register/disability.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { Nationalisation } from '../entities/register/nationalisation.ts'
import { Nationality } from '../entities/register/nationality.ts'
import { Provider } from '../entities/register/provider.ts'
import { School } from '../entities/register/school.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { TraineeDisability } from '../entities/register/trainee-disability.ts'
import type { RegisterFeatures } from '../register/features.ts'
import { schoolsSentBy } from '../register/sent-schools.ts'
import { findRoute, requiresDegree } from '../register/training-routes.ts'
import type { RegistrationRows, RouteRules } from './payloads/rows.ts'

// What DTTP is told of a trainee, as it stands in Register.

/** A trainee and all that belongs to a registration; null if the trainee is gone. Read it in a snapshot. */
export async function findRegistrationRows(sql: EntityManager, traineeId: string): Promise<RegistrationRows | null> {
  const trainee = await sql.findOneBy(Trainee, { id: traineeId })
  if (!trainee) return null
  const ofTrainee = { trainee_id: trainee.id }
  const schools = await findSchools(sql, trainee)
  const nationalities = (await sql.findBy(Nationalisation, ofTrainee)).map(({ nationality_id }) => nationality_id)
  const disabilities = (await sql.findBy(TraineeDisability, ofTrainee)).map(({ disability_id }) => disability_id)
  return {
    trainee,
    provider: await sql.findOneByOrFail(Provider, { id: trainee.provider_id }),
    schools,
    dttpSchools: await sql.findBy(DttpSchool, { urn: In(schools.map(({ urn }) => urn)) }),
    nationalities: onceForEach(nationalities, await sql.findBy(Nationality, { id: In(nationalities) })),
    disabilities: onceForEach(disabilities, await sql.findBy(Disability, { id: In(disabilities) })),
    degrees: await sql.findBy(Degree, ofTrainee),
  }
}

/** What the trainee's route asks for, by Register's feature flags as they are. */
export function routeRules(
  { training_route }: Pick<Trainee, 'training_route'>,
  features: RegisterFeatures,
): RouteRules {
  const route = findRoute(training_route)
  return {
    requiresDegree: route !== null && requiresDegree(route),
    schools: schoolsSentBy(route, features),
  }
}

async function findSchools(sql: EntityManager, { lead_school_id, employing_school_id }: Trainee): Promise<School[]> {
  const ids = [lead_school_id, employing_school_id].filter((id) => id !== null)
  return sql.findBy(School, { id: In(ids) })
}

function onceForEach<Row extends { id: string }>(ids: readonly string[], rows: readonly Row[]): Row[] {
  return ids.flatMap((id) => rows.filter((row) => row.id === id))
}
