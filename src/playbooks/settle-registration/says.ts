import type { Kept, Saying } from '../../contract/playbook.ts'

/** Whether the records that DTTP has are used, or the trainee is registered again. */
export function says({ form, plan, trainee, outcome }: Kept): Saying {
  const who = `trainee ${trainee}`
  if (form['decision'] === 'again') {
    const record = outcome.verified?.find(({ record }) => record)?.record
    return {
      asks: `give up the registration of ${who} that DTTP did not answer, and register them again`,
      approving: `${who} being registered with DTTP again`,
      does: `It registers ${who} with DTTP again.`,
      also: 'This makes a new record in DTTP.',
      done: `Trainee ${trainee} is registered with DTTP again.${record ? ` New DTTP record ${record}.` : ''}`,
    }
  }
  const [, given] = plan.updates.find(({ table }) => table === 'trainees')?.changes['dttp_id'] ?? []
  const record = typeof given === 'string' ? `DTTP record ${given}` : 'the DTTP record that is there'
  return {
    asks: `use ${record} for ${who}`,
    approving: `${who} being given a DTTP record that is there already`,
    does: `It gives ${who} a DTTP record that is there already.`,
    also: 'Nothing new is made in DTTP.',
    done: `Trainee ${trainee} has ${record}.`,
  }
}
