import { Brake } from '../entities/chatops/brake.ts'
import { THE_BOT } from '../ledger/ledger.ts'
import type { World } from '../world.ts'
import { pauseNow } from './pause.ts'

const REASON =
  'Slack shows messages that this database knows nothing of, so it is probably an older backup. Somebody must check what was done since.'

/**
 * Pauses the bot, its messages included, if its ledger has fewer entries than Slack has heard of. That happens once for
 * each number: whoever resumes the bot has seen to it. Answers whether it was paused by this.
 */
export async function pauseBehind(world: World, heardOf: bigint): Promise<boolean> {
  return world.database.transaction(async (sql) => {
    const [head] = await sql.query<{ seq: string }[]>('SELECT seq FROM chatops.ledger_head')
    const { receiptsSeen } = await sql.findOneByOrFail(Brake, { onlyRow: true })
    if (!head || heardOf <= BigInt(head.seq) || heardOf <= BigInt(receiptsSeen)) return false
    await sql.update(Brake, { onlyRow: true }, { receiptsSeen: heardOf.toString() })
    await pauseNow(world, sql, THE_BOT, REASON, { holdsMessages: true })
    return true
  })
}
