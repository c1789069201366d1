// Tells whether a process we noted down is still that process: pids are used again, above all in containers.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessMark {
  pid: number
  /** When the process began, in whatever form the system tells it; only ever compared for equality. */
  began: string
}

/** The mark of a running process, or null when there is none (a zombie counts as none). */
export function markProcess(pid: number): ProcessMark | null {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganElsewhere(pid)
  return began === null ? null : { pid, began }
}

export function isRunning(mark: ProcessMark): boolean {
  return markProcess(mark.pid)?.began === mark.began
}

/** The command line of a running process, for telling whose it is; empty when it cannot be read. */
export function commandLine(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'command=')
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Sends `signal`, waits, and kills what has not gone after `graceMs`. Resolves once the process is gone. */
export async function endProcess(mark: ProcessMark, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  send(mark, signal)
  if (await isGoneWithin(mark, graceMs)) return
  send(mark, 'SIGKILL')
  await isGoneWithin(mark, 5_000)
}

export async function isGoneWithin(mark: ProcessMark, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms
  while (isRunning(mark)) {
    if (Date.now() > deadline) return false
    await sleep(25)
  }
  return true
}

function send(mark: ProcessMark, signal: NodeJS.Signals): void {
  if (!isRunning(mark)) return
  try {
    process.kill(mark.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function beganOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot}/${fields[19]}`
  } catch {
    return null
  }
}

function beganElsewhere(pid: number): string | null {
  const [state, ...began] = ps(pid, 'stat=,lstart=').split(/\s+/)
  return !state || state.startsWith('Z') ? null : began.join(' ')
}

function ps(pid: number, columns: string): string {
  return spawnSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
}
