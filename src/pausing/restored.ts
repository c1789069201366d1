import { Brake } from '../entities/chatops/brake.ts'
import { THE_BOT } from '../ledger/ledger.ts'
import { compareWithWitnesses, type Witness } from '../ledger/witnesses.ts'
import type { World } from '../world.ts'
import { leaveOutNumbers } from './lost-numbers.ts'
import { pauseNow } from './pause.ts'

const REASON =
  'Slack shows messages that this database knows nothing of, so it is probably an older backup, or a failover has lost what was done last. Somebody must check what was done since.'

/**
 * Pauses the bot, its messages included, if Slack has heard of entries that its ledger does not have, or has otherwise. That
 * happens once for each number: whoever resumes the bot has seen to it. Answers whether it was paused by this.
 */
export async function pauseBehind(world: World, heard: readonly Witness[]): Promise<boolean> {
  return world.database.transaction(async (sql) => {
    const { contradictions } = await compareWithWitnesses(sql, heard)
    const { receiptsSeen } = await sql.findOneByOrFail(Brake, { onlyRow: true })
    const unknown = contradictions.map(({ entries }) => BigInt(entries)).filter((entry) => entry > BigInt(receiptsSeen))
    if (unknown.length === 0) return false
    const last = unknown.reduce((most, entry) => (entry > most ? entry : most))
    await sql.update(Brake, { onlyRow: true }, { receiptsSeen: last.toString() })
    await leaveOutNumbers(sql)
    await pauseNow(world, sql, THE_BOT, REASON, { holdsMessages: true })
    return true
  })
}
