// What can be asked of bin/demo.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface DemoOptions {
  reset: boolean
  tour: boolean
  /** Whether Register's jobs run in a real Sidekiq beside the bot. */
  sidekiq: boolean
  /** The port of the page to open. */
  port: number | undefined
  /** Where to keep the files. */
  directory: string | undefined
  help: boolean
}

export const DEMO_HELP = `Runs trainee-chatops on this machine, with made-up trainees and a local Slack.

  bin/demo            start, and print what to open and what to try
  bin/demo --tour     play the whole story by itself, print it, and stop; leaves the demo's own data alone
  bin/demo --sidekiq  the same with Register's jobs in a real Sidekiq beside the bot, which needs Ruby
                      (bin/setup --sidekiq); with --tour: only what the story tells of jobs
  bin/demo --reset    forget everything done in earlier runs, then start
  bin/demo --port N   serve the Slack page on port N (4300 unless it is taken)
  bin/demo --in DIR   keep everything in DIR instead of .sandbox/demo (for --tour: .sandbox/tour)
  bin/demo --help     this text

Ctrl-C stops everything it started. What you did is kept for the next run.
`

/** Throws, in words for the person who typed it, on anything it does not know. */
export function parseDemoOptions(argv: string[]): DemoOptions {
  const { values } = parseArgs({
    args: argv,
    allowPositionals: false,
    options: {
      reset: { type: 'boolean', default: false },
      tour: { type: 'boolean', default: false },
      sidekiq: { type: 'boolean', default: false },
      port: { type: 'string' },
      in: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { reset, tour, sidekiq, help } = values
  if (tour && (reset || values.port)) throw new Error('--tour always begins anew, on a port of its own.')
  const directory = values.in === undefined ? undefined : resolve(values.in)
  return { reset, tour, sidekiq, help, directory, port: parsePort(values.port) }
}

function parsePort(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined
  const port = Number(typed)
  if (/^\d+$/.test(typed) && port >= 1 && port <= 65_535) return port
  throw new Error(`--port needs a number from 1 to 65535, not "${typed}".`)
}
