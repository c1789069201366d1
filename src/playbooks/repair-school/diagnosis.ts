import type { Ask } from '../../contract/plan.ts'
import type { GiasSchool } from '../../entities/chatops/gias-school.ts'
import { DttpSchool } from '../../entities/register/dttp-school.ts'
import { isOpenOnGias } from '../../gias/schools.ts'
import { dttpStatusLabel, isActiveInDttp, isUrn } from '../../register/schools.ts'
import type { InDttp } from './dttp.ts'
import { rowWith, type Seen } from './looked-at.ts'
import type { SchoolRows } from './rows.ts'

// What can be done about one school. Nothing here says whether it should be: that is what GIAS is asked.

type Account = NonNullable<InDttp['accounts'][string]>

export type Diagnosis =
  /** Register finds it; with two active rows it takes either. */
  | { kind: 'active'; rows: DttpSchool[] }
  | { kind: 'activate'; row: DttpSchool; account: Account }
  | { kind: 'insert'; account: Account }
  /** A row has its DTTP id, but not its URN. */
  | { kind: 'adopt'; row: DttpSchool; account: Account }
  | { kind: 'sync' }
  | { kind: 'wait' }
  /** The form has to say something first. */
  | { kind: 'ask'; words: string; ask: Ask }
  | { kind: 'useless'; words: string }
  /** GIAS does not have it open, or cannot say; or nobody can have given out this URN. */
  | { kind: 'not-open' }
  | { kind: 'malformed' }

export function diagnose(school: SchoolRows, seen: Seen): Diagnosis {
  const active = school.inDttp.filter(({ status_code }) => isActiveInDttp(status_code))
  if (active.length > 0) return { kind: 'active', rows: active }
  if (!isUrn(school.urn)) return { kind: 'malformed' }
  if (seen.rows.gias.isTooOld || !isOpen(school.gias)) return { kind: 'not-open' }
  return school.inDttp.length > 0 ? diagnoseInactive(school, seen) : diagnoseMissing(school, seen)
}

function isOpen(gias: GiasSchool | null): boolean {
  return gias !== null && isOpenOnGias(gias.status)
}

/** The row as it would be, where one would become active; null where none would. */
export function repairedRow(school: SchoolRows, diagnosis: Diagnosis): DttpSchool | null {
  switch (diagnosis.kind) {
    case 'activate':
      return rowWith(diagnosis.row, { status_code: 1 })
    case 'adopt':
      return rowWith(diagnosis.row, valuesOf(school, diagnosis.account))
    case 'insert':
      return rowWith(new DttpSchool(), {
        id: '0',
        dttp_id: diagnosis.account.id,
        ...valuesOf(school, diagnosis.account),
      })
    default:
      return null
  }
}

/** What the school sync would write of an account. */
export function valuesOf(
  { urn }: Pick<SchoolRows, 'urn'>,
  { name, statusCode }: Account,
): Pick<DttpSchool, 'name' | 'urn' | 'status_code'> {
  return { name, urn, status_code: statusCode }
}

function diagnoseInactive(school: SchoolRows, { rows, upstream, form }: Seen): Diagnosis {
  const { urn, inDttp } = school
  const list = inDttp.map((row) => describeRow(row, upstream)).join('; ')
  const row = pick(inDttp, form.row, rows.dttpId)
  if (!row) {
    const options = inDttp.map(({ id, name, status_code }) => ({
      value: id,
      label: `Row ${id}: ${dttpStatusLabel(status_code)}, ${name ?? 'no name'}`,
    }))
    const why =
      form.row === '' ? `URN ${urn} has ${inDttp.length} rows in the list` : `Row ${form.row} is not one of URN ${urn}`
    return { kind: 'ask', words: `${why}. Choose the one to make active: ${list}.`, ask: { field: 'row', options } }
  }
  const given = rows.dttpId !== '' && rows.dttpId !== row.dttp_id?.toLowerCase()
  if (given) {
    const words = `URN ${urn} is in the list already: ${list}. Leave the DTTP id empty to make that row active.`
    return { kind: 'ask', words, ask: { field: 'dttp_id' } }
  }
  const account = upstream.accounts[row.dttp_id?.toLowerCase() ?? ''] ?? null
  if (!account) {
    const what = row.dttp_id === null ? 'has no DTTP id' : `has the DTTP id ${row.dttp_id}, which DTTP no longer has`
    const words = `Row ${row.id} (URN ${urn}) ${what}, so making it active would not help. Ask support to add the school to DTTP.`
    return { kind: 'useless', words }
  }
  if (account.urn !== urn) {
    const words = `DTTP has the account of row ${row.id} under ${urnWords(account.urn)} by now, not under ${urn}. Ask support which account is the school’s.`
    return { kind: 'useless', words }
  }
  return { kind: 'activate', row, account }
}

/** The row that was named, by its number or its DTTP id, or else the only one. */
function pick(inDttp: readonly DttpSchool[], row: string, dttpId: string): DttpSchool | null {
  if (row !== '') return inDttp.find(({ id }) => id === row) ?? null
  if (inDttp.length === 1) return inDttp[0] ?? null
  return inDttp.find(({ dttp_id }) => dttpId !== '' && dttp_id?.toLowerCase() === dttpId) ?? null
}

function describeRow({ id, name, dttp_id, status_code }: DttpSchool, { accounts }: InDttp): string {
  const account = accounts[dttp_id?.toLowerCase() ?? ''] ?? null
  const inDttp = account ? `DTTP says ${dttpStatusLabel(account.statusCode)}` : 'DTTP no longer has it'
  return `row ${id} is ${dttpStatusLabel(status_code)}, “${name ?? 'no name'}”, DTTP id ${dttp_id ?? 'empty'} (${inDttp})`
}

const WHERE_TO_GO =
  'Choose what to do: insert it with its DTTP id, run the school sync, or ask support to add it to DTTP.'

function diagnoseMissing(school: SchoolRows, seen: Seen): Diagnosis {
  const { missing, dttp_id } = seen.form
  const refuse = (words: string, field: 'missing' | 'dttp_id'): Diagnosis => ({ kind: 'ask', words, ask: { field } })
  if (missing === 'sync') {
    const obstacle = obstacleToSync(seen)
    return obstacle === null ? { kind: 'sync' } : refuse(obstacle, 'missing')
  }
  if (missing === 'wait') return { kind: 'wait' }
  if (dttp_id === '')
    return refuse(`URN ${school.urn} is open on GIAS, but not in the list of DTTP schools. ${WHERE_TO_GO}`, 'missing')
  const account = seen.upstream.accounts[dttp_id] ?? null
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
  return seen.rows.known ? { kind: 'adopt', row: seen.rows.known, account } : { kind: 'insert', account }
}

function obstacleToSync({ rows: { sync }, register }: Seen): string | null {
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
