/**
 * A small, strict DTTP: what Register and the bot use of Dataverse's Web API and of Microsoft's token endpoint. It
 * refuses what Dataverse refuses, keeps what it was asked, and fails on demand. For the demo and for tests.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createFaults } from './faults.ts'
import { API_PATH, createDttpServer, type Recorded, TOKEN_PATH } from './server.ts'
import { createState, type OwnIds } from './state.ts'
import { createTokenEndpoint } from './tokens.ts'

export type { Fault } from './faults.ts'
export type { Recorded } from './server.ts'
export type { Value } from './state.ts'

export type DttpSimulatorOptions = {
  /** A free one unless given. */
  port?: number
  /** What it calls itself in links; its own URL unless given. */
  organisation?: string
  clientId?: string
  clientSecret?: string
  tokenLifetimeSeconds?: number
  /** How long after its creation a contact is given a TRN; null (the default) for never by itself. */
  trnAfterMs?: number | null
  /** Whether references without an id, such as `/dfe_routes()`, are taken as none; refused unless given. */
  takesEmptyReferences?: boolean
  /** What becomes of primary keys that whoever creates a record has chosen; they are taken unless given. */
  ownIds?: OwnIds
  now?: () => Date
}

export type DttpSimulator = Awaited<ReturnType<typeof startDttpSimulator>>

/** Starts it on 127.0.0.1. It is empty: add providers, schools and institutions with `state.add('accounts', …)`. */
export async function startDttpSimulator(options: DttpSimulatorOptions = {}) {
  const { clientId = 'simulated-client', clientSecret = 'simulated-secret', now = () => new Date() } = options
  const requests: Recorded[] = []
  const state = createState({
    now,
    trnAfterMs: options.trnAfterMs ?? null,
    takesEmptyReferences: options.takesEmptyReferences ?? false,
    ownIds: options.ownIds ?? 'taken',
  })
  const faults = createFaults()
  const tokenOptions = { clientId, clientSecret, lifetimeSeconds: options.tokenLifetimeSeconds ?? 3599, now }
  let organisation = options.organisation ?? ''
  const tokens = createTokenEndpoint({ ...tokenOptions, scope: () => `${url}/.default` })
  const server = createDttpServer({ state, tokens, faults, requests, now, api: () => `${organisation}${API_PATH}` })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  organisation ||= url

  return {
    /** The organisation's URL, for the client. */
    url,
    tokenUrl: `${url}${TOKEN_PATH}`,
    clientId,
    clientSecret,
    state,
    faults,
    /** Everything that was asked, oldest first, faults included. */
    requests: requests as readonly Recorded[],
    /** What was asked of a path, such as `$batch`, `contacts` or `token`. */
    requestsTo: (path: string): Recorded[] => requests.filter((one) => one.path.startsWith(path)),
    forgetRequests: (): void => void requests.splice(0),
    /** Makes every token given out so far worthless. */
    revokeTokens: tokens.revokeAll,
    async stop(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
