// The whole story against a Slack that is not ours, over Socket Mode, as a newcomer would see it: bin/demo --tour.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { whyNoLocalSlack } from '../../sandbox/local-slack.ts'
import { destroyPostgres } from '../../sandbox/postgres.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const missing = whyNoLocalSlack()

let directory: string
let child: ChildProcess | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chatops-tour-'))
})

afterEach(async () => {
  if (child?.exitCode === null && child.kill('SIGTERM')) await once(child, 'close')
  await destroyPostgres(join(directory, 'postgres'))
  rmSync(directory, { recursive: true, force: true })
  rmSync(`${directory}.lock`, { recursive: true, force: true })
})

test.skipIf(missing)(`the tour holds at every step${missing ? ` (skipped: ${missing})` : ''}`, async () => {
  const { code, transcript } = await tour()
  expect(transcript, transcript).toContain('Every step held')
  expect(code).toBe(0)
  for (const words of [
    'Did you mean fix-route?',
    'You cannot use this command here',
    'This number could mean more than one trainee',
    'Only trainees with the provider code HPITT',
    'CR-1 needs approval by',
    'You cannot approve your own request',
    'CR-1 is done',
    'CR-2 is approved, and still to be done',
    'CR-3 was rejected',
    'CR-4 was cancelled',
    'CR-5 is out of date',
    'CR-7 is already approved',
    'CR-2 is done',
    'The ledger is sound',
  ]) {
    expect(transcript).toContain(words)
  }
  expect(transcript).not.toMatch(/^\s*✗/m) // a check that did not hold; a card quotes its own
})

async function tour(): Promise<{ code: number; transcript: string }> {
  const command = ['--experimental-websocket', '--import', 'tsx', 'sandbox/demo.ts', '--tour', '--in', directory]
  const running = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  child = running
  let transcript = ''
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      transcript += text
    })
  }
  const [code] = await once(running, 'close')
  return { code, transcript }
}
