import type { FollowUp, Postcondition } from '../entities/chatops/change-request.ts'
import type { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import type { Trainee } from '../entities/register/trainee.ts'
import { formatDateTime } from '../register/times.ts'

/**
 * What a card says of a registration without an answer: what DTTP shows now, and the two ways on.
 * @param candidates the records found, in words; null if DTTP did not say
 */
export function unknownOutcome(
  { slug }: Pick<Trainee, 'slug'>,
  { sentAt }: Pick<RegistrationAttempt, 'sentAt'>,
  candidates: readonly string[] | null,
): Pick<Postcondition, 'found' | 'problem' | 'followUps'> {
  const problem = [
    'We do not know if DTTP registered this trainee.',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply. It may have worked.`,
    'Do not register or retry this trainee. Trying again could create a duplicate.',
    `A developer needs to check ${candidates?.length ? 'the DTTP records listed below' : 'what DTTP holds'}, then choose “Use these records” or “Register again”. A second person must approve either choice.`,
  ].join('\n')
  return { found: whatDttpShows(candidates), problem, followUps: waysOn(slug) }
}

function whatDttpShows(candidates: readonly string[] | null): string {
  if (candidates === null) return 'Nobody knows. DTTP did not answer when we looked for the records.'
  if (candidates.length === 0) return 'Nobody knows. DTTP shows no record that it could have created.'
  return `Nobody knows. DTTP now shows ${candidates.join('; ')}.`
}

function waysOn(trainee: string): FollowUp[] {
  return [
    { label: 'Use these records', playbook: 'settle-registration', values: { trainee, decision: 'use' } },
    { label: 'Register again', playbook: 'settle-registration', values: { trainee, decision: 'again' } },
  ]
}
