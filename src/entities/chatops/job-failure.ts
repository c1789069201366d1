import * as z from 'zod'

/** Why a job failed, as a code: it decides which playbook applies. What each means is in failures/table.ts. */
const FAILURE_CODES = [
  /** A poll has ended without a TRN, because its time was up. */
  'timed-out',
  /** A school that the trainee's route sends is not active in DTTP. */
  'school-not-active',
  /** Something else that DTTP must be told is missing from the trainee's record. */
  'incomplete',
  /** DTTP does not have the record (any more). */
  'gone',
  /** A write was sent, and nobody knows whether it happened. */
  'outcome-unknown',
  /** The same of a registration under ids of ours, about which DTTP was asked for a working day. */
  'unanswered',
  /** What a registration created in DTTP was merged, deactivated or taken apart there. */
  'record-not-in-use',
  /** DTTP answered a registration that had been given up, or settled otherwise. */
  'late-answer',
  /** A trainee who was registered has another record in DTTP, created since the registration was first sent. */
  'second-record',
  /** DTTP gives other ids than those we chose, or takes the same ones twice. */
  'own-ids-not-kept',
  /** What DTTP would be told of the trainee is no longer what people approved. */
  'not-as-approved',
  /** The trainee has a DTTP record already. */
  'already-registered',
  /** The trainee has no DTTP record yet. */
  'not-registered',
  /** The TRN that a trainee was given is another trainee's, too. */
  'trn-shared',
  /** The trainee was never submitted, or is in a state that cannot receive a TRN. */
  'cannot-receive-trn',
  /** Register's feature flag for the job is off. */
  'switched-off',
  'dttp-unavailable',
  'dttp-unauthorised',
  'dttp-refused',
  /** Somebody else changed the record in DTTP again and again while we were about to. */
  'dttp-changed',
  'dttp-unreadable',
  'trainee-gone',
  /** Register could not read the trainee before it began. */
  'register-unavailable',
  /** GIAS's extract cannot be had, or must not be used. */
  'gias-unavailable',
  'gias-refused',
  /** A trainee waits for a TRN, and no poll asks DTTP for it. */
  'not-polled',
  /** A newer version of the bot has added it, and none runs that can read it. */
  'other-version',
  /** Its workers died on it again and again. */
  'stalled',
  /** It is in Register's Sidekiq no longer, and nothing shows that it ran. */
  'vanished',
  /** Register's Sidekiq was never given it. */
  'not-given',
  'unexpected',
] as const

export type FailureCode = (typeof FAILURE_CODES)[number]

/**
 * Why a job failed, as it is kept. `words` are for people and our own, `urns` names the schools it is about, `reference` is
 * DTTP's id of the request that failed, and `by` is set where Register's own Sidekiq ran it. Holds no personal data. A code
 * of a later version of the bot counts as unexpected, and what is missing holds nothing up.
 */
export const jobFailure = z.object({
  code: z.enum(FAILURE_CODES).catch('unexpected'),
  words: z.string().catch('It is not on record why.'),
  urns: z.array(z.string()).exactOptional(),
  reference: z.string().exactOptional(),
  at: z.string().catch(new Date(0).toISOString()),
  by: z.literal('register').exactOptional(),
})

export type JobFailure = z.output<typeof jobFailure>
