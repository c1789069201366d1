import { type Effect, type Enqueue, traineeOf } from '../../contract/effect.ts'
import type { Plan } from '../../contract/plan.ts'
import { canonical } from '../../entities/json.ts'
import { registerJobName, whatJobDoes } from '../../register/jobs/words.ts'
import { count, listed } from '../../words.ts'
import { type BlockGroup, copyable, heading, plainSections } from '../kit/blocks.ts'
import { renderTold, type ToldOf } from './told.ts'

/** An effect in words: what happens, its particulars, and a text that people can copy. */
export type DescribedEffect = {
  title: string
  details: string | null
  text: string | null
  byHand: boolean
  /** What DTTP will be told of each trainee. */
  told?: readonly ToldOf[]
}

/** What a plan does besides changing columns. */
export function describeEffects(plan: Plan): DescribedEffect[] {
  const unaudited = plan.updates.some(({ save }) => save === 'columns-only')
  const silent = 'Register’s timeline will not show the changed columns'
  return [
    ...(unaudited ? [{ title: silent, details: null, text: null, byHand: false }] : []),
    ...alike(plan.effects).map(describeGroup),
  ]
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

function describeGroup([effect, ...others]: Effect[]): DescribedEffect {
  if (!effect) throw new TypeError('an empty group')
  const told = [effect, ...others].flatMap(toldBy)
  const first = { ...describeEffect(effect), ...(told.length > 0 ? { told } : {}) }
  if (others.length === 0) return first
  const trainees = [effect, ...others].map((one) => traineeOf(one) ?? '')
  const title = first.title.replace(`for trainee ${trainees[0]}`, `for trainees ${listed(trainees, trainees.length)}`)
  const details = [effect, ...others].flatMap((one) => {
    const words = describeEffect(one).details
    return words ? [`Trainee ${traineeOf(one)}: ${words.replaceAll('\n', ', ')}`] : []
  })
  return { ...first, title, details: details.join('\n') || null }
}

function toldBy(effect: Effect): ToldOf[] {
  const told = 'told' in effect ? effect.told : undefined
  return told ? [{ trainee: traineeOf(effect) ?? '', told }] : []
}

/** What is sent is not what was approved, where something else than a registration of our own workers sends it. */
const AS_IT_IS = 'It sends the record as it is in Register then.'

function describeEffect(effect: Effect): DescribedEffect {
  switch (effect.kind) {
    case 'enqueue':
      return describeJob(effect)
    case 'retry':
      return {
        title: `Retry the failed job ${registerJobName(effect.job)} for trainee ${effect.trainee}`,
        details: [`Job ${effect.jobId}, ${effect.fingerprint}`, ...asItIs(effect)].join('\n'),
        text: null,
        byHand: false,
      }
    case 'remove-job': {
      const title = `Remove the failed job ${registerJobName(effect.job)} for trainee ${effect.trainee} from Register’s Sidekiq`
      const { place, score, sha1 } = effect.member
      return { title, details: `In ${place}: ${score ?? ''} ${sha1}`, text: null, byHand: false }
    }
    case 'settle-registration': {
      const what = effect.outcome === 'registered' ? 'worked' : 'is given up'
      const title = `Record that the registration of trainee ${effect.trainee} ${what}`
      return { title, details: `Job ${effect.jobId}`, text: null, byHand: false }
    }
    case 'trello-card':
      return { title: `Add a Trello card: ${effect.title}`, details: null, text: effect.text, byHand: false }
    case 'manual-step':
      return { title: `To do by hand: ${effect.title}`, details: null, text: effect.text, byHand: true }
  }
}

function describeJob(effect: Enqueue): DescribedEffect {
  const trainee = traineeOf(effect)
  const whose = trainee === null ? '' : ` for trainee ${trainee}`
  const howLong = effect.job === 'retrieve-trn' ? `, ${durationWords(effect.args.poll_for)}` : ''
  const title = `${whatJobDoes(effect.job)}${whose} ${delayWords(effect.delaySeconds ?? 0)}${howLong}`
  const details = Object.entries(effect.args)
    .filter(([name]) => name !== 'trainee' && name !== 'poll_for')
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${value ?? 'empty'}`)
  return { title, details: [...details, ...asItIs(effect)].join('\n') || null, text: null, byHand: false }
}

function asItIs({ job, told }: { job: string; told?: object }): string[] {
  return job === 'update-trainee' || (job === 'register-for-trn' && !told) ? [AS_IT_IS] : []
}

/** Effects with their texts; for the person who approves also the particulars, which link to Register. */
export function renderEffects(plan: Plan, whole: { registerUrl: string } | null): BlockGroup[] {
  return describeEffects(plan).map(({ title, details, text, byHand, told }) => ({
    blocks: [
      ...(title.length <= 500 ? [heading(title)] : plainSections(title)),
      ...(whole && details ? plainSections(details) : []),
      ...(whole && told ? renderTold(told, whole.registerUrl) : []),
      ...(text ? (byHand ? copyable(text) : plainSections(text)) : []),
    ],
    shows: 1,
  }))
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
