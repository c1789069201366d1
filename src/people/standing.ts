import { sureTransaction } from '../entities/sure-transaction.ts'
import { ChangeError, type ErrorCode } from '../errors.ts'
import { appendToLedger } from '../ledger/ledger.ts'
import type { Standing, World } from '../world.ts'

type Right = 'mayRequest' | 'mayApprove' | 'mayDecide'

const APPROVING = {
  'not-listed': 'not-an-approver',
  'not-a-colleague': 'not-a-colleague',
  'people-unknown': 'people-unknown',
  'group-gone': 'group-gone',
} as const

const REFUSALS: Readonly<Record<Right, Readonly<Record<Exclude<Standing, 'allowed'>, ErrorCode>>>> = {
  mayRequest: {
    'not-listed': 'not-a-requester',
    'not-a-colleague': 'not-a-colleague',
    'people-unknown': 'people-unknown',
    'group-gone': 'group-gone',
  },
  mayApprove: APPROVING,
  mayDecide: APPROVING,
}

/**
 * Unless this person may do this, records the refusal and throws it. Asks Slack, so never call it inside a transaction.
 */
export async function refuseUnless(
  world: World,
  right: Right,
  userId: string,
  changeRequest: string | null = null,
): Promise<void> {
  const standing = await world.people[right](userId)
  if (standing !== 'allowed') await refuse(world, REFUSALS[right][standing], userId, changeRequest)
}

/** The same for what both requesters and approvers may do, such as looking something up. */
export async function refuseUnlessEither(world: World, userId: string): Promise<void> {
  if ((await world.people.mayApprove(userId)) === 'allowed') return
  await refuseUnless(world, 'mayRequest', userId)
}

/** Records a refusal in a transaction of its own, then throws it. */
export async function refuse(
  world: World,
  code: ErrorCode,
  actor: string,
  changeRequest: string | null,
  facts: ChangeError['facts'] = {},
): Promise<never> {
  await sureTransaction(world.database, (sql) =>
    appendToLedger(sql, { changeRequest, event: 'refused', actor, details: { because: code } }),
  )
  throw new ChangeError(code, { ...(changeRequest ? { cr: `CR-${changeRequest}` } : {}), ...facts })
}
