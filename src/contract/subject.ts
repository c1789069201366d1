import { type EntityManager, In, IsNull, Not } from 'typeorm'
import * as z from 'zod'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { SeenJob } from '../entities/chatops/seen-job.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { isUrn } from '../register/schools/schools.ts'
import { findMistake, parseTraineeReference, resolveTrainee } from '../register/trainees/trainee-reference.ts'
import { isUuid } from '../uuid.ts'
import { type Field, FieldError, type FormContext } from './fields.ts'

// What a request is about, in the field of its form that is named `subject`. Its value is a trainee's slug, "URN 123456",
// a job's id, or "CR-12": no two of these look alike.

/** The field; `word` stands for what is typed in it after the command. */
export type SubjectField = Field<string> & { word: 'trainee' | 'trainee or URN' | 'request' }

/** `id` is the trainee's slug, the school's URN, the job's id or the request's number. */
type Subject = { kind: 'trainee' | 'urn' | 'job' | 'request'; id: string }

/** What the value of a subject field stands for. */
export function readSubject(value: string): Subject {
  const [, urn] = /^URN (\d{5,6})$/.exec(value) ?? []
  const [, request] = /^CR-(\d+)$/.exec(value) ?? []
  if (urn !== undefined) return { kind: 'urn', id: urn }
  if (request !== undefined) return { kind: 'request', id: request }
  return { kind: isUuid(value) ? 'job' : 'trainee', id: value }
}

/** A trainee, by slug, Register link or number. */
export function trainee(): SubjectField {
  return {
    label: 'Trainee',
    hint: 'The trainee’s link in Register, the last part of that link, or their number. Do not use a name or a TRN.',
    optional: false,
    input: { type: 'text', multiline: false, maxLength: 300, placeholder: 'https://…/trainees/…' },
    schema: reference('Enter the trainee’s link, slug or number.'),
    resolve: findSlug,
    doubt: findDoubt,
    leadsTo: async (slug) => [slug],
    freeText: false,
    word: 'trainee',
  }
}

/**
 * A change request, as "CR-12" or its number.
 * @param findNamed the numbers of the trainees whom a text about it may mean
 */
export function request(findNamed: (sql: EntityManager, request: ChangeRequest) => Promise<string[]>): SubjectField {
  return {
    label: 'Request',
    hint: 'Its name or number, such as CR-12.',
    optional: false,
    input: { type: 'text', multiline: false, maxLength: 30 },
    schema: z
      .string()
      .trim()
      .regex(/^(CR-)?[1-9]\d{0,17}$/i, 'Enter a request such as CR-12.')
      .transform((text) => `CR-${text.replace(/^CR-/i, '')}`),
    async resolve(value, { sql }) {
      if (await sql.existsBy(ChangeRequest, { id: readSubject(value).id, sentAt: Not(IsNull()) })) return value
      throw new FieldError(`There is no request ${value}.`)
    },
    async leadsTo(value, { sql }) {
      const named = await sql.findOneByOrFail(ChangeRequest, { id: readSubject(value).id })
      return findSlugs(sql, await findNamed(sql, named))
    },
    freeText: false,
    word: 'request',
  }
}

/**
 * A school by its URN; or a trainee, or a trainee's failed job, whose schools are meant. Six digits are a URN.
 * @param findNamed the numbers of the trainees whom a school, or a trainee's schools, lead to
 */
export function school(
  findNamed: (sql: EntityManager, about: { urn: string } | { trainee: string }) => Promise<string[]>,
): SubjectField {
  return {
    label: 'Trainee, URN or failed job',
    hint: 'The trainee’s link in Register, or their number: we look at the schools that their route sends. Or the school’s number on GIAS, such as 123456. Or the id of a failed job, which a job alert fills in.',
    optional: false,
    input: { type: 'text', multiline: false, maxLength: 300 },
    schema: reference('Enter a trainee, a URN or a failed job.')
      .transform((text) => (/^\d{6}$/.test(text) || /^URN/i.test(text) ? `URN ${text.replace(/^URN\s*/i, '')}` : text))
      .refine((text) => !text.startsWith('URN ') || isUrn(text.slice(4)), 'A URN has 5 or 6 digits. Check it on GIAS.')
      .transform((text) => (isUuid(text) ? text.toLowerCase() : text)),
    async resolve(value, context) {
      const { kind } = readSubject(value)
      if (kind === 'job') return checkJob(value, context)
      return kind === 'trainee' ? findSlug(value, context) : value
    },
    doubt: findDoubt,
    async leadsTo(value, { sql }) {
      const { kind, id } = readSubject(value)
      if (kind === 'urn') return findSlugs(sql, await findNamed(sql, { urn: id }))
      const of = kind === 'job' ? (await sql.findOneBy(SeenJob, { id }))?.traineeId : await findNumber(sql, id)
      return of ? findSlugs(sql, await findNamed(sql, { trainee: of })) : []
    },
    freeText: false,
    word: 'trainee or URN',
  }
}

function reference(missing: string) {
  return z.string().trim().min(1, missing).max(300, 'Enter a shorter reference.')
}

async function findSlug(typed: string, { sql, registerUrl }: FormContext): Promise<string> {
  const parsed = parseTraineeReference(typed, registerUrl)
  if ('problem' in parsed) throw new FieldError(parsed.problem)
  const found = await resolveTrainee(sql, parsed)
  if ('problem' in found) throw new FieldError(found.problem)
  return found.slug
}

/** Only a number can be doubted; six digits where a URN may stand are a URN. */
async function findDoubt(typed: string, { sql, registerUrl }: FormContext): Promise<string | null> {
  const parsed = parseTraineeReference(typed, registerUrl)
  return 'problem' in parsed ? null : ((await findMistake(sql, parsed))?.problem ?? null)
}

async function checkJob(id: string, { sql }: FormContext): Promise<string> {
  const job = await sql.findOneBy(SeenJob, { id })
  if (!job) throw new FieldError('There is no such job any more. Enter the trainee or the URN instead.')
  if (job.traineeId === null) throw new FieldError('This job is about no trainee. Enter the URN instead.')
  return id
}

async function findNumber(sql: EntityManager, slug: string): Promise<string | null> {
  return (await sql.findOne(Trainee, { select: { id: true }, where: { slug } }))?.id ?? null
}

async function findSlugs(sql: EntityManager, ids: readonly string[]): Promise<string[]> {
  const where = { id: In([...ids]) }
  return (await sql.find(Trainee, { select: { id: true, slug: true }, where })).map(({ slug }) => slug)
}
