import { optionalNumber, reason, ticket, traineeRef } from '../../contract/fields.ts'

export const form = {
  trainee: traineeRef(),
  submitter: optionalNumber(
    'Register user to submit as',
    'Only if we ask for it: the number of another user of the trainee’s provider who is registered with DTTP.',
  ),
  reason: reason(),
  ticket: ticket(),
}

export type Form = typeof form
