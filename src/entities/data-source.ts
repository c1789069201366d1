import 'reflect-metadata'
import pg from 'pg'
import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm'
import { OperatorError } from '../error-facts.ts'
import { Alert, AlertEntry } from './chatops/alert.ts'
import { Brake } from './chatops/brake.ts'
import { ChangeRequest } from './chatops/change-request.ts'
import { GiasLoad } from './chatops/gias-load.ts'
import { GiasSchool } from './chatops/gias-school.ts'
import { Job } from './chatops/job.ts'
import { LedgerEntry } from './chatops/ledger-entry.ts'
import { ManualStep } from './chatops/manual-step.ts'
import { Mirror, MirroredJob } from './chatops/mirrored-job.ts'
import { OutboxRow } from './chatops/outbox-row.ts'
import { Poll } from './chatops/poll.ts'
import { RegistrationAttempt } from './chatops/registration-attempt.ts'
import { Review } from './chatops/review.ts'
import { SchoolWait } from './chatops/school-wait.ts'
import { SeenJob } from './chatops/seen-job.ts'
import { withoutValues } from './database-errors.ts'
import { giveUpSilent, outliveLoss } from './lost-sessions.ts'
import { Lifecycle1761523200000 } from './migrations/1761523200000-lifecycle.ts'
import { Jobs1763900000000 } from './migrations/1763900000000-jobs.ts'
import { Gias1764000000000 } from './migrations/1764000000000-gias.ts'
import { SchoolWaits1764100000000 } from './migrations/1764100000000-school-waits.ts'
import { SentAs1764200000000 } from './migrations/1764200000000-sent-as.ts'
import { TraineeSlug1764300000000 } from './migrations/1764300000000-trainee-slug.ts'
import { OutboxPauses1764310000000 } from './migrations/1764310000000-outbox-pauses.ts'
import { Submissions1764320000000 } from './migrations/1764320000000-submissions.ts'
import { OwnIds1764400000000 } from './migrations/1764400000000-own-ids.ts'
import { OtherSystemsWords1764500000000 } from './migrations/1764500000000-other-systems-words.ts'
import { Brake1765000000100 } from './migrations/1765000000100-brake.ts'
import { Environment1765000000200 } from './migrations/1765000000200-environment.ts'
import { CuredJobs1795867820000 } from './migrations/1795867820000-cured-jobs.ts'
import { LedgerChain1795867947000 } from './migrations/1795867947000-ledger-chain.ts'
import { Mirror1795868127000 } from './migrations/1795868127000-mirror.ts'
import { WordsInChecks1795870941000 } from './migrations/1795870941000-words-in-checks.ts'
import { AttemptOrder1795870942000 } from './migrations/1795870942000-attempt-order.ts'
import { Purges1795871753000 } from './migrations/1795871753000-purges.ts'
import { AnsweredMessages1795871900000 } from './migrations/1795871900000-answered-messages.ts'
import { FlushedRegistrations1795872519000 } from './migrations/1795872519000-flushed-registrations.ts'
import { Finding1795872579000 } from './migrations/1795872579000-finding.ts'
import { HomeTabs1795873607000 } from './migrations/1795873607000-home-tabs.ts'
import { RequestsToPurge1795874760000 } from './migrations/1795874760000-requests-to-purge.ts'
import { Calls1795875500001 } from './migrations/1795875500001-calls.ts'
import { ManualSteps1795875500002 } from './migrations/1795875500002-manual-steps.ts'
import { BesideAlerts1795875500003 } from './migrations/1795875500003-beside-alerts.ts'
import { RequestsByRow1795875600001 } from './migrations/1795875600001-requests-by-row.ts'
import { Drafts1795875600002 } from './migrations/1795875600002-drafts.ts'
import { RegisterAttempts1795881000000 } from './migrations/1795881000000-register-attempts.ts'
import { JobsByKind1795882686000 } from './migrations/1795882686000-jobs-by-kind.ts'
import { FailingFor1795886400000 } from './migrations/1795886400000-failing-for.ts'
import { DealtWith1795892700000 } from './migrations/1795892700000-dealt-with.ts'
import { Said1795892800000 } from './migrations/1795892800000-said.ts'
import { LargeTables1795892900000 } from './migrations/1795892900000-large-tables.ts'
import { AnsweredAt1795893316000 } from './migrations/1795893316000-answered-at.ts'
import { MirroredProcesses1795894582000 } from './migrations/1795894582000-mirrored-processes.ts'
import { CardsOfAttention1795899152000 } from './migrations/1795899152000-cards-of-attention.ts'
import { NewerSidekiq1795903500000 } from './migrations/1795903500000-newer-sidekiq.ts'
import { CancelledApprovals1795903895000 } from './migrations/1795903895000-cancelled-approvals.ts'
import { SweepLength1795905600000 } from './migrations/1795905600000-sweep-length.ts'
import { NumbersOfLost1795907080000 } from './migrations/1795907080000-numbers-of-lost.ts'
import { MirrorOfManyNights1795908600000 } from './migrations/1795908600000-mirror-of-many-nights.ts'
import { LeftRows1795915906000 } from './migrations/1795915906000-left-rows.ts'
import { PurgesByIndex1795917000000 } from './migrations/1795917000000-purges-by-index.ts'
import { LeftToOthers1795917900000 } from './migrations/1795917900000-left-to-others.ts'
import { CopiedLedger1795929189000 } from './migrations/1795929189000-copied-ledger.ts'
import {
  NewestGivenUp1795930200000,
  NewestGivenUpBeside1795930200001,
  SeenJobsInOrder1795930200002,
} from './migrations/1795930200000-newest-given-up.ts'
import { MirrorToPurge1795930468000 } from './migrations/1795930468000-mirror-to-purge.ts'
import { IndexesUnread1795930469000 } from './migrations/1795930469000-indexes-unread.ts'
import { PurgeOfWhatIsOverStill1795930470000 } from './migrations/1795930470000-purge-of-what-is-over-still.ts'
import { Audit } from './register/audit.ts'
import { Degree } from './register/degree.ts'
import { Disability } from './register/disability.ts'
import { DttpSchool } from './register/dttp-school.ts'
import { Nationalisation } from './register/nationalisation.ts'
import { Nationality } from './register/nationality.ts'
import { Provider } from './register/provider.ts'
import { School } from './register/school.ts'
import { Trainee } from './register/trainee.ts'
import { TraineeDisability } from './register/trainee-disability.ts'
import { User } from './register/user.ts'
import { describeWrong, findWrong, giveSettings } from './session.ts'
import { exactTypes } from './timestamp.ts'

const REGISTER = [
  Audit,
  Degree,
  Disability,
  DttpSchool,
  Nationalisation,
  Nationality,
  Provider,
  School,
  Trainee,
  TraineeDisability,
  User,
]
const CHATOPS = [
  Alert,
  AlertEntry,
  Brake,
  GiasLoad,
  GiasSchool,
  Job,
  Mirror,
  MirroredJob,
  Poll,
  RegistrationAttempt,
  ChangeRequest,
  LedgerEntry,
  ManualStep,
  OutboxRow,
  Review,
  SchoolWait,
  SeenJob,
]

/** No error of its sessions quotes a value, and every one has our settings. */
class RegisterDatabase extends DataSource {
  override async initialize(): Promise<this> {
    await super.initialize()
    const lacking = await findWrong(this)
    if (lacking.length === 0) return this
    await giveSettings(this, lacking)
    await this.destroy()
    await super.initialize()
    const wrong = await findWrong(this)
    if (wrong.length === 0) return this
    await this.destroy()
    throw new OperatorError(describeWrong(wrong))
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    return withoutValues(super.createQueryRunner(mode))
  }
}

/**
 * A pool of sessions on Register's database. To keep times exact, sessions run in UTC, and dates and timestamps stay
 * text. No session keeps anything from one transaction to the next, so a pooler may share them out. TypeORM never changes the schema: Register's tables belong to Rails, and ours to the migrations.
 * @param poolSize connections at most; an execution holds one, a preview one.
 * @param longestSilenceMs for which an answer is waited for; for ever unless given, as a migration may take long
 */
export function createDataSource(url: string, poolSize = 10, longestSilenceMs = 0): DataSource {
  return new RegisterDatabase({
    type: 'postgres',
    driver: pg,
    url,
    poolSize,
    applicationName: 'trainee-chatops',
    connectTimeoutMS: 5_000,
    entities: [...REGISTER, ...CHATOPS],
    migrations: [
      ...[Lifecycle1761523200000, Jobs1763900000000, Gias1764000000000],
      ...[SchoolWaits1764100000000, SentAs1764200000000, TraineeSlug1764300000000],
      ...[OutboxPauses1764310000000, Submissions1764320000000, OwnIds1764400000000],
      ...[OtherSystemsWords1764500000000, Brake1765000000100, Environment1765000000200],
      ...[CuredJobs1795867820000, LedgerChain1795867947000, Mirror1795868127000],
      ...[WordsInChecks1795870941000, AttemptOrder1795870942000, Purges1795871753000],
      ...[AnsweredMessages1795871900000, FlushedRegistrations1795872519000],
      ...[Finding1795872579000, HomeTabs1795873607000],
      RequestsToPurge1795874760000,
      ...[Calls1795875500001, ManualSteps1795875500002, BesideAlerts1795875500003],
      ...[RequestsByRow1795875600001, Drafts1795875600002, RegisterAttempts1795881000000],
      ...[JobsByKind1795882686000, FailingFor1795886400000, DealtWith1795892700000, AnsweredAt1795893316000],
      ...[Said1795892800000, LargeTables1795892900000, MirroredProcesses1795894582000],
      ...[CardsOfAttention1795899152000, NewerSidekiq1795903500000],
      ...[CancelledApprovals1795903895000, SweepLength1795905600000],
      NumbersOfLost1795907080000,
      ...[MirrorOfManyNights1795908600000, LeftRows1795915906000, PurgesByIndex1795917000000],
      ...[LeftToOthers1795917900000, CopiedLedger1795929189000],
      ...[NewestGivenUp1795930200000, NewestGivenUpBeside1795930200001, SeenJobsInOrder1795930200002],
      ...[MirrorToPurge1795930468000, IndexesUnread1795930469000, PurgeOfWhatIsOverStill1795930470000],
    ],
    migrationsTableName: 'migrations',
    schema: 'chatops',
    synchronize: false,
    installExtensions: false, // for our uuid column TypeORM would add uuid-ossp to Register's schema
    extra: {
      types: exactTypes(pg.types),
      onConnect: longestSilenceMs > 0 ? giveUpSilent(longestSilenceMs) : outliveLoss,
    },
  })
}
