// What must hold beside the rows, once everything is over.
import type pg from 'pg'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Services } from '../../src/services.ts'
import { STATUS_WORDS } from '../../src/views/request/request.ts'
import { CHANNEL } from '../support/lifecycle.ts'
import { type FakeSlack, readText } from '../support/slack/index.ts'
import type { Around } from './kills-result.ts'

/** What else must hold: the ledger's chain, one card for each request that says done, no message twice or lost. */
export async function lookAround(
  admin: pg.Client,
  bot: Services,
  slack: FakeSlack,
  requests: readonly ChangeRequest[],
) {
  const ledger = await verifyLedger(bot.changes.database)
  const cards = slack.messages(CHANNEL)
  const replies = cards.map((card) => slack.replies(CHANNEL, card.ts).map(readText))
  const unsent = await admin.query(`SELECT 1 FROM chatops.outbox WHERE status <> 'sent'`)
  const isDone = ({ id }: ChangeRequest) => cards.some(({ text }) => text.startsWith(`CR-${id} (${STATUS_WORDS.done})`))
  return {
    ledgerBroken: ledger.broken,
    ledgerEntries: ledger.entries,
    cards: cards.length,
    cardsDone: requests.filter(isDone).length,
    repeatedReplies: replies.reduce((sum, texts) => sum + texts.length - new Set(texts).size, 0),
    unsentMessages: unsent.rows.length,
    violations: slack.takeViolations().map(({ where, what }) => `${where}: ${what}`),
  } satisfies Partial<Around>
}
