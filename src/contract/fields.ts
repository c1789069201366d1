import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { ChangeRequest } from '../entities/chatops/change-request.ts'
import { Trainee } from '../entities/register/trainee.ts'
import { findPersonalData } from '../register/personal-data.ts'
import { parseTraineeReference, resolveTrainee } from '../register/trainee-reference.ts'

/** A form as it was filled in: text by the name of the field. */
export type Form = Record<string, string>

// One declaration per field serves the zod schema and the Block Kit input alike.

/** What a field needs to know beyond what was typed. */
export type FormContext = { sql: EntityManager; registerUrl: string }

export type Option = { value: string; label: string }

/** How a field is shown. */
type Input =
  | { type: 'text'; multiline: boolean; maxLength: number; placeholder?: string }
  | { type: 'select'; options: readonly Option[]; placeholder?: string }

/** One input of a form: how it looks, and how what was typed becomes a value. */
export type Field<T> = {
  label: string
  hint?: string
  optional: boolean
  input: Input
  /** Shape alone: what can be refused without asking anyone. */
  schema: z.ZodType<T>
  /** What SQL alone can say about it; throws FieldError. */
  resolve?: (value: T, context: FormContext) => Promise<T>
  /** Free text, in which the trainee must not be named. */
  freeText: boolean
  /** The trainees that a value leads to, by slug. */
  leadsTo?: (value: T, context: FormContext) => Promise<string[]>
}

export type Fields = Readonly<Record<string, Field<string>>>
export type FormValues<F extends Fields> = { [K in keyof F]: string }

/** Bad input, with the words to show at its field. */
export class FieldError extends Error {}

/** The trainee, by slug, Register link or number; the value is the trainee's slug. */
export function traineeRef(): Field<string> {
  return {
    label: 'Trainee',
    hint: 'The trainee’s link in Register, the last part of that link, or their number. Do not use a name or a TRN.',
    optional: false,
    input: { type: 'text', multiline: false, maxLength: 300, placeholder: 'https://…/trainees/…' },
    schema: z
      .string()
      .trim()
      .min(1, 'Enter the trainee’s link, slug or number.')
      .max(300, 'Enter a shorter reference.'),
    async resolve(value, { sql, registerUrl }) {
      const reference = parseTraineeReference(value, registerUrl)
      if ('problem' in reference) throw new FieldError(reference.problem)
      const found = await resolveTrainee(sql, reference)
      if ('problem' in found) throw new FieldError(found.problem)
      return found.slug
    },
    leadsTo: async (slug) => [slug],
    freeText: false,
  }
}

/** A trainee where one can be left out; empty if it is. */
export function optionalTraineeRef(hint: string): Field<string> {
  const { resolve, ...field } = traineeRef()
  return {
    ...field,
    hint,
    optional: true,
    schema: z.string().trim().max(300, 'Enter a shorter reference.'),
    resolve: async (value, context) => (value === '' ? '' : ((await resolve?.(value, context)) ?? value)),
    leadsTo: async (slug) => (slug === '' ? [] : [slug]),
  }
}

/** One of a fixed list; a value that is not on it is refused. */
export function select(label: string, options: readonly Option[]): Field<string> {
  const values = options.map(({ value }) => value)
  return {
    label,
    optional: false,
    input: { type: 'select', options, placeholder: 'Choose one' },
    schema: z.string().refine((value) => values.includes(value), 'Choose one from the list.'),
    freeText: false,
  }
}

/** The same where an answer is needed only sometimes; empty if there is none. */
export function optionalSelect(label: string, hint: string, options: readonly Option[]): Field<string> {
  const values = ['', ...options.map(({ value }) => value)]
  const schema = z.string().refine((value) => values.includes(value), 'Choose one from the list.')
  return { ...select(label, options), hint, optional: true, schema }
}

/** A number in Register, where one is needed only sometimes; empty if not. */
export function optionalNumber(label: string, hint: string): Field<string> {
  return {
    label,
    hint,
    optional: true,
    input: { type: 'text', multiline: false, maxLength: 18 },
    schema: z
      .string()
      .trim()
      .regex(/^([1-9]\d{0,17})?$/, 'Enter a number, or leave this empty.'),
    freeText: false,
  }
}

/** A record's id in DTTP, where one is needed only sometimes; empty if not. Dynamics ids are not all proper UUIDs. */
export function optionalDttpId(label: string, hint: string): Field<string> {
  return {
    label,
    hint,
    optional: true,
    input: { type: 'text', multiline: false, maxLength: 60 },
    schema: z
      .string()
      .trim()
      .toLowerCase()
      .transform((text) => text.replace(/^\{(.*)\}$/, '$1'))
      .refine(
        (text) => text === '' || z.guid().safeParse(text).success,
        'Enter an id such as 9e7fcac0-4a37-e811-80ef-005056ac45bb.',
      ),
    freeText: false,
  }
}

/** A change request, as "CR-12" or its number; the value is the number. */
export function requestRef(): Field<string> {
  return {
    label: 'Request',
    hint: 'Its name or number, such as CR-12.',
    optional: false,
    input: { type: 'text', multiline: false, maxLength: 30 },
    schema: z
      .string()
      .trim()
      .regex(/^(CR-)?[1-9]\d{0,17}$/i, 'Enter a request such as CR-12.')
      .transform((text) => text.replace(/^CR-/i, '')),
    async resolve(value, { sql }) {
      if (await sql.existsBy(ChangeRequest, { id: value })) return value
      throw new FieldError(`There is no request CR-${value}.`)
    },
    async leadsTo(value, { sql }) {
      const request = await sql.findOneByOrFail(ChangeRequest, { id: value })
      const id = request.traineeId
      return id === null ? [] : (await sql.findBy(Trainee, { id })).map(({ slug }) => slug)
    },
    freeText: false,
  }
}

/** Why the change is needed; shown on the card. */
export function reason(): Field<string> {
  return {
    label: 'Reason',
    hint: 'Everyone in the channel can read this. Do not name the trainee.',
    optional: false,
    input: { type: 'text', multiline: true, maxLength: 500 },
    schema: z
      .string()
      .trim()
      .refine((text) => /[\p{L}\p{N}]/u.test(text), 'Enter a reason.')
      .max(500, 'Enter at most 500 characters.'),
    freeText: true,
  }
}

/** The support ticket, if there is one; shown on the card. */
export function ticket(): Field<string> {
  return {
    label: 'Support ticket',
    hint: 'Its number or link.',
    optional: true,
    input: { type: 'text', multiline: false, maxLength: 200 },
    schema: z.string().trim().max(200, 'Enter at most 200 characters.'),
    freeText: true,
  }
}

export type FormResult =
  | { ok: true; values: Record<string, string> }
  | { ok: false; errors: Record<string, string>; revealing: string[] }

/**
 * What was typed, as a form's values, or words for each field that cannot be used. Looks at shape first and then, in
 * SQL, whether the trainee exists and whether free text names them.
 * @param together what the fields must satisfy together, as words by field
 */
export async function parseForm(
  fields: Fields,
  typed: Record<string, unknown>,
  context: FormContext,
  together: (values: Record<string, string>) => Partial<Record<string, string>> = () => ({}),
): Promise<FormResult> {
  const values: Record<string, string> = {}
  const errors: Record<string, string> = {}
  const revealing: string[] = []
  for (const [name, field] of Object.entries(fields)) {
    const shape = field.schema.safeParse(withoutControls(typed[name]))
    if (!shape.success) {
      errors[name] = shape.error.issues[0]?.message ?? 'Enter this again.'
      continue
    }
    try {
      values[name] = field.resolve ? await field.resolve(shape.data, context) : shape.data
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      errors[name] = error.message
    }
  }
  if (Object.keys(errors).length === 0) Object.assign(errors, together(values))
  for (const slug of await traineesIn(fields, values, context)) {
    for (const [name, field] of Object.entries(fields)) {
      const text = values[name]
      if (!field.freeText || !text) continue
      const personal = await findPersonalData(context.sql, slug, text)
      if (personal) {
        revealing.push(name)
        errors[name] = `Remove the trainee’s ${personal}: everyone in the channel can read this.`
      }
    }
  }
  return Object.keys(errors).length === 0 ? { ok: true, values } : { ok: false, errors, revealing }
}

/** Every trainee that the form leads to, whom its free text must not name. */
async function traineesIn(fields: Fields, values: Record<string, string>, context: FormContext): Promise<Set<string>> {
  const slugs = new Set<string>()
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name]
    if (value !== undefined && field.leadsTo) for (const slug of await field.leadsTo(value, context)) slugs.add(slug)
  }
  return slugs
}

/**
 * Text as typed, in Unicode's composed form, without NUL and other control characters that Postgres or Slack would
 * refuse. What is no text counts as left empty.
 */
function withoutControls(value: unknown): string {
  if (typeof value !== 'string') return ''
  return (
    value
      .toWellFormed()
      .normalize('NFC')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
  )
}
