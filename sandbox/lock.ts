// A lock between processes: a directory that appears whole, with its holder's mark inside, by one rename.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, markProcess, type ProcessMark } from './processes.ts'

/**
 * Runs `work` while no other process holds the lock at `path`. A lock whose holder has died is taken over.
 * Throws when the holder keeps it for longer than `patienceMs`.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patienceMs = 90_000): Promise<T> {
  const deadline = Date.now() + patienceMs
  let holder = tryLock(path)
  while (holder) {
    if (Date.now() > deadline) throw new Error(`Process ${holder.pid} has held ${path} for too long.`)
    await sleep(50)
    holder = tryLock(path)
  }
  try {
    return await work()
  } finally {
    unlock(path)
  }
}

/** Takes the lock and returns null, or returns who holds it. */
export function tryLock(path: string): ProcessMark | null {
  const claim = `${path}.${randomUUID()}`
  mkdirSync(claim, { recursive: true })
  writeFileSync(join(claim, 'holder.json'), JSON.stringify(markProcess(process.pid)))
  try {
    dropIfStale(path, claim)
    renameSync(claim, path)
    return null
  } catch (error) {
    if (!existsSync(claim)) throw error
    return lockHolder(path) ?? { pid: 0, began: '' }
  } finally {
    rmSync(claim, { recursive: true, force: true })
  }
}

export function unlock(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** Who holds the lock; null when nobody does. The holder may be dead. */
function lockHolder(path: string): ProcessMark | null {
  try {
    return JSON.parse(readFileSync(join(path, 'holder.json'), 'utf8'))
  } catch {
    return null
  }
}

function dropIfStale(path: string, claim: string): void {
  const holder = lockHolder(path)
  if (!holder || isRunning(holder)) return
  const aside = `${claim}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const taken = lockHolder(aside)
  if (taken && isRunning(taken)) renameSync(aside, path)
  else rmSync(aside, { recursive: true, force: true })
}
