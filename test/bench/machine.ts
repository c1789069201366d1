// What a process weighs, and on what it was weighed.
import { spawnSync } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'

const MEGABYTE = 1024

/** Resident memory of a process in megabytes. */
export function residentMegabytes(pid: number): number {
  const kilobytes = Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout)
  return Math.round((kilobytes / MEGABYTE) * 10) / 10
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
