// Jobs run, fail, are killed and sleep; DTTP loses a record, and gives a TRN.
import fc from 'fast-check'
import type { Fault } from '../../../sandbox/dttp/index.ts'
import type { RegistrationStep } from '../../../src/jobs/registration/steps.ts'
import { runJob } from '../../../src/jobs/run/run-job.ts'
import { jobRunner } from '../../../src/queue/job-runner.ts'
import type { World } from '../../../src/world.ts'
import { type Command, step, type Tally } from './command.ts'
import { type Model, spoil } from './model.ts'
import { removeRecords, type Stage, withDoomed } from './stage.ts'

const STEPS: readonly RegistrationStep[] = [
  'begun',
  'read',
  'noted',
  'sending',
  'answered',
  'asked',
  'kept',
  'locked',
  'saved',
]
const UNLOCKED = STEPS.filter((one) => one !== 'locked' && one !== 'saved')

/** What becomes of the next registration that is sent. */
const FAULTS = {
  answers: null,
  'loses the request': { kind: 'lost-request' },
  'loses its answer': { kind: 'lost-answer' },
  fails: { kind: 'server-error' },
  'fails once it has done it': { kind: 'server-error', performed: true },
  'says that a key exists': { kind: 'key-exists' },
} as const satisfies Record<string, Fault | null>
type FaultName = keyof typeof FAULTS
const fault = fc.oneof(
  { weight: 3, arbitrary: fc.constant<FaultName>('answers') },
  { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(FAULTS) as FaultName[])) },
)

/** Everything about jobs, by name. */
export function jobSteps(tally: Tally): Record<string, fc.Arbitrary<Command>> {
  return {
    'run jobs': fault.map((name) =>
      step(`jobs run while DTTP ${name}`, tally, (_, stage) => whileDttp(stage, FAULTS[name], () => runDue(stage))),
    ),
    'kill a job': fc
      .constantFrom(...STEPS)
      .map((at) => step(`a job's worker is killed at ${at}`, tally, (_, stage) => killAt(stage, at))),
    'let a job sleep': fc
      .constantFrom(...UNLOCKED)
      .map((at) => step(`a job's worker falls asleep at ${at}`, tally, (_, stage) => sleepAt(stage, at))),
    'take jobs over': fc.constant(step('workers that sleep count as dead', tally, (_, stage) => endLeases(stage))),
    'lose the record': fc.constant(step('DTTP loses the record', tally, loseRecord)),
    'give a TRN': fc.constant(
      step('DTTP gives a TRN', tally, async (_, { dttp, recordsNow }) => {
        for (const id of recordsNow()) dttp.state.giveTrn(id)
      }),
    ),
  }
}

async function whileDttp({ dttp }: Stage, fault: Fault | null, act: () => Promise<unknown>): Promise<void> {
  if (fault) dttp.faults.add({ ...fault, method: 'POST', path: '$batch' })
  try {
    await act()
  } finally {
    dttp.faults.clear()
  }
}

/** Runs each job that is due. */
export async function runDue(stage: Stage, world: World = stage.world): Promise<string> {
  stage.haveJobsRun = true
  const { rows } = await stage.admin.query<{ id: string }>(
    `SELECT id FROM chatops.jobs WHERE status = 'waiting' AND due_at <= $1 OR status = 'running' AND lease_until < now()
     ORDER BY created_at, id`,
    [world.now()],
  )
  for (const { id } of rows) await runJob(world, jobRunner, id)
  return rows.length > 0 ? 'some' : 'none'
}

/** Its database is gone for it from there on, and whatever it does then comes to nothing. */
async function killAt(stage: Stage, at: RegistrationStep): Promise<string> {
  return withDoomed(stage, async (database, die) => {
    const doomed = { ...stage.world, database, onJobStep: (step: string) => (step === at ? die() : undefined) }
    return runDue(stage, doomed).catch(() => 'killed')
  })
}

async function sleepAt(stage: Stage, at: RegistrationStep): Promise<string> {
  let wake: () => void = () => {}
  let running: Promise<unknown> = Promise.resolve()
  const isAsleep = await new Promise<boolean>((fellAsleep) => {
    const onJobStep = (step: string) => {
      if (step !== at) return
      fellAsleep(true)
      return new Promise<void>((go) => {
        wake = go
      })
    }
    running = runDue(stage, { ...stage.world, onJobStep }).finally(() => fellAsleep(false))
  })
  if (!isAsleep) return 'not asleep'
  const wakeIt = async () => {
    stage.haveJobsRun = true
    wake()
    await running
  }
  stage.sleepers.push({ request: null, wake: wakeIt })
  return 'asleep'
}

export async function endLeases({ admin }: Stage): Promise<void> {
  await admin.query(`UPDATE chatops.jobs SET lease_until = now() - interval '1 second' WHERE status = 'running'`)
}

async function loseRecord(model: Model, { dttp, recordsNow }: Stage): Promise<string> {
  const records = recordsNow()
  removeRecords(dttp, records)
  const trainee = model.trainees.at(-1)
  if (trainee && records.length > 0) spoil(model, trainee)
  return records.length > 0 ? 'lost' : 'nothing there'
}
