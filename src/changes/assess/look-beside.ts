import type { Finding } from '../../contract/check.ts'
import { type Effect, type EffectOf, EVERY_POLL, traineeOf } from '../../contract/effect.ts'
import type { Plan } from '../../contract/plan.ts'
import type { RegisterJob } from '../../sidekiq/job.ts'
import type { MayWrite } from '../../sidekiq/version.ts'

// Whether what Register's own Sidekiq has answered stands in a plan's way. Pure.

/** What it answered: these trainees' registrations, wherever they are, their polls, and whether it may be written to. */
export type Beside = {
  trainees: readonly string[]
  registrations: readonly RegisterJob[]
  /** Polls for a TRN that are under way. */
  polls: readonly RegisterJob[]
  /** The jobs of the plan that are not where it has them. */
  moved: readonly string[]
  writing: MayWrite
}

/** Whether the plan can be carried out beside what it answered. */
export function lookAtBeside(plan: Plan, beside: Beside | null): Finding {
  if (!beside || !traineesAskedAbout(plan).every((trainee) => beside.trainees.includes(trainee))) {
    return { verdict: 'unchecked', found: 'It was not asked about every trainee. Preview again.', evidence: null }
  }
  const registered = plan.effects.filter((effect) => isRegistration(effect) || isFoundToWork(effect)).map(traineeOf)
  const live = beside.registrations.filter((job) => mayRun(job) && registered.includes(job.trainee))
  const evidence = {
    live: live.map(({ sha1 }) => sha1).sort(),
    moved: [...beside.moved],
    mayWrite: beside.writing.mayWrite,
  }
  if (!beside.writing.mayWrite) return { verdict: 'blocks', found: beside.writing.why, evidence }
  if (beside.moved.length > 0) return { verdict: 'blocks', found: MOVED, evidence }
  const [first] = live
  if (!first) return lookAtPolls(plan, beside, evidence)
  const found = `It has a registration of trainee ${first.trainee}, which ${WHERE[first.place]}. A second one could create a duplicate. Wait until that has ended, or ask a developer to delete it on Sidekiq’s page.`
  return { verdict: 'blocks', found, evidence }
}

/** A plan that only polls is in vain where a poll is under way. Beside other jobs a second one does no harm. */
function lookAtPolls({ effects }: Plan, { polls }: Beside, evidence: Finding['evidence']): Finding {
  const jobs = effects.filter(isJob)
  const replaced = traineesPolledAnew(effects)
  const other = jobs.length > 0 && jobs.every(isPoll) && polls.find(({ trainee }) => !replaced.includes(trainee ?? ''))
  if (!other) return { verdict: 'holds', found: '', evidence }
  const found = `It asks for the TRN of trainee ${other.trainee} already: a job ${WHERE[other.place]}. Preview again in a minute.`
  return { verdict: 'blocks', found, evidence: other.sha1 }
}

/** Those whose polls in Register's Sidekiq are to be replaced. */
export function traineesPolledAnew(effects: readonly Effect[]): string[] {
  const polls = effects.filter(isPoll).filter(({ args }) => args.replaces === EVERY_POLL)
  return polls.map(({ args }) => args.trainee)
}

const MOVED =
  'A job of this plan is no longer where it was: somebody has had it run again, or deleted it. Preview again in a minute.'

const WHERE: Readonly<Record<RegisterJob['place'], string>> = {
  queue: 'is about to run',
  schedule: 'waits for its time',
  retry: 'will be tried again',
  running: 'is running',
  dead: 'has failed',
}

/** Those who would be registered, or polled for, or whose registration is found to have worked. */
export function traineesAskedAbout({ effects }: Plan): string[] {
  const asked = effects.filter((effect) => isRegistration(effect) || isPoll(effect) || isFoundToWork(effect))
  return [...new Set(asked.map((effect) => traineeOf(effect) ?? ''))].sort()
}

export function mayRun({ place }: Pick<RegisterJob, 'place'>): boolean {
  return place !== 'dead'
}

export function isJob({ kind }: Effect): boolean {
  return kind === 'enqueue' || kind === 'retry'
}

function isPoll(effect: Effect): effect is Extract<EffectOf<'enqueue'>, { job: 'retrieve-trn' }> {
  return effect.kind === 'enqueue' && effect.job === 'retrieve-trn'
}

/** Two people have found that a registration worked. */
export function isFoundToWork(effect: Effect): effect is EffectOf<'settle-registration'> {
  return effect.kind === 'settle-registration' && effect.outcome === 'registered'
}

export function isRegistration(effect: Effect): effect is EffectOf<'enqueue' | 'retry'> {
  return (effect.kind === 'enqueue' || effect.kind === 'retry') && effect.job === 'register-for-trn'
}
