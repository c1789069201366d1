import type { EntityManager } from 'typeorm'
import type { Form } from '../contract/fields.ts'
import { formOf } from '../contract/stored.ts'
import { readSubject } from '../contract/subject.ts'
import { ChangeRequest, type RequestOutcome } from '../entities/chatops/change-request.ts'
import { findPlaybook, takesBack } from '../playbooks/index.ts'
import { announce } from './announce.ts'
import { lockRequest } from './requests.ts'

// A request that undoes another names it, and is named on its card once it has done so.

/** What a request undoes, for its words; nothing for any other request. */
export async function findUndone(
  sql: EntityManager,
  { playbook, form }: { playbook: string; form: Form },
): Promise<Pick<RequestOutcome, 'undoes'>> {
  const id = undoneId({ playbook, form })
  const undone = id && (await sql.findOneBy(ChangeRequest, { id }))
  if (!undone) return {}
  const title = findPlaybook(undone.playbook)?.title ?? undone.playbook
  const { undoes } = undone.outcome
  if (!undoes || undoes.redoes) return { undoes: { request: undone.id, title } }
  return { undoes: { request: undone.id, title: undoes.title, redoes: undoes.request } }
}

/**
 * Names it on the card of what it undoes. If that had undone something itself, that is in force again, and so on. Call it in
 * the transaction that carries it out.
 */
export async function noteUndone(sql: EntityManager, request: ChangeRequest): Promise<void> {
  let by: string | null = request.id
  for (let id = undoneId(request); id !== null; ) {
    const undone: ChangeRequest = await lockRequest(sql, id)
    const { undoneBy: _, ...outcome } = undone.outcome
    await sql.update(ChangeRequest, { id }, { outcome: by === null ? outcome : { ...outcome, undoneBy: by } })
    await announce(sql, id)
    by = by === null ? id : null
    id = undoneId(undone)
  }
}

function undoneId({ playbook, form }: { playbook: string; form: Form | null }): string | null {
  return playbook === takesBack.name && form ? readSubject(formOf(form)['subject'] ?? '').id : null
}
