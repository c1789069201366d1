import { FAILURES } from '../failures/table.ts'
import * as z from 'zod'
import type { FailureCode, JobFailure } from '../entities/chatops/job.ts'

const failure = z.object({
  code: z.custom<FailureCode>((code) => typeof code === 'string' && Object.hasOwn(FAILURES, code)).catch('unexpected'),
  words: z.string(),
  urns: z.array(z.string()).exactOptional(),
  reference: z.string().exactOptional(),
  at: z.string(),
  by: z.literal('register').exactOptional(),
}) satisfies z.ZodType<JobFailure>

/** What is posted about a job in the thread of the request that asked for it. Times are as in the jobs' own data. */
const jobNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('no-trn-yet'), next: z.string(), timeout: z.string() }),
  z.object({ kind: z.literal('trn-received') }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), failure }),
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
