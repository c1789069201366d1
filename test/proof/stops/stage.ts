// What the pieces of work are about: trainees, requests, alerts; and the systems that are told of them.
import pg from 'pg'
import type { DttpSimulator } from '../../../sandbox/dttp/index.ts'
import { startGiasSimulator } from '../../../sandbox/gias/index.ts'
import { startTrelloSimulator, type TrelloSimulator } from '../../../sandbox/trello/index.ts'
import type { World } from '../../../src/world.ts'
import { botEnvironment, startStorySlack } from '../../support/bot.ts'
import { approveRequest, createLifecycle, sendRequest } from '../../support/lifecycle.ts'
import type { FakeSlack } from '../../support/slack/index.ts'
import { trelloEnvironment } from '../../support/trello.ts'
import type { Place } from '../approvals.ts'
import { seedUnregistered, startFilledDttp } from '../registrations-stage.ts'

export type Stage = {
  admin: pg.Client
  world: World
  slack: FakeSlack
  dttp: DttpSimulator
  trello: TrelloSimulator
  settings: Record<string, string>
  /** A trainee whom nobody else uses: whom DTTP has, or who waits to be registered. */
  takeTrainee: (how: 'registered' | 'unregistered') => Promise<string>
  /** A request of which nobody has been told. */
  takeRequest: (how: 'pending' | 'approved') => Promise<string>
  /** Slack's clock stands still until it is told the time; a message is looked for only since its row was added. */
  keepTime: () => Promise<void>
  stop: () => Promise<void>
}

/** Fewer schools are not taken for an extract of GIAS. */
const SCHOOLS = 10_000
const ACCOUNTS = 5
export const FIRST_STATUS = 'Prospective trainee - TREFNO requested'

export async function openStage(place: Place, count: number): Promise<Stage> {
  const [slack, dttp, trello] = await Promise.all([startStorySlack(), startFilledDttp(), startTrelloSimulator()])
  const schools = Array.from({ length: SCHOOLS }, (_, at) => ({
    urn: String(100_000 + at),
    name: `School ${at}`,
    status: 1,
  }))
  const gias = await startGiasSimulator({ schools })
  for (let at = 0; at < ACCOUNTS; at++)
    dttp.state.add('accounts', { name: `School ${at}`, dfe_urn: String(800_000 + at) })
  const ids = await seedUnregistered(place.adminUrl, count)
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  const world = await createLifecycle(place.appUrl)
  return {
    ...{ admin, world, slack, dttp, trello },
    settings: botEnvironment(slack, place.appUrl, {
      ...{ ROLES: 'worker', REGISTER_JOBS: 'own', GIAS_URL: gias.url, DATABASE_POOL: '70', DTTP_ASK_AGAIN_AFTER: '1s' },
      ...{ DTTP_URL: dttp.url, DTTP_TOKEN_URL: dttp.tokenUrl },
      ...{ DTTP_CLIENT_ID: dttp.clientId, DTTP_CLIENT_SECRET: dttp.clientSecret },
      ...trelloEnvironment(trello),
      ...(place.redisUrl ? { QUEUE_BACKEND: 'redis', REDIS_URL: place.redisUrl } : {}),
    }),
    takeTrainee: async (how) => take(how),
    takeRequest,
    keepTime: () => slack.clock.advance(Math.max(0, Date.now() - slack.clock.now().getTime())),
    async stop() {
      await world.database.destroy()
      await admin.end()
      await Promise.all([slack.stop(), dttp.stop(), trello.stop(), gias.stop()])
    },
  }

  async function take(how: 'registered' | 'unregistered'): Promise<string> {
    const id = ids.pop()
    if (id === undefined) throw new Error('there are too few trainees')
    if (how === 'registered') await knowTrainee({ admin, dttp }, id)
    return id
  }

  async function takeRequest(how: 'pending' | 'approved'): Promise<string> {
    const subject = `ProofTrainee${await take('registered')}`
    const form = { subject, route: 'school_direct_salaried', reason: 'Wrong route', ticket: '' }
    const request = await sendRequest(world, 'fix-route', form)
    if (how === 'approved') await approveRequest(world, request)
    await admin.query('DELETE FROM chatops.outbox WHERE change_request_id = $1', [request.id])
    await admin.query(`UPDATE chatops.change_requests SET hinted_at = now() + interval '1 day' WHERE id = $1`, [
      request.id,
    ])
    return request.id
  }
}

/** DTTP has them, with a TRN. */
async function knowTrainee({ admin, dttp }: Pick<Stage, 'admin' | 'dttp'>, id: string): Promise<void> {
  const { rows } = await admin.query<{ contact: string; assignment: string }>(
    `UPDATE public.trainees SET dttp_id = gen_random_uuid(), placement_assignment_dttp_id = gen_random_uuid() WHERE id = $1
     RETURNING dttp_id AS contact, placement_assignment_dttp_id AS assignment`,
    [id],
  )
  const [{ contact, assignment } = { contact: '', assignment: '' }] = rows
  dttp.state.add('contacts', { id: contact, dfe_trn: `1${id}` })
  dttp.state.add('dfe_placementassignments', { id: assignment, _dfe_contactid_value: contact })
}
