import { type EntityManager, In } from 'typeorm'
import { Trainee } from '../entities/register/trainee.ts'

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
    if (/^0\d/.test(text)) return { problem: 'A trainee’s number does not begin with 0. Use the link instead.' }
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
 * The one trainee a reference names. A number that is also another trainee's TRN, trainee ID or slug is refused:
 * people copy those from Register's pages, and the wrong trainee would be changed.
 */
export async function resolveTrainee(
  sql: EntityManager,
  reference: TraineeReference,
): Promise<{ id: string; slug: string } | Problem> {
  if (reference.by === 'slug') {
    const trainee = await sql.findOne(Trainee, { select: { id: true, slug: true }, where: { slug: reference.slug } })
    return trainee ?? { problem: 'No trainee has this link. Check it in Register.' }
  }
  const { number } = reference
  const matches = await sql.find(Trainee, {
    select: { id: true, slug: true },
    where: [{ id: In([number]) }, { trn: number }, { trainee_id: number }, { slug: number }],
    take: 3,
  })
  if (matches.length > 1) return { problem: 'This number could mean more than one trainee. Use the link instead.' }
  const [match] = matches
  if (match?.id === number) return match
  if (match) return { problem: 'This is a TRN or trainee ID, not the trainee’s number. Use the link instead.' }
  return { problem: 'No trainee has this number. Check it, or use the link.' }
}
