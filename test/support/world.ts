// A database of one's own, and the lifecycle on it, for the tests of a file or for each of them. Nothing of ours is mocked.
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { World } from '../../src/world.ts'
import { demoDatabase, type ScratchDatabase, scratchDatabase } from './database.ts'
import { type StoryDttp, startStoryDttp } from './dttp.ts'
import { createLifecycle } from './lifecycle.ts'

export interface Beginning {
  /** What Register's tables hold at first: nothing, or the demo rows. */
  rows?: 'none' | 'demo'
  /** Whether all tests of the file, or of the block it is called in, share one, or each test has its own. */
  forEach?: 'file' | 'test'
}

export interface Place {
  scratch: ScratchDatabase
  /** A superuser, who sees and does everything, as Register itself could. */
  admin: pg.Client
}

/** A database, and a superuser's connection to it. */
export function useScratch(beginning: Beginning = {}): Place {
  return placeIn({}, beginning)
}

/** The same, and a world on it as services.ts builds it. @param overrides of that world, asked for when it is built */
export function useWorld(beginning: Beginning = {}, overrides: () => Partial<World> = () => ({})) {
  return worldIn({}, beginning, overrides)
}

/** The same beside a DTTP that knows the demo rows. */
export function useWorldWithDttp(beginning: Beginning = {}, overrides: () => Partial<World> = () => ({})) {
  const use = {} as { dttp: StoryDttp }
  const [before, after] = hooksFor(beginning)
  before(async () => {
    use.dttp = await startStoryDttp()
  })
  after(() => use.dttp.stop())
  return worldIn(use, beginning, () => ({ upstreams: { dttp: use.dttp.client }, ...overrides() }))
}

function worldIn<T extends object>(given: T, beginning: Beginning, overrides: () => Partial<World>) {
  const use = placeIn(given, beginning) as T & Place & { world: World }
  const [before, after] = hooksFor(beginning)
  before(async () => {
    use.world = await createLifecycle(use.scratch.appUrl, overrides())
  })
  after(() => use.world.database.destroy())
  return use
}

function placeIn<T extends object>(given: T, beginning: Beginning): T & Place {
  const use = given as T & Place
  const [before, after] = hooksFor(beginning)
  before(async () => {
    use.scratch = await (beginning.rows === 'demo' ? demoDatabase() : scratchDatabase())
    use.admin = new pg.Client(use.scratch.adminUrl)
    use.admin.on('error', () => {}) // a test may end every session of its database: whoever uses this one then is told
    await use.admin.connect()
  })
  after(async () => {
    await use.admin.end()
    await use.scratch.drop()
  })
  return use
}

/** What is begun first is ended last. */
function hooksFor({ forEach = 'file' }: Beginning) {
  return forEach === 'test' ? ([beforeEach, afterEach] as const) : ([beforeAll, afterAll] as const)
}
