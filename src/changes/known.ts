import type { DataSource } from 'typeorm'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { LedgerEntry } from '../entities/chatops/ledger-entry.ts'
import type { SchoolWait } from '../entities/chatops/school-wait.ts'
import { findWaitsFor } from '../schools/waits.ts'

/** What the bot itself knows of what a request is about, apart from the request. */
export type Known = {
  /** Other requests that are not over, and those that were carried out, each the newest first. */
  open: ChangeRequest[]
  earlier: ChangeRequest[]
  /** Who waits until DTTP has a school of the trainee's. */
  waits: SchoolWait[]
  /** How many questions were asked about it. */
  questions: number
}

const MOST_EARLIER = 3
const MOST_OPEN = 5

/** Finds other requests by the rows that both write; a trainee whose job is started is one of them. */
export async function findKnown(
  { manager }: DataSource,
  { id, traineeId, subjects }: Pick<ChangeRequest, 'id' | 'traineeId' | 'subjects'>,
): Promise<Known> {
  const about = 'other.subjects && CAST(:subjects AS text[])'
  const others = (which: string, take: number) =>
    manager
      .createQueryBuilder(ChangeRequest, 'other')
      .where(about, { subjects })
      .andWhere('other.id <> :id AND other.sent_at IS NOT NULL', { id })
      .andWhere(which)
      .orderBy('other.id', 'DESC')
      .take(take)
      .getMany()
  const [open, earlier, waits, questions] = await Promise.all([
    others(`other.status IN ('pending', 'approved')`, MOST_OPEN),
    others('other.executed_at IS NOT NULL', MOST_EARLIER),
    traineeId === null ? [] : findWaitsFor(manager, traineeId),
    manager.countBy(LedgerEntry, { changeRequestId: id, event: 'question-asked' }),
  ])
  return { open, earlier, waits, questions }
}
