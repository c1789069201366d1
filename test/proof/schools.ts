// All of DTTP's schools are synchronised while DTTP fails and workers die; afterwards every row is what it must be.
// Besides: how fast it is, and how much memory it takes, when nothing goes wrong.
import pg from 'pg'
import { type DttpSimulator, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import type { Place } from './approvals.ts'
import { measure, type Part } from './schools-child.ts'
import { countFaults, planFaults } from './schools-faults.ts'
import { dttpEnvironment, type Survived, synchroniseUnderKills } from './schools-kills.ts'
import { compareSchools, fillDttp, fillRegister, isOutOfDate } from './schools-rows.ts'

const PAGE_SIZE = 5000

type Options = {
  accounts: number
  say: (progress: string) => void
  /** Where the workers after a kill find their queue: an empty one has forgotten the job. The same unless given. */
  nextQueues?: readonly string[]
  /** Whether to measure as well; true unless given. */
  measured?: boolean
}

/** Wants schools for four pages at least, and a Register that has none. */
export async function proveSchools(place: Place, options: Options) {
  const dttp = await startDttpSimulator()
  try {
    const { problems, ...disturbed } = await disturb(place, dttp, options)
    const measured = options.measured === false ? {} : await measureUndisturbed(place, dttp, options.accounts)
    return { accounts: options.accounts, ...measured, disturbed, problems }
  } finally {
    await dttp.stop()
  }
}

async function disturb(place: Place, dttp: DttpSimulator, { accounts, say, nextQueues = [] }: Options) {
  const plan = planFaults(Math.ceil(accounts / PAGE_SIZE))
  const sent = fillDttp(dttp, accounts)
  for (const fault of plan.faults) dttp.faults.add(fault)
  const admin = new pg.Client(place.adminUrl)
  await admin.connect()
  try {
    const wanted = await fillRegister(admin, sent)
    const victim = sent.find((_, index) => index >= (plan.secondKill - 1) * PAGE_SIZE && isOutOfDate(index))?.id ?? ''
    const survived = await synchroniseUnderKills({ place, dttp, plan, victim, nextQueues, say })
    const { job, signals, seconds, atSecondKill } = survived
    const rows = await compareSchools(admin, wanted)
    const faults = countFaults(dttp)
    const problems = [
      ...problemsOf(survived, accounts),
      ...(atSecondKill.pages === plan.secondKill - 1 && atSecondKill.surplusRows === 0
        ? []
        : [`the second kill left a page half: ${JSON.stringify(atSecondKill)}`]),
      ...plan.kinds.filter((kind) => !faults[kind]).map((kind) => `the fault ${kind} never came`),
      ...(rows.rows === rows.wanted && rows.wrong + rows.missing === 0 ? [] : ['not every row is what it must be']),
    ]
    return { seconds, kills: signals.length, runs: job.run, faults, result: job.result, rows, problems }
  } finally {
    await admin.end()
  }
}

function problemsOf({ job, signals }: Survived, accounts: number): string[] {
  return [
    ...signals.filter((signal) => signal !== 'SIGKILL').map((signal) => `a worker was not killed: ${signal}`),
    ...(job.status === 'done' ? [] : [`the job is ${job.status}`]),
    ...(job.result?.rows === accounts ? [] : ['the job counted other rows than there are']),
    ...(job.progress?.startedOver ? [] : ['the stale link did not make it start over']),
  ]
}

/** Into an empty table; beside it the bare download, the same again with nothing new, and a process that does nothing. */
async function measureUndisturbed(place: Place, dttp: DttpSimulator, accounts: number) {
  dttp.faults.clear()
  await withClient(place.adminUrl, (client) => client.query('TRUNCATE public.dttp_schools'))
  const env = { DATABASE_URL: place.appUrl, ...dttpEnvironment(dttp) }
  const part = (name: Part) => measure(name, accounts, env)
  const idle = await part('idle')
  const baseline = await part('download')
  const intoEmptyTable = await part('sync')
  return { ...intoEmptyTable, baseline, nothingNew: await part('sync'), idleRssMb: idle.peakRssMb }
}
