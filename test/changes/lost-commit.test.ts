import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { answerAbout } from '../../src/alerts/message-answers.ts'
import { approve, cancel, reject } from '../../src/changes/decide/decide.ts'
import { openReview } from '../../src/changes/decide/review.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { discard, send } from '../../src/changes/propose/send.ts'
import { digestOfRequest } from '../../src/changes/requests.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { CommitUnknown } from '../../src/entities/sure-transaction.ts'
import { ChangeError } from '../../src/errors.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import type { World } from '../../src/world.ts'
import { CHANNEL, createLifecycle, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { startLossyProxy } from '../support/lossy-proxy.ts'
import { useScratch } from '../support/world.ts'

const use = useScratch({ rows: 'demo' })
let proxy: Awaited<ReturnType<typeof startLossyProxy>>
let context: World

beforeAll(async () => {
  proxy = await startLossyProxy(use.scratch.appUrl)
  context = await createLifecycle(proxy.url)
})

beforeEach(() =>
  use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE status IN ('unsent', 'pending')`),
)

afterEach(() => proxy.mend())

afterAll(async () => {
  await context.database.destroy()
  await proxy.stop()
})

async function proposed(route = 'assessment_only'): Promise<ChangeRequest> {
  const { rows } = await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')
  const form = { subject: rows[0].slug, route, reason: 'Asked for', ticket: '' }
  const asked = { playbook: getPlaybook('fix-route'), form, requester: SUPPORT, channel: CHANNEL }
  const proposal = await propose(context, asked)
  if (proposal.kind !== 'ready') throw new Error(`the preview was ${proposal.kind}`)
  return proposal.changeRequest
}

const sent = async () => send(context, { id: (await proposed()).id, requester: SUPPORT })

async function reviewed(): Promise<ChangeRequest> {
  const { id } = await sent()
  return openReview(context, { id, actor: DEVELOPER, viewId: `V${id}` })
}

/** A request as a later version of its playbook finds it: whoever opens it ends it. */
async function outlived(): Promise<ChangeRequest> {
  const request = await sent()
  const older = { ...request, playbookVersion: request.playbookVersion - 1 }
  await use.admin.query('ALTER TABLE chatops.change_requests DISABLE TRIGGER guard_change_request')
  await use.admin.query('UPDATE chatops.change_requests SET playbook_version = $2, digest = $3 WHERE id = $1', [
    ...[request.id, older.playbookVersion, digestOfRequest(context, older)],
  ])
  await use.admin.query('ALTER TABLE chatops.change_requests ENABLE TRIGGER guard_change_request')
  return request
}

type Case = {
  what: string
  prepare: () => Promise<ChangeRequest>
  click: (request: ChangeRequest) => Promise<unknown>
  from: string
  to: string
}

const CASES: readonly Case[] = [
  {
    what: 'an approval',
    prepare: reviewed,
    click: ({ id, digest }) => approve(context, { id, actor: DEVELOPER, digest, viewId: `V${id}` }),
    from: 'pending',
    to: 'approved',
  },
  {
    what: 'a rejection',
    prepare: sent,
    click: ({ id }) => reject(context, { id, actor: DEVELOPER, reason: 'Not needed' }),
    from: 'pending',
    to: 'rejected',
  },
  {
    what: 'a cancellation',
    prepare: sent,
    click: ({ id }) => cancel(context, { id, actor: SUPPORT }),
    from: 'pending',
    to: 'cancelled',
  },
  {
    what: 'a request that is sent',
    prepare: proposed,
    click: ({ id }) => send(context, { id, requester: SUPPORT }),
    from: 'unsent',
    to: 'pending',
  },
  {
    what: 'a request that is discarded',
    prepare: proposed,
    click: ({ id }) => discard(context, { id, requester: SUPPORT }),
    from: 'unsent',
    to: 'cancelled',
  },
  {
    what: 'a request that is found out of date in a review',
    prepare: outlived,
    click: ({ id }) =>
      openReview(context, { id, actor: DEVELOPER, viewId: `V${id}` }).catch((error) => {
        if (!(error instanceof ChangeError)) throw error
      }),
    from: 'pending',
    to: 'stale',
  },
]

const statusOf = async ({ id }: ChangeRequest) =>
  (await use.admin.query('SELECT status FROM chatops.change_requests WHERE id = $1', [id])).rows[0].status as string

const endRequests = () =>
  use.admin.query(`UPDATE chatops.change_requests SET status = 'stale' WHERE status = 'approved'`)

describe.each(CASES)('$what', ({ prepare, click, from, to }) => {
  afterEach(endRequests)

  test('counts as done when the connection was lost after COMMIT', async () => {
    const request = await prepare()
    const lost = proxy.lost
    proxy.loseNext('after-commit')
    await click(request)
    expect(proxy.lost).toBe(lost + 1)
    expect(await statusOf(request)).toBe(to)
  })

  test('is said to have failed only when it was not done', async () => {
    const request = await prepare()
    proxy.loseNext('before-commit')
    await expect(click(request)).rejects.toThrow()
    expect(await statusOf(request)).toBe(from)
    await click(request)
    expect(await statusOf(request)).toBe(to)
  })

  test('is said to be unknown when the database cannot be asked', async () => {
    const request = await prepare()
    proxy.loseNext('after-commit', { forGood: true })
    await expect(click(request)).rejects.toBeInstanceOf(CommitUnknown)
    expect(await statusOf(request)).toBe(to)
  })
})

describe('what leaves a mark as well', () => {
  test('a preview is kept once, and a review is opened once', async () => {
    proxy.loseNext('after-commit')
    const request = await proposed()
    await send(context, { id: request.id, requester: SUPPORT })
    proxy.loseNext('after-commit')
    await openReview(context, { id: request.id, actor: DEVELOPER, viewId: 'V1' })
    const { rows } = await use.admin.query(
      `SELECT count(*)::int FROM chatops.ledger WHERE change_request_id = $1 AND event IN ('proposed', 'review-opened')`,
      [request.id],
    )
    expect(rows).toEqual([{ count: 2 }])
  })

  test('a message that somebody points at is answered once', async () => {
    const place = { channel: CHANNEL, ts: '1.1', thread: '1.1' }
    const lost = proxy.lost
    proxy.loseNext('after-commit')
    expect(await answerAbout(context, place, '5901')).toBe(true)
    expect(proxy.lost).toBe(lost + 1)
    expect(await answerAbout(context, place, '5901')).toBe(false)
    const { rows } = await use.admin.query(
      `SELECT count(*)::int FROM chatops.outbox WHERE stream = 'answer:${CHANNEL}:1.1'`,
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  test('a refusal is recorded once, and says why', async () => {
    const { id } = await sent()
    proxy.loseNext('after-commit')
    const refusal = openReview(context, { id, actor: SUPPORT, viewId: 'V2' })
    await expect(refusal).rejects.toBeInstanceOf(ChangeError)
    const { rows } = await use.admin.query(
      `SELECT count(*)::int FROM chatops.ledger WHERE change_request_id = $1 AND event = 'refused'`,
      [id],
    )
    expect(rows).toEqual([{ count: 1 }])
  })
})

test('an approval that a failover has lost does not count as done because another transaction has its number', async () => {
  const { id, digest } = await reviewed()
  const { lost } = proxy
  proxy.loseNext('after-commit', { forGood: true })
  const click = approve(context, { id, actor: DEVELOPER, digest, viewId: `V${id}` })
  click.catch(() => {})
  await expect.poll(() => proxy.lost).toBeGreaterThan(lost)
  await use.admin.query(`SET session_replication_role = replica`)
  await use.admin.query(`DELETE FROM chatops.ledger WHERE seq = (SELECT max(seq) FROM chatops.ledger)`)
  await use.admin.query(`RESET session_replication_role`)
  proxy.mend()
  await expect(click).rejects.toThrow()
})
