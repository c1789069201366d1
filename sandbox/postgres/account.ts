// Postgres refuses to run as root, so root runs it as a service account, which must be able to reach its files.
import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'

export interface Account {
  name: string
  uid: number
  gid: number
}

/** Whom to run Postgres as: undefined (ourselves) unless we are root; then `postgres`, else `nobody`. */
export function serviceAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields) return { name, uid: Number(fields[2]) >>> 0, gid: Number(fields[3]) >>> 0 }
  }
  throw new Error('Postgres does not run as root, and this machine has neither a "postgres" nor a "nobody" account.')
}

/** Spawn options that make a child run as the account, and free of anyone's PG* variables. */
export function runAs(account: Account | undefined): {
  cwd: string
  env: NodeJS.ProcessEnv
  uid?: number
  gid?: number
} {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' }
  return account ? { cwd: '/', env, uid: account.uid, gid: account.gid } : { cwd: '/', env }
}

export function canReach(directory: string, account: Account | undefined): boolean {
  if (!account) return true
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], runAs(account)).status === 0
}

/**
 * A directory of our own that every account can reach, for what cannot stay in the checkout
 * (`/root` is closed to service accounts). Refuses one that somebody else could have prepared.
 */
export function reachableHome(): string {
  const home = `/var/tmp/trainee-chatops-${process.getuid?.() ?? 0}`
  mkdirSync(home, { recursive: true })
  const found = lstatSync(home)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${home} belongs to somebody else. Remove it, or move the checkout out of a closed directory.`)
  }
  chmodSync(home, 0o755)
  return home
}
