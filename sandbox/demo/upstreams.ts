// The other systems, simulated in the demo's own process: DTTP, GIAS and Trello.
import type { DttpSimulator } from '../dttp/index.ts'
import type { GiasSimulator } from '../gias/index.ts'
import { isPortFree } from '../ports.ts'
import type { TrelloSimulator } from '../trello/index.ts'
import { startDemoDttp } from './dttp.ts'
import { startDemoGias } from './gias.ts'
import type { Session } from './session.ts'
import { startDemoTrello } from './trello.ts'

export interface Upstreams {
  dttp: DttpSimulator
  gias: GiasSimulator
  trello: TrelloSimulator
  /** The bot's settings that lead to them. */
  settings: Record<string, string>
}

type Stoppable = Pick<Session, 'directory' | 'onStop' | 'interrupted'>

/** Links to their records keep working from run to run while nothing else has these. */
const USUAL_PORTS = { dttp: 4301, gias: 4302, trello: 4303 }
const ANY_PORT = 0

/**
 * Starts all three; they are stopped with the session. Throws in words if one does not start.
 * @param options.usualPorts whether to serve them where the demo usually does
 */
export async function openUpstreams(
  session: Stoppable,
  adminUrl: string,
  options: { usualPorts: boolean; trnAfterMs: number },
): Promise<Upstreams> {
  const portOf = async (system: keyof typeof USUAL_PORTS) =>
    options.usualPorts && (await isPortFree(USUAL_PORTS[system])) ? USUAL_PORTS[system] : ANY_PORT
  const { trnAfterMs } = options
  const dttp = await open(session, 'DTTP', startDemoDttp(adminUrl, { trnAfterMs, port: await portOf('dttp') }))
  const gias = await open(session, 'GIAS', startDemoGias(await portOf('gias')))
  const trello = await open(session, 'Trello', startDemoTrello(session.directory, await portOf('trello')))
  session.interrupted.throwIfAborted()
  return { dttp, gias, trello, settings: settingsFor(dttp, gias, trello) }
}

async function open<T extends { stop: () => Promise<void> }>(
  session: Stoppable,
  name: string,
  starting: Promise<T>,
): Promise<T> {
  try {
    const simulator = await starting
    session.onStop(simulator.stop)
    return simulator
  } catch (error) {
    throw new Error(`The simulated ${name} did not start: ${error instanceof Error ? error.message : error}`)
  }
}

function settingsFor(dttp: DttpSimulator, gias: GiasSimulator, trello: TrelloSimulator): Record<string, string> {
  return {
    DTTP_URL: dttp.url,
    DTTP_TOKEN_URL: dttp.tokenUrl,
    DTTP_CLIENT_ID: dttp.clientId,
    DTTP_CLIENT_SECRET: dttp.clientSecret,
    GIAS_URL: gias.url,
    GIAS_MAX_AGE: '9999d', // a demo that is taken up again after a week still has its extract
    TRELLO_API_URL: trello.url,
    TRELLO_KEY: trello.key,
    TRELLO_TOKEN: trello.token,
    TRELLO_LIST_ID: trello.listId,
  }
}
