import { expect, test } from 'vitest'
import { crowdEnvironment, startCrowdSlack, userIds } from '../proof/crowd.ts'
import { seedTrainees } from '../proof/trainees.ts'
import { watchCalls } from '../proof/watch.ts'
import { scratchDatabase } from '../support/database.ts'
import { redisDatabase } from '../support/redis-database.ts'
import { countStatements } from './statements.ts'

/**
 * Without BEGIN, COMMIT and SET. Whoever needs more says in docs/performance.md what for. What lies between an approval
 * and the card that says done is only benched: how many sweeps fall into it depends on the machine.
 */
const AT_MOST = { ofWhichApprove: 8, ofWhichExecute: 19, ofWhichVerify: 8 }

test('a request asks no more of the database than it did', async () => {
  const scratch = await scratchDatabase()
  const slugs = await seedTrainees(scratch.adminUrl, 4)
  const [requester = '', approver = ''] = [...userIds('U1ASK', 1), ...userIds('U2DEV', 1)]
  const crowd = { requesters: [requester], approvers: [approver], others: [] }
  const slack = await startCrowdSlack(crowd)
  const watch = watchCalls(slack)
  const place = { appUrl: scratch.appUrl, redisUrl: redisDatabase(11) }
  const env = crowdEnvironment(slack, crowd, place, { HTTP_PORT: '0' })
  try {
    const counted = await countStatements({ slack, watch }, env, { requester, approver }, slugs)
    const steps = Object.keys(AT_MOST)
    const beyond = steps.filter(
      (step) => !(counted[step] && counted[step].statements <= AT_MOST[step as keyof typeof AT_MOST]),
    )
    expect(beyond, JSON.stringify(counted)).toEqual([])
  } finally {
    watch.stop()
    await slack.stop()
    await scratch.drop()
  }
}, 120_000)
