import type { Wait } from '../contract/playbook.ts'
import type { GiasSchool } from '../entities/chatops/gias-school.ts'
import type { School } from '../entities/register/school.ts'
import { giasUrl } from '../gias/schools.ts'
import { dttpStatusLabel } from '../register/schools/schools.ts'

// The texts by which support is asked to do something in DTTP. They hold no ages, so that the digest stays the same,
// and nobody's name.

/** Asks for a school's account to be made active. */
export function makeActive({
  urn,
  name,
  account,
}: {
  urn: string
  name: string | null
  account: { id: string; statusCode: number | null }
}): { title: string; text: string } {
  const text = [
    'Please make this school active in DTTP.',
    `School: ${name ?? 'name unknown'}, URN ${urn}`,
    `DTTP account: ${account.id} (${dttpStatusLabel(account.statusCode)})`,
    `GIAS has it open: ${giasUrl(urn)}`,
    'Register’s copy was made active so that trainees can go on. Until DTTP is updated, the nightly school sync sets it back.',
  ].join('\n')
  return { title: `Update a school in DTTP: URN ${urn}`, text }
}

/** Asks for a school to be added. */
export function addSchool({
  urn,
  school,
  gias,
}: {
  urn: string
  school: School | null
  gias: GiasSchool | null
}): Wait {
  const text = [
    'Please add this school to DTTP.',
    `School: ${gias?.name ?? school?.name ?? 'name unknown'}, URN ${urn}`,
    `GIAS has it open: ${giasUrl(urn)}`,
    'Register finds it after the next nightly school sync. Whoever needs it sooner can enter its DTTP id in /trainee repair-school.',
  ].join('\n')
  return { urn, title: `Add a school to DTTP: URN ${urn}`, text }
}
