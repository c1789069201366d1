import { createHash } from 'node:crypto'
import type { DataSource } from 'typeorm'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { OutboxRow } from '../../entities/chatops/outbox-row.ts'
import { selectRow } from '../../entities/select-rows.ts'
import { addToOutbox } from '../../outbox/add.ts'
import { type Claimed, leaveToNewer } from '../../outbox/claim.ts'
import { Undeliverable } from '../../outbox/not-sent.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import { ChannelClosed } from '../slack/line.ts'

// What a card and the replies in its thread have in common.

/** @property databaseIdentity keeps apart what is posted from one database and from a copy of it */
export type Projection = {
  registerUrl: string
  databaseIdentity: string
  previewOnly?: boolean
  now?: () => Date
}

/** What the keys of our messages begin with. */
export function ownPrefix({ databaseIdentity }: Pick<Projection, 'databaseIdentity'>): string {
  return createHash('sha256').update(databaseIdentity).digest('hex').slice(0, 16)
}

/** The request that a row is about. Throws Undeliverable where there is none. */
export async function getRequestOf(database: DataSource, row: Claimed): Promise<ChangeRequest> {
  const { changeRequest: id } = row
  const request = id && (await selectRow(database.manager, ChangeRequest, 'WHERE id = $1', [id]))
  if (!request) throw new Undeliverable('there is no such request')
  return request
}

/**
 * A request is still in the database when its playbook has gone from the bot, or is there before all workers know it. Throws
 * what `leaveToNewer` answers.
 */
export function playbookOf({ playbook }: ChangeRequest, row: Claimed): AnyPlaybook {
  const found = findPlaybook(playbook)
  if (!found) throw leaveToNewer(row, 'unknown playbook')
  return found
}

/** The requester is told directly, once, of a request that nobody sees, and once of one that cannot be brought up to date. */
export async function cannotShow(database: DataSource, request: ChangeRequest, error: unknown): Promise<never> {
  const isClosed = error instanceof ChannelClosed
  const isUnseen = request.cardTs === null && request.status === 'pending'
  if (isUnseen && (isClosed || error instanceof Undeliverable))
    await tellOfTrouble(database, request, 'unposted', error.message)
  else if (isClosed && request.cardTs !== null) await tellOfTrouble(database, request, 'behind', error.message)
  throw error
}

async function tellOfTrouble(
  database: DataSource,
  { id, requester, channel }: ChangeRequest,
  part: string,
  because: string,
): Promise<void> {
  const payload = { user: requester, channel, because, part }
  const stream = `direct:${id}:${part}`
  await database.transaction(async (sql) => {
    await sql.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [stream])
    if (await sql.existsBy(OutboxRow, { kind: 'direct', changeRequestId: id, stream })) return
    await addToOutbox(sql, { stream, kind: 'direct', changeRequest: id, payload })
  })
}

/** The name by which what waits for a card is woken. */
export function waitsForCard(id: string): string {
  return `card:${id}`
}
