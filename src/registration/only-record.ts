import { type EntityManager, In } from 'typeorm'
import { NO_TRAINEE_ID, traineeIdInDttp } from '../dttp/payloads/contact.ts'
import type { Postcondition } from '../entities/chatops/change-request.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { findNamesakes, namesakeWords } from './namesakes.ts'
import type { SentRegistration } from './records.ts'

const MOST_NAMED = 5

type Looked = Pick<SentRegistration, 'trainee' | 'job' | 'ids'> & { records: { others: string[] | null } | null }

/** The line on the card. Without an id of the provider's, a record may be anybody's: then it is only said. */
export async function onlyRecord(sql: EntityManager, { trainee, job, ids, records }: Looked): Promise<Postcondition> {
  const sentence = 'DTTP has no second record of the trainee'
  if (job?.status === 'failed') return { sentence, holds: false, found: 'Not looked at, as the registration failed.' }
  if (!ids) return { sentence, holds: false, waiting: true, found: 'Not looked at yet.' }
  const seen = records?.others
  if (!seen) return { sentence, holds: false, waiting: true, found: 'DTTP did not answer.' }
  const taken = await sql.find(Trainee, { where: { dttp_id: In(seen) }, select: { dttp_id: true } })
  const others = seen.filter((id) => taken.every(({ dttp_id }) => dttp_id !== id))
  if (others.length === 0) return { sentence, holds: true, found: 'None was created since the registration was sent.' }
  const left = others.length - MOST_NAMED
  const list = `${others.slice(0, MOST_NAMED).join(', ')}${left > 0 ? ` and ${left} more` : ''}`
  const namesakes = trainee ? await findNamesakes(sql, trainee) : []
  if (namesakes.length > 0) {
    const found = `These may be those of ${namesakeWords(namesakes)}, to whom the provider gave the same id: ${list}.`
    return { sentence, holds: true, found }
  }
  if (!trainee || traineeIdInDttp(trainee) === NO_TRAINEE_ID) {
    const found = `The provider gave the trainee no id of theirs, so these may be somebody else’s: ${list}.`
    return { sentence, holds: true, found }
  }
  const problem = [
    'DTTP has more than one record of this trainee.',
    `Register names ${ids.contact}. Since the registration was sent, somebody has also created ${list}.`,
    'Ask the operations team which is right, and to merge or delete the other.',
  ].join('\n')
  return { sentence, holds: false, found: `It also has ${list}.`, problem }
}
