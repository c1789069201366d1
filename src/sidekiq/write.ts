import type { Redis } from 'ioredis'
import { NotWritable } from './errors.ts'
import { findRawMember } from './find.ts'
import type { MemberId } from './job.ts'
import { type JobToPush, payloadOf, queueOf, retriedPayload } from './payload.ts'
import { readProcesses } from './processes.ts'
import { judgeVersion } from './version.ts'

// Writes to Register's Sidekiq. Each writing is one script, which Redis carries out whole or not at all, and leaves a
// mark under our outbox row's id: whoever repeats it, because its answer was lost, does nothing.

/** What is to be done. `remove` takes a job out, `retry` has it run now, `push` adds one, in place of another if given. */
export type Writing =
  | { kind: 'push'; job: JobToPush; at: Date | null; instead?: MemberId | undefined }
  | { kind: 'retry'; member: MemberId }
  | { kind: 'remove'; member: MemberId }

/**
 * `done`: it was done, now or when it was first tried. `moved`: the job is not where it was, so nothing was done.
 * `unreadable`: it is there, but is nothing that we could have run again.
 */
export type Written = 'done' | 'moved' | 'unreadable'

/** `wasNewer`: see `judgeVersion`. */
export type Given = { id: string; now: Date; wasNewer?: boolean }

/** Carries it out once, however often it is called with the same id. Throws NotWritable, or what ioredis throws. */
export async function write(redis: Redis, writing: Writing, given: Given): Promise<Written> {
  const { id, now, wasNewer = false } = given
  const mark = markOf(id)
  if (await redis.exists(mark)) return 'done'
  const taken = takenBy(writing)
  const member = taken && (await findRawMember(redis, taken))
  if (taken && !member) return (await redis.exists(mark)) ? 'done' : 'moved' // done by an earlier sending meanwhile
  const pushed = pushedBy(writing, member, { id, now })
  if (pushed === 'unreadable') return pushed
  await demandWritable(redis, pushed?.queue ?? null, wasNewer)
  const answer = await redis.eval(
    SCRIPT,
    4,
    mark,
    taken ? taken.place : mark, // where there is no other key to name
    pushed ? targetOf(pushed) : mark,
    pushed ? 'queues' : mark,
    MARKED_SECONDS,
    taken?.score ?? '',
    taken?.sha1 ?? '',
    pushed?.payload ?? '',
    pushed?.score ?? '',
    pushed?.queue ?? '',
  )
  return answer === 1 ? 'done' : 'moved'
}

/** For how long a mark is kept: no row of the outbox is tried for so long. */
const MARKED_SECONDS = 30 * 24 * 60 * 60

/** Everything of ours in Register's Redis begins so. */
const markOf = (id: string) => `trainee-chatops:sent:${id}`

/** A job in a queue that no process serves would wait for ever, and Register's health check would answer 503. */
async function demandWritable(redis: Redis, queue: string | null, wasNewer: boolean): Promise<void> {
  const { processes } = await readProcesses(redis)
  const may = judgeVersion(processes, wasNewer)
  if (!may.mayWrite) throw new NotWritable(may.why, may.isPassing)
  if (queue === null || processes.some(({ queues }) => queues.includes(queue))) return
  throw new NotWritable(`No process of Register’s Sidekiq serves the queue ${queue}.`, true)
}

function takenBy(writing: Writing): MemberId | null {
  if (writing.kind === 'push') return writing.instead ?? null
  return writing.member
}

type Pushed = { payload: string; queue: string; score: string | null }

/** Null where nothing is pushed. */
function pushedBy(
  writing: Writing,
  member: Buffer | null,
  { id, now }: { id: string; now: Date },
): Pushed | null | 'unreadable' {
  if (writing.kind === 'remove') return null
  if (writing.kind === 'push') {
    const { job, at } = writing
    const later = at !== null && at > now
    const score = later ? String(at.getTime() / 1000) : null
    return { payload: payloadOf(job, { id, now, later }), queue: queueOf(job), score }
  }
  try {
    return { ...retriedPayload(member ?? Buffer.of(), now), score: null }
  } catch {
    return 'unreadable'
  }
}

function targetOf({ queue, score }: Pushed): string {
  return score === null ? `queue:${queue}` : 'schedule'
}

/**
 * Answers 1 if it was done, now or before, and 0 if the job that is to be taken out is not there. In a set it is found
 * by its score and known by the SHA-1 of its bytes, since several members may have one score. Nothing is taken out of a
 * queue: Redis would have to look through all of it. Redis takes nothing back by itself: where it refuses a step, because
 * our user lacks a right, the script puts everything as it was and answers with the refusal.
 */
const SCRIPT = `
local mark, set, target, queues = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local seconds, score, sha1, payload, at, queue = unpack(ARGV)
if redis.call('EXISTS', mark) == 1 then return 1 end
local found
if score ~= '' then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set, score, score, 'LIMIT', 0, 1000)) do
    if redis.sha1hex(member) == sha1 then found = member end
  end
  if not found then return 0 end
end
local refusal
local function may(...)
  if refusal then return end
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then refusal = answer end
  if refusal and string.find(refusal.err, 'user executing the script') then refusal = { err = 'NOPERM A right is missing' } end
  return answer
end
redis.call('SET', mark, '1', 'EX', seconds)
if found and payload ~= '' then may('ZADD', set, score, found) end -- changes nothing, but it must be possible
local taken = not found or may('ZREM', set, found) == 1
if taken and payload ~= '' then
  if at == '' then
    may('SADD', queues, queue)
    may('LPUSH', target, payload)
  else
    may('ZADD', target, at, payload)
  end
end
if taken and not refusal then return 1 end
if found and taken then redis.pcall('ZADD', set, score, found) end
redis.pcall('SET', mark, '0', 'PX', 1)
return refusal or 0
`
