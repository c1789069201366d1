// What a process weighs, and on what it was weighed.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

const MEGABYTE = 1024

/** Resident memory of a process in megabytes. */
export function residentMegabytes(pid: number): number {
  const kilobytes = Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout)
  return Math.round((kilobytes / MEGABYTE) * 10) / 10
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

/** Processor milliseconds of each process so far, with those of its children, living or ended; 0 where there is no /proc. */
export function processorMilliseconds<Name extends string>(pids: Readonly<Record<Name, number>>): Record<Name, number> {
  const all = allProcesses()
  const spent = (pid: number) => {
    const itself = all.find((process) => process.pid === pid)
    const livingChildren = all.filter(({ parent }) => parent === pid).reduce((sum, { own }) => sum + own, 0)
    return ((itself?.own ?? 0) + (itself?.ofEnded ?? 0) + livingChildren) * TICK_MS
  }
  const entries = Object.entries<number>(pids).map(([name, pid]) => [name, spent(pid)] as const)
  return Object.fromEntries(entries) as Record<Name, number> // the same names
}

/** The process that started another; 0 where that is not known. */
export function parentOf(pid: number): number {
  return allProcesses().find((process) => process.pid === pid)?.parent ?? 0
}

/** Every process with its parent and its processor time, in ticks: its own, and that of children that have ended. */
function allProcesses() {
  return list('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : ''
    // The program's name, in brackets, may hold spaces; the parent is the second field behind it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [, parent = 0, , , , , , , , , , user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields
    return stat ? [{ pid: Number(name), parent, own: user + system, ofEnded: endedUser + endedSystem }] : []
  })
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // no Linux
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

export function machineFacts() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryMegabytes: Math.round(totalmem() / MEGABYTE / MEGABYTE),
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
  }
}
