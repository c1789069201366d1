// What people are told to type is something that the bot understands.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { COMMAND_NAMES } from '../../src/handlers/trainee-command.ts'
import { playbooks } from '../../src/playbooks/index.ts'

const ROOT = join(import.meta.dirname, '../../src')

/** Where a sentence goes on after the bare command: "Type /trainee to start one." */
const GOES_ON = ['to', 'CR-']

it('every command that a sentence of ours names is one', () => {
  const known = [...playbooks.map(({ name }) => name), ...COMMAND_NAMES, ...GOES_ON]
  const named = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\/trainee ([A-Za-z-]+)/g)].map(([, word]) => ({
        file,
        word,
      })),
    )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ word = '' }) => !known.includes(word))).toEqual([])
})
