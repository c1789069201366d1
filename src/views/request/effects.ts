import { type Effect, type Enqueue, traineeOf } from '../../contract/effect.ts'
import type { Plan } from '../../contract/plan.ts'
import { canonical } from '../../entities/json.ts'
import { registerJobName } from '../../register/jobs/words.ts'
import { count, listed } from '../../words.ts'
import type { ToldOf } from './told.ts'

/** An effect in words. */
export type DescribedEffect = {
  /** What happens, without the names of jobs. */
  title: string
  details: string | null
  /** Which job it is, ids and codes: for whoever looks closely. */
  small: string
  /** What people copy, or Trello is sent. */
  text: string | null
  byHand: boolean
  /** What DTTP will be told of each trainee. */
  told?: readonly ToldOf[]
}

type Words = { title: string; details?: string; text?: string; byHand?: boolean }

/** What a plan does besides changing columns, in plain words. */
export function describeEffects(plan: Plan): DescribedEffect[] {
  const unaudited = plan.updates.some(({ save }) => save === 'columns-only')
  const silent = { title: 'Register’s timeline will not show these changes' }
  return [...(unaudited ? [whole(silent)] : []), ...alike(plan.effects).map(describeGroup)]
}

function whole({ title, details = '', text = '', byHand = false }: Words): DescribedEffect {
  return { title, details: details || null, small: '', text: text || null, byHand }
}

/** Effects that do the same for several trainees are shown as one, so that fifty trainees still fit. */
function alike(effects: readonly Effect[]): Effect[][] {
  const groups = new Map<string, Effect[]>()
  for (const [index, effect] of effects.entries()) {
    const key = keyOf(effect) ?? String(index)
    groups.set(key, [...(groups.get(key) ?? []), effect])
  }
  return [...groups.values()]
}

function keyOf(effect: Effect): string | null {
  if (effect.kind === 'retry' || effect.kind === 'remove-job') return `${effect.kind} ${effect.job}`
  if (effect.kind !== 'enqueue' || traineeOf(effect) === null) return null
  const args = Object.entries(effect.args).filter(([name]) => name !== 'trainee' && name !== 'submitted_by')
  return canonical([effect.kind, effect.job, effect.delaySeconds ?? 0, Object.fromEntries(args)])
}

function describeGroup(effects: readonly Effect[]): DescribedEffect {
  const [first] = effects
  if (!first) throw new TypeError('an empty group')
  const trainees = effects.map((effect) => traineeOf(effect) ?? '')
  const who = `${trainees.length === 1 ? 'trainee' : 'trainees'} ${listed(trainees, trainees.length)}`
  const told = effects.flatMap(toldBy)
  const described = effects.map((effect) => describeEffect(effect, who, effects.length))
  const details = described.map((words) => words.details ?? '')
  const ofEach = (words: readonly string[]) =>
    words.flatMap((some, index) => (some ? [`Trainee ${trainees[index]}: ${some}`] : []))
  const small = trainees.length > 1 ? ofEach(effects.map(codesOf)) : effects.map(codesOf)
  const name = 'job' in first ? registerJobName(first.job) : ''
  return {
    ...whole(describeEffect(first, who, effects.length)),
    details: (new Set(details).size === 1 ? details.slice(0, 1) : ofEach(details)).join('\n') || null,
    small: [name, ...small].filter(Boolean).join('; '),
    ...(told.length > 0 ? { told } : {}),
  }
}

function toldBy(effect: Effect): ToldOf[] {
  const told = 'told' in effect ? effect.told : undefined
  return told ? [{ trainee: traineeOf(effect) ?? '', told }] : []
}

/** What is sent is not what was approved, where something else than a registration of our own workers sends it. */
const AS_IT_IS = 'It sends the record as it is in Register then.'

function describeEffect(effect: Effect, who: string, number: number): Words {
  switch (effect.kind) {
    case 'enqueue':
      return { title: `${jobFor(effect, who)} ${timeOf(effect)}`, details: detailsOf(effect) }
    case 'retry': {
      const again = number === 1 ? 'the job that failed runs again' : 'the jobs that failed run again'
      return { title: `${sendsFor(effect.job, who)}: ${again}`, details: asItIs(effect) }
    }
    case 'remove-job':
      return { title: `Take the failed registration of ${who} out of Register’s Sidekiq` }
    case 'settle-registration':
      return {
        title: `Record that the registration of ${who} ${effect.outcome === 'registered' ? 'worked' : 'is given up'}`,
      }
    case 'trello-card':
      return { title: `Add a Trello card: ${effect.title}`, text: effect.text }
    case 'manual-step':
      return { title: `To do by hand: ${effect.title}`, text: effect.text, byHand: true }
  }
}

function jobFor({ job }: Enqueue, who: string): string {
  switch (job) {
    case 'retrieve-trn':
      return `Ask DTTP for the TRN of ${who}`
    case 'change-trainee-status':
      return `Set the status of ${who} in DTTP`
    case 'sync-schools':
      return 'Fetch the schools from DTTP'
    default:
      return sendsFor(job, who)
  }
}

function sendsFor(job: 'register-for-trn' | 'update-trainee', who: string): string {
  return job === 'update-trainee' ? `Send the record of ${who} to DTTP` : `Register ${who} with DTTP`
}

/** "at once, then every hour for 1 day": the time between two goes is Register's. */
function timeOf(effect: Enqueue): string {
  const first = delayWords(effect.delaySeconds ?? 0)
  return effect.job === 'retrieve-trn' ? `${first}, then every hour ${durationWords(effect.args.poll_for)}` : first
}

function detailsOf(effect: Enqueue): string {
  switch (effect.job) {
    case 'retrieve-trn':
      return effect.args.replaces ? 'It takes the place of what asks for it now.' : ''
    case 'change-trainee-status':
      return `Status: ${effect.args.status.replaceAll('_', ' ')}, on ${RECORDS[effect.args.entity]}.`
    default:
      return asItIs(effect)
  }
}

const RECORDS = { contact: 'the trainee’s record', placement_assignment: 'the training record' } as const

function asItIs({ job, told }: { job: string; told?: object }): string {
  return job === 'update-trainee' || (job === 'register-for-trn' && !told) ? AS_IT_IS : ''
}

/** What tells one effect from another that has the same words. */
function codesOf(effect: Effect): string {
  switch (effect.kind) {
    case 'enqueue':
      if (effect.job === 'register-for-trn') return `submitted by ${effect.args.submitted_by ?? 'nobody'}`
      return effect.job === 'sync-schools' ? `URN ${effect.args.urn}` : ''
    case 'retry':
      return `job ${effect.jobId}, ${effect.fingerprint}`
    case 'remove-job':
      return ['in', effect.member.place, effect.member.score, effect.member.sha1].filter(Boolean).join(' ')
    case 'settle-registration':
      return `job ${effect.jobId}`
    default:
      return ''
  }
}

/** "for 1 day", "until the end of the next working day". */
function durationWords(duration: string): string {
  return /^\d/.test(duration) ? `for ${duration}` : `until ${duration}`
}

/** "at once", "in 1 hour", "in 4 days". */
function delayWords(seconds: number): string {
  if (seconds <= 0) return 'at once'
  for (const [length, noun] of [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const) {
    if (seconds % length === 0) return `in ${count(seconds / length, noun)}`
  }
  return `in ${count(seconds, 'second')}`
}
