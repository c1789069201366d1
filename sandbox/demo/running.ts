// One run at a time per directory, and nothing left over from one that was killed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tryLock, unlock } from '../lock.ts'
import { endProcess, type ProcessMark } from '../processes.ts'

const OURS = '.trainee-chatops-demo'

/**
 * Makes a directory that somebody named ours, as starting anew removes what is in it. Throws if it holds anything that
 * is not from an earlier run.
 */
export function adoptDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true })
  const marker = join(directory, OURS)
  if (existsSync(marker)) return
  if (readdirSync(directory).length > 0) throw new Error(`${directory} holds other files. Name a new or empty folder.`)
  writeFileSync(marker, '')
}

/** Takes the directory's lock, or throws in words for the person who started a second run. */
export function claimDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true })
  const holder = tryLock(`${directory}.lock`)
  if (!holder) return
  const page = existsSync(pageFile(directory)) ? ` Its page is ${readFileSync(pageFile(directory), 'utf8')}` : ''
  throw new Error(
    `It already runs here (process ${holder.pid}).${page}\nOpen that page, stop it with Ctrl-C where it was started, or start another one beside it: bin/demo --in ANOTHER-FOLDER`,
  )
}

/** Notes down which page to open, for whoever starts a second run. */
export function notePage(directory: string, url: string): void {
  writeFileSync(pageFile(directory), url)
}

function pageFile(directory: string): string {
  return join(directory, 'page')
}

export function releaseDirectory(directory: string): void {
  unlock(`${directory}.lock`)
}

/** Notes down a child, so that the next run can end it if this one is killed. */
export function noteChild(directory: string, child: ProcessMark): void {
  const noted = [...notedChildren(directory), child]
  mkdirSync(dirname(noteFile(directory)), { recursive: true })
  writeFileSync(noteFile(directory), JSON.stringify(noted))
}

/** Ends the children of an earlier run that are still there. Only for whoever holds the directory's lock. */
export async function endNotedChildren(directory: string): Promise<void> {
  for (const child of notedChildren(directory)) await endProcess(child, 'SIGTERM', 5_000)
  rmSync(noteFile(directory), { force: true })
}

/** Removes what earlier runs kept in the directory, but not the directory, nor the mark that it is ours. */
export function emptyDirectory(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name !== OURS) rmSync(join(directory, name), { recursive: true, force: true })
  }
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
