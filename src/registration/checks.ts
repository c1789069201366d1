import type { Finding } from '../contract/check.ts'
import { preflight, registrationProblems } from '../dttp/payloads/preflight.ts'
import type { RegistrationRows } from '../dttp/payloads/rows.ts'
import { isRefusedByUs, type Problem } from '../dttp/problems.ts'
import { routeRules } from '../dttp/registration-rows.ts'
import type { RegisterSettings } from '../world.ts'

/**
 * Whether DTTP can be told what it must be told. Blocks on what Register itself dies of, and on what it would send
 * empty or wrong; the words say which. A reference that Register has no code for is sent as an empty one; DTTP may refuse
 * that, and then nothing is created.
 * @param submittedBy the DTTP id of the user on whose behalf; whether there is one has a check of its own
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
    const lead = fatal.every(isRefusedByUs)
      ? 'Register would send this incomplete, and DTTP would keep a wrong record. We refuse it.'
      : 'The registration would fail.'
    const found = `${lead} ${wordsOf(fatal)} ${remedyFor(fatal)}`
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
