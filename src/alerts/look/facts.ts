import { type EntityManager, In, IsNull, Not } from 'typeorm'
import type { AlertEntry } from '../../entities/chatops/alert.ts'
import { givenUp } from '../../entities/chatops/given-up-jobs.ts'
import { isLive } from '../../entities/chatops/live-jobs.ts'
import { RegistrationAttempt, unsettledOf } from '../../entities/chatops/registration-attempt.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { findPolls } from '../../entities/chatops/seen-polls.ts'
import { Provider } from '../../entities/register/provider.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import type { FoundSchool } from '../../failures/found.ts'
import type { RegisterFeatures } from '../../register/features.ts'
import { SCHOOLS_OF, sentSchoolsOf } from '../../register/schools/sent-schools.ts'
import { type Traces, tracesOf } from '../../registration/traces.ts'
import { findStatuses } from '../../schools/matching.ts'

// What our own database says of an alert's trainees. Read outside any transaction; nothing is locked.

/** The columns that are looked at: nothing that says who a trainee is. */
const COLUMNS = {
  id: true,
  state: true,
  dttp_id: true,
  placement_assignment_dttp_id: true,
  trainee_id: true,
  provider_id: true,
  ...SCHOOLS_OF,
} as const satisfies Partial<Record<keyof Trainee, true>>

export type TraineeInAlert = {
  trainee: Pick<Trainee, keyof typeof COLUMNS>
  hasTrn: boolean
  /** The trainee's poll, or the last one there was: since when, until when, and whether it is under way. */
  poll: { until: string | null; isLive: boolean; since: Date } | null
  schools: readonly FoundSchool[]
  /** A registration of ours or Register's of which nobody knows the outcome: what its records would be found by. Null for none. */
  unsettled: { traces: Traces } | null
}

/** By the trainee's number. A trainee who is not in the map is no longer in Register. */
export async function readFacts(
  sql: EntityManager,
  ids: readonly string[],
  features: RegisterFeatures,
): Promise<Map<string, TraineeInAlert>> {
  const trainees = await sql.find(Trainee, { where: { id: In([...ids]) }, select: COLUMNS })
  const withTrn = new Set(await findWithTrn(sql, ids))
  const polls = await findPolls(sql, ids)
  const attempts = await sql.find(RegistrationAttempt, {
    where: unsettledOf(In([...ids])),
  })
  const registrations = await findRegistrations(sql, trainees)
  const uncertain = [...attempts, ...registrations].map(({ traineeId }) => traineeId)
  const providers = await findProviders(sql, trainees, uncertain)
  const sent = trainees.map((trainee) => ({ trainee, sends: sentSchoolsOf(trainee, features) }))
  const schools = await findStatuses(
    sql,
    sent.flatMap(({ sends }) => sends.flatMap(({ id }) => id ?? [])),
  )
  return new Map(
    sent.map(({ trainee, sends }) => {
      const isOwn = ({ traineeId }: { traineeId: string | null }) => traineeId === trainee.id
      const attempt = attempts.find(isOwn) ?? registrations.find(isOwn)
      const provider = { dttp_id: providers.get(trainee.provider_id) ?? null }
      return [
        trainee.id,
        {
          trainee,
          hasTrn: withTrn.has(trainee.id),
          poll: pollOf(polls.get(trainee.id)),
          schools: sends.flatMap(({ which, id }) => {
            const school = schools.get(id ?? '')
            return school ? [{ which, ...school }] : []
          }),
          unsettled: attempt ? { traces: tracesOf(attempt, trainee, provider) } : null,
        },
      ]
    }),
  )
}

function pollOf(poll: SeenJob | undefined): TraineeInAlert['poll'] {
  return poll ? { until: poll.timeoutAt, isLive: isLive(poll), since: poll.createdAt } : null
}

/** The ids of those entries' jobs that are given up. */
export async function findGivenUp(sql: EntityManager, entries: readonly AlertEntry[]): Promise<Set<string>> {
  const ids = entries.flatMap(({ jobId }) => (jobId === null ? [] : [jobId]))
  const failed = await sql.find(SeenJob, { where: { id: In(ids), ...givenUp() }, select: { id: true } })
  return new Set(failed.map(({ id }) => id))
}

async function findWithTrn(sql: EntityManager, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ id: string }[]>(
    'SELECT id FROM public.trainees WHERE id = ANY($1) AND trn IS NOT NULL',
    [ids],
  )
  return rows.map(({ id }) => id)
}

/**
 * Registrations that Register started itself and that have not ended well, or not yet: DTTP may have the trainee
 * although Register names no record. They are sent without ids of ours.
 */
async function findRegistrations(sql: EntityManager, trainees: readonly Pick<Trainee, 'id' | 'dttp_id'>[]) {
  const ids = trainees.filter(({ dttp_id }) => dttp_id === null).map(({ id }) => id)
  const where = { name: 'register-for-trn', runner: 'register', traineeId: In(ids), curedAt: IsNull() } as const
  const jobs = await sql.find(SeenJob, {
    where: { ...where, status: Not('done') },
    order: { createdAt: 'ASC', id: 'ASC' },
  })
  return jobs.map(({ traineeId, createdAt }) => ({
    traineeId,
    sentAt: createdAt,
    sentAs: null,
    ids: null,
    ownIds: null,
  }))
}

async function findProviders(
  sql: EntityManager,
  trainees: readonly Pick<Trainee, 'id' | 'provider_id'>[],
  uncertain: readonly (string | null)[],
): Promise<Map<string, string | null>> {
  const needed = trainees.filter(({ id }) => uncertain.includes(id))
  const ids = needed.map(({ provider_id }) => provider_id)
  const providers = await sql.find(Provider, { where: { id: In(ids) }, select: { id: true, dttp_id: true } })
  return new Map(providers.map(({ id, dttp_id }) => [id, dttp_id]))
}
