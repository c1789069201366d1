// tsx test/bench/gias.ts [-- <rows>]: how long a load of GIAS's extract takes and how much memory, as one JSON document.
// The simulator serves it from this process; each part of the work runs in a process of its own, three times.
import { fileURLToPath } from 'node:url'
import { type SimulatedSchool, startGiasSimulator } from '../../sandbox/gias/index.ts'
import { startPostgres } from '../../sandbox/postgres.ts'
import { createRegisterDatabase, withClient } from '../../sandbox/register/database.ts'
import { type Measured, PARTS, type Part, startChild } from './gias-child.ts'
import { machineFacts } from './machine.ts'

const ROWS = 50_000
const TIMES = 3
const MEGABYTE = 1024 * 1024

/**
 * A load into an empty table, and beside it the median of three runs of every part: a process that does nothing, the
 * download alone, the download read as CSV, and a load that finds every school there already. Wants a new database.
 */
export async function benchGias(appUrl: string, rows = ROWS) {
  const simulator = await startGiasSimulator({ schools: manySchools(rows) })
  const place = { appUrl, giasUrl: simulator.url }
  try {
    const first = summary([await runChild('load', place)])
    const beside: Record<string, ReturnType<typeof summary>> = {}
    for (const part of PARTS) {
      const runs: Measured[] = []
      for (let time = 0; time < TIMES; time++) runs.push(await runChild(part, place))
      beside[part] = summary(runs)
    }
    return { extractMegabytes: Math.round(simulator.bytes() / MEGABYTE), ...first, beside }
  } finally {
    await simulator.stop()
  }
}

async function runChild(part: Part, place: { appUrl: string; giasUrl: string }): Promise<Measured> {
  const { code, output } = await startChild(part, place).ended
  if (code !== 0) throw new Error(`The part ${part} failed: ${output}`)
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measured
}

function summary(runs: readonly Measured[]) {
  const seconds = median(runs.map((run) => run.seconds))
  const peakRssMegabytes = median(runs.map((run) => run.peakRssMegabytes))
  const rows = runs[0]?.rows ?? 0
  return { rows, seconds, rowsPerSecond: rows === 0 ? null : Math.round(rows / seconds), peakRssMegabytes }
}

function manySchools(count: number): SimulatedSchool[] {
  return Array.from({ length: count }, (_, index) => ({
    urn: String(100_000 + index),
    name: index % 3 === 0 ? `St Zoë’s School, number ${index}` : `School ${index}`,
    status: (index % 4) + 1,
    openDate: '1999-09-01',
    ...(index % 4 === 1 ? { closeDate: '2020-08-31' } : {}),
  }))
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function main(rows: number): Promise<void> {
  const machine = machineFacts()
  const postgres = await startPostgres({
    dataDir: fileURLToPath(new URL('../../.sandbox/bench-postgres', import.meta.url)),
    fsync: true,
  })
  const name = `bench_gias_${process.pid}`
  try {
    const { appUrl } = await createRegisterDatabase(postgres.adminUrl, name)
    console.log(JSON.stringify({ machine, ...(await benchGias(appUrl, rows)) }, null, 2))
  } finally {
    await withClient(postgres.adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    await postgres.stop()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? ROWS))
