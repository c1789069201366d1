import * as z from 'zod'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { ChangeError } from '../../errors.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import type { World } from '../../world.ts'
import { addToThread } from '../announce.ts'
import { lockRequest, refusalFor } from '../requests.ts'
import { checkDecision } from './decide.ts'

/** A question in a request's thread: who asked it, and their words. */
export const postedQuestion = z.object({
  part: z.literal('question'),
  by: z.string(),
  text: z.string(),
  /** The window it was asked in: a submission that comes again is the same question. */
  view: z.string().optional(),
})

/**
 * Asks the requester something in the thread; the request waits as before. Only who may decide on it can ask. The text
 * must have been checked for personal data. Throws ChangeError.
 */
export async function askQuestion(
  world: World,
  { id, actor, text, view }: { id: string; actor: string; text: string; view: string },
): Promise<ChangeRequest> {
  await checkDecision(world, { id, actor })
  return sureTransaction(world.database, async (sql) => {
    const request = await lockRequest(sql, id)
    if (request.status !== 'pending') {
      const { code, facts } = refusalFor(request)
      throw new ChangeError(code, { cr: `CR-${id}`, ...facts })
    }
    const asked = `SELECT 1 FROM chatops.outbox WHERE change_request_id = $1 AND payload ->> 'view' = $2`
    if ((await sql.query<unknown[]>(asked, [id, view])).length > 0) return request
    await addToThread(sql, id, { part: 'question', by: actor, text, view })
    await appendToLedger(sql, { changeRequest: id, event: 'question-asked', actor })
    return request
  })
}
