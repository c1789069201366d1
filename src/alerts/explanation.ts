import type { FailureCode, JobName } from '../entities/chatops/job.ts'
import { count } from '../words.ts'
import type { Found, FoundTrainee, Offer } from './sight.ts'

// What every explanation of a failure is made of.

/** What is to be explained. `trainee` is null where it is about several or none, `urn` but for one school. */
export type About = {
  code: FailureCode
  job: JobName
  trainee: string | null
  /** How many trainees. */
  trainees: number
  urn: string | null
  found: Found | null
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
