import { type EntityManager, EntityNotFoundError, In } from 'typeorm'
import { Audit } from '../../entities/register/audit.ts'
import { Degree } from '../../entities/register/degree.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { Provider } from '../../entities/register/provider.ts'
import { School } from '../../entities/register/school.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { selectRow, selectRows } from '../../entities/select-rows.ts'

export type SchoolRows = { school: School; inDttp: DttpSchool[] }

export type Rows = {
  trainee: Trainee
  provider: Provider
  leadSchool: SchoolRows | null
  employingSchool: SchoolRows | null
  degrees: number
  lastAudit: Audit | null
}

/** Everything fix-route decides by. Throws EntityNotFoundError if the trainee is gone. */
export async function read(sql: EntityManager, slug: string): Promise<Rows> {
  const trainee = await selectRow(sql, Trainee, 'WHERE slug = $1', [slug])
  if (!trainee) throw new EntityNotFoundError(Trainee, { slug })
  const provider = await selectRow(sql, Provider, 'WHERE id = $1', [trainee.provider_id])
  if (!provider) throw new EntityNotFoundError(Provider, { id: trainee.provider_id })
  const ids = [trainee.lead_school_id, trainee.employing_school_id].filter((id) => id !== null)
  const schools = ids.length > 0 ? await sql.findBy(School, { id: In(ids) }) : []
  const urns = schools.map(({ urn }) => urn)
  const inDttp = urns.length > 0 ? await sql.find(DttpSchool, { where: { urn: In(urns) }, order: { id: 'ASC' } }) : []
  const find = (id: string | null): SchoolRows | null => {
    const school = schools.find((candidate) => candidate.id === id)
    return school ? { school, inDttp: inDttp.filter(({ urn }) => urn === school.urn) } : null
  }
  return {
    trainee,
    provider,
    leadSchool: find(trainee.lead_school_id),
    employingSchool: find(trainee.employing_school_id),
    degrees: (await selectRows(sql, Degree, 'WHERE trainee_id = $1', [trainee.id])).length,
    lastAudit: await selectRow(sql, Audit, LAST_AUDIT, [trainee.id]),
  }
}

const LAST_AUDIT = `
  WHERE auditable_type = 'Trainee' AND auditable_id = $1 ORDER BY version DESC NULLS LAST, id DESC LIMIT 1`
