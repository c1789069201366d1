// The lifecycle on a database of one's own, with the two people it needs. Nothing of ours is mocked.

import { pino } from 'pino'
import { forgetDismissal } from '../../src/alerts/news/job-ends.ts'
import { approve } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { createPeople, type Directory } from '../../src/people/people.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { readDatabaseIdentity, type World } from '../../src/world.ts'
import { CHANNEL } from './story-rows.ts'

export { CHANNEL }

export const SUPPORT = 'U01SUPPORT'
export const DEVELOPER = 'U02DEV'
export const SECOND_DEVELOPER = 'U03DEV'
export const STRANGER = 'U09STRANGER'
export const TEAM = 'T01TEST'
export const REGISTER_URL = 'https://register.example.test'
export const DTTP_URL = 'https://dttp.example.test'

const colleague = { teams: [TEAM], isBot: false, isGuest: false, isDeleted: false }

/** Everyone is an ordinary member of our workspace. */
const everyone: Directory = { findMember: async (id) => ({ ids: [id], ...colleague }), groupMembers: async () => [] }

/** A context as services.ts builds it, connected as chatops_app. Close with `context.database.destroy()`. */
export async function createLifecycle(appUrl: string, overrides: Partial<World> = {}): Promise<World> {
  const database = await createDataSource(appUrl, 10).initialize()
  const now = overrides.now ?? (() => new Date())
  const listed = { teamId: TEAM, requesters: [SUPPORT, DEVELOPER], approvers: [DEVELOPER, SECOND_DEVELOPER] }
  return {
    database,
    databaseIdentity: await readDatabaseIdentity(database),
    register: { url: REGISTER_URL, runsJobs: true, isEnabled: () => true },
    upstreams: { dttp: unreachableDttp() },
    people: createPeople(listed, everyone, now),
    log: pino({ level: 'silent' }),
    now,
    build: 'of the tests',
    startedAt: new Date(0),
    closedDays: new Set(),
    expiryOf: (_, sentAt) => new Date(sentAt.getTime() + 24 * 3600_000),
    approverMention: null,
    verifyAgainAfter: 0,
    reveals: false,
    tickets: { url: null, areRequired: false },
    pollEvery: 3600_000,
    schoolsPerPage: 5000,
    channels: [CHANNEL],
    ownIds: true,
    askAgainAfter: 120_000,
    jobLease: 45_000,
    alertChannel: CHANNEL,
    dttpUrl: DTTP_URL,
    gias: { url: 'http://127.0.0.1:9/{yyyymmdd}.csv', maxAgeMs: 3 * 86_400_000 },
    addsTrelloCards: true,
    report: async () => {},
    onRetry: forgetDismissal,
    ...overrides,
  }
}

/** A DTTP that nobody runs; a test that asks it passes a client of its own. */
function unreachableDttp() {
  const nowhere = 'http://127.0.0.1:9'
  return createDttpClient({
    organisation: nowhere,
    tokenUrl: `${nowhere}/token`,
    clientId: 'none',
    clientSecret: 'none',
  })
}

/** Proposes and sends; throws unless the preview was ready. */
export async function sendRequest(
  context: World,
  playbook: string,
  form: Record<string, string>,
  requester = SUPPORT,
): Promise<ChangeRequest> {
  const proposal = await propose(context, { playbook: getPlaybook(playbook), form, requester, channel: CHANNEL })
  if (proposal.kind !== 'ready') throw new Error(`the preview was ${proposal.kind}`)
  return send(context, { id: proposal.changeRequest.id, requester })
}

/** A developer opens the review and approves what it shows. */
export async function approveRequest(
  context: World,
  request: ChangeRequest,
  actor = DEVELOPER,
): Promise<ChangeRequest> {
  const viewId = `V${request.id}${actor}`
  const { digest } = await openReview(context, { id: request.id, actor, viewId })
  return approve(context, { id: request.id, actor, digest, viewId })
}
