// A place in memory for clusters that nobody needs for longer than a run. Memory that is left behind is lost until the
// machine starts again, so each cluster has a note beside it: what it belongs to, and whose death makes it leftover.
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { isRunning, markProcess, type ProcessMark } from '../processes.ts'

interface Note {
  dataDir: string
  /** The process that made the cluster. */
  maker: ProcessMark
}

const MEMORY = '/dev/shm'
const ROOM = 2 * 1024 ** 3 // a run of all tests needs a quarter of it
const PREFIX = `trainee-chatops-${process.getuid?.() ?? 0}-`

/** Where in memory the cluster of this data directory lies; undefined where there is too little of it. */
export function placeInMemory(dataDir: string): string | undefined {
  if (!existsSync(MEMORY)) return undefined
  const { bavail, bsize } = statfsSync(MEMORY)
  if (Math.min(bavail * bsize, freemem()) < ROOM) return undefined
  return join(MEMORY, PREFIX + createHash('sha256').update(dataDir).digest('hex').slice(0, 12))
}

/** To be written before the cluster is made. It goes with the cluster. */
export function writeNote(cluster: string, dataDir: string): void {
  if (dirname(cluster) !== MEMORY) return
  writeFileSync(`${cluster}.note`, JSON.stringify({ dataDir, maker: markProcess(process.pid) }), { mode: 0o600 })
}

/** The clusters in memory whose maker has died. Others may have adopted them since. */
export function clustersOfTheDead(): { cluster: string; dataDir: string }[] {
  if (!existsSync(MEMORY)) return []
  return readdirSync(MEMORY).flatMap((name) => {
    const note = name.startsWith(PREFIX) && name.endsWith('.note') && readNote(join(MEMORY, name))
    if (!note || isRunning(note.maker)) return []
    return [{ cluster: join(MEMORY, basename(name, '.note')), dataDir: note.dataDir }]
  })
}

/** Null for one that somebody else has put there, or that is gone by now. */
function readNote(path: string): Note | null {
  try {
    return lstatSync(path).uid === process.getuid?.() ? JSON.parse(readFileSync(path, 'utf8')) : null
  } catch {
    return null
  }
}
