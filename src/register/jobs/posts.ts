import { parseTraineeReference, type TraineeReference } from '../trainees/trainee-reference.ts'

// What messages in Slack say of trainees: Register's own posts about time-outs, and what people write. Only ids and links
// are taken out of a text; the text itself is not passed on.

/** More of a message is not looked at: what it is about stands at its beginning. */
const MOST_READ = 4_000
/** A message that names more than so many is about none of them. */
const MOST_NAMED = 20

/** Register's job that has given up asking DTTP, its trainee's number, and after how long: "4 days". */
export type TimeoutPost = { job: 'Dttp::RetrieveTrnJob' | 'Dttp::RetrieveAwardJob'; trainee: string; after: string }

const TIMED_OUT =
  /(?<![\w:])(Dttp::Retrieve(?:Trn|Award)Job) for Trainee id: ([1-9]\d{0,17}) has timed out after (\d{1,6} days?)(?!\w)/g

/**
 * The time-out that a text of Register's says (app/jobs/dttp/retrieve_trn_job.rb, retrieve_award_job.rb), whatever the
 * number of days; null if it says none. Register posts one at a time, so a text with several is not its own.
 */
export function readTimeout(text: string): TimeoutPost | null {
  const found = [...text.slice(0, MOST_READ).matchAll(TIMED_OUT)]
  const distinct = new Set(found.map(([, job, trainee]) => `${job} ${trainee}`))
  const [first] = found
  if (!first || distinct.size !== 1) return null
  const [, job, trainee = '', after = ''] = first
  return { job: job as TimeoutPost['job'], trainee, after } // the pattern holds no other
}

/**
 * The trainees that a message names, by link to Register, or by number after the word "trainee", or by a number alone.
 * As Slack sends it: links stand between angle brackets, and what is shown in a link's place does not count. Null for
 * more than can be meant.
 */
export function referencesIn(text: string, registerUrl: string): TraineeReference[] | null {
  const read = text.slice(0, MOST_READ)
  const links = [...read.matchAll(/<(https?:[^\s|>]+)[^>]*>|(https?:[^\s|<>]+)/g)].map(([, bracketed, bare]) => {
    return parseTraineeReference((bracketed ?? bare ?? '').replaceAll('&amp;', '&'), registerUrl)
  })
  const words = read.replace(/<[^>]*>?|https?:\S+/g, ' ').trim()
  const typed = /^[1-9]\d{0,17}$/.test(words)
    ? [words]
    : [...words.matchAll(BY_NUMBER)].map(([, number = '']) => number)
  const numbers = typed.map((number): TraineeReference => ({ by: 'number', number }))
  const found = [...links.filter((link) => 'by' in link), ...numbers]
  const distinct = [...new Map(found.map((reference) => [JSON.stringify(reference), reference])).values()]
  return distinct.length > MOST_NAMED ? null : distinct
}

/** "Trainee id: 5901", "trainee 5901", "trainee no. 5901", "trainee #5901"; not "trainee id 21/22-5901". */
const BY_NUMBER =
  /(?<![\p{L}\p{N}])trainees?(?:[ _]?id|[ _]no\.?|[ _]number)?[:= ]{1,3}#?([1-9]\d{0,17})(?![\p{L}\p{N}/_-]|\.\d)/giu
