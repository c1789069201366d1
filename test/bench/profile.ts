// Where the processor's time goes in a process of the bot.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const cpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
})

const MOST = 25

/** `arguments` has node write a profile when it ends; `read` sums up the last one. */
export function startProfile(directory: string) {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return {
    arguments: ['--cpu-prof', `--cpu-prof-dir=${directory}`],
    read() {
      const [file] = readdirSync(directory).sort()
      if (!file) throw new Error('no profile was written')
      const { nodes, samples } = cpuProfile.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')))
      const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
      const idle = samples.filter((id) => frames.get(id)?.functionName === '(idle)').length
      const busy = samples.length - idle
      const sum = (nameOf: (frame: Frame) => string) => {
        const counts = new Map<string, number>()
        for (const frame of samples.map((id) => frames.get(id))) {
          if (!frame || frame.functionName === '(idle)') continue
          counts.set(nameOf(frame), (counts.get(nameOf(frame)) ?? 0) + 1)
        }
        const largest = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST)
        return Object.fromEntries(largest.map(([name, count]) => [name, percent(count / busy)]))
      }
      return { busy: percent(busy / samples.length), byPackage: sum(packageOf), byFunction: sum(functionOf) }
    },
  }
}

type Frame = z.output<typeof cpuProfile>['nodes'][number]['callFrame']

function packageOf({ functionName, url }: Frame): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (name) return name
  if (url.startsWith('node:') || url === '') return functionName.startsWith('(') ? functionName : 'node'
  return 'the bot'
}

function functionOf(frame: Frame): string {
  return `${frame.functionName || '(anonymous)'} ${packageOf(frame)} ${frame.url.split('/').at(-1)}:${frame.lineNumber + 1}`
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10}%`
}
