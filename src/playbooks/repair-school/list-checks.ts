import type { Finding } from '../../contract/playbook.ts'
import { dttpStatusLabel, isActiveInDttp } from '../../register/schools.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'
import { combine, type Seen, schoolsLookedAt } from './looked-at.ts'
import type { SchoolRows } from './rows.ts'

// What is said of each school's place in the list of DTTP schools, and of what the school sync makes of it.

export function lookAtList(seen: Seen): Finding {
  const findings = schoolsLookedAt(seen).map((school) => describe(school, diagnose(school, seen)))
  const found = combine(findings.map((finding, index) => withEvidence(finding, seen, index)))
  const words = oneAtATime(seen)
  return words === null ? found : { verdict: 'blocks', found: words, evidence: found.evidence }
}

/** The form has one answer about a school: it cannot be given for two, nor a sync be run over a row just made active. */
function oneAtATime(seen: Seen): string | null {
  const wrong = schoolsLookedAt(seen)
    .map((school) => ({ school, kind: diagnose(school, seen).kind }))
    .filter(({ kind }) => !['active', 'useless', 'not-open', 'malformed'].includes(kind))
  const [first] = wrong
  if (!first || wrong.length < 2 || wrong.every(({ kind }) => kind === 'activate')) return null
  const list = wrong.map(({ school }) => inListWords(school)).join(' ')
  return `${list} Two schools are wrong: repair them one at a time. Start with /trainee repair-school ${first.school.urn}. The trainee goes on once both are there.`
}

type Words = Omit<Finding, 'evidence'> & { kind: Diagnosis['kind'] }

function withEvidence({ kind, ...finding }: Words, seen: Seen, index: number): Finding {
  const school = schoolsLookedAt(seen)[index]
  const rows = school?.inDttp.map(({ id, status_code, dttp_id }) => [id, status_code, dttp_id]) ?? []
  return { ...finding, evidence: { urn: school?.urn ?? null, kind, rows } }
}

function describe(school: SchoolRows, diagnosis: Diagnosis): Words {
  const { urn } = school
  const holds = (found: string): Words => ({ verdict: 'holds', found, kind: diagnosis.kind })
  switch (diagnosis.kind) {
    case 'active': {
      const statuses = diagnosis.rows.map(({ id, status_code }) => `row ${id} is ${dttpStatusLabel(status_code)}`)
      if (diagnosis.rows.length === 1) {
        return holds(`URN ${urn} is in the list: ${statuses.join('')}. Nothing is wrong with the school.`)
      }
      const found = `URN ${urn} is in the list more than once: ${statuses.join(', ')}. Nothing else is wrong with the school, but Register may use either row. Ask support which account DTTP should keep.`
      return { verdict: 'warns', found, kind: diagnosis.kind }
    }
    case 'activate':
      return holds(
        `URN ${urn} is in the list, but not active: row ${diagnosis.row.id} is ${dttpStatusLabel(diagnosis.row.status_code)}. It would become active (1).`,
      )
    case 'insert':
      return holds(`URN ${urn} is not in the list. It would be inserted as DTTP has it: ${asInDttp(diagnosis)}.`)
    case 'adopt':
      return holds(
        `URN ${urn} is not in the list, but row ${diagnosis.row.id} has the DTTP id under ${diagnosis.row.urn === null ? 'no URN' : `URN ${diagnosis.row.urn}`}. That row would become as DTTP has it: ${asInDttp(diagnosis)}.`,
      )
    case 'sync':
      return holds(`URN ${urn} is not in the list. The school sync brings it, if DTTP has it.`)
    case 'wait':
      return holds(`URN ${urn} is not in the list. Support is asked to add it to DTTP.`)
    case 'ask':
      return { verdict: 'blocks', found: diagnosis.words, kind: diagnosis.kind, ask: diagnosis.ask }
    case 'useless':
      return { verdict: 'blocks', found: diagnosis.words, kind: diagnosis.kind }
    case 'not-open':
    case 'malformed':
      return holds(inListWords(school))
  }
}

function asInDttp({ account }: Extract<Diagnosis, { kind: 'insert' | 'adopt' }>): string {
  return `“${account.name ?? 'no name'}”, ${dttpStatusLabel(account.statusCode)}, DTTP id ${account.id}`
}

function inListWords({ urn, inDttp }: SchoolRows): string {
  const rows = inDttp.map(({ id, status_code }) => `row ${id} is ${dttpStatusLabel(status_code)}`).join(', ')
  return inDttp.length === 0
    ? `URN ${urn} is not in the list of DTTP schools.`
    : `URN ${urn} is in the list, but not active: ${rows}.`
}

/**
 * DTTP stays the system of record: what the next sync does to a row that people have changed. What DTTP says may change
 * for the better before that, and is no evidence.
 */
export function lookAtLasting(seen: Seen): Finding {
  const isSynced = seen.register.isEnabled('sync_from_dttp')
  const findings = schoolsLookedAt(seen).map((school): Finding => {
    const diagnosis = diagnose(school, seen)
    if (diagnosis.kind === 'insert' || diagnosis.kind === 'adopt') {
      return { verdict: 'holds', found: `The row of URN ${school.urn} is as DTTP has it.`, evidence: null }
    }
    if (diagnosis.kind !== 'activate') return { verdict: 'holds', found: '', evidence: null }
    return { ...lookAtActivated(diagnosis, isSynced, seen.rows.addsTrelloCards), evidence: { isSynced } }
  })
  return combine(findings)
}

function lookAtActivated(
  { row, account }: Extract<Diagnosis, { kind: 'activate' }>,
  isSynced: boolean,
  addsTrelloCards: boolean,
): Omit<Finding, 'evidence'> {
  const status = dttpStatusLabel(account.statusCode)
  if (!needsUpdateInDttp(account)) {
    return {
      verdict: 'holds',
      found: `DTTP says ${status} by now, so the next school sync leaves row ${row.id} active.`,
    }
  }
  const next = isSynced
    ? `If nobody updates DTTP, the next nightly school sync sets row ${row.id} back to that.`
    : `Register’s school sync is switched off; once it runs again, it sets row ${row.id} back to that.`
  const ask = addsTrelloCards
    ? 'A Trello card asks support to update DTTP.'
    : 'Ask support to update DTTP: there is text to copy.'
  return { verdict: 'warns', found: `DTTP still says ${status}. ${next} ${ask}` }
}

/** Whether the sync would make the school inactive again. */
export function needsUpdateInDttp({ statusCode }: { statusCode: number | null }): boolean {
  return !isActiveInDttp(statusCode)
}
