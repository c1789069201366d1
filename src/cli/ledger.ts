import { once } from 'node:events'
import type { DataSource } from 'typeorm'
import { createOperatorSlack, readNames } from '../bot/slack/operator-slack.ts'
import { findNames } from '../bot/slack/receipts.ts'
import { readShownReceipts } from '../bot/slack/shown-receipts.ts'
import { exportLedger, findPeople } from '../ledger/export.ts'
import { verifyLedger } from '../ledger/verify.ts'
import { compareWithWitnesses } from '../ledger/witnesses.ts'
import { count, listed } from '../words.ts'
import { requireSetting, withDatabase } from './database.ts'

/** Exit code: not everything that Slack may know was compared. Nothing is known to be wrong. */
const NOT_COMPARED = 3
/** Exit code: the ledger, or Slack, could not be looked at. */
export const NOT_LOOKED_AT = 4

/** Whether these are words of verify-ledger: [--receipts [<first day>]] */
export function isLedgerCheck(words: readonly string[]): boolean {
  const [option = '--receipts'] = words
  return option === '--receipts' && words.length <= 2 && !Number.isNaN(sinceIn(words).getTime())
}

function sinceIn([, day = '1970-01-01']: readonly string[]): Date {
  return new Date(`${day}T00:00:00Z`)
}

/** verify-ledger [--receipts [<first day>]] */
export async function checkLedger(words: readonly string[]): Promise<number> {
  return withDatabase(async (database) => {
    const { entries, broken, head } = await verifyLedger(database)
    if (broken)
      console.log(
        `The ledger was tampered with: entry ${broken.seq}: ${broken.why}. ${entries} entries before it are sound.`,
      )
    else console.log(`The ledger is sound: ${entries} entries, head ${head}.`)
    const slack = words.length > 0 ? await checkReceipts(database, sinceIn(words)) : 'agrees'
    if (broken || slack === 'contradicts') return 1
    return slack === 'agrees' ? 0 : NOT_COMPARED
  })
}

/** Says what the messages in Slack say of the ledger, whatever database they name. */
async function checkReceipts(database: DataSource, since: Date): Promise<'agrees' | 'contradicts' | 'says too little'> {
  const channels = requireSetting('ALLOWED_CHANNELS', 'the channels that the bot posts in').split(',')
  const named = channels.map((channel) => channel.trim()).filter(Boolean)
  const names = await findNames(database)
  const { receipts, unread } = await readShownReceipts(slack(), named, since)
  const { entries, vouched, contradictions } = await compareWithWitnesses(database, receipts)
  for (const { channel, code } of unread) console.log(`Slack did not let us read ${channel} (${code}).`)
  const read = named.filter((channel) => !unread.some((one) => one.channel === channel))
  if (read.length > 0) console.log(`The bot’s messages in ${listed(read)} were read, and in no other channel.`)
  for (const { where, why } of contradictions) console.log(`Slack contradicts the ledger: ${where} ${why}.`)
  const others = receipts.filter((receipt) => !names.has(receipt.database)).length
  if (others > 0) {
    console.log(`${count(others, 'message')} of the bot ${others === 1 ? 'is' : 'are'} from another database.`)
    console.log(
      'Unless this database was set up anew (then give the day of that), its name or environment was changed.',
    )
  }
  console.log(`Slack shows ${count(receipts.length - others, 'message')} of this database.`)
  if (BigInt(vouched) > 0n) console.log(`They vouch for entries 1 to ${vouched}.`)
  const first = BigInt(vouched) + 1n
  if (first <= BigInt(entries)) console.log(`Nothing in Slack vouches for entries ${first} to ${entries}.`)
  if (contradictions.length > 0) return 'contradicts'
  const vouchesForNothing = BigInt(vouched) === 0n && BigInt(entries) > 0n
  return unread.length > 0 || others > 0 || vouchesForNothing ? 'says too little' : 'agrees'
}

/** export-ledger json|csv */
export async function printLedger([word]: readonly string[]): Promise<number> {
  const format = word === 'csv' ? 'csv' : 'json'
  return withDatabase(async ({ manager }) => {
    const isKnown = Boolean(process.env['SLACK_BOT_TOKEN'])
    if (!isKnown) console.error('SLACK_BOT_TOKEN is not set, so people are named by their Slack ids only.')
    const names = isKnown ? await readNames(slack(), await findPeople(manager)) : new Map<string, string>()
    for await (const line of exportLedger(manager, format, names)) {
      if (!process.stdout.write(line)) await once(process.stdout, 'drain')
    }
    return 0
  })
}

function slack() {
  return createOperatorSlack(requireSetting('SLACK_BOT_TOKEN', 'the bot token'), process.env['SLACK_API_URL'])
}
