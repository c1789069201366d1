import type { Logger } from 'pino'
import type { DataSource, EntityManager } from 'typeorm'
import type { ClosedDays } from './calendar/working-time.ts'
import type { DttpClient } from './dttp/client/index.ts'
import { unlistedCode } from './entities/transient.ts'
import type { RegisterFeatures } from './register/features.ts'
import type { SidekiqClient } from './sidekiq/index.ts'

/** Settings of Register that decide what its code does, and its base URL without a trailing slash. */
export type RegisterSettings = RegisterFeatures & {
  url: string
  /** Whether Register's five jobs can be had run from here: by our workers or, beside it, by Register's own Sidekiq. */
  runsJobs: boolean
  /** Whether Register's Sidekiq also runs the registrations that two people approved. Our workers do, unless it is set. */
  handsOverRegistrations?: boolean | undefined
}

/** The clients of other systems. Each has time limits of its own, and throws errors of its own kind. */
export type Upstreams = {
  dttp: DttpClient
  /** Register's own Sidekiq; there only where that runs Register's jobs. */
  sidekiq?: SidekiqClient | undefined
}

/** Whether somebody may do something, and why not. */
export type Standing = 'allowed' | 'not-listed' | 'not-a-colleague' | 'people-unknown' | 'group-gone'

/** Who may do what; see people/. */
export type People = {
  mayRequest: (userId: string) => Promise<Standing>
  mayApprove: (userId: string) => Promise<Standing>
  /** The same for a decision: whom an earlier answer admits is asked about afresh. */
  mayDecide: (userId: string) => Promise<Standing>
  /** Whether two ids are one person, who has several on Enterprise Grid. Null if Slack does not say. */
  areOne: (userId: string, otherId: string) => Promise<boolean | null>
}

/** Tells operators of a trouble that only they can mend: once a day each, whatever the number of processes. */
export type Report = (trouble: string, facts: Record<string, string>) => Promise<void>

/** What is built once, in services.ts, and handed down. */
export type World = {
  database: DataSource
  /** Part of every digest, so that an approval that was given in one database is not valid in a copy of it. */
  databaseIdentity: string
  register: RegisterSettings
  upstreams: Upstreams
  people: People
  /** Slack channels in which requests are posted. */
  channels: readonly string[]
  log: Logger
  report: Report
  /** The database's time, whatever this machine's clock says; tests pass their own. */
  now: () => Date
  /** Which build of the bot this is: what another one says of the same may be in other words. */
  build: string
  /** When this process began to look after requests. Until a while later it leaves those of another version alone. */
  startedAt: Date
  /** Whether an approver may ask for the values of personal columns that change. */
  reveals: boolean
  /** Days on which nobody works, besides weekends and bank holidays. */
  closedDays: ClosedDays
  /** Until when a request that is sent now may wait for approval. */
  expiryOf: (playbook: string, sentAt: Date) => Date
  /** The user or user group whom a waiting request calls; null for nobody. */
  approverMention: string | null
  /** The address of support tickets, with `{ticket}` for the number; and whether a request must name one. */
  tickets: { url: string | null; areRequired: boolean }
  /** Milliseconds after the commit at which the result is looked at once more. */
  verifyAgainAfter: number
  /** Milliseconds between two polls for a TRN: an hour in Register. */
  pollEvery: number
  /** Schools that DTTP is asked for at once: 5000 in Register, which is also the most that DTTP gives. */
  schoolsPerPage: number
  /** Whether we choose the ids of what a registration creates in DTTP, unless DTTP has shown that it does not take them. */
  ownIds: boolean
  /** Milliseconds until DTTP is first asked what has become of a registration without an answer; later ones double. */
  askAgainAfter: number
  /** A worker that has not been heard of for so many milliseconds is taken for dead. */
  jobLease: number
  /** Whether what the bot posts by itself waits for people to be at work, unless it is urgent. */
  alertHours?: 'working' | 'any'
  /** Slack channel of what the bot posts by itself. */
  alertChannel: string
  /** DTTP's organisation without a trailing slash; links to records begin with it. */
  dttpUrl: string
  /** Where GIAS's extract is, with `{yyyymmdd}` for the day, and for how many milliseconds it counts as known. */
  gias: { url: string; maxAgeMs: number }
  /** Whether cards can be added to Trello. */
  addsTrelloCards: boolean
  /** Set where everything is shown and nothing is carried out. */
  mode?: 'preview-only' | undefined
  /** The names of the playbooks that are on; all are unless it is set. */
  playbooksOn?: ReadonlySet<string> | undefined
  /**
   * Aborted when a worker is asked to stop. A long job then ends its step and is put back, so that another worker goes
   * on with it; a long sweep ends where it is.
   */
  stopping?: AbortSignal
  /** Told, in its transaction, of each failed job that a request has run again: alerts stand above requests. */
  onRetry: (sql: EntityManager, job: string) => Promise<void>
  /** What can wait for a moment lets the clicks go first that Slack waits to have acknowledged; see bot/clicks.ts. */
  clicksPassed?: () => Promise<void>
  /** Called between the steps of an execution. A proof kills the process there. */
  onStep?: (step: string, changeRequest: string) => void | Promise<void>
  /** The same between the steps of a registration with DTTP, with the job's id. */
  onJobStep?: (step: string, job: string) => void | Promise<void>
  /** Given each attempt at a job, as `job:<id>`, and each sending of an outbox row, as `outbox:<id>`. */
  during?: <T>(what: string, work: () => Promise<T>) => Promise<T>
}

/** Does a piece of work, so that a proof can stop it anywhere. */
export function during<T>({ during }: Pick<World, 'during'>, what: string, work: () => Promise<T>): Promise<T> {
  return during ? during(what, work) : work()
}

/** Has a developer look at a code of our own database that is on no list: until then it counts as one that passes. */
export async function reportUnlisted({ report }: Pick<World, 'report'>, error: unknown): Promise<void> {
  const code = unlistedCode(error)
  if (code !== null) await report(`The database gave an error that the bot has not met before (${code})`, { code })
}

/** Reads what tells this database from every other: a random id of ours, its name, and the cluster's identifier. */
export async function readDatabaseIdentity(database: DataSource): Promise<string> {
  const [row] = await database.query<{ identity: string }[]>(
    `SELECT id || '/' || current_database() || '/' || (SELECT system_identifier FROM pg_control_system()) AS identity
     FROM chatops.identity`,
  )
  if (!row) throw new Error('chatops.identity is empty: run the migrations')
  return row.identity
}
