import { isOurs, JOB_NAMES, type JobName, OTHER_JOB_NAMES, type SeenJobName } from '../../entities/chatops/job.ts'

type JobWords = { does: string; did: string; fails: string; registerName: string }

const WORDS: Readonly<Record<SeenJobName, JobWords>> = {
  'retrieve-trn': {
    does: 'Ask DTTP for a TRN',
    did: 'The TRN has arrived',
    fails: 'Asking DTTP for a TRN failed',
    registerName: 'Dttp::RetrieveTrnJob',
  },
  'register-for-trn': {
    does: 'Register with DTTP',
    did: 'Registered with DTTP',
    fails: 'Registering with DTTP failed',
    registerName: 'Dttp::RegisterForTrnJob',
  },
  'change-trainee-status': {
    does: 'Set the status in DTTP',
    did: 'The status is set in DTTP',
    fails: 'Setting the status in DTTP failed',
    registerName: 'Dttp::ChangeTraineeStatusJob',
  },
  'update-trainee': {
    does: 'Send the record to DTTP',
    did: 'The record is sent to DTTP',
    fails: 'Sending the record to DTTP failed',
    registerName: 'Dttp::UpdateTraineeJob',
  },
  'sync-schools': {
    does: 'Fetch the schools from DTTP',
    did: 'The schools are fetched from DTTP',
    fails: 'Fetching the schools from DTTP failed',
    registerName: 'Dttp::SyncSchoolsJob',
  },
  'load-gias': {
    does: 'Load the schools of GIAS',
    did: 'The schools of GIAS are loaded',
    fails: 'Loading the schools of GIAS failed',
    registerName: 'load-gias',
  },
  'retrieve-award': {
    does: 'Ask DTTP for an award',
    did: 'The award has arrived',
    fails: 'Asking DTTP for an award failed',
    registerName: 'Dttp::RetrieveAwardJob',
  },
  'recommend-for-award': {
    does: 'Recommend for an award in DTTP',
    did: 'The recommendation is in DTTP',
    fails: 'Recommending for an award in DTTP failed',
    registerName: 'Dttp::RecommendForAwardJob',
  },
  withdraw: {
    does: 'Withdraw in DTTP',
    did: 'The withdrawal is in DTTP',
    fails: 'Withdrawing in DTTP failed',
    registerName: 'Dttp::WithdrawJob',
  },
  defer: {
    does: 'Defer in DTTP',
    did: 'The deferral is in DTTP',
    fails: 'Deferring in DTTP failed',
    registerName: 'Dttp::DeferJob',
  },
  reinstate: {
    does: 'Reinstate in DTTP',
    did: 'The reinstatement is in DTTP',
    fails: 'Reinstating in DTTP failed',
    registerName: 'Dttp::ReinstateJob',
  },
  'queue-trainee-updates': {
    does: 'Queue the night’s updates for DTTP',
    did: 'The night’s updates are queued',
    fails: 'Queueing the night’s updates for DTTP failed',
    registerName: 'Dttp::QueueTraineeUpdatesJob',
  },
  'sync-providers': {
    does: 'Fetch the providers from DTTP',
    did: 'The providers are fetched from DTTP',
    fails: 'Fetching the providers from DTTP failed',
    registerName: 'Dttp::SyncProvidersJob',
  },
  'sync-users': {
    does: 'Fetch the users from DTTP',
    did: 'The users are fetched from DTTP',
    fails: 'Fetching the users from DTTP failed',
    registerName: 'Dttp::SyncUsersJob',
  },
  'import-applications': {
    does: 'Fetch applications from Apply',
    did: 'The applications are fetched from Apply',
    fails: 'Fetching applications from Apply failed',
    registerName: 'ApplyApi::ImportApplicationsJob',
  },
  'create-trainees': {
    does: 'Create trainees from applications',
    did: 'The trainees are created',
    fails: 'Creating trainees from applications failed',
    registerName: 'Trainees::CreateFromApplyJob',
  },
  'import-subjects': {
    does: 'Fetch the subjects of courses',
    did: 'The subjects are fetched',
    fails: 'Fetching the subjects of courses failed',
    registerName: 'TeacherTrainingApi::ImportSubjectsJob',
  },
  'import-courses': {
    does: 'Fetch the courses',
    did: 'The courses are fetched',
    fails: 'Fetching the courses failed',
    registerName: 'TeacherTrainingApi::ImportCoursesJob',
  },
  'truncate-sessions': {
    does: 'Remove old sessions',
    did: 'Old sessions are removed',
    fails: 'Removing old sessions failed',
    registerName: 'SessionStoreTruncateJob',
  },
  'delete-empty-trainees': {
    does: 'Delete empty trainees',
    did: 'Empty trainees are deleted',
    fails: 'Deleting empty trainees failed',
    registerName: 'DeleteEmptyTraineesJob',
  },
  other: {
    does: 'Run another job of Register’s',
    did: 'Another job of Register’s is done',
    fails: 'Another job of Register’s failed',
    registerName: 'not known',
  },
}

/** What a job does: "Ask DTTP for a TRN". */
export function jobDoes(name: string): string {
  return findWords(name)?.does ?? `Run ${name}`
}

/** "The record is sent to DTTP". */
export function jobDoneWords(name: string): string {
  return findWords(name)?.did ?? `${name} is done`
}

/** "Asking DTTP for a TRN failed". */
export function jobFailedWords(name: string): string {
  return findWords(name)?.fails ?? `${name} failed`
}

/** Register's name for a job, as the playbook and its console have it. */
export function registerJobName(name: string): string {
  return findWords(name)?.registerName ?? name
}

/** Register's names, each once: "“Ask DTTP for a TRN” is Dttp::RetrieveTrnJob." */
export function registerNamesOf(jobs: readonly string[]): string {
  return [...new Set(jobs)].map((name) => `“${jobDoes(name)}” is ${registerJobName(name)}.`).join(' ')
}

/** Our name for one of Register's jobs, by its class; null for every other class. */
export function findJobOfRegister(className: string): JobName | null {
  const name = findSeenName(className)
  return isOurs(name) ? name : null
}

/** Our name for any job of Register's, by its class. */
export function findSeenName(className: string | null): SeenJobName {
  const names = [...JOB_NAMES, ...OTHER_JOB_NAMES].filter((name) => name !== 'load-gias')
  return names.find((name) => WORDS[name].registerName === className) ?? 'other'
}

function findWords(name: string): JobWords | null {
  const known = [...JOB_NAMES, ...OTHER_JOB_NAMES].find((candidate) => candidate === name)
  return known ? WORDS[known] : null
}

/** Register's feature flag for a job: with it off the job does nothing. */
export function flagOf(name: SeenJobName): 'persist_to_dttp' | 'sync_from_dttp' {
  return name === 'sync-schools' ? 'sync_from_dttp' : 'persist_to_dttp'
}
