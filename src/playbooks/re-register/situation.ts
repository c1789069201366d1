import type { User } from '../../entities/register/user.ts'
import { applySaveRules, type Change, changesBetween } from '../../register/saves/rules.ts'
import type { RegisterSettings } from '../../world.ts'
import type { Answers } from './dttp.ts'
import type { Rows } from './rows.ts'

/** A trainee, what DTTP has of them, and on whose behalf they can be registered. */
export type Situation = Rows & {
  inDttp: Answers
  /** The number of the user that the form names; empty if it names none. */
  chosen: string
  /** The user whom DTTP is told as the submitter; null if no user with a DTTP id is known. */
  submitter: User | null
  /** What Register puts right whenever it saves this trainee. */
  tidied: Readonly<Record<string, Change>>
  register: RegisterSettings
}

export function situationOf(
  rows: Rows,
  inDttp: Answers,
  { submitter: chosen }: { submitter: string },
  register: RegisterSettings,
): Situation {
  const { trainee } = rows
  const submitter = findSubmitter(rows, chosen)
  return { ...rows, inDttp, chosen, submitter, tidied: changesBetween(trainee, applySaveRules(trainee, {})), register }
}

function findSubmitter({ named, submission, trainee }: Rows, chosen: string): User | null {
  if (chosen === '') return submission?.user?.dttp_id ? submission.user : null
  const isUsable =
    named !== null && named.dttp_id !== null && named.provider_id === trainee.provider_id && named.discarded_at === null
  return isUsable ? named : null
}
