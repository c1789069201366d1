// What people do, and what each should be answered.
import fc from 'fast-check'
import { approve, cancel, reject } from '../../../src/changes/decide/decide.ts'
import { openReview } from '../../../src/changes/decide/review.ts'
import { execute } from '../../../src/changes/execute/execute.ts'
import { propose } from '../../../src/changes/propose/propose.ts'
import { discard, send } from '../../../src/changes/propose/send.ts'
import { listSteps, tickSteps } from '../../../src/changes/steps/manual-steps.ts'
import { planOf } from '../../../src/contract/stored.ts'
import type { Status } from '../../../src/entities/chatops/change-request.ts'
import { getPlaybook } from '../../../src/playbooks/index.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../../support/lifecycle.ts'
import { answerOf, type Command, expectAnswer, step, stepOn, type Tally } from './command.ts'
import { areJobsBlocked, told } from './job-model.ts'
import {
  EXPIRES_AFTER,
  hasOpenRequest,
  type Model,
  type ModelRequest,
  move,
  rowsAre,
  type StartsJobs,
} from './model.ts'
import { canBeUndone, carryOut, factsFor } from './rules.ts'

const NAMES: Record<string, string> = {
  [SUPPORT]: 'support',
  [DEVELOPER]: 'developer',
  [SECOND_DEVELOPER]: 'second developer',
  [STRANGER]: 'stranger',
}
const REQUESTERS = [SUPPORT, DEVELOPER]
const APPROVERS = [DEVELOPER, SECOND_DEVELOPER]
const ROUTES = ['pg_teaching_apprenticeship', 'school_direct_salaried', 'early_years_postgrad']

const requester = fc.constantFrom(...REQUESTERS)
const anyone = fc.constantFrom(...Object.keys(NAMES))
/** Approvals that are to succeed must not be rare. */
const decider = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...APPROVERS) }, { weight: 1, arbitrary: anyone })
const which = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(3) })

const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })

/** Everything that people can do, by name. */
export function peopleSteps(tally: Tally): Record<string, fc.Arbitrary<Command>> {
  return {
    propose: fc
      .record({ who: requester, trainee: fc.nat(1), route: fc.constantFrom(...ROUTES), sends: mostly })
      .map(({ who, trainee, route, sends }) => proposeStep(tally, { who, trainee, route, sends, goesThrough: false })),
    'propose, and get it': fc
      .record({ who: requester, trainee: fc.nat(1), route: fc.constantFrom(...ROUTES) })
      .map((asked) => proposeStep(tally, { ...asked, sends: true, goesThrough: true })),
    undo: fc
      .record({ who: requester, which, sends: mostly })
      .map(({ who, which, sends }) => undoStep(tally, who, which, { sends, goesThrough: false })),
    'undo, and get it': fc
      .record({ who: requester, which })
      .map(({ who, which }) => undoStep(tally, who, which, { sends: true, goesThrough: true })),
    'ask for jobs': asksForJobs.map((asked) => askForJobsStep(tally, asked, false)),
    'ask for jobs, and get them': asksForJobs.map((asked) => askForJobsStep(tally, asked, true)),
    tick: which.map((one) => tickStep(tally, one)),
    send: fc.record({ who: anyone, which }).map(({ who, which }) => sendStep(tally, who, which)),
    discard: fc.record({ who: requester, which }).map(({ who, which }) => discardStep(tally, who, which)),
    review: fc.record({ who: decider, which }).map(({ who, which }) => reviewStep(tally, who, which)),
    approve: fc
      .record({ who: decider, which, how: fc.constantFrom('as shown', 'as shown', 'unseen', 'another digest') })
      .map(({ who, which, how }) => approveStep(tally, who, which, how)),
    'review and approve': fc
      .record({ who: decider, which })
      .map(({ who, which }) => reviewAndApproveStep(tally, who, which)),
    'approve at once': which.map((one) => approveAtOnceStep(tally, one)),
    reject: fc.record({ who: decider, which }).map(({ who, which }) => rejectStep(tally, who, which)),
    cancel: fc.record({ who: requester, which }).map(({ who, which }) => cancelStep(tally, who, which)),
  }
}

type AskedRoute = { who: string; trainee: number; route: string }

function proposeStep(tally: Tally, { who, trainee: index, route, ...how }: AskedRoute & How) {
  const came = how.goesThrough ? ', and gets it' : how.sends ? ' and sends it' : ''
  return step(`${NAMES[who]} asks for ${route}${came} (trainee ${index})`, tally, async (model, { world }) => {
    const trainee = model.trainees[index]
    if (!trainee) throw new Error('there is no such trainee')
    const form = { subject: trainee.slug, route, reason: 'Wrong route', ticket: '' }
    const asked = { playbook: getPlaybook('fix-route'), form, requester: who, channel: CHANNEL }
    const isBlocked = hasOpenRequest(model, trainee)
    return ask(model, world, asked, { trainee, undoes: null, starts: null, ...how, isBlocked })
  })
}

function undoStep(tally: Tally, who: string, which: number, how: How) {
  const name = `${NAMES[who]} asks to undo${how.goesThrough ? ', and gets it' : how.sends ? ' and sends it' : ''}`
  return stepOn(which, name, tally, async (undoes, model, { world }) => {
    const { id, trainee } = undoes
    const form = { subject: `CR-${id}`, reason: 'It was right before', ticket: '' }
    const asked = { playbook: getPlaybook('undo'), form, requester: who, channel: CHANNEL }
    const isBlocked = hasOpenRequest(model, trainee) || !canBeUndone(model, undoes)
    return ask(model, world, asked, { trainee, undoes, starts: null, ...how, isBlocked })
  })
}

type Expected = Pick<ModelRequest, 'trainee' | 'undoes' | 'starts'> & How & { isBlocked: boolean }

/** Whether it is sent at once; and whether somebody approves it, and a worker carries it out, before anything else happens. */
type How = { sends: boolean; goesThrough: boolean }

async function ask(
  model: Model,
  world: World,
  asked: Parameters<typeof propose>[1],
  { trainee, undoes, starts, sends, goesThrough, isBlocked }: Expected,
): Promise<string> {
  const proposal = await propose(world, asked)
  if ((proposal.kind === 'blocked') !== isBlocked) throw new Error(`it was ${proposal.kind}`)
  if (proposal.kind !== 'ready') return proposal.kind
  const { requester } = asked
  const { id, digest } = proposal.changeRequest
  const request: ModelRequest = {
    ...{ id, trainee, undoes, starts, requester, digest, plan: planOf(proposal.changeRequest), status: 'unsent' },
    ...{
      facts: factsFor(model, { trainee, undoes, starts }),
      told: told(model),
      createdAt: model.clock,
      expiresAt: 0,
      shown: new Map(),
    },
    ...{
      approver: null,
      approvedAt: 0,
      ended: null,
      executedAt: null,
      audit: null,
      nextLook: null,
      failingSince: null,
    },
    ...{ history: ['proposed'], announced: 0, isSpoilt: false },
  }
  model.requests.push(request)
  if (!sends) return 'ready'
  await send(world, { id, requester })
  const came = sent(model, request)
  return goesThrough && came === 'sent' ? getThrough(world, model, request) : came
}

async function getThrough(world: World, model: Model, request: ModelRequest): Promise<string> {
  const approver = APPROVERS.find((who) => who !== request.requester) ?? SECOND_DEVELOPER
  const answer = await reviewAndApprove(world, model, request, approver)
  if (answer !== 'done') return answer
  const ended = await execute(world, request.id)
  carryOut(model, request)
  return ended
}

function sent(model: Model, request: ModelRequest): string {
  if (!rowsAre('before', request)) {
    move(request, 'stale')
    return 'out of date'
  }
  request.expiresAt = model.clock + EXPIRES_AFTER
  move(request, 'pending', 'sent')
  return 'sent'
}

function sendStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} sends`, tally, async (request, model, { world }) => {
    const isOpen = hasOpenRequest(model, request.trainee)
    const answer = await answerOf(send(world, { id: request.id, requester: who }))
    if (!REQUESTERS.includes(who)) return expectAnswer(answer, 'not-a-requester')
    if (request.requester !== who) return expectAnswer(answer, 'not-found')
    if (request.status !== 'unsent') return expectAnswer(answer, 'done')
    if (isOpen && rowsAre('before', request)) return expectAnswer(answer, 'another-open')
    expectAnswer(answer, 'done')
    return sent(model, request)
  })
}

function discardStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} discards`, tally, async (request, _, { world }) => {
    const answer = await answerOf(discard(world, { id: request.id, requester: who }))
    if (request.requester === who && request.status === 'unsent') move(request, 'cancelled')
    return expectAnswer(answer, request.requester === who ? 'done' : 'not-found')
  })
}

/** Why this person cannot decide on this request now, or null. */
function refusalOf(model: Model, request: ModelRequest, who: string, own = 'own-request'): string | null {
  if (request.requester === who) return own
  if (!APPROVERS.includes(who)) return 'not-an-approver'
  if (['approved', 'verifying', 'done', 'failed', 'needs-attention'].includes(request.status)) return 'already-approved'
  if (request.status === 'expired') return 'expired'
  if (request.status !== 'pending') return 'already-over'
  return request.expiresAt <= model.clock ? 'expired' : null
}

function reviewStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} opens the review`, tally, async (request, model, { world }) =>
    review(world, model, request, who),
  )
}

type World = Parameters<typeof openReview>[0]

async function review(world: World, model: Model, request: ModelRequest, who: string): Promise<string> {
  const viewId = `V${request.id}/${who}/${request.shown.size}/${crypto.randomUUID()}`
  const isMoved = request.starts === 're-register' && request.told !== told(model)
  const expected = refusalOf(model, request, who) ?? (isMoved ? 'already-over' : 'done')
  if (expected === 'already-over' && request.status === 'pending') move(request, 'stale')
  const answer = expectAnswer(await answerOf(openReview(world, { id: request.id, actor: who, viewId })), expected)
  if (answer === 'done') request.shown.set(who, viewId)
  return answer
}

function approveStep(tally: Tally, who: string, which: number, how: string) {
  return stepOn(which, `${NAMES[who]} approves ${how}`, tally, async (request, model, { world }) => {
    const viewId = how === 'unseen' ? 'VNEVER' : (request.shown.get(who) ?? [...request.shown.values()][0] ?? 'VNEVER')
    const digest = how === 'another digest' ? 'f'.repeat(64) : request.digest
    return approveAs(world, model, request, { who, viewId, digest })
  })
}

async function approveAs(
  world: World,
  model: Model,
  request: ModelRequest,
  { who, viewId, digest }: { who: string; viewId: string; digest: string },
): Promise<string> {
  const isShown = request.shown.get(who) === viewId && digest === request.digest
  const isAgain = digest === request.digest && hasJustApproved(model, request, who)
  const expected = isAgain ? 'done' : (refusalOf(model, request, who) ?? (isShown ? 'done' : 'not-shown'))
  const answer = await answerOf(approve(world, { id: request.id, actor: who, digest, viewId }))
  if (expectAnswer(answer, expected) === 'done' && !isAgain) approved(model, request, who)
  return answer
}

/** For so long what is sent twice is the same. */
const JUST_NOW = 60_000

function hasJustApproved({ clock }: Model, { approver, approvedAt, status }: ModelRequest, who: string): boolean {
  const isInForce = ['approved', 'verifying', 'done', 'needs-attention'].includes(status)
  return approver === who && isInForce && clock - approvedAt < JUST_NOW
}

function approved(model: Model, request: ModelRequest, who: string): void {
  request.approver = who
  request.approvedAt = model.clock
  move(request, 'approved')
}

function reviewAndApproveStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} reviews and approves`, tally, async (request, model, { world }) =>
    reviewAndApprove(world, model, request, who),
  )
}

async function reviewAndApprove(world: World, model: Model, request: ModelRequest, who: string): Promise<string> {
  const answer = await review(world, model, request, who)
  const viewId = request.shown.get(who)
  if (answer !== 'done' || !viewId) return answer
  return approveAs(world, model, request, { who, viewId, digest: request.digest })
}

/** Somebody says that what was left to do by hand is done. */
function tickStep(tally: Tally, which: number) {
  return stepOn(which, 'support ticks what is left to do by hand', tally, async (request, _, { world }) => {
    const steps = await listSteps(world.database.manager, request.id)
    const open = steps.filter(({ doneAt }) => doneAt === null)
    await tickSteps(world, { id: request.id, actor: SUPPORT, ticks: new Map(open.map(({ id }) => [id, true])) })
    return open.length === 0 ? 'nothing left' : 'ticked'
  })
}

type AskedJobs = { who: string; starts: StartsJobs; replaces: boolean; sends: boolean }

const asksForJobs = fc.record({
  ...{ who: requester, starts: fc.constantFrom<StartsJobs>('requeue-trn', 're-register'), replaces: fc.boolean() },
  sends: mostly,
})

function askForJobsStep(tally: Tally, { who, starts, replaces, sends }: AskedJobs, goesThrough: boolean) {
  const how = `${replaces && starts === 'requeue-trn' ? ', in the place of another poll' : ''}`
  const name = `${NAMES[who]} asks for ${starts}${how}${goesThrough ? ', and gets it' : sends ? ' and sends it' : ''}`
  return step(name, tally, async (model, { world }) => {
    const trainee = model.trainees.at(-1)
    if (!trainee) throw new Error('there is no trainee whom jobs are about')
    const about = { subject: trainee.slug, reason: 'No TRN', ticket: '' }
    const poll = { duration: '1 day', replace: replaces ? 'replace' : '' }
    const form = starts === 'requeue-trn' ? { ...about, ...poll } : { ...about, submitter: '' }
    const isBlocked = hasOpenRequest(model, trainee) || areJobsBlocked(model, starts, replaces)
    const asked = { playbook: getPlaybook(starts), form, requester: who, channel: CHANNEL }
    return ask(model, world, asked, {
      trainee,
      undoes: null,
      starts,
      sends: sends || goesThrough,
      goesThrough,
      isBlocked,
    })
  })
}

/** Everybody submits at once, each twice, whether or not they were shown anything. */
function approveAtOnceStep(tally: Tally, which: number) {
  return stepOn(which, 'everybody approves at once, twice', tally, async (request, model, { world }) => {
    const { id, digest, shown } = request
    const mayApprove = Object.keys(NAMES).filter((who) => !refusalOf(model, request, who) && shown.has(who))
    const people = [...Object.keys(NAMES), ...Object.keys(NAMES)]
    const answers = await Promise.all(
      people.map(async (who) => {
        const viewId = shown.get(who) ?? [...shown.values()][0] ?? 'VNEVER'
        return { who, answer: await answerOf(approve(world, { id, actor: who, digest, viewId })) }
      }),
    )
    const done = answers.filter(({ answer, who }) => answer === 'done' && !hasJustApproved(model, request, who))
    const won = [...new Set(done.map(({ who }) => who))] // the second time is answered as the first
    if (won.length !== Math.min(mayApprove.length, 1)) throw new Error(`approved by ${won.join(', ') || 'nobody'}`)
    const [winner] = won
    if (!winner) return 'refused'
    if (!mayApprove.includes(winner)) throw new Error(`approved by ${NAMES[winner]}`)
    approved(model, request, winner)
    return 'one'
  })
}

function rejectStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} rejects`, tally, async (request, model, { world }) => {
    const isAgain = hasJustEnded(model, request, 'rejected', who)
    const expected = isAgain ? 'done' : (refusalOf(model, request, who, 'own-rejection') ?? 'done')
    const answer = await answerOf(reject(world, { id: request.id, actor: who, reason: 'No' }))
    if (expectAnswer(answer, expected) === 'done' && !isAgain) ended(model, request, 'rejected', who)
    return answer
  })
}

/** Whether this person has just done the same, so that it is answered as it was. */
function hasJustEnded({ clock }: Model, { status, ended: end }: ModelRequest, how: Status, who: string): boolean {
  return status === how && end?.by === who && clock - end.at < JUST_NOW
}

function ended({ clock }: Model, request: ModelRequest, how: Status, by: string): void {
  request.ended = { by, at: clock }
  move(request, how)
}

function cancelStep(tally: Tally, who: string, which: number) {
  return stepOn(which, `${NAMES[who]} cancels`, tally, async (request, model, { world }) => {
    const isOwn = request.requester === who
    // Taking back is no decision about somebody else's request: only its state can be in the way. What is approved can be
    // taken back by any approver, too.
    const state = request.status === 'approved' ? null : refusalOf(model, { ...request, requester: '' }, DEVELOPER)
    const isDecided = request.status !== 'unsent' && request.status !== 'pending'
    const other = !isDecided ? 'not-requester' : APPROVERS.includes(who) ? state : 'not-an-approver'
    const isAgain = hasJustEnded(model, request, 'cancelled', who)
    const refusal = isAgain ? null : isOwn ? state : other
    const answer = await answerOf(cancel(world, { id: request.id, actor: who }))
    if (expectAnswer(answer, refusal ?? 'done') === 'done' && !isAgain) ended(model, request, 'cancelled', who)
    return answer
  })
}
