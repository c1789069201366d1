// Reads our Dockerfile. Knows the instructions that it uses, and no others.
import { z } from 'zod'

/** From one FROM to the next. */
export type Stage = { image: string; name: string | null; instructions: readonly Instruction[] }

export type Instruction =
  | { kind: 'copy'; from: string | null; sources: readonly string[]; to: string }
  | { kind: 'run'; command: string }
  | { kind: 'workdir'; directory: string }
  | { kind: 'env'; name: string; value: string }
  | { kind: 'user'; uid: string; gid: string }
  | { kind: 'expose'; port: number }
  | { kind: 'healthcheck' | 'cmd'; command: readonly string[] }

/** The stages in order. Throws on an instruction that it does not know, or that is written in another form than ours. */
export function readStages(dockerfile: string): Stage[] {
  const stages: { image: string; name: string | null; instructions: Instruction[] }[] = []
  for (const line of dockerfile.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (word === 'FROM') {
      const [image = '', , name = null] = rest.split(' ')
      stages.push({ image, name, instructions: [] })
    } else {
      stages.at(-1)?.instructions.push(readInstruction(word, rest))
    }
  }
  return stages
}

function readInstruction(word: string, rest: string): Instruction {
  const words = rest.split(' ')
  switch (word) {
    case 'COPY': {
      const from = words[0]?.startsWith('--from=') ? (words.shift()?.slice('--from='.length) ?? null) : null
      return { kind: 'copy', from, sources: words.slice(0, -1), to: words.at(-1) ?? '' }
    }
    case 'RUN':
      return { kind: 'run', command: rest }
    case 'WORKDIR':
      return { kind: 'workdir', directory: rest }
    case 'ENV': {
      const [name = '', value = ''] = rest.split('=')
      return { kind: 'env', name, value }
    }
    case 'USER': {
      const [uid = '', gid = ''] = rest.split(':')
      return { kind: 'user', uid, gid }
    }
    case 'EXPOSE':
      return { kind: 'expose', port: Number(rest) }
    case 'HEALTHCHECK':
      return { kind: 'healthcheck', command: readExecForm(rest.slice(rest.indexOf('CMD ') + 'CMD '.length)) }
    case 'CMD':
      return { kind: 'cmd', command: readExecForm(rest) }
    default:
      throw new Error(`This Dockerfile is not one of ours: ${word} ${rest}`)
  }
}

function readExecForm(json: string): string[] {
  return z.array(z.string()).parse(JSON.parse(json))
}
