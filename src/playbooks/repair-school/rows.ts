import { type EntityManager, EntityNotFoundError, In } from 'typeorm'
import * as z from 'zod'
import type { Around } from '../../contract/playbook.ts'
import { readSubject } from '../../contract/subject.ts'
import type { DttpClient } from '../../dttp/client/index.ts'
import type { GiasSchool } from '../../entities/chatops/gias-school.ts'
import { live } from '../../entities/chatops/live-jobs.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { School } from '../../entities/register/school.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { findGiasAge, findGiasSchools, type GiasAge, isTooOld } from '../../gias/schools.ts'
import { findMirror, type MirrorAge } from '../../jobs/mirror/age.ts'
import { isActiveInDttp } from '../../register/schools/schools.ts'
import { findWaitingIds, MOST_LOOKED_AT, readWaiting, type WaitingRows } from '../../schools/who-waits.ts'

// What repair-school decides by: its rows, and what DTTP is asked about them.

/** Everything that is known under a URN: in Register, in its list of DTTP schools, and on GIAS. */
export type SchoolRows = { urn: string; school: School | null; inDttp: DttpSchool[]; gias: GiasSchool | null }

export type Rows = {
  /** The trainee who was named, or whose job was. */
  trainee: Trainee | null
  /** The job that was named; or else the trainee's last that failed. */
  job: SeenJob | null
  /** Of the URN that was named, or of the trainee's lead and employing school as far as they are set. */
  schools: SchoolRows[]
  gias: { age: GiasAge | null; isTooOld: boolean }
  /** The row in the list with the DTTP id that was given, whatever its URN. */
  known: DttpSchool | null
  /** A synchronisation of the schools that is waiting or running. */
  sync: SeenJob | null
  waiting: WaitingRows[]
  /** Whether there are more who wait than were looked at. */
  isMore: boolean
  /** How well Register's Sidekiq is known, where that runs its jobs. */
  mirror: MirrorAge | null
}

/** Everything repair-school decides by. Throws EntityNotFoundError if the trainee or the job is gone. */
export async function read(
  sql: EntityManager,
  form: { subject: string; dttp_id: string },
  around: Around,
): Promise<Rows> {
  const { now, giasMaxAgeMs, self } = around
  const { kind, id } = readSubject(form.subject)
  const named = kind === 'job' ? await sql.findOneByOrFail(SeenJob, { id }) : null
  const trainee = await findTrainee(sql, kind === 'trainee' ? { slug: id } : named)
  const schools = await readSchools(sql, kind === 'urn' ? [id] : await findUrns(sql, trainee))
  const ids = await findWaitingIds(
    sql,
    schools.map(({ urn }) => urn),
    trainee?.id ?? null,
  )
  const age = await findGiasAge(sql)
  return {
    trainee,
    job: named ?? (trainee && (await findFailedJob(sql, trainee))),
    schools,
    gias: { age, isTooOld: isTooOld(age, now, giasMaxAgeMs) },
    known: form.dttp_id === '' ? null : await findKnown(sql, form.dttp_id),
    sync: await sql.findOneBy(SeenJob, { name: 'sync-schools', ...live() }),
    waiting: await readWaiting(sql, ids.slice(0, MOST_LOOKED_AT), self),
    isMore: ids.length > MOST_LOOKED_AT,
    mirror: await findMirror(sql, around),
  }
}

/** The trainee who was named, or whose job was. */
async function findTrainee(sql: EntityManager, named: { slug: string } | SeenJob | null): Promise<Trainee | null> {
  if (!named) return null
  if ('slug' in named) return sql.findOneByOrFail(Trainee, { slug: named.slug })
  if (named.traineeId === null) throw new EntityNotFoundError(Trainee, { job: named.id })
  return sql.findOneByOrFail(Trainee, { id: named.traineeId })
}

async function findUrns(sql: EntityManager, trainee: Trainee | null): Promise<string[]> {
  const ids = [trainee?.lead_school_id, trainee?.employing_school_id].filter((id) => typeof id === 'string')
  const schools = await sql.find(School, { where: { id: In(ids) }, order: { id: 'ASC' } })
  return schools.map(({ urn }) => urn)
}

async function readSchools(sql: EntityManager, urns: readonly string[]): Promise<SchoolRows[]> {
  const schools = await sql.findBy(School, { urn: In(urns) })
  const inDttp = await sql.find(DttpSchool, { where: { urn: In(urns) }, order: { id: 'ASC' } })
  const onGias = await findGiasSchools(sql, urns)
  return urns.map((urn) => ({
    urn,
    school: schools.find((school) => school.urn === urn) ?? null,
    inDttp: inDttp.filter((row) => row.urn === urn),
    gias: onGias.get(urn) ?? null,
  }))
}

/** Register's ids come in lower case, but somebody may have written one by hand. */
async function findKnown(sql: EntityManager, dttpId: string): Promise<DttpSchool | null> {
  return sql
    .createQueryBuilder(DttpSchool, 'row')
    .where('lower(row.dttp_id) = :dttpId', { dttpId })
    .orderBy('row.id')
    .limit(1)
    .getOne()
}

async function findFailedJob(sql: EntityManager, trainee: Trainee): Promise<SeenJob | null> {
  return sql.findOne(SeenJob, {
    where: { traineeId: trainee.id, status: 'failed' },
    order: { finishedAt: 'DESC', id: 'ASC' },
  })
}

type Account = NonNullable<Awaited<ReturnType<DttpClient['findAccount']>>>

/**
 * What DTTP has: each account that was asked for, null for one that is not there, by its id in lower case; and how many
 * records of each trainee without a job on record, by the trainee's number.
 */
export type Answers = { accounts: Readonly<Record<string, Account | null>>; records: Readonly<Record<string, number>> }

/** Accounts, by id; and what the records of each trainee would be found by. */
export type AskedFor = { accounts: string[]; records: { trainee: string; traineeId: string; provider: string }[] }

/** How many trainees without a job on record are looked for in DTTP. */
const MOST_RECORDS = 20

/** The accounts behind rows that are not active, and the trainees whose registration is not on record. */
export function recordsToLookFor({ schools, waiting }: Rows, { dttp_id: dttpId }: { dttp_id: string }): AskedFor {
  const inactive = schools.filter(({ inDttp }) => !inDttp.some(({ status_code }) => isActiveInDttp(status_code)))
  const ids = [...inactive.flatMap(({ inDttp }) => inDttp.map(({ dttp_id }) => dttp_id)), dttpId]
  const unrecorded = waiting.filter(({ registration, job }) => registration.trainee.dttp_id === null && job === null)
  return {
    accounts: [...new Set(ids.flatMap((id) => guid.safeParse(id?.toLowerCase()).data ?? []))].sort(),
    records: unrecorded.flatMap(traceOf).slice(0, MOST_RECORDS),
  }
}

const guid = z.guid()

/** What a trainee's records in DTTP would be found by; nothing where they would look like somebody else's. */
function traceOf({ registration: { trainee, provider } }: Rows['waiting'][number]) {
  const { id, trainee_id: traineeId } = trainee
  return traineeId && provider.dttp_id ? [{ trainee: id, traineeId, provider: provider.dttp_id }] : []
}

/** Throws DttpError. */
export async function lookInDttp(
  { accounts, records }: AskedFor,
  dttp: Pick<DttpClient, 'findAccount' | 'findContactsBy'>,
): Promise<Answers> {
  const [found, counted] = await Promise.all([
    Promise.all(accounts.map(async (id) => [id, withoutSpaces(await dttp.findAccount(id))] as const)),
    Promise.all(
      records.map(async ({ trainee, traineeId, provider: providerId }) => {
        const contacts = await dttp.findContactsBy({ traineeId, providerId })
        return [trainee, contacts.length] as const
      }),
    ),
  ])
  return { accounts: Object.fromEntries(found), records: Object.fromEntries(counted) }
}

/** URNs are typed into DTTP by hand, some with spaces around them. */
function withoutSpaces<Account extends { urn: string | null }>(account: Account | null): Account | null {
  return account && { ...account, urn: account.urn?.trim() || null }
}
