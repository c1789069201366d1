import type { Application } from 'express'
import { createWeb, listen, type Probes } from '../bot/web.ts'
import { findOff } from '../compatibility/look.ts'
import type { Config } from '../config/index.ts'
import { demandPrimary } from '../entities/demand-primary.ts'
import { findLooseRights } from '../entities/least-privilege.ts'
import { findUnread } from '../jobs/mirror/age.ts'
import { runsHere } from '../jobs/start/runner.ts'
import type { QueueBackend } from '../queue/backend.ts'
import { openJobQueues } from '../queue/job-queues.ts'
import { CHANGES_QUEUE } from '../queue/worker.ts'
import type { World } from '../world.ts'
import type { Slack } from './slack.ts'

/** What answers http: probes, and the dashboard of the queues. `close` takes no more, `forget` closes the dashboard's queues. */
export type Web = { app: Application; port: number; close: () => Promise<void>; forget: () => Promise<void> }

/** @param isConnected whether Slack's events reach this process; always true where it has no bot */
export async function openWeb(
  config: Config,
  world: World,
  { slack, backend, isConnected }: { slack: Slack; backend: QueueBackend; isConnected: () => boolean },
): Promise<Web> {
  const { database, log } = world
  const probes: Probes = {
    database: () => demandPrimary((statement) => database.query(statement)),
    queue: () => backend.ping(),
    slack: async () => {
      slack.line.demandToken()
      if (!isConnected()) throw new Error('not connected')
    },
  }
  const warnings = async () => [...(await findLooseRights(database)), ...(await backend.warnings())]
  const openMetrics = async () => (await import('../bot/metrics.ts')).createMetrics(database, world.now)
  const app = createWeb(probes, openMetrics, async () => {
    const unread = await findUnread(world)
    const found = [...(await warnings()), ...(unread === null ? [] : [unread])]
    return {
      ...(await findOff(database, runsHere(world))),
      ...slack.watched.missing(),
      ...(found.length > 0 ? { warnings: found } : {}),
    }
  })
  const forget = config.JOBS_DASHBOARD ? await openDashboard(app, config.JOBS_DASHBOARD, backend) : async () => {}
  const { port, close } = await listen(app, config.HTTP_HOST, config.HTTP_PORT).catch(async (error: unknown) => {
    await forget()
    throw error
  })
  void warnings().then(
    (found) => found.length > 0 && log.warn({ warnings: found }, 'something should be set up otherwise'),
    () => {}, // what does not answer is said elsewhere
  )
  return { app, port, close, forget }
}

/** Opens every queue once more, for looking at; the answer closes them. The board is loaded only where it is shown. */
async function openDashboard(
  app: Application,
  credentials: string,
  backend: QueueBackend,
): Promise<() => Promise<void>> {
  const { mountDashboard } = await import('../bot/dashboard.ts')
  const queues = [backend.openQueue(CHANGES_QUEUE), ...openJobQueues(backend).all]
  mountDashboard(
    app,
    credentials,
    queues.map(({ bull }) => bull),
  )
  return async () => {
    await Promise.all(queues.map((queue) => queue.close()))
  }
}
