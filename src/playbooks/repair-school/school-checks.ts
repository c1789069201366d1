import { combine, type Finding, notLookedAt } from '../../contract/check.ts'
import { dttpStatusLabel, isActiveInDttp } from '../../register/schools/schools.ts'
import { listWords } from '../../schools/in-list.ts'
import type { Repair, School } from './repair.ts'
import type { Situation } from './situation.ts'

// What is said of each school's place in the list of DTTP schools, and of what the school sync makes of it.

export function lookAtList({ schools }: Situation): Finding {
  const found = combine(schools.map(lookAtOne))
  const words = oneAtATime(schools)
  return words === null ? found : { verdict: 'blocks', found: words, evidence: found.evidence }
}

/**
 * The form has room for an answer about one school, so it cannot be given for two. A sync cannot be run in the same
 * request that makes a row active.
 */
function oneAtATime(schools: readonly School[]): string | null {
  const isRight = ({ repair: { kind } }: School) => ['active', 'useless', 'not-open', 'malformed'].includes(kind)
  const wrong = schools.filter((school) => !isRight(school))
  const [first] = wrong
  if (!first || wrong.length < 2 || wrong.every(({ repair }) => repair.kind === 'activate')) return null
  const list = wrong.map(inListWords).join(' ')
  return `${list} Two schools are wrong: repair them one at a time. Start with /trainee repair-school ${first.urn}. The trainee goes on once both are there.`
}

function lookAtOne(school: School): Finding {
  const { urn, inDttp, repair } = school
  const rows = inDttp.map(({ id, status_code, dttp_id }) => [id, status_code, dttp_id])
  return { ...describe(school), evidence: { urn, kind: repair.kind, rows } }
}

function describe(school: School): Omit<Finding, 'evidence'> {
  const { urn, repair } = school
  const holds = (found: string) => ({ verdict: 'holds', found }) as const
  switch (repair.kind) {
    case 'active': {
      if (repair.rows.length === 1) {
        return holds(`URN ${urn} is in the list, as ${listWords(repair.rows)}. Nothing is wrong with the school.`)
      }
      const found = `URN ${urn} is in the list more than once: as ${listWords(repair.rows)}. Nothing else is wrong with the school, but Register may use either row. Ask support which account DTTP should keep.`
      return { verdict: 'warns', found }
    }
    case 'activate':
      return holds(
        `URN ${urn} is in the list, but not active: it is ${listWords([repair.row])}, and would become active.`,
      )
    case 'insert':
      return holds(`URN ${urn} is not in the list. It would be inserted as DTTP has it: ${asInDttp(repair)}.`)
    case 'adopt':
      return holds(
        `URN ${urn} is not in the list, but ${repair.row.urn === null ? 'a school without a URN' : `URN ${repair.row.urn}`} there has its DTTP id. That would become as DTTP has it: ${asInDttp(repair)}.`,
      )
    case 'sync':
      return {
        verdict: 'not-looked-at',
        found: `URN ${urn} is not in the list. The school sync brings it, if DTTP has it.`,
      }
    case 'wait':
      return { verdict: 'warns', found: `URN ${urn} is not in the list. Support is asked to add it to DTTP.` }
    case 'ask':
      return { verdict: 'blocks', found: repair.words, ask: repair.ask }
    case 'useless':
      return { verdict: 'blocks', found: repair.words }
    case 'not-open':
    case 'malformed':
      return { verdict: 'not-looked-at', found: inListWords(school) }
  }
}

function asInDttp({ account }: Extract<Repair, { kind: 'insert' | 'adopt' }>): string {
  return `“${account.name ?? 'no name'}”, ${dttpStatusLabel(account.statusCode)}, DTTP id ${account.id}`
}

function inListWords({ urn, inDttp }: School): string {
  return inDttp.length === 0
    ? `URN ${urn} is not in the list of DTTP schools.`
    : `URN ${urn} is in the list, but not active: it is ${listWords(inDttp)}.`
}

/**
 * The next sync writes over the row with what DTTP has, so people are told what it will do. What DTTP says may become
 * better before that, so it is no evidence.
 */
export function lookAtLasting({ schools, register, addsTrelloCards }: Situation): Finding {
  const isSynced = register.isEnabled('sync_from_dttp')
  return combine(
    schools.map(({ urn, repair }): Finding => {
      if (repair.kind === 'insert' || repair.kind === 'adopt') {
        return { verdict: 'holds', found: `URN ${urn} is in the list as DTTP has it.`, evidence: null }
      }
      if (repair.kind !== 'activate') return notLookedAt()
      return { ...lookAtActivated(repair, isSynced, addsTrelloCards), evidence: { isSynced } }
    }),
  )
}

function lookAtActivated(
  { account }: Extract<Repair, { kind: 'activate' }>,
  isSynced: boolean,
  addsTrelloCards: boolean,
): Omit<Finding, 'evidence'> {
  const status = dttpStatusLabel(account.statusCode)
  if (!needsUpdateInDttp(account)) {
    return {
      verdict: 'holds',
      found: `DTTP says ${status} by now, so the next school sync leaves the school active.`,
    }
  }
  const next = isSynced
    ? `If nobody updates DTTP, the next nightly school sync sets the school back to that.`
    : `Register’s school sync is switched off; once it runs again, it sets the school back to that.`
  const ask = addsTrelloCards
    ? 'A Trello card asks support to update DTTP.'
    : 'Ask support to update DTTP: there is text to copy.'
  return { verdict: 'warns', found: `DTTP still says ${status}. ${next} ${ask}` }
}

/** Whether the sync would make the school inactive again. */
export function needsUpdateInDttp({ statusCode }: { statusCode: number | null }): boolean {
  return !isActiveInDttp(statusCode)
}
