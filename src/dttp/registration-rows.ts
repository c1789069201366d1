import { type EntityManager, EntityNotFoundError, In } from 'typeorm'
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
import { schoolsSentBy } from '../register/schools/sent-schools.ts'
import { findRoute, requiresDegree } from '../register/trainees/training-routes.ts'
import type { RegistrationRows, RouteRules } from './payloads/rows.ts'

// What DTTP is told of a trainee, as it stands in Register.

/** A trainee and all that belongs to a registration; null if the trainee is gone. Read it in a snapshot. */
export async function findRegistrationRows(sql: EntityManager, traineeId: string): Promise<RegistrationRows | null> {
  return (await findRegistrationRowsOfAll(sql, [traineeId]))[0] ?? null
}

/**
 * The same of several trainees, in their order; who is gone is left out. As many queries as for one.
 * @param change what a trainee's row is taken to be, before what belongs to it is read
 */
export async function findRegistrationRowsOfAll(
  sql: EntityManager,
  traineeIds: readonly string[],
  change: (trainee: Trainee) => Trainee = (trainee) => trainee,
): Promise<RegistrationRows[]> {
  const found = (await sql.findBy(Trainee, { id: In([...traineeIds]) })).map(change)
  const ofTrainees = { trainee_id: In(found.map(({ id }) => id)) }
  const providers = await sql.findBy(Provider, { id: In(distinct(found.map(({ provider_id }) => provider_id))) })
  const schools = await sql.findBy(School, { id: In(distinct(found.flatMap(schoolIds))) })
  const dttpSchools = await sql.findBy(DttpSchool, { urn: In(schools.map(({ urn }) => urn)) })
  const nationalised = await sql.findBy(Nationalisation, ofTrainees)
  const nationalities = await sql.findBy(Nationality, {
    id: In(distinct(nationalised.map(({ nationality_id }) => nationality_id))),
  })
  const disabled = await sql.findBy(TraineeDisability, ofTrainees)
  const disabilities = await sql.findBy(Disability, {
    id: In(distinct(disabled.map(({ disability_id }) => disability_id))),
  })
  const degrees = await sql.findBy(Degree, ofTrainees)

  const rowsOf = (trainee: Trainee): RegistrationRows => {
    const isOwn = (row: { trainee_id: string }) => row.trainee_id === trainee.id
    const provider = providers.find(({ id }) => id === trainee.provider_id)
    if (!provider) throw new EntityNotFoundError(Provider, { id: trainee.provider_id })
    const ownSchools = schools.filter(({ id }) => schoolIds(trainee).includes(id))
    return {
      trainee,
      provider,
      schools: ownSchools,
      dttpSchools: dttpSchools.filter(({ urn }) => ownSchools.some((school) => school.urn === urn)),
      nationalities: onceForEach(
        nationalised.filter(isOwn).map(({ nationality_id }) => nationality_id),
        nationalities,
      ),
      disabilities: onceForEach(
        disabled.filter(isOwn).map(({ disability_id }) => disability_id),
        disabilities,
      ),
      degrees: degrees.filter(isOwn),
    }
  }
  return traineeIds.flatMap((id) => found.filter((trainee) => trainee.id === id).map(rowsOf))
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

function schoolIds({ lead_school_id, employing_school_id }: Trainee): string[] {
  return [lead_school_id, employing_school_id].filter((id) => id !== null)
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)]
}

function onceForEach<Row extends { id: string }>(ids: readonly string[], rows: readonly Row[]): Row[] {
  return ids.flatMap((id) => rows.filter((row) => row.id === id))
}
