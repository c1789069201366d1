import type { Redis } from 'ioredis'
import { NotWritable } from './errors.ts'
import { findRawMember } from './find.ts'
import type { MemberId } from './job.ts'
import { type JobToPush, payloadOf, queueOf, retriedPayload } from './payload.ts'
import { readProcesses } from './processes.ts'
import { judgeVersion } from './version.ts'

// Writes to Register's Sidekiq. Each writing is one script, which Redis carries out whole or not at all, and leaves a
// mark under our outbox row's id: whoever repeats it, because its answer was lost, does nothing.

/** What is to be done. `remove` takes a job out, `retry` has it run now, `push` adds one, in place of others if given. */
export type Writing =
  | { kind: 'push'; job: JobToPush; at: Date | null; instead?: readonly MemberId[] }
  | { kind: 'retry'; member: MemberId }
  | { kind: 'remove'; member: MemberId }

/**
 * `done`: it was done, now or when it was first tried. `moved`: the job is not where it was, so nothing was done.
 * `unreadable`: it is there, but is nothing that we could have run again. `prevented`: it was not done, and never will be.
 */
export type Written = 'done' | 'moved' | 'unreadable' | 'prevented'

/** `wasNewer`: see `judgeVersion`. */
export type Given = { id: string; now: Date; wasNewer?: boolean }

/** Carries it out once, however often it is called with the same id. Throws NotWritable, or what ioredis throws. */
export async function write(redis: Redis, writing: Writing, given: Given): Promise<Written> {
  const { id, now, wasNewer = false } = given
  const mark = markOf(id)
  if (await redis.exists(mark)) return readMark(redis, mark)
  const taken = takenBy(writing)
  const members = await Promise.all(taken.map((member) => findRawMember(redis, member)))
  if (members.includes(null)) return (await redis.exists(mark)) ? readMark(redis, mark) : 'moved' // done by an earlier sending meanwhile
  const pushed = pushedBy(writing, members[0] ?? null, { id, now })
  if (pushed === 'unreadable') return pushed
  await demandSidekiqWritable(redis, pushed?.queue ?? null, wasNewer)
  const answer = await redis.eval(
    SCRIPT,
    3 + taken.length,
    mark,
    pushed ? targetOf(pushed) : mark, // where there is no other key to name
    pushed ? 'queues' : mark,
    ...taken.map(({ place }) => place),
    MARKED_SECONDS,
    pushed?.payload ?? '',
    pushed?.score ?? '',
    pushed?.queue ?? '',
    ...taken.flatMap(({ score, sha1 }) => [score ?? '', sha1]),
  )
  return answer === 1 ? readMark(redis, mark) : 'moved'
}

async function readMark(redis: Redis, mark: string): Promise<'done' | 'prevented'> {
  return (await redis.exists(neverOf(mark))) ? 'prevented' : 'done'
}

/**
 * Sees to it that a writing is never carried out, also by a sender that sleeps just now: it finds a mark. Answers false if it
 * was carried out before.
 */
export async function prevent(redis: Redis, id: string): Promise<boolean> {
  const mark = markOf(id)
  return (await redis.eval(PREVENT, 2, mark, neverOf(mark), MARKED_SECONDS)) === 1
}

const PREVENT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('EXISTS', KEYS[2]) end
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[1])
return 1
`

/** For how long a mark is kept: no row of the outbox is tried for so long. */
const MARKED_SECONDS = 30 * 24 * 60 * 60

/** Everything of ours in Register's Redis begins so. */
const markOf = (id: string) => `trainee-chatops:sent:${id}`
/** Beside the mark of what was kept from being written. */
const neverOf = (mark: string) => `${mark}:never`

/** A job in a queue that no process serves would wait for ever, and Register's health check would answer 503. */
async function demandSidekiqWritable(redis: Redis, queue: string | null, wasNewer: boolean): Promise<void> {
  const { processes } = await readProcesses(redis)
  const may = judgeVersion(processes, wasNewer)
  if (!may.mayWrite) throw new NotWritable(may.why, may.isPassing)
  if (queue === null || processes.some(({ queues }) => queues.includes(queue))) return
  throw new NotWritable(`No process of Register’s Sidekiq serves the queue ${queue}.`, true)
}

function takenBy(writing: Writing): readonly MemberId[] {
  return writing.kind === 'push' ? (writing.instead ?? []) : [writing.member]
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
local mark, target, queues = KEYS[1], KEYS[2], KEYS[3]
local seconds, payload, at, queue = unpack(ARGV, 1, 4)
if redis.call('EXISTS', mark) == 1 then return 1 end
local found = {}
for n = 4, #KEYS do
  local set, score, sha1 = KEYS[n], ARGV[2 * n - 3], ARGV[2 * n - 2]
  local it
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set, score, score, 'LIMIT', 0, 1000)) do
    if redis.sha1hex(member) == sha1 then it = { set = set, score = score, member = member } end
  end
  if not it then return 0 end
  found[#found + 1] = it
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
local taken = {}
for _, it in ipairs(found) do
  if payload ~= '' then may('ZADD', it.set, it.score, it.member) end -- changes nothing, but it must be possible
  if may('ZREM', it.set, it.member) == 1 then taken[#taken + 1] = it end
end
local isWhole = #taken == #found
if isWhole and payload ~= '' then
  if at == '' then
    may('SADD', queues, queue)
    may('LPUSH', target, payload)
  else
    may('ZADD', target, at, payload)
  end
end
if isWhole and not refusal then return 1 end
for _, it in ipairs(taken) do redis.pcall('ZADD', it.set, it.score, it.member) end
redis.pcall('SET', mark, '0', 'PX', 1)
return refusal or 0
`
