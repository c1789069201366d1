import { type EntityManager, EntityNotFoundError, In } from 'typeorm'
import type { FormValues } from '../../contract/fields.ts'
import type { Around } from '../../contract/playbook.ts'
import type { GiasSchool } from '../../entities/chatops/gias-school.ts'
import { Job } from '../../entities/chatops/job.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { School } from '../../entities/register/school.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { findGiasAge, findGiasSchools, type GiasAge, isTooOld } from '../../gias/schools.ts'
import type { Form } from './form.ts'
import { findWaitingIds, MOST_LOOKED_AT, readWaiting, type WaitingRows } from './waiting-rows.ts'

/** Everything that is known under a URN: in Register, in its list of DTTP schools, and on GIAS. */
export type SchoolRows = { urn: string; school: School | null; inDttp: DttpSchool[]; gias: GiasSchool | null }

export type Rows = {
  /** The trainee who was named, or whose job was. */
  trainee: Trainee | null
  /** The job that was named; or else the trainee's last that failed. */
  job: Job | null
  /** Of the URN that was named, or of the trainee's lead and employing school as far as they are set. */
  schools: SchoolRows[]
  gias: { age: GiasAge | null; isTooOld: boolean }
  /** The DTTP id that was given for a school that is not in the list; empty if none was. */
  dttpId: string
  /** The row in the list with that id, whatever its URN. */
  known: DttpSchool | null
  /** A synchronisation of the schools that is waiting or running. */
  sync: Job | null
  waiting: WaitingRows[]
  /** Whether there are more who wait than were looked at. */
  isMore: boolean
  addsTrelloCards: boolean
}

/** Everything repair-school decides by. Throws EntityNotFoundError if the trainee or the job is gone. */
export async function readRows(
  sql: EntityManager,
  form: Pick<FormValues<Form>, 'trainee' | 'urn' | 'job' | 'dttp_id'>,
  { now, giasMaxAgeMs, addsTrelloCards, self }: Around,
): Promise<Rows> {
  const named = form.job === '' ? null : await sql.findOneByOrFail(Job, { id: form.job })
  const trainee = await findTrainee(sql, form, named)
  const schools = await readSchools(sql, form.urn === '' ? await findUrns(sql, trainee) : [form.urn])
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
    dttpId: form.dttp_id,
    known: form.dttp_id === '' ? null : await findKnown(sql, form.dttp_id),
    sync: await sql.findOneBy(Job, { name: 'sync-schools', status: In(['waiting', 'running']) }),
    waiting: await readWaiting(sql, ids.slice(0, MOST_LOOKED_AT), self),
    isMore: ids.length > MOST_LOOKED_AT,
    addsTrelloCards,
  }
}

async function findTrainee(
  sql: EntityManager,
  form: Pick<FormValues<Form>, 'trainee'>,
  job: Job | null,
): Promise<Trainee | null> {
  if (form.trainee !== '') return sql.findOneByOrFail(Trainee, { slug: form.trainee })
  if (!job) return null
  if (job.traineeId === null) throw new EntityNotFoundError(Trainee, { job: job.id })
  return sql.findOneByOrFail(Trainee, { id: job.traineeId })
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

async function findFailedJob(sql: EntityManager, trainee: Trainee): Promise<Job | null> {
  return sql.findOne(Job, {
    where: { traineeId: trainee.id, status: 'failed' },
    order: { finishedAt: 'DESC', id: 'ASC' },
  })
}
