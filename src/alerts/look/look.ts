import { In, IsNull } from 'typeorm'
import { Alert, AlertEntry } from '../../entities/chatops/alert.ts'
import { canonical } from '../../entities/json.ts'
import { retryConflicts } from '../../entities/transient.ts'
import { urnOf } from '../../failures/causes.ts'
import { type Because, type Found, type FoundTrainee, foundOf } from '../../failures/found.ts'
import { findCure } from '../../failures/index.ts'
import { findStatusesOfUrns } from '../../schools/matching.ts'
import type { World } from '../../world.ts'
import { MOST_SHOWN, redraw, settleEntries } from '../live/entries.ts'
import { type AnsweredByDttp, askAbout, askWhetherItAnswers } from './ask-dttp.ts'
import { findGivenUp, readFacts, type TraineeInAlert } from './facts.ts'

// Looks at how an open alert's trainees stand now, in our rows and in DTTP. This only reads, outside any transaction.
// Then, in one transaction, what was found is kept and the entries whose cause has gone away are settled.

/** One look judges so many entries, the oldest ones. The others have their turn when these are settled. */
const MOST_ENTRIES = 1_000

/** Looks at one alert. Returns whether its post is drawn anew. */
export async function look(world: World, id: string): Promise<boolean> {
  const { manager } = world.database
  const alert = await manager.findOneBy(Alert, { id, status: 'open' })
  if (!alert) return false
  const entries = await manager.find(AlertEntry, {
    where: { alertId: id, settledAt: IsNull() },
    order: { addedAt: 'ASC', subject: 'ASC' },
    take: MOST_ENTRIES,
  })
  const seen = await see(world, alert, entries)
  const givenUp = await findGivenUp(manager, entries)
  const because = Object.fromEntries(
    entries.flatMap((entry): [string, Because][] => {
      const cure = findCure(entry, {
        cause: alert.cause,
        facts: seen.facts.get(entry.traineeId ?? ''),
        inDttp: seen.inDttp.get(entry.traineeId ?? ''),
        jobGivenUp: entry.jobId !== null && givenUp.has(entry.jobId),
        register: world.register,
      })
      return cure ? [[entry.subject, cure]] : []
    }),
  )
  return retryConflicts(() => keep(world, id, entries, { ...seen.found, because }))
}

type Sight = {
  facts: Map<string, TraineeInAlert>
  inDttp: Map<string, AnsweredByDttp>
  found: Omit<Found, 'because'>
}

/** During an outage DTTP is asked one question only: asking about each trainee would add to its load. */
async function see(world: World, { cause }: Alert, entries: readonly AlertEntry[]): Promise<Sight> {
  const { upstreams, database, register } = world
  const trainees = [...new Set(entries.flatMap(({ traineeId }) => traineeId ?? []))]
  const facts = await readFacts(database.manager, trainees, register)
  const shown = trainees.slice(0, MOST_SHOWN)
  const isOutage = cause.startsWith('dttp:')
  const inDttp = new Map<string, AnsweredByDttp>()
  if (!isOutage) {
    await Promise.all(
      shown.map(async (id) => {
        const known = facts.get(id)
        if (known) inDttp.set(id, await askAbout(upstreams.dttp, known))
      }),
    )
  }
  const urn = urnOf(cause)
  return {
    facts,
    inDttp,
    found: {
      at: world.now().toISOString(),
      dttp: isOutage ? await askWhetherItAnswers(upstreams.dttp) : null,
      statuses: urn === null ? null : ((await findStatusesOfUrns(database.manager, [urn]))[urn] ?? []),
      trainees: Object.fromEntries(shown.map((id) => [id, describe(facts.get(id), inDttp.get(id))])),
    },
  }
}

const NOT_ASKED: AnsweredByDttp = { contact: 'none', placementAssignment: 'none', trnInDttp: false, candidates: null }

function describe(facts: TraineeInAlert | undefined, inDttp: AnsweredByDttp = NOT_ASKED): FoundTrainee | null {
  if (!facts) return null
  const { trainee, hasTrn, poll, schools } = facts
  const { state, training_route: route } = trainee
  return { state, route, hasTrn, ...inDttp, poll: poll?.isLive ? { until: poll.until } : null, schools }
}

/**
 * Keeps what was found, unless the alert was closed meanwhile. An entry whose job failed again in the meantime stays
 * open.
 */
async function keep(world: World, id: string, looked: readonly AlertEntry[], found: Found): Promise<boolean> {
  return world.database.transaction(async (sql) => {
    const alert = await sql.findOne(Alert, { where: { id, status: 'open' }, lock: { mode: 'for_no_key_update' } })
    if (!alert) return false
    const old = foundOf(alert)
    const cured = await stillAsLooked(sql, id, looked, Object.keys(found.because))
    const kept = { ...found, because: reasons(old, looked, found, cured) }
    await sql.update(Alert, { id }, { found: kept })
    const settled = cured.length > 0 && (await settleEntries(sql, id, cured))
    const differs = canonical({ ...old, at: '' }) !== canonical({ ...kept, at: '' })
    if (differs && !settled) await redraw(sql, id)
    return differs || settled
  })
}

/** Why each entry was settled. Reasons from earlier looks are kept, except for entries that are open again. */
function reasons(
  old: Found | null,
  looked: readonly AlertEntry[],
  { because }: Found,
  cured: readonly string[],
): Found['because'] {
  const open = new Set(looked.map(({ subject }) => subject))
  const before = Object.entries(old?.because ?? {}).filter(([subject]) => !open.has(subject))
  return Object.fromEntries([...before, ...Object.entries(because).filter(([subject]) => cured.includes(subject))])
}

async function stillAsLooked(
  sql: World['database']['manager'],
  id: string,
  looked: readonly AlertEntry[],
  subjects: readonly string[],
): Promise<string[]> {
  const now = await sql.findBy(AlertEntry, { alertId: id, subject: In([...subjects]), settledAt: IsNull() })
  const before = new Map(looked.map((entry) => [entry.subject, entry]))
  return now
    .filter(({ subject, failure }) => before.get(subject)?.failure.at === failure.at)
    .map(({ subject }) => subject)
}
