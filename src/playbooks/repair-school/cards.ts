import type { Effect } from '../../contract/plan.ts'
import type { Wait } from '../../contract/playbook.ts'
import { giasUrl } from '../../gias/schools.ts'
import { dttpStatusLabel } from '../../register/schools.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { SchoolRows } from './rows.ts'

// What support is asked to do in DTTP. No age of anything is in it, and nobody's name.

/** Asks for an account to be made active: as a card, or as a text to copy where Trello is not set up. */
export function askForUpdate(
  { urn, school }: SchoolRows,
  { row, account }: Extract<Diagnosis, { kind: 'activate' }>,
  addsTrelloCards: boolean,
): Effect {
  const text = [
    'Please make this school active in DTTP.',
    `School: ${school?.name ?? row.name ?? 'name unknown'}, URN ${urn}`,
    `DTTP account: ${account.id} (${dttpStatusLabel(account.statusCode)})`,
    `GIAS has it open: ${giasUrl(urn)}`,
    'Register’s copy was made active so that trainees can go on. Until DTTP is updated, the nightly school sync sets it back.',
  ].join('\n')
  return { kind: addsTrelloCards ? 'trello-card' : 'manual-step', title: `Update a school in DTTP: URN ${urn}`, text }
}

/** Asks for a school to be added. */
export function askForSchool({ urn, school, gias }: SchoolRows): Wait {
  const text = [
    'Please add this school to DTTP.',
    `School: ${gias?.name ?? school?.name ?? 'name unknown'}, URN ${urn}`,
    `GIAS has it open: ${giasUrl(urn)}`,
    'Register finds it after the next nightly school sync. Whoever needs it sooner can enter its DTTP id in /trainee repair-school.',
  ].join('\n')
  return { urn, title: `Add a school to DTTP: URN ${urn}`, text }
}
