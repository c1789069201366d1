import type { CheckResult, Finding } from '../contract/check.ts'
import { type Effect, type Enqueue, traineeOf } from '../contract/effect.ts'
import type { Plan } from '../contract/plan.ts'
import { UpstreamUnavailable } from '../errors.ts'
import { runnerOf } from '../jobs/runner.ts'
import { SidekiqUnavailable } from '../sidekiq/errors.ts'
import type { SidekiqClient } from '../sidekiq/index.ts'
import { type MemberId, type RegisterJob, readFingerprint } from '../sidekiq/job.ts'
import { judgeVersion, type MayWrite } from '../sidekiq/version.ts'
import type { World } from '../world.ts'

// What Register's own Sidekiq has to say to a plan, where it stands beside us. It is asked itself, at the preview and
// again at the execution; a mirror of it could be late.

/** What it answered: the registrations of these trainees, wherever they are, and whether it may be written to. */
export type Beside = {
  trainees: readonly string[]
  registrations: readonly RegisterJob[]
  /** The jobs of the plan that are not where it has them. */
  moved: readonly string[]
  writing: MayWrite
}

/** Asks it about a plan; null where there is nothing to ask. Throws UpstreamUnavailable. */
export async function askSidekiq({ upstreams: { sidekiq } }: World, plan: Plan | null): Promise<Beside | null> {
  if (!sidekiq || !plan?.effects.some(isJob)) return null
  const trainees = plan.effects.filter(isRegistration).map((effect) => traineeOf(effect) ?? '')
  try {
    const registrations = trainees.length > 0 ? await sidekiq.findRegistrations(trainees) : []
    const writing = judgeVersion((await sidekiq.readProcesses()).processes)
    if (!writing.mayWrite && writing.isPassing) throw new UpstreamUnavailable('Register’s Sidekiq', writing.why)
    return { trainees, registrations, moved: await findMoved(sidekiq, plan), writing }
  } catch (error) {
    if (!(error instanceof SidekiqUnavailable)) throw error
    throw new UpstreamUnavailable('Register’s Sidekiq', 'Register’s Redis did not answer.', { cause: error })
  }
}

/** Jobs that the plan has run again or replaced, and that are not there any more. */
async function findMoved(sidekiq: SidekiqClient, { effects }: Plan): Promise<string[]> {
  const moved: string[] = []
  for (const fingerprint of effects.map(fingerprintOf)) {
    const member = fingerprint === null ? null : readFingerprint(fingerprint)
    if (member && fingerprint && !(await sidekiq.findMember(member))) moved.push(fingerprint)
  }
  return moved
}

function fingerprintOf(effect: Effect): string | null {
  if (effect.kind === 'retry') return effect.fingerprint
  return effect.kind === 'enqueue' && effect.job === 'retrieve-trn' ? (effect.args.replaces ?? null) : null
}

/**
 * The plan as it can be carried out beside Register's Sidekiq, and a check of that. A registration that failed there for
 * good is taken out first, so that nobody has it run as well; our own worker makes it then.
 */
export function withSidekiq(
  world: World,
  plan: Plan,
  beside: Beside | null,
): { plan: Plan; check: CheckResult | null } {
  if (!world.upstreams.sidekiq || !plan.effects.some(isJob)) return { plan, check: null }
  const check = { id: 'sidekiq', sentence: 'Register’s own Sidekiq does not stand in the way' }
  return { plan: withRemovals(world, plan, beside), check: { ...check, ...lookAt(plan, beside) } }
}

function lookAt(plan: Plan, beside: Beside | null): Finding {
  const asked = plan.effects.filter(isRegistration).map((effect) => traineeOf(effect) ?? '')
  if (!beside || !asked.every((trainee) => beside.trainees.includes(trainee))) {
    return { verdict: 'unchecked', found: 'It was not asked about every trainee. Preview again.', evidence: null }
  }
  const live = beside.registrations.filter(isLive)
  const evidence = {
    live: live.map(({ sha1 }) => sha1).sort(),
    moved: [...beside.moved],
    mayWrite: beside.writing.mayWrite,
  }
  if (!beside.writing.mayWrite) return { verdict: 'blocks', found: beside.writing.why, evidence }
  if (beside.moved.length > 0) return { verdict: 'blocks', found: MOVED, evidence }
  const [first] = live
  if (!first) return { verdict: 'holds', found: '', evidence }
  const found = `It has a registration of trainee ${first.trainee}, which ${WHERE[first.place]}. A second one could create a duplicate. Wait until that has ended, or ask a developer to delete it on Sidekiq’s page.`
  return { verdict: 'blocks', found, evidence }
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

function isLive({ place }: RegisterJob): boolean {
  return place !== 'dead'
}

function withRemovals(world: World, plan: Plan, beside: Beside | null): Plan {
  const dead = (beside?.registrations ?? []).filter((job) => !isLive(job))
  if (runnerOf(world, 'register-for-trn') !== 'bot') return plan
  const effects = plan.effects.flatMap((effect): Effect[] => {
    if (!isRegistration(effect)) return [effect]
    const trainee = traineeOf(effect) ?? ''
    const failed = dead.filter((job) => job.trainee === trainee)
    return [...failed.map((job) => removalOf(job, trainee)), asOurs(effect, failed)]
  })
  return { ...plan, effects }
}

function removalOf(job: RegisterJob, trainee: string): Effect {
  return { kind: 'remove-job', job: 'register-for-trn', trainee, member: memberOf(job) }
}

function memberOf({ place, queue, score, sha1 }: RegisterJob): MemberId {
  return { place, queue, score, sha1 }
}

/** Of a failed job of Register's that was to run again, our worker makes a registration of its own. */
function asOurs(effect: Effect, [failed]: readonly RegisterJob[]): Effect {
  if (effect.kind !== 'retry' || !failed) return effect
  const { trainee } = effect
  const args = { trainee, submitted_by: failed.args.submittedBy ?? null }
  return { kind: 'enqueue', job: 'register-for-trn', args }
}

function isJob({ kind }: Effect): boolean {
  return kind === 'enqueue' || kind === 'retry'
}

function isRegistration(effect: Effect): effect is Extract<Enqueue | Effect, { kind: 'enqueue' | 'retry' }> {
  return (effect.kind === 'enqueue' || effect.kind === 'retry') && effect.job === 'register-for-trn'
}
