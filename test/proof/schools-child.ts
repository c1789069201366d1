// One synchronisation of schools, or a part of the same, in a process of its own, so that its memory is its own.
import { fileURLToPath } from 'node:url'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import { runJob } from '../../src/jobs/run/run-job.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { jobRunner } from '../../src/queue/job-runner.ts'
import { createLifecycle } from '../support/lifecycle.ts'
import { startNode } from './process.ts'

/** `idle`: connected, and nothing else; `download`: the same pages, fetched and thrown away; `sync`: the job itself. */
export type Part = 'idle' | 'download' | 'sync'

export type Measured = {
  seconds: number
  rowsPerSecond: number | null
  /** The most memory that the process ever had in use. */
  peakRssMb: number
}

const FILE = fileURLToPath(import.meta.url)
const PAGE_SIZE = 5000

/** Runs a part. Throws if it did not go well. */
export async function measure(part: Part, accounts: number, env: Record<string, string>): Promise<Measured> {
  const { code, output } = await startNode(['--import', 'tsx', FILE, part], env).ended
  if (code !== 0) throw new Error(`The part ${part} failed: ${output}`)
  const { seconds, rows, peakRssMb } = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  if (part !== 'idle' && rows !== accounts) throw new Error(`The part ${part} saw ${rows} schools`)
  return { seconds, rowsPerSecond: part === 'idle' ? null : Math.round(rows / seconds), peakRssMb }
}

async function main(part: Part, env: NodeJS.ProcessEnv) {
  const setting = (name: string) => env[name] ?? ''
  const access = { clientId: setting('DTTP_CLIENT_ID'), clientSecret: setting('DTTP_CLIENT_SECRET') }
  const dttp = createDttpClient({ organisation: setting('DTTP_URL'), tokenUrl: setting('DTTP_TOKEN_URL'), ...access })
  const context = await createLifecycle(setting('DATABASE_URL'), { upstreams: { dttp } })
  const due = { name: 'sync-schools' as const, trainee: null, dueAt: context.now() }
  const id = part === 'sync' ? await enqueueJob(context.database.manager, due) : null
  const began = performance.now()
  const rows = part === 'download' ? await download(setting, access) : id === null ? 0 : await sync(id)
  const seconds = Math.round(performance.now() - began) / 1000
  await context.database.destroy()
  dttp.close()
  return { seconds, rows, peakRssMb: Math.round(process.resourceUsage().maxRSS / 102.4) / 10 }

  async function sync(job: string): Promise<number> {
    await runJob(context, jobRunner, job)
    const { status, result, failure } = await context.database.manager.findOneByOrFail(Job, { id: job })
    if (status !== 'done') throw new Error(JSON.stringify({ status, failure }))
    return (result as { rows: number }).rows
  }
}

/** What anybody would need to fetch the pages, and nothing of ours. */
async function download(setting: (name: string) => string, access: { clientId: string; clientSecret: string }) {
  const form = {
    grant_type: 'client_credentials',
    client_id: access.clientId,
    client_secret: access.clientSecret,
    scope: `${setting('DTTP_URL')}/.default`,
  }
  const token = await fetch(setting('DTTP_TOKEN_URL'), { method: 'POST', body: new URLSearchParams(form) })
  const { access_token } = (await token.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, prefer: `odata.maxpagesize=${PAGE_SIZE}` }
  const query = '$filter=dfe_provider%20eq%20false&$select=name,dfe_urn,accountid,statuscode'
  let url: string | undefined = `${setting('DTTP_URL')}/api/data/v9.1/accounts?${query}`
  let rows = 0
  while (url) {
    const page = (await (await fetch(url, { headers })).json()) as { value: unknown[]; '@odata.nextLink'?: string }
    rows += page.value.length
    url = page['@odata.nextLink']
  }
  return rows
}

if (process.argv[1] === FILE) console.log(JSON.stringify(await main(process.argv[2] as Part, process.env)))
