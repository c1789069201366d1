import { In } from 'typeorm'
import type { CheckResult } from '../../contract/check.ts'
import { type Effect, traineeOf } from '../../contract/effect.ts'
import type { Plan } from '../../contract/plan.ts'
import { MirroredJob } from '../../entities/chatops/mirrored-job.ts'
import { findPolls } from '../../entities/chatops/seen-polls.ts'
import { UpstreamUnavailable } from '../../errors.ts'
import { findMirrorAge, notChecked, wasSidekiqNewer } from '../../jobs/mirror/age.ts'
import { runnerOf } from '../../jobs/start/runner.ts'
import { SidekiqUnavailable } from '../../sidekiq/errors.ts'
import type { SidekiqClient } from '../../sidekiq/index.ts'
import { isTakenUp, type MemberId, type RegisterJob, readFingerprint } from '../../sidekiq/job.ts'
import { judgeVersion } from '../../sidekiq/version.ts'
import type { World } from '../../world.ts'
import {
  type Beside,
  isFoundToWork,
  isJob,
  isRegistration,
  lookAtBeside,
  mayRun,
  traineesAskedAbout,
  traineesPolledAnew,
} from './look-beside.ts'

// What Register's own Sidekiq has to say to a plan, where it stands beside us. It is asked itself, at the preview and
// again at the execution; a mirror of it could be late.

/** Asks it about a plan; null where there is nothing to ask. Throws UpstreamUnavailable. */
export async function askSidekiq(world: World, plan: Plan | null): Promise<Beside | null> {
  const { sidekiq } = world.upstreams
  if (!sidekiq || !plan || !isSidekiqAsked(world, plan)) return null
  const trainees = traineesAskedAbout(plan)
  try {
    const jobs = trainees.length > 0 ? await sidekiq.findJobsOf(trainees) : []
    const registrations = jobs.filter(({ name }) => name === 'register-for-trn')
    const polls = jobs.filter((job) => job.name === 'retrieve-trn' && mayRun(job))
    const writing = judgeVersion(
      (await sidekiq.readProcesses()).processes,
      await wasSidekiqNewer(world.database.manager),
    )
    await demandTakable(world, plan, polls)
    if (!writing.mayWrite && writing.isPassing) throw new UpstreamUnavailable('Register’s Sidekiq', writing.why)
    return { trainees, registrations, polls, moved: await findMoved(sidekiq, plan), writing }
  } catch (error) {
    if (!(error instanceof SidekiqUnavailable)) throw error
    throw new UpstreamUnavailable('Register’s Sidekiq', 'Register’s Redis did not answer.', { cause: error })
  }
}

/** Whether there is anything to ask it about a plan. */
export function isSidekiqAsked({ upstreams: { sidekiq } }: World, { effects }: Plan): boolean {
  return sidekiq !== undefined && effects.some((effect) => isJob(effect) || isFoundToWork(effect))
}

/** Throws UpstreamUnavailable if a plan has jobs and what we know of Register's Sidekiq is too old: a preview says it. */
export async function demandMirror(world: World, plan: Plan): Promise<void> {
  if (!isSidekiqAsked(world, plan)) return
  const age = await findMirrorAge(world.database.manager, world.now())
  if (age.isTooOld) throw new UpstreamUnavailable('Register’s Sidekiq', notChecked(age))
}

/**
 * A poll that is to be replaced can be taken out only while it waits; soon it does so again, or is known to be lost. One that
 * Sidekiq is still to be given must be there first, whatever else is.
 */
async function demandTakable({ database }: World, { effects }: Plan, polls: readonly RegisterJob[]): Promise<void> {
  const trainees = traineesPolledAnew(effects)
  if (trainees.length === 0) return
  const unsent = { name: 'retrieve-trn', traineeId: In(trainees), place: 'unsent' } as const
  if (await database.manager.existsBy(MirroredJob, unsent)) throw new UpstreamUnavailable('Register’s Sidekiq', UNSENT)
  const isOfPlan = ({ trainee }: RegisterJob) => trainees.some((one) => one === trainee)
  if (polls.some((poll) => isOfPlan(poll) && isTakenUp(poll)))
    throw new UpstreamUnavailable('Register’s Sidekiq', TAKEN_UP)
  const unfound = trainees.filter((trainee) => !polls.some((poll) => poll.trainee === trainee))
  if (unfound.length === 0) return
  const known = [...(await findPolls(database.manager, unfound)).values()]
  if (known.some(({ place }) => place === 'missing')) throw new UpstreamUnavailable('Register’s Sidekiq', NOWHERE)
}

const UNSENT =
  'Another request has asked for the same, and Register’s Sidekiq does not have it yet. Preview again once that request’s card says that DTTP is asked.'
const TAKEN_UP = 'It is just about to ask DTTP once more. Preview again in a minute.'
const NOWHERE =
  'What asks for this TRN now is not to be found in Register’s Sidekiq at the moment: it runs, or was lost. Within half an hour we know.'

/** Jobs that the plan has run again, and that are not there any more. */
async function findMoved(sidekiq: SidekiqClient, { effects }: Plan): Promise<string[]> {
  const moved: string[] = []
  for (const effect of effects) {
    const member = effect.kind === 'retry' && readFingerprint(effect.fingerprint)
    if (member && !(await sidekiq.findMember(member))) moved.push(effect.fingerprint)
  }
  return moved
}

/**
 * The plan as it can be carried out beside Register's Sidekiq, and a check of that. A registration that failed there for
 * good is taken out first, so that nobody has it run as well; our own worker makes it then. So is one that is found to have
 * worked.
 */
export function withSidekiq(
  world: World,
  plan: Plan,
  beside: Beside | null,
): { plan: Plan; check: CheckResult | null } {
  if (!isSidekiqAsked(world, plan)) return { plan, check: null }
  const check = { id: 'sidekiq', sentence: 'Register’s own Sidekiq does not stand in the way' }
  return { plan: withRemovals(world, plan, beside), check: { ...check, ...lookAtBeside(plan, beside) } }
}

function withRemovals(world: World, plan: Plan, beside: Beside | null): Plan {
  const dead = (beside?.registrations ?? []).filter((job) => !mayRun(job))
  const isOurs = runnerOf(world, 'register-for-trn') === 'bot'
  const effects = plan.effects.flatMap((effect): Effect[] => {
    const trainee = traineeOf(effect) ?? ''
    const failed = dead.filter((job) => job.trainee === trainee)
    const removals = failed.map((job) => removalOf(job, trainee))
    if (isFoundToWork(effect)) return [...removals, effect]
    return isOurs && isRegistration(effect) ? [...removals, asOurs(effect, failed)] : [effect]
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
