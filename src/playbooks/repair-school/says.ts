import { traineeOf } from '../../contract/effect.ts'
import type { Kept, Saying } from '../../contract/playbook.ts'
import { readSubject } from '../../contract/subject.ts'
import { count } from '../../words.ts'

/** Which school is put right, and how many trainees are sent to DTTP again for it. */
export function says({ form, plan, trainee, outcome }: Kept): Saying {
  const { kind, id } = readSubject(form['subject'] ?? '')
  const school =
    kind === 'urn' ? `school ${id}${called(outcome)}` : trainee ? `the school of trainee ${trainee}` : 'the school'
  const syncs = plan.effects.some((effect) => effect.kind === 'enqueue' && effect.job === 'sync-schools')
  const isPutRight = plan.updates.length + plan.inserts.length > 0
  const people = new Set(plan.effects.map(traineeOf).filter((one) => one !== null)).size
  const sent = people > 0 ? `${count(people, 'trainee')} ${people === 1 ? 'is' : 'are'} sent to DTTP again.` : ''
  const how = isPutRight ? 'repair' : syncs ? 'fetch' : 'retry what failed for'
  const doing = isPutRight ? 'repairing' : syncs ? 'fetching' : 'retrying what failed for'
  const does = isPutRight ? 'repairs' : syncs ? 'fetches' : 'retries what failed for'
  const where = isPutRight ? ' in Register’s list of DTTP schools' : syncs ? ' from DTTP' : ''
  const over = isPutRight ? 'is repaired' : syncs ? 'was fetched' : 'is in use again'
  return {
    asks: `${how} ${school}${where}`,
    approving: `${doing} ${school}${where}`,
    does: `It ${does} ${school}${where}.`,
    also: sent,
    done: `${school.charAt(0).toUpperCase()}${school.slice(1)} ${over}${where}. ${sent}`.trim(),
  }
}

function called({ school }: Kept['outcome']): string {
  return school ? ` (${school})` : ''
}
