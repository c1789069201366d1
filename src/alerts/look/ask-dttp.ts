import pTimeout from 'p-timeout'
import { type DttpClient, DttpError } from '../../dttp/client/index.ts'
import { becameWords } from '../../dttp/standing.ts'
import type { Found, FoundTrainee, Presence } from '../../failures/found.ts'
import { readTrn } from '../../register/jobs/retrieve-trn.ts'
import { findTraced } from '../../registration/traces.ts'
import type { TraineeInAlert } from './facts.ts'

// Asks DTTP about an alert's trainees. Nothing is written there. Where no answer comes in time, the alert says that it
// could not be checked.

type Dttp = Pick<DttpClient, 'findContact' | 'findPlacementAssignment' | 'findContactsBy'>

export type AnsweredByDttp = Pick<
  FoundTrainee,
  'contact' | 'became' | 'placementAssignment' | 'trnInDttp' | 'candidates'
>

/** However slow DTTP is, looking at one alert must not delay the other alerts, nor a shutdown. */
const ANSWER_WITHIN_MS = 12_000
const MOST_CANDIDATES = 5

/** Asks about the trainee's records. Never throws. */
export async function askAbout(dttp: Dttp, { trainee, unsettled }: TraineeInAlert): Promise<AnsweredByDttp> {
  const [contact, placementAssignment, candidates] = await Promise.all([
    trainee.dttp_id === null ? ('none' as const) : inTime(dttp.findContact(trainee.dttp_id)),
    presenceOf(trainee.placement_assignment_dttp_id, (id) => dttp.findPlacementAssignment(id)),
    unsettled?.traces ? inTime(findTraced(unsettled.traces, dttp)) : null,
  ])
  return {
    contact: contact === 'none' ? contact : presence(contact),
    became: contact === 'none' ? null : becameWords(contact),
    placementAssignment,
    trnInDttp: readTrn(contact === 'none' ? null : contact?.trn) !== null,
    candidates:
      candidates?.contacts
        .map(({ id }) => id)
        .sort()
        .slice(0, MOST_CANDIDATES) ?? null,
  }
}

/** Whether DTTP answers at all, asked for a record that nobody has. Never throws. */
export async function askWhetherItAnswers(dttp: Dttp): Promise<Exclude<Found['dttp'], null>> {
  try {
    await withinTime(dttp.findContact('00000000-0000-4000-8000-000000000000'))
    return 'answers'
  } catch (error) {
    return error instanceof DttpError && error.kind === 'unauthorised' ? 'refuses-us' : 'silent'
  }
}

async function presenceOf(id: string | null, find: (id: string) => Promise<object | null>): Promise<Presence> {
  return id === null ? 'none' : presence(await inTime(find(id)))
}

function presence(found: object | null | undefined): Presence {
  if (found === undefined) return 'unknown'
  return found === null ? 'missing' : 'there'
}

/** The answer, or undefined if there is none. */
function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  return withinTime(answer).catch(() => undefined)
}

function withinTime<T>(answer: Promise<T>): Promise<T> {
  return pTimeout(answer, { milliseconds: ANSWER_WITHIN_MS, message: 'DTTP did not answer in time' })
}
