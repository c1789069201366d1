import type { Degree } from '../../entities/register/degree.ts'
import type { Disability } from '../../entities/register/disability.ts'
import type { DttpSchool } from '../../entities/register/dttp-school.ts'
import type { Nationality } from '../../entities/register/nationality.ts'
import type { Provider } from '../../entities/register/provider.ts'
import type { School } from '../../entities/register/school.ts'
import type { Trainee } from '../../entities/register/trainee.ts'
import type { WhichSchool } from '../../register/schools/sent-schools.ts'

/** A trainee and all that DTTP is told about them; the lists in any order. */
export type RegistrationRows = {
  trainee: Trainee
  provider: Provider
  /** At least the trainee's lead and employing school, as far as they are set. */
  schools: readonly School[]
  /** At least the rows with those schools' URNs, active or not. */
  dttpSchools: readonly DttpSchool[]
  /**
   * A nationality occurs once for each of the trainee's nationalisations, and so more than once if they are doubled;
   * disabilities likewise.
   */
  nationalities: readonly Nationality[]
  disabilities: readonly Disability[]
  degrees: readonly Degree[]
}

/** What the trainee's route asks for, as register/trainees/training-routes.ts knows it. */
export type RouteRules = { requiresDegree: boolean; schools: readonly WhichSchool[] }

/** Rows by id. Register's own queries name no order, and Postgres gave them the rows in this one. */
export function byId<Row extends { id: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : Number(BigInt(a.id) > BigInt(b.id))))
}

/** A `date` column as DTTP gets it: midnight in UTC, which is Register's time zone also in summer. */
export function midnight(date: string): string {
  return `${date}T00:00:00Z`
}
