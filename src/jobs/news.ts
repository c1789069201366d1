import * as z from 'zod'
import { jobFailure } from '../entities/chatops/job-failure.ts'

/** What is posted about a job in the thread of the request that asked for it. Times are as in the jobs' own data. */
const jobNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('no-trn-yet'), next: z.string(), timeout: z.string() }),
  z.object({ kind: z.literal('trn-received') }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), failure: jobFailure }),
])

/** News of a job, as its outbox row holds it. An earlier version of the bot told the thread of each. */
export const postedNews = z.object({
  part: z.literal('job-news'),
  job: z.string(),
  trainee: z.string().nullable(),
  news: jobNews,
})

export type JobNews = z.output<typeof jobNews>
export type PostedNews = z.output<typeof postedNews>
