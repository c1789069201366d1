import { performance } from 'node:perf_hooks'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'

/** The database's time, as this process knows it. */
export type Clock = { now: () => Date; stop: () => void }

export const COMPARE_EVERY_MS = 10_000
const SAMPLES = 3
/** A sample that took longer says too little: the process may have slept between question and answer. */
const LONGEST_SAMPLE_MS = 1_000
const OFF_BY_MS = 5_000

/** What the database's clock said, and what this machine's steady clock said then. */
type Sample = { database: number; steady: number; tookMs: number }

/**
 * Keeps the time of the one clock that all processes share. Between two comparisons the machine's steady clock counts,
 * which nobody can set: a machine whose time is wrong, or is put right, neither expires a request nor starts a job early.
 */
export async function startDatabaseClock(database: DataSource, log: Logger): Promise<Clock> {
  let known = await compare(database)
  const now = () => new Date(known.database + performance.now() - known.steady)
  const ahead = Math.round((Date.now() - now().getTime()) / 1000)
  if (Math.abs(ahead) * 1000 > OFF_BY_MS) log.warn({ seconds: ahead }, 'this machine’s clock is not the database’s')

  const timer = setInterval(() => {
    compare(database).then(
      (sample) => {
        if (sample.tookMs <= LONGEST_SAMPLE_MS) known = sample
      },
      () => log.warn('the clock could not be compared with the database’s'),
    )
  }, COMPARE_EVERY_MS)
  timer.unref()
  return { now, stop: () => clearInterval(timer) }
}

/** The quickest of a few samples: half of what it took is how far it can be out. */
async function compare(database: DataSource): Promise<Sample> {
  const samples: Sample[] = []
  while (samples.length < SAMPLES) samples.push(await sample(database))
  return samples.reduce((best, other) => (other.tookMs < best.tookMs ? other : best))
}

async function sample(database: DataSource): Promise<Sample> {
  const asked = performance.now()
  const [row] = await database.query<{ ms: string }[]>('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
  const answered = performance.now()
  if (!row) throw new Error('the database did not say what time it is')
  return { database: Number(row.ms), steady: (asked + answered) / 2, tookMs: answered - asked }
}
