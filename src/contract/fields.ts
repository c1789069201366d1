import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { findPersonalData } from '../personal-data/in-text.ts'

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
  /** Checks the shape of a value, without the database. */
  schema: z.ZodType<T>
  /** Checks the value against the database, and may replace it. Throws FieldError. */
  resolve?: (value: T, context: FormContext) => Promise<T>
  /**
   * What speaks against a value that is right so far as `resolve` can tell, in words. Asked after the form was
   * acknowledged, since it may take longer.
   */
  doubt?: (value: T, context: FormContext) => Promise<string | null>
  /** Free text, in which the trainee must not be named. */
  freeText: boolean
  /** It answers what a check asks, and is left empty until one does. */
  isAnswer?: boolean
  /** The trainees that a value leads to, by slug. */
  leadsTo?: (value: T, context: FormContext) => Promise<string[]>
}

export type Fields = Readonly<Record<string, Field<string>>>
export type FormValues<F extends Fields> = { [K in keyof F]: string }

/** Bad input, with the words to show at its field. */
export class FieldError extends Error {}

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

/** The same for a field that is not always needed; the value is empty if nothing was chosen. */
export function optionalSelect(label: string, hint: string, options: readonly Option[]): Field<string> {
  const values = ['', ...options.map(({ value }) => value)]
  const schema = z.string().refine((value) => values.includes(value), 'Choose one from the list.')
  return { ...select(label, options), hint, optional: true, schema, isAnswer: true }
}

/** The number of a row in Register, in a field that is not always needed; the value is empty if nothing was typed. */
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
    isAnswer: true,
  }
}

/**
 * The id of a record in DTTP, in a field that is not always needed; the value is empty if nothing was typed. Not every
 * id of Dynamics is a valid UUID.
 */
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
    isAnswer: true,
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

/** The same fields where a request must name a support ticket. */
export function withRequiredTicket<F extends Fields>(fields: F): F {
  const { ticket } = fields
  if (!ticket) return fields
  const schema = ticket.schema.refine((text) => text !== '', 'Enter the number or the link of the support ticket.')
  return { ...fields, ticket: { ...ticket, optional: false, schema } }
}

export type FormResult =
  | { ok: true; values: Record<string, string> }
  | { ok: false; errors: Record<string, string>; revealing: string[] }

/** A form's fields that words after the command fill in: what it is about, and each choice that must be made. */
export function commandFields(fields: Fields): [name: string, field: Field<string>][] {
  return Object.entries(fields).filter(
    ([name, { input, optional }]) => name === 'subject' || (input.type === 'select' && !optional),
  )
}

/** A form without the answers to what checks have asked. */
export function withoutAnswers(fields: Fields, values: Form): Form {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fields[name]?.isAnswer ? '' : value]))
}

/**
 * What was typed, as a form's values, or words for each field that cannot be used. Looks at shape first and then, in
 * SQL, whether the trainee exists and whether free text names them.
 */
export async function parseForm(
  fields: Fields,
  typed: Record<string, unknown>,
  context: FormContext,
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
  const texts = Object.entries(values).filter(([name, text]) => fields[name]?.freeText && text !== '')
  const about = texts.length > 0 ? [...(await traineesIn(fields, values, context))] : []
  for (const [name, personal] of await findPersonalData(context.sql, about, texts)) {
    revealing.push(name)
    errors[name] = `Remove the trainee’s ${personal}: everyone in the channel can read this.`
  }
  return Object.keys(errors).length === 0 ? { ok: true, values } : { ok: false, errors, revealing }
}

/** What speaks against a form that `parseForm` takes, by its fields' labels; as a rule nothing. */
export async function findDoubts(
  fields: Fields,
  typed: Record<string, unknown>,
  context: FormContext,
): Promise<string[]> {
  const doubts: string[] = []
  for (const [name, { schema, doubt, label }] of Object.entries(fields)) {
    const shape = schema.safeParse(withoutControls(typed[name]))
    const doubted = shape.success && doubt ? await doubt(shape.data, context) : null
    if (doubted) doubts.push(`${label}: ${doubted}`)
  }
  return doubts
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
