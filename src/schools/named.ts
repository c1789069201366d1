import type { EntityManager } from 'typeorm'
import { type About, findAbout } from '../contract/about.ts'
import type { ChangeRequest } from '../entities/chatops/change-request.ts'
import { findPersonalDataOf } from '../personal-data/in-text.ts'
import { findUrnsOf } from '../register/schools/trainee-schools.ts'
import { findWaitingIds } from './who-waits.ts'

// Whom people may have in mind who write something about a request, an alert or the bot itself: whoever waits for a school is on
// the card of its repair, or is named there as left out. Free text must name none of them.

/**
 * What a text gives away about one of these trainees, about one who waits for these schools, or about whom it speaks of itself:
 * "name", "email address", "date of birth" or "address"; null if nothing.
 */
export async function findPersonalDataAbout(
  sql: EntityManager,
  { trainees, urns }: About,
  text: string,
): Promise<string | null> {
  return findPersonalDataOf(sql, await withWaiting(sql, trainees, urns), text)
}

/** The numbers of everybody whom a request is about, of whom it undoes, and of those who wait for their schools. */
export async function findNamedBy(
  sql: EntityManager,
  request: Pick<ChangeRequest, 'traineeId' | 'subjects' | 'form'>,
): Promise<string[]> {
  const { trainees, urns } = await findAbout(sql, request)
  return withWaiting(sql, trainees, urns)
}

/** The same for a school, or for a trainee whose schools are meant. */
export async function findNamedWith(
  sql: EntityManager,
  about: { urn: string } | { trainee: string },
): Promise<string[]> {
  if ('urn' in about) return withWaiting(sql, [], [about.urn])
  return withWaiting(sql, [about.trainee], await findUrnsOf(sql, about.trainee))
}

async function withWaiting(
  sql: EntityManager,
  trainees: readonly string[],
  urns: readonly string[],
): Promise<string[]> {
  const waiting = urns.length > 0 ? await findWaitingIds(sql, urns, null) : []
  return [...new Set([...trainees, ...waiting])]
}
