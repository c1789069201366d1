import type { AnyPlaybook, Saying } from '../../contract/playbook.ts'
import { formOf } from '../../contract/stored.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { inert, shorten } from '../kit/text.ts'
import { findPlan, traineeUrl } from './request.ts'

/** A playbook that puts its requests into words; one that is no longer in the bot has only a title. */
export type Speaking = Pick<AnyPlaybook, 'title'> & Partial<Pick<AnyPlaybook, 'says'>>

/** What a request does, in words; null where its details were removed or cannot be read. */
export function sayingOf(request: ChangeRequest, { says }: Pick<Speaking, 'says'>): Saying | null {
  const plan = findPlan(request)
  if (!plan || !request.form || !says) return null
  return says({ form: formOf(request.form), plan, trainee: request.traineeId, outcome: request.outcome })
}

/** Mrkdwn: the words with the request's trainee as a link to Register. */
export function linked(words: string, request: ChangeRequest, registerUrl: string): string {
  const url = traineeUrl(request, registerUrl)
  const text = inert(shorten(words, 1000))
  return url
    ? text.replace(new RegExp(`\\b([Tt]rainee ${request.traineeId?.replace(/\D/g, '')})\\b`), `<${url}|$1>`)
    : text
}
