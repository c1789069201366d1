// Looks through everything said since the last time, counts, and remembers who was found where.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { peopleIn } from '../support/quoted-people.ts'
import type { Sink } from './sinks.ts'
import { type Stage, startStage } from './stage.ts'

/** Where `npm run proof -- scanner` wants the counts of each file of tests. */
const REPORTS = process.env['SCANNER_REPORTS']

export type Scanner = {
  stage: Stage
  /** Everything said since the last time; with `but`, all except what that takes out as allowed. */
  scan: (spelling: string, but?: (sink: Sink, text: string) => boolean) => Promise<void>
  /** Who was found, and where; forgotten once asked. */
  leaks: () => string[]
}

/** A stage for all tests of a file. */
export function useScanner(name: string, settings: Record<string, string> = {}): Scanner {
  const found: Record<string, Record<string, number>> = {}
  const looked: Partial<Record<Sink, number>> = {}
  const leaks: string[] = []
  const use = {} as Scanner

  beforeAll(async () => {
    use.stage = await startStage(settings)
  }, 120_000)
  afterAll(async () => {
    await use.stage.stop()
    if (!REPORTS) return
    mkdirSync(REPORTS, { recursive: true })
    writeFileSync(join(REPORTS, `${name}.json`), JSON.stringify({ looked, found }))
  }, 120_000)

  return Object.assign(use, {
    async scan(spelling: string, but: (sink: Sink, text: string) => boolean = () => false) {
      await settled(use.stage)
      for (const [sink, said] of Object.entries(await use.stage.sinks.take()) as [Sink, string[]][]) {
        const texts = said.filter((text) => !but(sink, text))
        looked[sink] = (looked[sink] ?? 0) + texts.length
        const leaking = texts.filter((text) => peopleIn(text).length > 0)
        found[sink] = { ...found[sink], [spelling]: (found[sink]?.[spelling] ?? 0) + leaking.length }
        leaks.push(...leaking.map((text) => `${sink}, ${spelling}: ${peopleIn(text).join(', ')} in ${excerpt(text)}`))
      }
    },
    leaks: () => leaks.splice(0),
  })
}

function excerpt(text: string): string {
  return text.length > 1_500 ? `${text.slice(0, 1_500)}…` : text
}

/** Nothing is left to be sent, and every job has been tried. */
async function settled({ admin }: Stage): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await admin.query<{ open: string }>(`
        SELECT (SELECT count(*) FROM chatops.outbox WHERE status IN ('queued', 'sending') AND last_error IS NULL)
          + (SELECT count(*) FROM chatops.jobs
             WHERE status = 'running' OR (status = 'waiting' AND run = 0 AND due_at <= now())) AS open`)
      return Number(rows[0]?.open)
    })
    .toBe(0)
}
