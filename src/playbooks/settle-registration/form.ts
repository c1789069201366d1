import { optionalDttpId, reason, select, ticket, traineeRef } from '../../contract/fields.ts'

export const form = {
  trainee: traineeRef(),
  decision: select('What should happen', [
    { value: 'use', label: 'Use these records' },
    { value: 'again', label: 'Register again' },
  ]),
  contact: optionalDttpId('DTTP record to use', 'Only if we ask for it: the id of the trainee’s record in DTTP.'),
  reason: reason(),
  ticket: ticket(),
}

export type Form = typeof form
