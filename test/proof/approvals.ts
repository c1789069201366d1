// Many people approve one request at the same moment, through two bot processes: one approval counts, and one execution.
import { randomInt } from 'node:crypto'
import pg from 'pg'
import { createDataSource } from '../../src/entities/data-source.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { STATUS_WORDS } from '../../src/views/request/request.ts'
import { CHANNEL } from '../support/lifecycle.ts'
import type { Submission, View } from '../support/slack/index.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from './crowd.ts'
import { startService } from './process.ts'
import { answersTo, askForApproval, openReview, type Stage, submitForm, typeCommand, whenCardSays } from './steps.ts'
import { lookAtRequests, seedTrainees } from './trainees.ts'
import { watchCalls } from './watch.ts'

export type Place = { appUrl: string; adminUrl: string; redisUrl: string | null }

/** `people` approve `times` each at once; the requester and as many who may not approve try as well. */
export type Crush = { people: number; times: number; intruders: number }

export async function proveApprovals(place: Place, { people, times, intruders }: Crush) {
  const crowd = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', people), others: userIds('U9OTHER', intruders) }
  const [requester = ''] = crowd.requesters
  const slack = await startCrowdSlack(crowd)
  const watch = watchCalls(slack)
  const stage: Stage = { slack, watch }
  const [slug = ''] = await seedTrainees(place.adminUrl, 1)
  const settings = (ROLES: string) => crowdEnvironment(slack, crowd, place, { ROLES })
  const services = await Promise.all(['bot', 'bot', 'worker'].map((roles) => startService(settings(roles))))
  try {
    for (const { url } of services.slice(0, 2)) slack.addReplica(`${url}/slack/events`)
    await typeCommand(stage, requester, slug)
    await submitForm(stage, requester)
    const { id, card } = await askForApproval(stage, requester)
    await Promise.all(crowd.approvers.map((user) => openReview(stage, user, card)))

    const reviews = crowd.approvers.map((user) => ({ user, view: slack.view(user) as View }))
    const shown = reviews[0]?.view as View
    const allowed = reviews.flatMap((review) => Array.from({ length: times }, () => review))
    const notAllowed = [requester, ...crowd.others].map((user) => ({ user, view: { ...shown, id: `VFORGED${user}` } }))
    const since = watch.mark()
    const began = performance.now()
    const clicks = await Promise.all(
      shuffled([...allowed, ...notAllowed]).map(async ({ user, view }) => ({
        user,
        click: await slack.submit({ user, view, force: true }),
      })),
    )
    const tookMs = Math.round(performance.now() - began)
    const texts = await answersTo(
      stage,
      clicks.map(({ click }) => click),
      since,
    )
    const answers: Answer[] = clicks.map((one, index) => ({ ...one, text: texts[index] ?? '' }))
    await whenCardSays(stage, id, [STATUS_WORDS.done], since)
    const own = new Set(notAllowed.map(({ user }) => user))
    return await report(place, {
      id,
      winner: answers.find(({ text }) => text.includes(`You approved CR-${id}`))?.user ?? 'nobody',
      legitimate: answers.filter(({ user }) => !own.has(user)),
      refused: answers.filter(({ user }) => own.has(user)),
      tookMs,
      cards: slack.messages(CHANNEL).length,
      violations: slack.takeViolations().map(({ where, what }) => `${where}: ${what}`),
      logged: services.flatMap(({ output }) => output().split('\n').filter(Boolean)),
    })
  } finally {
    watch.stop()
    await Promise.all(services.map((service) => service.stop()))
    await slack.stop()
  }
}

type Answer = { user: string; click: Submission; text: string }

type Happened = {
  id: string
  winner: string
  legitimate: Answer[]
  refused: Answer[]
  tookMs: number
  cards: number
  violations: string[]
  logged: string[]
}

async function report(place: Place, happened: Happened) {
  const { id, winner, legitimate, refused, tookMs, cards, violations, logged } = happened
  const isFirst = ({ text }: Answer) => text.includes(`You approved CR-${id}`)
  const namesFirst = ({ text }: Answer) =>
    text.includes(`CR-${id} is already approved`) && text.includes(`<@${winner}>`)
  const isRefusal = ({ text }: Answer) => /You cannot (approve your own request|decide on requests)/.test(text)
  const { request, ledger } = await readDatabase(place, id)
  const figures = {
    approvals: legitimate.length,
    toldTheyApproved: legitimate.filter(isFirst).length,
    toldWhoWasFirst: legitimate.filter(namesFirst).length,
    withoutAClearAnswer: legitimate.filter((answer) => !isFirst(answer) && !namesFirst(answer)).length,
    othersWhoTried: refused.length,
    othersRefused: refused.filter(isRefusal).length,
    timeouts: [...legitimate, ...refused].filter(({ click }) => click.timedOut).length,
    allAnsweredAfterMs: tookMs,
    slowestAnswerMs: Math.round(Math.max(...[...legitimate, ...refused].map(({ click }) => click.tookMs))),
    outcome: request?.status,
    auditRows: request?.audits,
    ledgerExecuted: request?.executed,
    ledgerApproved: request?.approved,
    ledgerEntries: ledger.entries,
    ledgerBroken: ledger.broken,
    cards,
    violations,
    logged: logged.slice(0, 5),
  }
  const byWinner = legitimate.filter(({ user }) => user === winner).length
  const expected = {
    toldTheyApproved: byWinner, // as often as they sent it
    toldWhoWasFirst: legitimate.length - byWinner,
    withoutAClearAnswer: 0,
    othersRefused: refused.length,
    timeouts: 0,
    outcome: 'done',
    auditRows: 1,
    ledgerExecuted: 1,
    ledgerApproved: 1,
    ledgerBroken: null,
    cards: 1,
  }
  const problems = Object.entries(expected)
    .filter(([name, value]) => figures[name as keyof typeof figures] !== value)
    .map(([name, value]) => `${name} should be ${value}`)
  return { ...figures, problems: [...problems, ...violations] }
}

async function readDatabase({ appUrl, adminUrl }: Place, id: string) {
  const admin = new pg.Client(adminUrl)
  await admin.connect()
  const database = await createDataSource(appUrl, 4).initialize()
  try {
    return { request: (await lookAtRequests(admin)).get(id), ledger: await verifyLedger(database) }
  } finally {
    await database.destroy()
    await admin.end()
  }
}

function shuffled<T>(items: T[]): T[] {
  const left = [...items]
  return items.map(() => left.splice(randomInt(left.length), 1)[0] as T)
}
