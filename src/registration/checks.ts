import type { Finding } from '../contract/playbook.ts'
import { preflight, registrationProblems } from '../dttp/payloads/preflight.ts'
import type { RegistrationRows } from '../dttp/payloads/rows.ts'
import type { Problem } from '../dttp/problems.ts'
import { routeRules } from '../dttp/registration-rows.ts'
import type { RegisterSettings } from '../world.ts'

/**
 * Whether everything is there that DTTP must be told. Blocks if Register's own job would raise. For a reference that
 * has no code, Register sends an empty one; DTTP may refuse that, and then nothing is created.
 * @param submittedBy the DTTP id of the user who submitted the trainee; another check looks at whether there is one
 */
export function lookAtPreflight(
  rows: RegistrationRows,
  submittedBy: string | null,
  register: RegisterSettings,
): Finding {
  const rules = routeRules(rows.trainee, register)
  const fatal = preflight(rows, rules, submittedBy).filter(isOfRecord)
  const all = registrationProblems(rows, rules, submittedBy).filter(isOfRecord)
  const evidence = all.map(({ code, message }) => [code, message])
  if (fatal.length > 0) {
    const found = `The registration would fail. ${wordsOf(fatal)} ${remedyFor(fatal)}`
    return { verdict: 'blocks', found, evidence }
  }
  if (all.length > 0) {
    const found = `Register has no code for this, and sends it empty. DTTP may refuse the registration; then nothing is created there. ${wordsOf(all)}`
    return { verdict: 'warns', found, evidence }
  }
  return { verdict: 'holds', found: 'Nothing is missing.', evidence }
}

function isOfRecord({ code }: Problem): boolean {
  return code !== 'submitter-without-dttp-id'
}

function wordsOf(problems: readonly Problem[]): string {
  return problems.map(({ message }) => message).join(' ')
}

function remedyFor(problems: readonly Problem[]): string {
  const schools = problems.filter(({ code }) => /^(lead|employing)-school-not-active/.test(code))
  return [
    ...(schools.length > 0 ? ['The school must be repaired first (repair-school).'] : []),
    ...(schools.length < problems.length ? ['Ask the provider to complete the record first.'] : []),
  ].join(' ')
}
