import type { DataSource } from 'typeorm'
import { type About, findAbout } from '../../contract/about.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { LedgerEntry } from '../../entities/chatops/ledger-entry.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { findWaitsFor } from '../../schools/list-waits.ts'

/** What the bot itself knows of what a request is about, apart from the request. */
export type Known = {
  about: About
  /** Other requests that are not over, and those that were carried out, each the newest first. */
  open: ChangeRequest[]
  earlier: ChangeRequest[]
  /** How many more of both there are. */
  more: number
  /** Who waits until DTTP has one of the schools. */
  waits: SchoolWait[]
  /** How many questions were asked about it. */
  questions: number
}

const MOST_EARLIER = 3
const MOST_OPEN = 5

/**
 * Finds other requests by the rows that both write, by the trainees and the school that they name, and those that are open
 * also by the trainees of that school. Two open requests never write the same row.
 */
export async function findKnown(
  { manager }: DataSource,
  request: Pick<ChangeRequest, 'id' | 'traineeId' | 'subjects' | 'form'>,
): Promise<Known> {
  const { id, subjects } = request
  const about = await findAbout(manager, request)
  const { trainees, urns } = about
  const rows = [...subjects, ...trainees.map((trainee) => `trainees:${trainee}`)]
  const others = (which: string, take: number) =>
    manager
      .createQueryBuilder(ChangeRequest, 'other')
      .where('other.id <> :id AND other.sent_at IS NOT NULL', { id })
      .andWhere(which, { rows, trainees, urns, schools: urns.map((urn) => `URN ${urn}`) })
      .orderBy('other.id', 'DESC')
      .take(take)
      .getManyAndCount()
  const [[open, allOpen], [earlier, allEarlier], waits, questions] = await Promise.all([
    others(`other.status IN ('pending', 'approved') AND (${ABOUT_THE_SAME} OR ${OF_THE_SCHOOL})`, MOST_OPEN),
    others(`other.executed_at IS NOT NULL AND ${ABOUT_THE_SAME}`, MOST_EARLIER),
    findWaitsFor(manager, urns),
    manager.countBy(LedgerEntry, { changeRequestId: id, event: 'question-asked' }),
  ])
  const more = allOpen - open.length + allEarlier - earlier.length
  return { about, open, earlier, more, waits, questions }
}

const ABOUT_THE_SAME = `(other.subjects && CAST(:rows AS text[]) OR other.trainee_id = ANY(:trainees)
  OR other.form ->> 'subject' = ANY(:schools))`

const OF_THE_SCHOOL = `EXISTS (
  SELECT FROM public.trainees trainee
  JOIN public.schools school ON school.id IN (trainee.lead_school_id, trainee.employing_school_id)
  WHERE trainee.id = other.trainee_id AND school.urn = ANY(:urns))`
