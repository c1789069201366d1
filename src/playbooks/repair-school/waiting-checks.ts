import type { Finding } from '../../contract/playbook.ts'
import type { Json } from '../../entities/json.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'
import { canRun, type Freed, sortWaiting } from './freed.ts'
import { type Seen, schoolsLookedAt } from './looked-at.ts'

// Who goes on with this request, and who does not.

/** Who does not wait, or cannot go on, is no evidence: people come and go, and nothing is done about them. */
export function lookAtWaiting(seen: Seen): Finding {
  const kinds = schoolsLookedAt(seen).map((school) => diagnose(school, seen).kind)
  const { freed } = sortWaiting(seen)
  const evidence: Json = freed.map(({ trainee, kind, job, needsPoll }) => [
    trainee.id,
    kind,
    job ? [job.id, job.run] : null,
    needsPoll,
  ])
  return { verdict: 'holds', found: freed.length > 0 ? wordsFor(freed) : whyNobody(kinds, seen), evidence }
}

function whyNobody(kinds: readonly Diagnosis['kind'][], { register }: Seen): string {
  if (!canRun(register)) return ''
  if (kinds.includes('sync')) {
    return 'Nothing is retried before the school is there. Then ask for this repair again: it retries what waits.'
  }
  if (kinds.includes('wait')) return 'What waits for the school can be retried once it is there.'
  return kinds.some((kind) => FOUND_AFTERWARDS.includes(kind)) ? 'No job that waits for the school can be retried.' : ''
}

const FOUND_AFTERWARDS: readonly Diagnosis['kind'][] = ['active', 'activate', 'insert', 'adopt']

function wordsFor(freed: readonly Freed[]): string {
  const [retried, anew] = [freed.filter(({ job }) => job), freed.filter(({ job }) => !job)]
  const polled = freed.filter(({ needsPoll }) => needsPoll)
  return [
    ...(retried.length > 0 ? [`Retried: ${retried.map(nameOf).join(', ')}.`] : []),
    ...(anew.length > 0 ? [`Enqueued anew, as no failed job is on record: ${anew.map(nameOf).join(', ')}.`] : []),
    ...(polled.length > 0
      ? [
          `Nothing asks for their TRN any more, so a new poll is added: ${polled.map(({ trainee }) => `trainee ${trainee.id}`).join(', ')}.`,
        ]
      : []),
  ].join(' ')
}

function nameOf({ trainee, kind }: Freed): string {
  return `trainee ${trainee.id} (${kind === 'update-trainee' ? 'update' : 'registration'})`
}

const MOST_LISTED = 30

export function lookAtLeftOut(seen: Seen): Finding {
  const { leftOut, later } = sortWaiting(seen)
  const lines = leftOut.slice(0, MOST_LISTED).map(({ trainee, words }) => `Trainee ${trainee.id} is left out. ${words}`)
  const more = [
    ...(leftOut.length > lines.length ? [`${leftOut.length - lines.length} more are left out.`] : []),
    ...(later > 0 || (seen.rows.isMore && canRun(seen.register))
      ? [`${later > 0 ? later : 'Some'} more wait than fit into one request. Ask again when this one is done.`]
      : []),
  ]
  if (lines.length + more.length === 0) return { verdict: 'holds', found: '', evidence: null }
  return { verdict: 'warns', found: [...lines, ...more].join(' '), evidence: null }
}
