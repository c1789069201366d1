import { formatDateTime } from '../calendar/london.ts'
import type { FollowUp, Postcondition } from '../entities/chatops/change-request.ts'
import type { RegistrationAttempt } from '../entities/chatops/registration-attempt.ts'
import type { Trainee } from '../entities/register/trainee.ts'

type Unknown = Pick<Postcondition, 'found' | 'silent' | 'problem' | 'followUps'>

/**
 * What a card says of a registration that nobody has settled: what DTTP has now, and what people can do.
 * @param candidates the records found, in words; null if DTTP did not say
 */
export function unknownOutcome(
  trainee: Pick<Trainee, 'slug'>,
  { sentAt, ids }: Pick<RegistrationAttempt, 'sentAt' | 'ids'>,
  candidates: readonly string[] | null,
): Unknown {
  return ids ? answered(trainee, ids.contact) : unanswered(trainee, sentAt, candidates)
}

/** What a card says while DTTP is asked, by ids of ours, what has become of a registration. */
export function beingAsked(
  { sentAt }: Pick<RegistrationAttempt, 'sentAt'>,
  until: Date,
): Pick<Postcondition, 'found' | 'problem' | 'until'> {
  const found = `We sent the registration on ${formatDateTime(sentAt)} and got no reply. We ask DTTP again until ${formatDateTime(until)}, and send it again only if it is not there. It cannot be registered twice.`
  const problem = [
    'We do not know yet if DTTP registered this trainee.',
    found,
    'Do not register or retry this trainee yourself. There is nothing for you to do unless this card says so.',
  ].join('\n')
  return { found, problem, until: until.toISOString() }
}

function unanswered({ slug }: Pick<Trainee, 'slug'>, sentAt: Date, candidates: readonly string[] | null): Unknown {
  const problem = [
    'We do not know if DTTP registered this trainee.',
    `We sent the registration on ${formatDateTime(sentAt)} and got no reply. It may have worked.`,
    'Do not register or retry this trainee. Trying again could create a duplicate.',
    `A developer needs to check ${candidates?.length ? 'the DTTP records listed below' : 'what DTTP holds'}, then choose “Use these records” or “Register again”. A second person must approve either choice.`,
  ].join('\n')
  const silent = candidates === null ? { silent: true } : {}
  return { found: whatDttpShows(candidates), ...silent, problem, followUps: [use(slug), again(slug)] }
}

function answered({ slug }: Pick<Trainee, 'slug'>, contact: string): Unknown {
  const problem = [
    'DTTP registered this trainee, but Register could not save it.',
    `DTTP answered with record ${contact}.`,
    'Do not register or retry this trainee. That would create a duplicate.',
    'Choose “Use these records”. A second person must approve it.',
  ].join('\n')
  return {
    found: `DTTP answered with record ${contact}, which is not saved in Register.`,
    problem,
    followUps: [use(slug)],
  }
}

function whatDttpShows(candidates: readonly string[] | null): string {
  if (candidates === null) return 'Nobody knows. DTTP did not answer when we looked for the records.'
  if (candidates.length === 0) return 'Nobody knows. DTTP shows no record that it could have created.'
  return `Nobody knows. DTTP now shows ${candidates.join('; ')}.`
}

function use(trainee: string): FollowUp {
  return { label: 'Use these records', playbook: 'settle-registration', values: { subject: trainee, decision: 'use' } }
}

function again(trainee: string): FollowUp {
  return { label: 'Register again', playbook: 'settle-registration', values: { subject: trainee, decision: 'again' } }
}
