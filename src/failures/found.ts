import * as z from 'zod'
import type { SeenJobName } from '../entities/chatops/job.ts'
import type { FailureCode } from '../entities/chatops/job-failure.ts'
import { count } from '../words.ts'

// What is known of a failure, and what an explanation of one is made of.

/** Whether DTTP has a record; `none` where Register knows of none to ask for, `unknown` where it could not be asked. */
const presence = z.enum(['there', 'missing', 'none', 'unknown'])

/** A school that the trainee's route sends, with the status codes of its rows in Register's copy of DTTP's schools. */
const foundSchool = z.object({
  which: z.enum(['lead', 'employing']),
  urn: z.string(),
  statuses: z.array(z.number().nullable()).readonly(),
})

/** What the read-only checks found of one trainee. Holds no TRN. */
const foundTrainee = z.object({
  state: z.number().nullable(),
  route: z.number().nullable(),
  hasTrn: z.boolean(),
  contact: presence,
  /** What somebody there has done with it: merged or deactivated. Versions before this one did not look. */
  became: z.string().nullable().exactOptional(),
  placementAssignment: presence,
  trnInDttp: z.boolean(),
  /** A poll that is under way: until when (UTC, as Register's timestamps are written), or null for its own default. */
  poll: z.object({ until: z.string().nullable() }).nullable(),
  schools: z.array(foundSchool).readonly(),
  /** Records that an unanswered registration may have created; null where there was nothing to look for, or no answer. */
  candidates: z.array(z.string()).readonly().nullable(),
})

/** Why an entry was settled without its job having run. */
const because = z.enum([
  ...([
    'trn',
    'award',
    'state',
    'polled',
    'registered-again',
    'record-back',
    'settled',
    'registered',
    'switched-on',
  ] as const),
  ...([
    'school-changed',
    'school-active',
    'trainee-gone',
    'ran',
    'removed',
    'timed-out-again',
    'vanished',
    'ended',
  ] as const),
])

/** What the read-only checks found when they last looked, as an alert keeps it. */
const found = z.object({
  at: z.string(),
  /** Whether DTTP answers; null where it was asked about trainees instead. */
  dttp: z.enum(['answers', 'refuses-us', 'silent']).nullable(),
  /** Of the school that the alert is about. */
  statuses: z.array(z.number().nullable()).readonly().nullable(),
  /** By their number; null for one who is gone. */
  trainees: z.record(z.string(), foundTrainee.nullable()).readonly(),
  /** By the subject of the entry. */
  because: z.record(z.string(), because).readonly(),
})

export type Presence = z.output<typeof presence>
export type FoundSchool = z.output<typeof foundSchool>
export type FoundTrainee = z.output<typeof foundTrainee>
export type Because = z.output<typeof because>
export type Found = z.output<typeof found>

/** What was kept; null where nobody has looked yet, or another version of the bot did whose words we do not know. */
export function foundOf({ found: kept }: { found: object | null }): Found | null {
  return found.safeParse(kept).data ?? null
}

/**
 * A playbook that can be started from a post, with what is known of its form: one for the whole post, or one for each
 * trainee.
 */
export type Offer = {
  playbook: string
  label: string
  per: 'alert' | 'trainee'
  values: Readonly<Record<string, string>>
}

/** What is to be explained. `trainee` is null where it is about several or none, `urn` but for one school. */
export type About = {
  code: FailureCode
  job: SeenJobName
  trainee: string | null
  /** How many trainees. */
  trainees: number
  urn: string | null
  found: Found | null
  /** Whether Register's own Sidekiq ran it. */
  byRegister?: boolean
  /** Whether it still runs, for much longer than it should. */
  hangs?: boolean
  /** After how long a poll timed out, as Register says it: "4 days". */
  after?: string | null
}

/** After how long a poll timed out, in Register's own words for that. */
export function daysIn(words: string): string | null {
  return /has timed out after (\d+ days?)/.exec(words)?.[1] ?? null
}

/** `without`: what to do without a playbook; `next`: what to do with it. */
export type Explanation = {
  title: string
  meaning: string
  offer?: Offer & { because: string; next: string }
  without: string
}

export function traineeIn({ trainee, found }: About): FoundTrainee | null {
  return trainee === null ? null : (found?.trainees[trainee] ?? null)
}

/** "trainee 5913", or "3 trainees". */
export function who({ trainee, trainees }: About): string {
  if (trainee !== null) return `trainee ${trainee}`
  return trainees > 0 ? count(trainees, 'trainee') : 'a trainee'
}
