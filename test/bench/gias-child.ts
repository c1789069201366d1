// One load of GIAS's extract, or a part of the same, in a process of its own, so that its memory is its own.
import { fileURLToPath } from 'node:url'
import { createDataSource } from '../../src/entities/data-source.ts'
import { openExtract } from '../../src/gias/download.ts'
import { loadExtract } from '../../src/gias/load.ts'
import { readSchools } from '../../src/gias/read.ts'
import { startNode } from '../proof/process.ts'

/** `idle`: connected, and nothing else. Each of the others does what the one before does, and more. */
export const PARTS = ['idle', 'download', 'read', 'load'] as const

export type Part = (typeof PARTS)[number]

export type Measured = {
  part: Part
  rows: number
  seconds: number
  /** The most memory it ever had in use, from the start of the process. */
  peakRssMegabytes: number
}

const FILE = fileURLToPath(import.meta.url)
const HUGE = { idle: 60_000, overall: 600_000 }

/** Starts it; what it measured is the last line of its output. */
export function startChild(part: Part, place: { appUrl: string; giasUrl: string }) {
  return startNode(['--import', 'tsx', FILE, part], { DATABASE_URL: place.appUrl, GIAS_URL: place.giasUrl })
}

async function main(part: Part, url: string): Promise<Measured> {
  const database = await createDataSource(process.env['DATABASE_URL'] ?? '', 4).initialize()
  const began = performance.now()
  const rows = await run()
  const seconds = Math.round(performance.now() - began) / 1000
  await database.destroy()
  return { part, rows, seconds, peakRssMegabytes: Math.round(process.resourceUsage().maxRSS / 102.4) / 10 }

  async function run(): Promise<number> {
    if (part === 'idle') return 0
    if (part === 'load') {
      const log = { info: () => {}, warn: () => {} }
      const result = await loadExtract({ database, log, now: () => new Date(), url, limits: { minimumRows: 1 } })
      if (result.kind !== 'loaded') throw new Error(JSON.stringify(result))
      return result.rows
    }
    const extract = await openExtract({ url, now: new Date(), timeoutMs: HUGE, maxBytes: 500e6 })
    let rows = 0
    if (part === 'download') for await (const _ of extract.bytes);
    else for await (const schools of readSchools(extract.bytes, { count: 0, firstRows: [] })) rows += schools.length
    return rows
  }
}

if (process.argv[1] === FILE) {
  const part = PARTS.find((one) => one === process.argv[2]) ?? 'idle'
  console.log(JSON.stringify(await main(part, process.env['GIAS_URL'] ?? '')))
}
