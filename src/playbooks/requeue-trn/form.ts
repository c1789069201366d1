import { reason, select, ticket, traineeRef } from '../../contract/fields.ts'
import { POLL_DURATIONS } from '../../register/poll-durations.ts'

const durationOptions = POLL_DURATIONS.map((duration) => ({
  value: duration,
  label: duration.startsWith('the ') ? `Until ${duration}` : duration,
}))

export const form = {
  trainee: traineeRef(),
  duration: {
    ...select('Keep polling for', durationOptions),
    hint: 'Counted from when the request is carried out. Working days are Monday to Friday, without bank holidays.',
  },
  reason: reason(),
  ticket: ticket(),
}

export type Form = typeof form
