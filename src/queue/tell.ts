import type { Logger } from 'pino'
import { describeError } from '../error-facts.ts'

/** ioredis has of a Sentinel's refusal only the words, and they quote; of them we keep what Redis begins an error with. */
const SENTINELS = /^All sentinels are unreachable(?:.* Last error: ([A-Z]{1,40}) )?/

/** Why Redis is not reached, in a few words: "ReplyError WRONGPASS". */
export function whyUnreached(error: Error): string {
  const [sentinels, code] = SENTINELS.exec(error.message) ?? []
  if (sentinels === undefined) return describeError(error)
  return code === undefined ? 'no Sentinel says where it is' : `the Sentinels say ${code}`
}

/** Logs what is wrong with the way to the queue. */
export type Tell = (error: Error, what: string) => void

const SELDOM_MS = 60_000

/** The same is told once a minute at most: every connection and queue says it of itself, many times a second. */
export function seldom(log: Pick<Logger, 'warn'>): Tell {
  const told = new Map<string, number>()
  return (error, what) => {
    const why = whyUnreached(error)
    const at = told.get(`${what} ${why}`) ?? Number.NEGATIVE_INFINITY
    if (performance.now() - at < SELDOM_MS) return
    told.set(`${what} ${why}`, performance.now())
    log.warn({ error: why }, what)
  }
}
