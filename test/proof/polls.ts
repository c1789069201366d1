// Many polls are due at the same moment and the worker is killed again and again: afterwards every trainee was polled, no
// TRN was written twice, and of each failure people were told once.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { CHANNEL } from '../support/lifecycle.ts'
import type { FakeSlack } from '../support/slack/index.ts'
import type { Place } from './approvals.ts'
import { crowdEnvironment, startCrowdSlack, userIds } from './crowd.ts'
import { findWrong, lookAtProgress, seedPolls, startAnsweringDttp } from './polls-stage.ts'
import { startService } from './process.ts'

const CROWD = { requesters: ['U1ASKS'], approvers: userIds('U2DEV', 1), others: [] }
/** From the last kill on; leases last 45 seconds. */
const RECOVERY_MS = 20 * 60_000
const MOST_SHOWN = 20

export type Crush = {
  polls: number
  /** How often the worker is killed, evenly on the way. */
  kills: number
  say: (progress: string) => void
  /** Does not wait until the leases of the dead run out, but moves them back. */
  hurry?: boolean
}

/** Proves it on each queue, one after another. */
export async function provePolls(queues: Readonly<Record<string, Place>>, crush: Crush) {
  const runs: Record<string, Awaited<ReturnType<typeof proveOn>>> = {}
  for (const [name, place] of Object.entries(queues)) {
    runs[name] = await proveOn(place, { ...crush, say: (text) => crush.say(`${name}: ${text}`) })
  }
  return {
    queues: runs,
    problems: Object.entries(runs).flatMap(([name, { problems }]) => problems.map((problem) => `${name}: ${problem}`)),
  }
}

async function proveOn(place: Place, { polls, kills, say, hurry }: Crush) {
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const fates = await seedPolls(admin, place.adminUrl, polls)
  const dttp = await startAnsweringDttp(admin, fates)
  const slack = await startCrowdSlack(CROWD)
  const settings = crowdEnvironment(slack, CROWD, place, {
    ...{ ROLES: 'worker', REGISTER_JOBS: 'own', DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
    ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
  })
  try {
    const began = performance.now()
    let worker = await startService(settings)
    for (let kill = 1; kill <= kills; kill++) {
      const polled = await untilPolled(admin, Math.floor((polls * kill) / (kills + 1)))
      process.kill(worker.pid, 'SIGKILL')
      if (hurry) await endLeases(admin)
      say(`killed for the ${kill}. time after ${polled} of ${polls} polls`)
      worker = await startService(settings)
    }
    await untilPolled(admin, Math.floor(polls * 0.99))
    const mostPolledAfterMs = performance.now() - began
    await untilOver(admin)
    const seconds = (performance.now() - began) / 1000
    await worker.stop()
    const { polled } = await lookAtProgress(admin)
    const wrong = await findWrong(admin, fates)
    const posts = await lookAtPosts(admin, slack)
    say(`${polled} polls in ${Math.round(seconds)} s`)
    return {
      polls,
      polled,
      killed: kills,
      askedOfDttp: dttp.requestsTo('contacts').length,
      pollsPerSecond: Math.round((polls * 0.99) / (mostPolledAfterMs / 1000)),
      seconds: Math.round(seconds),
      ...posts.figures,
      wrong: wrong.length,
      problems: [...wrong.slice(0, MOST_SHOWN), ...posts.problems],
    }
  } finally {
    await admin.end()
    await dttp.stop()
    await slack.stop()
  }
}

/** The alerts that are open, and the posts that people see of them: as many, each another. */
async function lookAtPosts(admin: pg.Client, slack: FakeSlack) {
  const { rows: alerts } = await admin.query<{ card_ts: string | null }>('SELECT card_ts FROM chatops.alerts')
  const posts = slack.messages(CHANNEL).map(({ ts }) => ts)
  const carded = new Set(alerts.map(({ card_ts: ts }) => ts))
  const violations = slack.takeViolations().map(({ where, what }) => `${where}: ${what}`)
  return {
    figures: { alerts: alerts.length, posts: posts.length },
    problems: [
      ...(carded.size === alerts.length && posts.length === alerts.length
        ? []
        : ['alerts and posts are not one to one']),
      ...posts.filter((ts) => !carded.has(ts)).map((ts) => `the post ${ts} belongs to no alert`),
      ...violations.slice(0, MOST_SHOWN),
    ],
  }
}

async function untilPolled(admin: pg.Client, wanted: number): Promise<number> {
  const deadline = performance.now() + RECOVERY_MS
  for (;;) {
    const { polled } = await lookAtProgress(admin)
    if (polled >= wanted || performance.now() > deadline) return polled
    await sleep(50)
  }
}

async function untilOver(admin: pg.Client): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS
  while (!(await lookAtProgress(admin)).over && performance.now() < deadline) await sleep(200)
}

/** Moves leases and claims back, as if a minute had passed: nobody needs to wait for it. */
async function endLeases(admin: pg.Client): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = lease_until - interval '61 s', hinted_at = hinted_at - interval '61 s'
    WHERE status IN ('waiting', 'running')`)
  await admin.query(`UPDATE chatops.outbox SET claimed_at = claimed_at - interval '61 s' WHERE status = 'sending'`)
}
