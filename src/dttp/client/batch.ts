// Several creates at once, all or nothing: `$batch` with one change set (OData 4.0 part 1 §11.7).
import { randomUUID } from 'node:crypto'
import { UUID } from '../../uuid.ts'
import { requestIdOf } from './answer.ts'
import { DttpError } from './errors.ts'
import { type InnerAnswer, readInnerAnswers } from './multipart.ts'
import type { EntitySet } from './odata.ts'
import type { BeforeSending, Requests } from './requests.ts'
import type { Answer } from './transport.ts'

/** A record to create. Later parts may refer to it as `$<contentId>`. */
export type BatchPart = { contentId: string; entity: EntitySet; body: Record<string, unknown> }

const CALL = 'createInBatch'

/**
 * Creates all of them, or none; returns the new records' ids by content id. Never sent twice. Throws DttpError:
 * `outcome-unknown` if no answer came that gives every part its id, and otherwise nothing was created. A primary key may
 * be chosen in a part's body: `exists` if DTTP has one of the keys already.
 */
export async function createInBatch(
  requests: Requests,
  parts: readonly BatchPart[],
  beforeSending?: BeforeSending,
): Promise<Map<string, string>> {
  refuseUnsendable(parts)
  const sent = parts.map(({ body }) => body)
  const boundary = `batch_${randomUUID()}`
  const asked = { call: CALL, isWrite: true, sent }
  const { answer, toldMs } = await requests.write({
    ...asked,
    method: 'POST',
    url: new URL('$batch', requests.api),
    headers: { accept: 'multipart/mixed', 'content-type': `multipart/mixed;boundary=${boundary}` },
    body: writeBatch(boundary, requests.api, parts),
    ...(beforeSending ? { beforeSending } : {}),
  })
  const answers = answer.status < 500 ? readInnerAnswers(answer.headers['content-type'], answer.text) : []
  if (answers.length === 0 && answer.status >= 300) throw requests.failure(asked, answer, toldMs)
  // Nothing but errors: the change set was undone, unless the server itself failed on the way.
  const failure = answers.find(({ status }) => status >= 500) ?? answers[0]
  if (failure && answers.every(({ status }) => status >= 300)) {
    const { status, text } = failure
    const told = requests.closeGateIfTold({ status, headers: { 'retry-after': failure.headers.get('retry-after') } })
    throw requests.failure(asked, { status, text, headers: answer.headers }, told ?? toldMs)
  }
  return idsByContentId(parts, answer, answers)
}

/** Throws where the parts themselves are wrong, before anything is sent. */
function refuseUnsendable(parts: readonly BatchPart[]): void {
  const known = new Set<string>()
  for (const { contentId, body } of parts) {
    const wellFormed = /^[A-Za-z0-9-]{1,64}$/.test(contentId) && !known.has(contentId.toLowerCase())
    if (!wellFormed) throw new DttpError('refused', CALL, { code: 'invalid-content-id' })
    for (const [name, value] of Object.entries(body)) {
      const refersTo = name.endsWith('@odata.bind') && String(value).startsWith('$') ? String(value).slice(1) : null
      if (refersTo !== null && !known.has(refersTo.toLowerCase())) {
        throw new DttpError('refused', CALL, { code: 'unknown-content-id' })
      }
    }
    known.add(contentId.toLowerCase())
  }
  if (known.size === 0) throw new DttpError('refused', CALL, { code: 'empty-batch' })
}

function writeBatch(boundary: string, api: URL, parts: readonly BatchPart[]): string {
  const changeSet = `changeset_${randomUUID()}`
  const creates = parts.flatMap(({ contentId, entity, body }) => [
    `--${changeSet}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: ${contentId}`,
    '',
    `POST ${api.pathname}${entity} HTTP/1.1`,
    'Content-Type: application/json;type=entry',
    '',
    JSON.stringify(body),
  ])
  const head = [`--${boundary}`, `Content-Type: multipart/mixed;boundary=${changeSet}`, '']
  return [...head, ...creates, `--${changeSet}--`, '', `--${boundary}--`, ''].join('\r\n')
}

/** The ids, if there is exactly one for each part and nothing else. Otherwise the outcome is unknown. */
function idsByContentId(parts: readonly BatchPart[], answer: Answer, answers: readonly InnerAnswer[]) {
  const unknown = (code: string): DttpError =>
    new DttpError('outcome-unknown', CALL, { status: answer.status, code, requestId: requestIdOf(answer) })
  if (answer.status !== 200 || answers.length !== parts.length) throw unknown('unreadable-batch')
  const ids = new Map<string, string>()
  for (const { contentId, entity } of parts) {
    const own = answers.filter((one) => one.contentId?.toLowerCase() === contentId.toLowerCase())
    const id = own.length === 1 && own[0] ? createdId(own[0], entity) : null
    if (!id) throw unknown('unreadable-batch')
    ids.set(contentId, id)
  }
  if (new Set(ids.values()).size !== parts.length) throw unknown('unreadable-batch')
  return ids
}

/** The id in `OData-EntityId` or `Location`, if it is of the record set we created in and both agree. */
function createdId({ status, headers }: InnerAnswer, entity: EntitySet): string | null {
  if (status !== 201 && status !== 204) return null
  const pattern = new RegExp(`/${entity}\\((${UUID})\\)$`, 'i')
  const named = ['odata-entityid', 'location'].flatMap((name) => headers.get(name) ?? [])
  const ids = new Set(named.map((url) => pattern.exec(url)?.[1]?.toLowerCase() ?? null))
  return ids.size === 1 ? ([...ids][0] ?? null) : null
}
