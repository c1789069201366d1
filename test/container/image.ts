// Carries out our Dockerfile without Docker: each stage in a directory of its own, on this machine's system instead of
// the base image's.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { type Instruction, readStages } from './dockerfile.ts'

export interface Image {
  /** What stands for the image's `/`; holds only what the Dockerfile put there. */
  root: string
  workdir: string
  env: Record<string, string>
  /** `<uid>:<gid>` */
  user: string
  healthcheck: readonly string[]
  cmd: readonly string[]
}

/** What `docker build` would send along: the files that .dockerignore lets through. */
function copyContext(checkout: string, context: string): void {
  const patterns = readFileSync(join(checkout, '.dockerignore'), 'utf8').split('\n')
  for (const pattern of patterns.filter((line) => line.startsWith('!'))) {
    const path = pattern.slice(1)
    cpSync(join(checkout, path), join(context, path), { recursive: true, preserveTimestamps: true })
  }
}

/** Builds the image of a checkout in `scratch`. Installs npm packages, so it takes a minute. Throws where a step fails. */
export async function buildImage(checkout: string, scratch: string): Promise<Image> {
  const context = join(scratch, 'context')
  copyContext(checkout, context)
  const roots = new Map<string, string>()
  let image: Image | undefined
  for (const [index, stage] of readStages(readFileSync(join(checkout, 'Dockerfile'), 'utf8')).entries()) {
    image = { root: join(scratch, String(index)), workdir: '/', env: {}, user: '0:0', healthcheck: [], cmd: [] }
    if (stage.name) roots.set(stage.name, image.root)
    for (const instruction of stage.instructions) await carryOut(instruction, image, { context, roots })
  }
  if (!image) throw new Error('The Dockerfile has no stage.')
  return image
}

async function carryOut(
  instruction: Instruction,
  image: Image,
  { context, roots }: { context: string; roots: Map<string, string> },
): Promise<void> {
  const inside = join(image.root, image.workdir)
  switch (instruction.kind) {
    case 'workdir':
      image.workdir = instruction.directory
      mkdirSync(join(image.root, image.workdir), { recursive: true })
      break
    case 'env':
      image.env[instruction.name] = instruction.value
      break
    case 'copy':
      copy(instruction, instruction.from === null ? context : (roots.get(instruction.from) ?? ''), inside)
      break
    case 'run':
      await runStep(instruction.command, inside, image.env)
      break
    case 'user':
      image.user = `${instruction.uid}:${instruction.gid}`
      break
    case 'healthcheck':
      image.healthcheck = instruction.command
      break
    case 'cmd':
      image.cmd = instruction.command
      break
    case 'expose':
      break
  }
}

/**
 * As COPY does: of a directory its contents, of a file the file, into a directory if the target ends with a slash; each with
 * the time that it had.
 */
function copy({ sources, to }: { sources: readonly string[]; to: string }, from: string, inside: string): void {
  for (const source of sources) {
    const path = join(from, source)
    const isInto = statSync(path).isFile() && to.endsWith('/')
    const target = isInto ? join(inside, to, basename(path)) : join(inside, to)
    cpSync(path, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  }
}

/** Throws with what the command printed if it fails. */
async function runStep(command: string, cwd: string, env: Record<string, string>): Promise<void> {
  await promisify(execFile)('/bin/sh', ['-c', command], { cwd, env: { ...withoutVitest(), ...env } })
}

/** What Vitest sets is none of a build's business: with NODE_ENV=test, or its options, packages might behave otherwise. */
function withoutVitest(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, NODE_OPTIONS: __, ...env } = process.env
  return env
}
