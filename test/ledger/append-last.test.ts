// Whoever appends to the ledger holds its head until the end of the transaction, so nothing may come in between.
import { expect, test } from 'vitest'
import { cancel, reject } from '../../src/changes/decide/decide.ts'
import { execute } from '../../src/changes/execute/execute.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { countQueries } from '../bench/count-queries.ts'
import { approveRequest, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const use = useWorld({ rows: 'demo' })

async function ask(route = 'school_direct_salaried') {
  const [trainee] = await use.world.database.query('SELECT slug FROM public.trainees WHERE id = 5901')
  const form = { subject: trainee.slug, route, reason: 'The wrong route', ticket: '' }
  return sendRequest(use.world, 'fix-route', form)
}

/** A request whose record moves between the preview and the execution. */
async function goStale() {
  const { id } = await approveRequest(use.world, await ask('assessment_only'))
  await use.world.database.query(`UPDATE public.trainees SET course_subject_one = 'Latin' WHERE id = 5901`)
  expect(await execute(use.world, id)).toBe('stale')
}

test('appending is the last statement before the end of every transaction', async () => {
  const counter = countQueries()
  try {
    await cancel(use.world, { id: (await ask()).id, actor: SUPPORT })
    await reject(use.world, { id: (await ask()).id, actor: DEVELOPER, reason: 'Not now' })
    const { id } = await approveRequest(use.world, await ask())
    await execute(use.world, id)
    await verify(use.world, id)
    await expect(reject(use.world, { id, actor: SUPPORT, reason: 'No' })).rejects.toThrow()
    await goStale()
    expect(counter.texts().filter((text) => text.includes('append_ledger')).length).toBeGreaterThan(15)
    expect(counter.afterAppending()).toEqual([])
  } finally {
    counter.stop()
  }
})
