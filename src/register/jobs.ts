import { JOB_NAMES, type JobName } from '../entities/chatops/job.ts'

type JobWords = { does: string; did: string; fails: string; registerName: string }

const WORDS: Readonly<Record<JobName, JobWords>> = {
  'retrieve-trn': {
    does: 'Poll DTTP for a TRN',
    did: 'The TRN has arrived',
    fails: 'Polling DTTP for a TRN failed',
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
}

/** What a job does, and Register's name for it: "Poll DTTP for a TRN (Dttp::RetrieveTrnJob)". */
export function whatJobDoes(name: string): string {
  const words = findWords(name)
  return words ? `${words.does} (${words.registerName})` : `Run ${name}`
}

/** "The record is sent to DTTP". */
export function jobDoneWords(name: string): string {
  return findWords(name)?.did ?? `${name} is done`
}

/** "Polling DTTP for a TRN failed". */
export function jobFailedWords(name: string): string {
  return findWords(name)?.fails ?? `${name} failed`
}

/** Register's name for a job, as the playbook and its console have it. */
export function registerJobName(name: string): string {
  return findWords(name)?.registerName ?? name
}

/** Our name for one of Register's jobs, by its class; null for every other class. */
export function findJobOfRegister(className: string): JobName | null {
  return JOB_NAMES.find((name) => name !== 'load-gias' && WORDS[name].registerName === className) ?? null
}

function findWords(name: string): JobWords | null {
  const known = JOB_NAMES.find((candidate) => candidate === name)
  return known ? WORDS[known] : null
}

/** Register's feature flag for a job: with it off the job does nothing. */
export function flagOf(name: JobName): 'persist_to_dttp' | 'sync_from_dttp' {
  return name === 'sync-schools' ? 'sync_from_dttp' : 'persist_to_dttp'
}
