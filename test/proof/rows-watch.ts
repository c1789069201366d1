// Looks at the rows of all requests again and again while workers live and die.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { planOf } from '../../src/contract/stored.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { type Found, lookAtRequests } from './trainees.ts'
import { judgeWhole, type Wholeness } from './whole.ts'

/** Starts looking ten times a second, so that nothing half is missed; `look` looks now, `seen` is what all looks saw. */
export function watchRows(admin: pg.Client, requests: readonly ChangeRequest[], before: Map<string, Found>) {
  const seen = { looks: 0, halfSeen: [] as string[] }
  let stopped = false
  async function look(): Promise<Map<string, { whole: Wholeness; status: string }>> {
    const now = await lookAtRequests(admin)
    seen.looks++
    const judged = requests.flatMap((request) => {
      const [was, is] = [before.get(request.id), now.get(request.id)]
      if (!was || !is) return []
      return [[request.id, { whole: judgeWhole(was.trainee, planOf(request), is), status: is.status }] as const]
    })
    for (const [id, { whole }] of judged) {
      const what = `CR-${id} ${whole}`
      if (whole.startsWith('half') && !seen.halfSeen.includes(what)) seen.halfSeen.push(what)
    }
    return new Map(judged)
  }
  const looking = (async () => {
    while (!stopped) {
      await look()
      await sleep(100)
    }
  })()
  return {
    seen,
    look,
    async stop() {
      stopped = true
      await looking
    },
  }
}
