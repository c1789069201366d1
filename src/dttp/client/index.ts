// DTTP is a Dataverse organisation; this is all the bot asks of its Web API. docs/dttp-faults.md: what comes of faults.
import { accounts } from './accounts.ts'
import { type BatchPart, createInBatch } from './batch.ts'
import { realSleep, type Sleep } from './gate.ts'
import type { Log } from './log.ts'
import {
  findContact,
  findContactsBy,
  findPlacementAssignment,
  getTrn,
  type RecordUpdate,
  updateRecord,
} from './records.ts'
import { findAccount, findDegreeQualificationsOf, findPlacementAssignmentsOf } from './related.ts'
import { type BeforeSending, createRequests } from './requests.ts'
import { createTokens } from './token.ts'
import { createTransport, isSafeForCredentials } from './transport.ts'

export type { BatchPart } from './batch.ts'
export { DttpError } from './errors.ts'
export type { DttpContact } from './records.ts'
export type { DttpDegreeQualification } from './related.ts'
export type { BeforeSending } from './requests.ts'

export type DttpSettings = {
  /** The organisation, such as `https://org.crm4.dynamics.com`; the API is at `/api/data/v9.1`. */
  organisation: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  /** Milliseconds for one exchange, from connecting to the end of the answer. */
  timeouts?: Partial<typeof TIMEOUTS>
  now?: () => Date
  log?: Log
  /** Waits. Only tests give one of their own. */
  sleep?: Sleep
}

/** An operation may take DTTP two minutes; a write that timed out may still happen. */
const TIMEOUTS = {
  read: 10_000,
  write: 60_000,
  token: 10_000,
  page: 60_000,
  /** How long a call may be held back because DTTP said to wait; longer, and it fails at once. */
  longestWait: 30_000,
}

const SILENT: Log = { debug: () => {}, warn: () => {} }

export type DttpClient = ReturnType<typeof createDttpClient>

/** Throws if a URL is not https (plain http is for the simulator on this machine). Sends nothing yet. */
export function createDttpClient(settings: DttpSettings) {
  const { clientId, clientSecret, now = () => new Date(), log = SILENT, sleep = realSleep } = settings
  const timeouts = { ...TIMEOUTS, ...settings.timeouts }
  const api = new URL('/api/data/v9.1/', settings.organisation)
  const tokenUrl = new URL(settings.tokenUrl)
  for (const url of [api, tokenUrl]) {
    if (!isSafeForCredentials(url)) throw new Error('DTTP must be reached by https')
  }
  const { longestWait: longestWaitMs } = timeouts
  const transport = createTransport()
  const scope = `${api.origin}/.default`
  const access = { tokenUrl, clientId, clientSecret, scope, timeoutMs: timeouts.token, longestWaitMs }
  const tokens = createTokens(access, transport, now, sleep, log)
  const limits = { api, readTimeoutMs: timeouts.read, writeTimeoutMs: timeouts.write, longestWaitMs }
  const requests = createRequests(limits, { transport, tokens, now, sleep, log })

  return {
    findContact: (id: string) => findContact(requests, id),
    findPlacementAssignment: (id: string) => findPlacementAssignment(requests, id),
    getTrn: (contactId: string) => getTrn(requests, contactId),
    findContactsBy: (by: Parameters<typeof findContactsBy>[1]) => findContactsBy(requests, by),
    findPlacementAssignmentsOf: (contactId: string) => findPlacementAssignmentsOf(requests, contactId),
    findDegreeQualificationsOf: (contactId: string) => findDegreeQualificationsOf(requests, contactId),
    findAccount: (id: string) => findAccount(requests, id),
    updateContact: (...update: RecordUpdate) => updateRecord(requests, 'updateContact', 'contacts', ...update),
    updatePlacementAssignment: (...update: RecordUpdate) =>
      updateRecord(requests, 'updatePlacementAssignment', 'dfe_placementassignments', ...update),
    createInBatch: (parts: readonly BatchPart[], beforeSending?: BeforeSending) =>
      createInBatch(requests, parts, beforeSending),
    /** All schools in pages of at most `pageSize` (DTTP's own limit is 5000), from the start or from a `next`. */
    accounts: (pageSize: number, from?: string) => accounts(requests, timeouts.page, pageSize, from),
    /** Closes idle connections. */
    close: () => transport.close(),
  }
}
