import type { Finding } from '../../contract/check.ts'
import type { SeenJob } from '../../entities/chatops/seen-job.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { isOpenOnGias } from '../../gias/schools.ts'
import { dttpStatusLabel, isActiveInDttp, isUrn } from '../../register/schools/schools.ts'
import type { RegisterSettings } from '../../world.ts'
import type { Answers, SchoolRows } from './rows.ts'

// What can be done about one school. Whether it should be done is decided by what GIAS says, in the checks.

type Account = NonNullable<Answers['accounts'][string]>

export type Repair =
  /** Register finds it; with two active rows it takes either. */
  | { kind: 'active'; rows: DttpSchool[] }
  /** A row becomes active; `after` is the row as it would be. */
  | { kind: 'activate'; row: DttpSchool; after: DttpSchool; account: Account }
  | { kind: 'insert'; after: DttpSchool; account: Account }
  /** A row has its DTTP id, but not its URN. */
  | { kind: 'adopt'; row: DttpSchool; after: DttpSchool; account: Account }
  | { kind: 'sync' }
  | { kind: 'wait' }
  /** The form has to say something first. */
  | { kind: 'ask'; words: string; ask: NonNullable<Finding['ask']> }
  | { kind: 'useless'; words: string }
  /** The school is not open on GIAS, or GIAS could not be looked at, or this cannot be a URN. */
  | { kind: 'not-open' }
  | { kind: 'malformed' }

/** A school that is looked at: the one whose URN was given, or one that the trainee's route sends. */
export type School = SchoolRows & { repair: Repair }

/** What the form says of a school that cannot be sent: which row to use, what to do where it has none, and its DTTP id. */
export type Chosen = { row: string; missing: string; dttp_id: string }

/** What is known besides the school itself. */
export type Known = {
  chosen: Chosen
  answers: Answers
  /** The row in the list with the DTTP id that was given, whatever its URN. */
  known: DttpSchool | null
  /** A synchronisation of the schools that is waiting or running. */
  sync: SeenJob | null
  isGiasTooOld: boolean
  register: RegisterSettings
}

export function repairFor(school: SchoolRows, known: Known): Repair {
  const active = school.inDttp.filter(({ status_code }) => isActiveInDttp(status_code))
  if (active.length > 0) return { kind: 'active', rows: active }
  if (!isUrn(school.urn)) return { kind: 'malformed' }
  if (known.isGiasTooOld || school.gias === null || !isOpenOnGias(school.gias.status)) return { kind: 'not-open' }
  return school.inDttp.length > 0 ? repairInactive(school, known) : repairMissing(school, known)
}

/** The row as it would be, where one would become active; null where none would. */
export function repairedRow(repair: Repair): DttpSchool | null {
  return 'after' in repair ? repair.after : null
}

/** What the school sync would write of an account. */
function asInDttp(
  { urn }: SchoolRows,
  { name, statusCode }: Account,
): Pick<DttpSchool, 'name' | 'urn' | 'status_code'> {
  return { name, urn, status_code: statusCode }
}

function repairInactive({ urn, inDttp }: SchoolRows, { chosen, answers: { accounts } }: Known): Repair {
  const list = inDttp.map((row) => describeRow(row, accounts)).join('; ')
  const row = pick(inDttp, chosen)
  if (!row) {
    const options = inDttp.map(({ id, name, status_code }) => ({
      value: id,
      label: `Row ${id}: ${dttpStatusLabel(status_code)}, ${name ?? 'no name'}`,
    }))
    const why =
      chosen.row === ''
        ? `URN ${urn} has ${inDttp.length} rows in the list`
        : `Row ${chosen.row} is not one of URN ${urn}`
    return { kind: 'ask', words: `${why}. Choose the one to make active: ${list}.`, ask: { field: 'row', options } }
  }
  if (chosen.dttp_id !== '' && chosen.dttp_id !== row.dttp_id?.toLowerCase()) {
    const words = `URN ${urn} is in the list already: ${list}. Leave the DTTP id empty to make that row active.`
    return { kind: 'ask', words, ask: { field: 'dttp_id' } }
  }
  const account = accounts[row.dttp_id?.toLowerCase() ?? ''] ?? null
  if (!account) {
    const what = row.dttp_id === null ? 'has no DTTP id' : `has the DTTP id ${row.dttp_id}, which DTTP no longer has`
    const words = `Row ${row.id} (URN ${urn}) ${what}, so making it active would not help. Ask support to add the school to DTTP.`
    return { kind: 'useless', words }
  }
  if (account.urn !== urn) {
    const words = `DTTP has the account of row ${row.id} under ${urnWords(account.urn)} by now, not under ${urn}. Ask support which account is the school’s.`
    return { kind: 'useless', words }
  }
  return { kind: 'activate', row, after: rowWith(row, { status_code: 1 }), account }
}

/** The row that was named, by its number or its DTTP id, or else the only one. */
function pick(inDttp: readonly DttpSchool[], { row, dttp_id: dttpId }: Chosen): DttpSchool | null {
  if (row !== '') return inDttp.find(({ id }) => id === row) ?? null
  if (inDttp.length === 1) return inDttp[0] ?? null
  return inDttp.find(({ dttp_id }) => dttpId !== '' && dttp_id?.toLowerCase() === dttpId) ?? null
}

function describeRow({ id, name, dttp_id, status_code }: DttpSchool, accounts: Answers['accounts']): string {
  const account = accounts[dttp_id?.toLowerCase() ?? ''] ?? null
  const inDttp = account ? `DTTP says ${dttpStatusLabel(account.statusCode)}` : 'DTTP no longer has it'
  return `row ${id} is ${dttpStatusLabel(status_code)}, “${name ?? 'no name'}”, DTTP id ${dttp_id ?? 'empty'} (${inDttp})`
}

const WHERE_TO_GO =
  'Choose what to do: insert it with its DTTP id, run the school sync, or ask support to add it to DTTP.'

function repairMissing(school: SchoolRows, known: Known): Repair {
  const { missing, dttp_id } = known.chosen
  const refuse = (words: string, field: 'missing' | 'dttp_id'): Repair => ({ kind: 'ask', words, ask: { field } })
  if (dttp_id !== '' && (missing === 'sync' || missing === 'wait')) {
    return refuse('Leave this empty, or choose to insert the school.', 'dttp_id')
  }
  if (missing === 'insert' && dttp_id === '') {
    return refuse('Enter the school’s id in DTTP. If you do not have it, choose to ask support.', 'dttp_id')
  }
  if (missing === 'sync') {
    const obstacle = obstacleToSync(known)
    return obstacle === null ? { kind: 'sync' } : refuse(obstacle, 'missing')
  }
  if (missing === 'wait') return { kind: 'wait' }
  if (dttp_id === '')
    return refuse(`URN ${school.urn} is open on GIAS, but not in the list of DTTP schools. ${WHERE_TO_GO}`, 'missing')
  const account = known.answers.accounts[dttp_id] ?? null
  if (!account) return refuse(`DTTP has no account with the id ${dttp_id}. Ask support for the school’s id.`, 'dttp_id')
  if (account.urn !== school.urn) {
    return refuse(
      `DTTP has the account ${dttp_id} under ${urnWords(account.urn)}, not under ${school.urn}. Ask support for the school’s id.`,
      'dttp_id',
    )
  }
  if (!isActiveInDttp(account.statusCode)) {
    return refuse(
      `The account ${dttp_id} is ${dttpStatusLabel(account.statusCode)} in DTTP, so inserting it will not help. Ask support to make it active in DTTP first.`,
      'dttp_id',
    )
  }
  const values = asInDttp(school, account)
  if (known.known) return { kind: 'adopt', row: known.known, after: rowWith(known.known, values), account }
  const after = rowWith(new DttpSchool(), { id: '0', dttp_id: account.id, ...values })
  return { kind: 'insert', after, account }
}

function obstacleToSync({ sync, register }: Known): string | null {
  if (!register.runsJobs)
    return 'The school sync is not run by this bot. Ask a developer to run it, or ask support and wait.'
  if (!register.isEnabled('sync_from_dttp')) {
    return 'Register’s feature flag sync_from_dttp is off, so the school sync would do nothing. Ask a developer.'
  }
  return sync ? 'The schools are being synchronised already. Wait until that is finished, and check again.' : null
}

function urnWords(urn: string | null): string {
  return urn === null ? 'no URN' : `URN ${urn}`
}

function rowWith(row: DttpSchool, values: Partial<DttpSchool>): DttpSchool {
  return Object.assign(Object.create(Object.getPrototypeOf(row)), row, values)
}
