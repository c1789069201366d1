import { ArrayContains, In, IsNull, Not } from 'typeorm'
import { becameWords } from '../dttp/standing.ts'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import type { GiasSchool } from '../entities/chatops/gias-school.ts'
import { givenUp } from '../entities/chatops/given-up-jobs.ts'
import { live } from '../entities/chatops/live-jobs.ts'
import { SchoolWait } from '../entities/chatops/school-wait.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { DttpSchool } from '../entities/register/dttp-school.ts'
import { Provider } from '../entities/register/provider.ts'
import { School } from '../entities/register/school.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { inSnapshot } from '../entities/snapshot.ts'
import { findGiasAge, findGiasSchools, type GiasAge } from '../gias/schools.ts'
import { readTrn } from '../register/jobs/retrieve-trn.ts'
import { schoolsSentBy } from '../register/schools/sent-schools.ts'
import { findSubmission, type TrnSubmission } from '../register/trainees/submissions.ts'
import { findRoute } from '../register/trainees/training-routes.ts'
import type { World } from '../world.ts'

/** A school of a trainee's, as Register, DTTP's copy in Register, and GIAS have it. */
export type SchoolFacts = {
  which: 'lead' | 'employing'
  sent: boolean
  notApplicable: boolean
  school: School | null
  inDttp: DttpSchool[]
  onGias: GiasSchool | null
}

/**
 * Whether DTTP has a record: null if it did not say. `became`: what somebody there has done with it, merged or
 * deactivated; null for one in use.
 */
export type RecordFacts = { id: string; there: boolean | null; became: string | null }

/** What support looks up about a trainee. Holds nothing personal but the row itself, which views must not show. */
export type TraineeFacts = {
  trainee: Trainee
  provider: Provider
  contact: RecordFacts | null
  placementAssignment: RecordFacts | null
  /** Whether DTTP has a TRN by now; null if it did not say. */
  trnInDttp: boolean | null
  schools: SchoolFacts[]
  giasAge: GiasAge | null
  submission: TrnSubmission | null
  /** Jobs that are not over or are given up, newest first, and how many there are in all. */
  jobs: SeenJob[]
  jobsInAll: number
  /** Those that were sent, newest first, and how many there are in all. */
  requests: ChangeRequest[]
  requestsInAll: number
  /** Who waits until DTTP has a school of the trainee's. */
  waits: SchoolWait[]
}

const MOST_JOBS = 8
const MOST_REQUESTS = 8

/** Everything about one trainee, read-only. Throws EntityNotFoundError if the trainee is gone. */
export async function gatherTraineeFacts(world: World, slug: string): Promise<TraineeFacts> {
  const known = await inSnapshot(world.database, async (sql) => {
    const trainee = await sql.findOneByOrFail(Trainee, { slug })
    const [jobs, jobsInAll] = await sql.findAndCount(SeenJob, {
      where: [live(), givenUp()].map((stands) => ({ traineeId: trainee.id, ...stands })),
      order: { createdAt: 'DESC', id: 'ASC' },
      take: MOST_JOBS,
    })
    // A request that was never sent is shown to its requester only.
    const [requests, requestsInAll] = await sql.findAndCount(ChangeRequest, {
      where: [{ traineeId: trainee.id }, { subjects: ArrayContains([`trainees:${trainee.id}`]) }].map((about) => ({
        ...about,
        sentAt: Not(IsNull()),
      })),
      order: { id: 'DESC' },
      take: MOST_REQUESTS,
    })
    const schools = await readSchools(world, sql, trainee)
    const urns = schools.flatMap(({ school }) => school?.urn ?? [])
    return {
      trainee,
      provider: await sql.findOneByOrFail(Provider, { id: trainee.provider_id }),
      schools,
      waits: await sql.find(SchoolWait, { where: { urn: In(urns), status: 'waiting' }, order: { id: 'ASC' }, take: 5 }),
      giasAge: await findGiasAge(sql),
      submission: await findSubmission(sql, trainee.id),
      ...{ jobs, jobsInAll, requests, requestsInAll },
    }
  })
  return { ...known, ...(await askDttp(world, known.trainee)) }
}

async function readSchools(world: World, sql: World['database']['manager'], trainee: Trainee): Promise<SchoolFacts[]> {
  const route = findRoute(trainee.training_route)
  const ids = [trainee.lead_school_id, trainee.employing_school_id].filter((id) => id !== null)
  const schools = await sql.findBy(School, { id: In(ids) })
  const urns = schools.map(({ urn }) => urn)
  const inDttp = await sql.find(DttpSchool, { where: { urn: In(urns) }, order: { id: 'ASC' } })
  const onGias = await findGiasSchools(sql, urns)
  const sent = schoolsSentBy(route, world.register)
  return (['lead', 'employing'] as const).map((which): SchoolFacts => {
    const school = schools.find(({ id }) => id === trainee[`${which}_school_id`]) ?? null
    return {
      which,
      sent: sent.includes(which),
      notApplicable: trainee[`${which}_school_not_applicable`] === true,
      school,
      inDttp: inDttp.filter(({ urn }) => urn === school?.urn),
      onGias: (school && onGias.get(school.urn)) ?? null,
    }
  })
}

type AskedOfDttp = Pick<TraineeFacts, 'contact' | 'placementAssignment' | 'trnInDttp'>

/** If DTTP does not answer, that part stays unknown, and the rest is shown. */
async function askDttp(world: World, trainee: Trainee): Promise<AskedOfDttp> {
  const { dttp } = world.upstreams
  const { dttp_id, placement_assignment_dttp_id } = trainee
  const [contact, assignment] = await Promise.all([
    dttp_id === null ? null : dttp.findContact(dttp_id).catch(() => undefined),
    placement_assignment_dttp_id === null
      ? null
      : dttp.findPlacementAssignment(placement_assignment_dttp_id).catch(() => undefined),
  ])
  return {
    contact: recordFacts(dttp_id, contact, becameWords(contact)),
    placementAssignment: recordFacts(placement_assignment_dttp_id, assignment),
    trnInDttp: contact === undefined ? null : readTrn(contact?.trn) !== null,
  }
}

function recordFacts(
  id: string | null,
  found: object | null | undefined,
  became: string | null = null,
): RecordFacts | null {
  if (id === null) return null
  return { id, there: found === undefined ? null : found !== null, became }
}
