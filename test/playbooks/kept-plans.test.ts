// What one version of the bot was asked for is carried out by the next, as long as the playbook's `version` is the same: then
// the same rows must lead to the same plan, texts in it included, and to the same evidence. `test/fixtures/plans` has what
// each playbook makes of its samples with the version that it has.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { assess } from '../../src/changes/assess/assess.ts'
import { getPlaybook, playbooks } from '../../src/playbooks/index.ts'
import { spread } from '../support/extent.ts'
import { emptyDatabase } from '../support/reset.ts'
import { useWorldWithDttp } from '../support/world.ts'
import { broughtBySync } from './repair-school-samples.ts'
import { type Sample, samples } from './samples.ts'

const FILES = fileURLToPath(new URL('../fixtures/plans/', import.meta.url))

/** Nearly all recorded changes of a route lead to plans of the same kind. */
const MOST_SAMPLES = 7

/** For what no sample of the contract suite leads to. */
const others: Readonly<Record<string, readonly Sample[]>> = { 'repair-school': [broughtBySync] }

const use = useWorldWithDttp()

const kept = playbooks.map(({ name, version }) => ({ name, version, file: `${name}-${version}.json` }))

describe.each(kept)('$name, version $version', ({ name, version, file }) => {
  test('makes the same of the same as when it was given that version', async () => {
    const made: Record<string, object> = {}
    const chosen = [...spread(samples[name] ?? [], MOST_SAMPLES), ...(others[name] ?? [])]
    for (const sample of chosen) made[sample.name] = await make(name, sample)
    const raise = `${name} makes another plan, or has other evidence, than when it was given version ${version}: raise its version, or whatever people have asked for ends as out of date. If only its samples have changed, run this with -u`
    await expect(JSON.stringify(made, null, 2), raise).toMatchFileSnapshot(FILES + file)
  })
})

test('there is a file for the version of each playbook, and none for earlier ones', () => {
  expect(readdirSync(FILES).sort()).toEqual(kept.map(({ file }) => file).sort())
})

/** What the digest of a request for this sample is made of. */
async function make(name: string, sample: Sample): Promise<object> {
  await emptyDatabase(use.admin)
  use.dttp.reset()
  await sample.seed(use.admin)
  sample.inDttp?.(use.dttp)
  const form = typeof sample.form === 'function' ? await sample.form(use.world) : sample.form
  const { outcome, checks } = await assess(use.world, getPlaybook(name), form)
  if (!outcome || !('plan' in outcome)) throw new Error(`${name} comes to no plan of “${sample.name}”`)
  const evidence = checks.map((check) => [check.id, check.verdict, check.evidence])
  return withoutRandom({ form, plan: outcome.plan, checks: evidence })
}

/** Ids of jobs and digests of earlier requests differ each time. */
async function withoutRandom(made: object): Promise<object> {
  const { rows } = await use.admin.query<{ value: string }>(
    'SELECT id::text AS value FROM chatops.jobs UNION SELECT digest FROM chatops.change_requests',
  )
  return JSON.parse(rows.reduce((text, { value }) => text.replaceAll(value, 'random'), JSON.stringify(made)))
}
