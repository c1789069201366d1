// What an answer that is no success means.
import { z } from 'zod'
import { isUuid, UUID } from '../../uuid.ts'
import { DttpError } from './errors.ts'
import { type Asked, CANNOT_FIND, findMeaning } from './meanings.ts'
import type { Answer } from './transport.ts'

const dataverseError = z.object({ error: z.object({ code: z.string().catch(''), message: z.string().catch('') }) })

/** Dataverse: "… Does Not Exist". It is used for records referred to as well as for the one asked for. */
const DOES_NOT_EXIST = '0x80040217'

/** "A record with matching key values already exists": a primary key or an alternate one. */
const KEY_EXISTS = '0x80040237'

/** The error that an answer with a status outside 2xx stands for. `retryAfterMs`: what the gate made of Retry-After. */
export function errorOf(asked: Asked, answer: Answer, retryAfterMs: number | null): DttpError {
  const { status } = answer
  const { code, message } = readError(answer.text)
  const facts = {
    status,
    code: /^0x[0-9a-f]{1,8}$/i.test(code) ? code : null,
    said: findMeaning(asked, code, message),
    requestId: requestIdOf(answer),
    retryAfterMs,
  }
  const kind = (): DttpError['kind'] => {
    // The code decides, not the status: 412 is also the answer to a condition that does not hold.
    if (asked.isWrite && code.toLowerCase() === KEY_EXISTS) return 'exists'
    if (status === 401) return 'unauthorised'
    // Reading is never refused because of the record asked for. It means that our role in DTTP, or our network, is not
    // let in.
    if (status === 403 && !asked.isWrite) return 'unauthorised'
    // DTTP refused the request before it looked at it.
    if (status === 429) return 'unavailable'
    // 408 is the server's own time-out; after 5xx a write may have been carried out, whatever the body says.
    if (status >= 500 || status === 408) return asked.isWrite ? 'outcome-unknown' : 'unavailable'
    if (status === 412 && asked.ifMatch !== undefined && asked.ifMatch !== '*') return 'changed'
    if (isGone(asked, status, code, message)) return 'gone'
    if (status >= 300) return 'refused'
    return asked.isWrite ? 'outcome-unknown' : 'malformed'
  }
  return new DttpError(kind(), asked.call, facts)
}

/**
 * 404 0x80040217 for a record that was deleted, and the 400 "Cannot find record to be updated" that Register saw.
 * A 404 that names another id is about a record referred to, and one without the code about the URL: both `refused`.
 */
function isGone(asked: Asked, status: number, code: string, message: string): boolean {
  if (!asked.recordId) return false
  if (status === 400) return CANNOT_FIND.test(message)
  // RFC 9110 §13.1.1: `If-Match: *` is false only where there is no record.
  if (status === 412) return asked.ifMatch === '*'
  if (status !== 404 || !(code === DOES_NOT_EXIST || (code === '' && /does not exist/i.test(message)))) return false
  const named = message.toLowerCase().match(new RegExp(UUID, 'g'))
  return !named || named.includes(asked.recordId)
}

/** DTTP's own id of a request; the first of the headers that hold one (learn.microsoft.com, Dataverse, "Compose HTTP requests"). */
export function requestIdOf({ headers }: Pick<Answer, 'headers'>): string | null {
  const named = ['x-ms-service-request-id', 'req_id', 'x-ms-client-request-id'].map((name) => headers[name])
  return named.flat().find((id) => id !== undefined && isUuid(id)) ?? null
}

function readError(text: string): { code: string; message: string } {
  try {
    const parsed = dataverseError.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data.error
  } catch {
    // An answer that is not JSON comes from something between us and Dataverse. Only its status is used.
  }
  return { code: '', message: '' }
}
