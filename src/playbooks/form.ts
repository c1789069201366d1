import type { EntityManager } from 'typeorm'
import * as z from 'zod'
import { findPersonalData } from '../register/personal-data.ts'
import { parseTraineeReference, resolveTrainee } from '../register/trainee-reference.ts'

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
}

export type Fields = Readonly<Record<string, Field<string>>>
export type FormValues<F extends Fields> = { [K in keyof F]: string }

/** Bad input, with the words to show at its field. */
class FieldError extends Error {}

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
    freeText: false,
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
  const slug = values['trainee']
  if (slug !== undefined) {
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
