import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import type { RegisterSettings, Upstreams } from '../playbooks/playbook.ts'
import type { People } from './people.ts'

/** What the lifecycle works with; built once in services.ts. */
export type ChangesContext = {
  database: DataSource
  /** Part of every digest, so that an approval given for one database is void in a copy of it. */
  databaseIdentity: string
  register: RegisterSettings
  upstreams: Upstreams
  people: People
  log: Logger
  now: () => Date
  /** Milliseconds a request may wait for approval. */
  expiryOf: (playbook: string) => number
  /** Milliseconds after the commit at which the result is looked at once more. */
  verifyAgainAfter: number
  /** Milliseconds between two polls for a TRN: an hour in Register. */
  pollEvery: number
  /** Slack channel of what the bot posts by itself. */
  alertChannel: string
  /** DTTP's organisation without a trailing slash; links to records begin with it. */
  dttpUrl: string
  /** Where GIAS's extract is, `{yyyymmdd}` standing for the day, and for how many milliseconds it is good enough. */
  gias: { url: string; maxAgeMs: number }
  /** Whether cards can be added to Trello. */
  addsTrelloCards: boolean
  /** Aborted when a worker is asked to stop: a long job then ends its step and is put back, to go on elsewhere. */
  stopping?: AbortSignal
  /** Called between the steps of an execution; the proof kills the process there. */
  onStep?: (step: ExecutionStep, changeRequest: string) => void | Promise<void>
  /** The same between the steps of a registration with DTTP, with the job's id. */
  onJobStep?: (step: string, job: string) => void | Promise<void>
}

/** The named points between which an execution can die. */
export const EXECUTION_STEPS = [
  'begun',
  'asked',
  'claimed',
  'locked',
  'judged',
  'written',
  'verified',
  'audited',
  'queued',
  'recorded',
  'committed',
] as const

export type ExecutionStep = (typeof EXECUTION_STEPS)[number]

/** Reads what makes this database itself: our own random id, its name, and the cluster's identifier. */
export async function readDatabaseIdentity(database: DataSource): Promise<string> {
  const [row] = await database.query<{ identity: string }[]>(
    `SELECT id || '/' || current_database() || '/' || (SELECT system_identifier FROM pg_control_system()) AS identity
     FROM chatops.identity`,
  )
  if (!row) throw new Error('chatops.identity is empty: run the migrations')
  return row.identity
}
