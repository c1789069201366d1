import { describeDay } from '../calendar/london.ts'
import type { Finding } from '../contract/check.ts'
import type { GiasSchool } from '../entities/chatops/gias-school.ts'
import { describeGiasAge, type GiasAge, giasStatusLabel, giasUrl } from '../gias/schools.ts'

/** What GIAS says of a school, with what to do where it stands in the way. Its age is shown, and is no evidence. */
export function lookOnGias(
  urn: string,
  school: GiasSchool | null,
  { age, isTooOld }: { age: GiasAge | null; isTooOld: boolean },
): Finding {
  const source = describeGiasAge(age)
  if (isTooOld) {
    const why = age ? `${source} is too old to say whether URN ${urn} is open` : 'We have nothing from GIAS yet'
    const found = `${why}. It is loaded every night: ask a developer why it was not. You can look at ${giasUrl(urn)} meanwhile.`
    return { verdict: 'unchecked', found, evidence: { urn, known: false } }
  }
  if (!school) {
    const defects = age?.defects ? `, which has ${age.defects} rows that we could not read` : ''
    const found = `GIAS has no school with URN ${urn} (${source}${defects}). Ask the provider which school it should be, and to choose it in Register.`
    return { verdict: 'blocks', found, evidence: { urn, status: null } }
  }
  return { ...judge(school, source), evidence: { urn, status: school.status, closes: school.closeDate } }
}

function judge(school: GiasSchool, source: string): Pick<Finding, 'verdict' | 'found'> {
  const { urn, openDate } = school
  const said = `GIAS has URN ${urn} as ${giasStatusLabel(school)}`
  switch (school.status) {
    case 1:
      return { verdict: 'holds', found: `${said} (${source}).` }
    case 3: {
      const found = `${said} (${source}). Ask the provider whether the trainee stays there when it closes.`
      return { verdict: 'warns', found }
    }
    case 4: {
      const opens = openDate ? `, open date ${describeDay(openDate)}` : ''
      const found = `${said}${opens} (${source}). It cannot be sent before it opens. Ask the provider which school the trainee is at until then, or ask again once GIAS has it open.`
      return { verdict: 'blocks', found }
    }
    default: {
      const found = `${said} (${source}). Ask the provider which school the trainee is at now, and to choose it in Register. If GIAS is wrong, the school must correct it: ${giasUrl(urn)}`
      return { verdict: 'blocks', found }
    }
  }
}
