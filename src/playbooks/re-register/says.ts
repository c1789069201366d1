import type { Kept, Saying } from '../../contract/playbook.ts'

/** Who is registered with DTTP again, and under which record. */
export function says({ trainee, outcome }: Kept): Saying {
  const who = `trainee ${trainee}`
  const record = outcome.verified?.find(({ record }) => record)?.record
  return {
    asks: `register ${who} with DTTP again`,
    approving: `${who} being registered with DTTP again`,
    does: `It registers ${who} with DTTP again.`,
    also: 'This makes a new record in DTTP.',
    done: `Trainee ${trainee} is registered with DTTP again.${record ? ` New DTTP record ${record}.` : ''}`,
  }
}
