import { type EntityManager, Not } from 'typeorm'
import { Trainee } from '../../entities/register/trainee.ts'

/** How someone refers to a trainee: by slug (also out of a Register link) or by numeric id. */
export type TraineeReference = { by: 'slug'; slug: string } | { by: 'number'; number: string }

/** What was wrong with a reference, and what to do. */
type Problem = { problem: string }

const SLUG = /^[A-Za-z0-9_-]{6,64}$/
const LARGEST_BIGINT = 9_223_372_036_854_775_807n

/**
 * Reads a slug, a Register link (`<register>/trainees/<slug>`, with or without Slack's angle brackets, and whatever
 * follows the slug) or a number. A link to anywhere else is refused, and so are leading zeros: only TRNs have them.
 */
export function parseTraineeReference(typed: string, registerUrl: string): TraineeReference | Problem {
  const text = typed.trim().replace(/^<([^|>]*)(\|[^>]*)?>$/, '$1')
  if (/^\d+$/.test(text)) {
    if (/^0\d/.test(text)) {
      return {
        problem: looksLikeTrn(text)
          ? LOOKS_LIKE_TRN
          : 'A trainee’s number does not begin with 0. Use the link instead.',
      }
    }
    if (BigInt(text.slice(0, 30)) > LARGEST_BIGINT || text.length > 30)
      return { problem: `No trainee has this number.` }
    return { by: 'number', number: BigInt(text).toString() }
  }
  if (/^[a-z]+:/i.test(text)) return parseLink(text, registerUrl)
  if (SLUG.test(text)) return { by: 'slug', slug: text }
  return { problem: 'Enter the trainee’s link, the last part of that link, or their number. Do not use a name.' }
}

function parseLink(text: string, registerUrl: string): TraineeReference | Problem {
  const register = new URL(registerUrl)
  const notRegister = {
    problem: `This is not a link to a trainee in Register. It should begin with ${registerUrl}/trainees/`,
  }
  if (!URL.canParse(text)) return notRegister
  const link = new URL(text)
  const path = link.pathname.startsWith(register.pathname) ? link.pathname.slice(register.pathname.length) : ''
  const [, slug] = /^\/?trainees\/([^/]+)/.exec(path) ?? []
  if (link.origin !== register.origin || link.username || !slug || !SLUG.test(slug)) return notRegister
  return { by: 'slug', slug }
}

/**
 * The trainee a reference names, by an index. A number may be mistaken all the same: whoever acts on it asks
 * `findMistake` as well.
 */
export async function resolveTrainee(
  sql: EntityManager,
  reference: TraineeReference,
): Promise<{ id: string; slug: string } | Problem> {
  const [column, value] = reference.by === 'slug' ? ['slug', reference.slug] : ['id', reference.number]
  const find = `SELECT id, slug FROM public.trainees WHERE ${column} = $1`
  const [trainee] = await sql.query<{ id: string; slug: string }[]>(find, [value])
  if (trainee) return trainee
  if (reference.by === 'slug') return { problem: 'No trainee has this link. Check it in Register.' }
  return { problem: looksLikeTrn(reference.number) ? LOOKS_LIKE_TRN : NO_SUCH_NUMBER }
}

/** TRNs have 6 or 7 digits. */
export function looksLikeTrn(text: string): boolean {
  return /^\d{6,7}$/.test(text)
}

const LOOKS_LIKE_TRN = 'No trainee has this number. It looks like a TRN. Use the link instead.'

const NO_SUCH_NUMBER = 'No trainee has this number. It may be a TRN or trainee ID: use the trainee’s link instead.'

/**
 * Whether a number that names one trainee is another's TRN, trainee ID or slug: people copy those from Register's pages,
 * and the wrong trainee would be changed. Register has no index on the first two, so this reads all trainees.
 */
export async function findMistake(sql: EntityManager, reference: TraineeReference): Promise<Problem | null> {
  if (reference.by === 'slug') return null
  const { number } = reference
  const isOther = { id: Not(number) }
  const mistaken = await sql.exists(Trainee, {
    where: [
      { ...isOther, trn: number },
      { ...isOther, trainee_id: number },
      { ...isOther, slug: number },
    ],
  })
  return mistaken ? { problem: 'This number could mean more than one trainee. Use the link instead.' } : null
}

/** The one trainee whom somebody named, as parseTraineeReference reads it. */
export async function findNamedTrainee(
  sql: EntityManager,
  typed: string,
  registerUrl: string,
): Promise<{ id: string; slug: string } | Problem> {
  const reference = parseTraineeReference(typed, registerUrl)
  return 'problem' in reference ? reference : findTrainee(sql, reference)
}

/** The one trainee a reference names, and cannot be mistaken for. */
export async function findTrainee(
  sql: EntityManager,
  reference: TraineeReference,
): Promise<{ id: string; slug: string } | Problem> {
  const found = await resolveTrainee(sql, reference)
  return 'problem' in found ? found : ((await findMistake(sql, reference)) ?? found)
}
