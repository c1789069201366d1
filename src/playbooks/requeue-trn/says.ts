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
    done: pollWords(outcome, trainee),
  }
}

/** Nothing that a later poll makes untrue: the card is drawn again only when there is a TRN, or the poll has ended. */
function pollWords({ poll, verified }: Kept['outcome'], trainee: Kept['trainee']): string {
  if (poll === 'trn') return `The TRN of trainee ${trainee} has arrived. It is saved in Register.`
  if (poll === 'over') return `DTTP was asked for the TRN of trainee ${trainee} again. That has ended without a TRN.`
  if (poll && 'by' in poll) {
    return `DTTP was asked for the TRN of trainee ${trainee} again, until CR-${poll.by} took the place of that.`
  }
  const asked = `DTTP is asked for the TRN of trainee ${trainee} again`
  if (!poll) return `${asked}. ${verified?.[0]?.found ?? ''}`.trim()
  return `${asked}. DTTP has no TRN yet. We go on until ${formatDateTime(poll.timeout)}.`
}
