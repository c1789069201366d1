// What people typed into a playbook's form.
import { type FormContext, findDoubts, parseForm, withRequiredTicket } from '../../contract/fields.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import { readFormValues } from '../../views/form.ts'
import type { HandlerContext } from '../context.ts'
import type { Submission } from '../entry-points.ts'

/**
 * What was typed, with prefilled values that people left as they were: some clients send such a value as empty. They
 * are put back where the form needs them.
 */
export function withPrefill(
  playbook: AnyPlaybook,
  state: Submission['view']['state']['values'],
  prefilled: Record<string, string>,
) {
  const typed = readFormValues(state)
  const isLeft = (name: string) => typed[name] === '' && playbook.form[name]?.optional === false
  return { ...typed, ...Object.fromEntries(Object.entries(prefilled).filter(([name]) => isLeft(name))) }
}

/** A playbook with its form as this installation asks for it. */
export function asAskedHere({ changes }: HandlerContext, playbook: AnyPlaybook): AnyPlaybook {
  return changes.tickets.areRequired ? { ...playbook, form: withRequiredTicket(playbook.form) } : playbook
}

/** What was typed, as the playbook's form reads it. */
export function parse(
  context: HandlerContext,
  playbook: AnyPlaybook,
  typed: Record<string, unknown>,
): ReturnType<typeof parseForm> {
  return parseForm(asAskedHere(context, playbook).form, typed, formContext(context))
}

/** The same for the first of several steps; what the later ones ask for is still empty. */
export async function parseFirst(
  context: HandlerContext,
  { form }: AnyPlaybook,
  typed: Record<string, unknown>,
): ReturnType<typeof parseForm> {
  const parsed = await parseForm({ subject: form.subject }, typed, formContext(context))
  if (!parsed.ok) return parsed
  const later = Object.fromEntries(Object.keys(form).map((name) => [name, '']))
  return { ok: true, values: { ...later, ...parsed.values } }
}

/** What speaks against what was typed that is too slow to look for before a form is acknowledged. */
export function doubtsOf(
  context: HandlerContext,
  playbook: AnyPlaybook,
  typed: Record<string, unknown>,
): Promise<string[]> {
  return findDoubts(playbook.form, typed, formContext(context))
}

function formContext({ changes: { database, register } }: HandlerContext): FormContext {
  return { sql: database.manager, registerUrl: register.url }
}

/**
 * Puts on record that somebody wrote something that tells who a trainee is, or tried what the bot would recognise. The
 * text itself is not kept.
 */
export async function recordRevealing(changes: HandlerContext['changes'], actor: string, fields: readonly string[]) {
  if (fields.length === 0) return
  const details = { because: 'personal-data', fields }
  await sureTransaction(changes.database, (sql) =>
    appendToLedger(sql, { changeRequest: null, event: 'refused', actor, details }),
  )
}
