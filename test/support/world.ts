// A database of one's own, and the lifecycle on it, for the tests of a file or for each of them. Nothing of ours is mocked.
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { World } from '../../src/world.ts'
import { demoDatabase, type ScratchDatabase, scratchDatabase, storyDatabase } from './database.ts'
import { type StoryDttp, startStoryDttp } from './dttp.ts'
import { createLifecycle } from './lifecycle.ts'
import { type Renew, rememberRows } from './renewal.ts'

export interface Beginning {
  /** What it holds at first: nothing, the demo rows, or those and what a story of the whole bot begins with. */
  rows?: 'none' | 'demo' | 'story'
  /**
   * Whether all tests of the file, or of the block it is called in, share one, or each test has its own; or, which is
   * faster, each has the last one's, with every row put back.
   */
  forEach?: 'file' | 'test' | 'test, put back'
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
  const make = async () => {
    use.scratch = await MADE[beginning.rows ?? 'none']()
    use.admin = new pg.Client(use.scratch.adminUrl)
    use.admin.on('error', () => {}) // a test may end every session of its database: whoever uses this one then is told
    await use.admin.connect()
  }
  const end = async () => {
    await use.admin.end()
    await use.scratch.drop()
  }
  if (beginning.forEach === 'test, put back') putBackEach(use, make, end)
  else {
    const [before, after] = hooksFor(beginning)
    before(make)
    after(end)
  }
  return use
}

/** Another one is made where rows are not all that has changed, where its connection is lost, and on another day. */
function putBackEach(use: Place, make: () => Promise<void>, end: () => Promise<void>): void {
  let last: { renew: Renew; day: string } | null = null
  beforeEach(async () => {
    const day = new Date().toDateString()
    if (last?.day === day && (await last.renew().catch(() => false))) return
    if (last) await end()
    await make()
    last = { renew: await rememberRows(use.admin), day }
  })
  afterAll(async () => {
    if (last) await end()
  })
}

const MADE = { none: scratchDatabase, demo: demoDatabase, story: storyDatabase }

/** What is begun first is ended last. */
function hooksFor({ forEach = 'file' }: Beginning) {
  return forEach === 'file' ? ([beforeAll, afterAll] as const) : ([beforeEach, afterEach] as const)
}
