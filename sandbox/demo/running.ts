// One demo at a time per checkout, and nothing left over from one that was killed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tryLock, unlock } from '../lock.ts'
import { endProcess, type ProcessMark } from '../processes.ts'

/** Takes the demo's lock, or throws in words for the person who started a second one. */
export function claimDemo(directory: string): void {
  mkdirSync(directory, { recursive: true })
  const holder = tryLock(`${directory}.lock`)
  if (holder) throw new Error(`The demo already runs here (process ${holder.pid}). Stop it with Ctrl-C first.`)
}

export function releaseDemo(directory: string): void {
  unlock(`${directory}.lock`)
}

/** Notes down a child, so that the next run can end it if this one is killed. */
export function noteChild(directory: string, child: ProcessMark): void {
  const noted = [...notedChildren(directory), child]
  mkdirSync(dirname(noteFile(directory)), { recursive: true })
  writeFileSync(noteFile(directory), JSON.stringify(noted))
}

/** Ends the children of an earlier run that are still there. Only for whoever holds the demo's lock. */
export async function endNotedChildren(directory: string): Promise<void> {
  for (const child of notedChildren(directory)) await endProcess(child, 'SIGTERM', 5_000)
  rmSync(noteFile(directory), { force: true })
}

function notedChildren(directory: string): ProcessMark[] {
  try {
    return JSON.parse(readFileSync(noteFile(directory), 'utf8'))
  } catch {
    return []
  }
}

function noteFile(directory: string): string {
  return join(directory, 'children.json')
}
