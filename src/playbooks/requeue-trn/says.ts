import { formatDateTime } from '../../calendar/london.ts'
import { jobsAdded } from '../../contract/plan.ts'
import type { Kept, Saying } from '../../contract/playbook.ts'

/** Whose TRN DTTP is asked for, and for how long. */
export function says({ plan, trainee, outcome }: Kept): Saying {
  const duration = jobsAdded(plan, 'retrieve-trn')[0]?.args.poll_for ?? ''
  const long = /^\d/.test(duration) ? ` for ${duration}` : duration ? ` until ${duration}` : ''
  const what = `DTTP for the TRN of trainee ${trainee} again${long}`
  return {
    asks: `ask ${what}`,
    approving: `asking ${what}`,
    does: `It asks ${what}.`,
    also: 'No record changes until the TRN is there.',
    done:
      outcome.poll === 'trn'
        ? `The TRN of trainee ${trainee} has arrived. It is saved in Register.`
        : `DTTP is asked for the TRN of trainee ${trainee} again. ${pollWords(outcome)}`.trim(),
  }
}

function pollWords({ poll, verified }: Kept['outcome']): string {
  if (!poll || poll === 'trn') return verified?.[0]?.found ?? ''
  return `DTTP has no TRN yet. We ask again on ${formatDateTime(poll.next)}, and go on until ${formatDateTime(poll.timeout)}.`
}
