import type { EntityManager } from 'typeorm'
import type { DttpClient } from '../dttp/client/index.ts'
import { traineeIdInDttp } from '../dttp/payloads/contact.ts'
import { RegistrationAttempt, type RegistrationIds } from '../entities/chatops/registration-attempt.ts'
import { Provider } from '../entities/register/provider.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { createdSince } from './traces.ts'

// After a registration: whether DTTP has another record of the trainee, created since it was first sent.

/** What another record would be found by, and ours. */
export type SecondRecord = { traineeId: string; provider: string; since: string; own: string }

/** Null where DTTP cannot be asked. */
export async function aboutSecondRecord(
  sql: EntityManager,
  {
    trainee,
    attempt,
    ids,
  }: { trainee: Trainee | null; attempt: RegistrationAttempt | null; ids: RegistrationIds | null },
): Promise<SecondRecord | null> {
  if (!trainee || !attempt || !ids) return null
  const { dttp_id: provider } = await sql.findOneByOrFail(Provider, { id: trainee.provider_id })
  if (provider === null) return null
  const sentAt = await firstSent(sql, attempt)
  return {
    traineeId: traineeIdInDttp(trainee),
    provider,
    since: createdSince({ sentAt }).toISOString(),
    own: ids.contact,
  }
}

/** When the first registration with these ids was sent. */
async function firstSent(sql: EntityManager, { traineeId, ownIds, sentAt }: RegistrationAttempt): Promise<Date> {
  if (!ownIds) return sentAt
  const first = await sql
    .createQueryBuilder(RegistrationAttempt, 'attempt')
    .where(`attempt.trainee_id = :traineeId AND attempt.own_ids ->> 'contact' = :contact`, {
      ...{ traineeId, contact: ownIds.contact },
    })
    .orderBy('attempt.sent_at')
    .getOne()
  return first?.sentAt ?? sentAt
}

/** The ids of the others that are in use. Throws DttpError. */
export async function findSecondRecords(
  about: SecondRecord | null,
  dttp: Pick<DttpClient, 'findContactsBy'>,
): Promise<string[] | null> {
  if (!about) return null
  const { traineeId, provider: providerId, since, own } = about
  const found = await dttp.findContactsBy({ traineeId, providerId, createdSince: new Date(since) })
  return found.flatMap(({ id, standing }) => (standing === 'active' && id !== own ? [id] : [])).sort()
}
