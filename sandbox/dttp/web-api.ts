// The Web API's requests: which there are, and what each must look like.
import { performBatch } from './batch.ts'
import { list, select } from './query.ts'
import { doesNotExist, malformed, Refusal, versionDiffers } from './refusal.ts'
import { GUID, isSetName, SETS, type SetName } from './schema.ts'
import type { State } from './state.ts'
import { prepareCreate, readColumns } from './write.ts'

export type ApiRequest = {
  method: string
  /** What follows `/api/data/v9.1/`. */
  path: string
  options: URLSearchParams
  headers: Readonly<Record<string, string | undefined>>
  body: string
}

/** `wrote`: how many records it created or changed. */
export type Reply = { status: number; headers: Record<string, string>; body: string; wrote: number }

/** Carries out one request. Throws Refusal. `api` is what the organisation calls itself in links. */
export function performRequest(state: State, api: string, request: ApiRequest): Reply {
  const { method, path, options, headers } = request
  if (path === '$batch') {
    if (method !== 'POST') throw new Refusal(405, '0x80060888', 'A batch must be posted.')
    const { created, ...answer } = performBatch(state, api, headers['content-type'] ?? '', request.body)
    return { ...answer, wrote: created }
  }
  const [, name = '', inBrackets] = /^([A-Za-z_]+)(?:\(([^)]*)\))?$/.exec(path) ?? []
  if (!isSetName(name)) throw new Refusal(404, '0x8006088a', `Resource not found for the segment '${name || path}'.`)
  if (inBrackets !== undefined && !GUID.test(inBrackets)) throw malformed('Bad Request - Error in query syntax.')
  const id = inBrackets?.toLowerCase()
  if (method === 'GET' && id === undefined) return json(200, list(state, name, options, headers['prefer'] ?? '', api))
  if (method === 'GET' && id !== undefined) {
    const record = state.find(name, id)
    if (!record) throw doesNotExist(SETS[name].type, id)
    const etag = state.etagOf(id)
    const found = json(200, { '@odata.etag': etag, ...select(name, record, options) })
    return { ...found, headers: { ...found.headers, etag } }
  }
  if (method === 'POST' && id === undefined) return create(state, api, name, request)
  if (method === 'PATCH' && id !== undefined) return update(state, api, name, id, request)
  throw new Refusal(405, '0x80060888', `The simulator does not handle ${method} here.`)
}

function create(state: State, api: string, set: SetName, request: ApiRequest): Reply {
  const { id, columns } = prepareCreate(state, set, readJson(request))
  state.add(set, { id, ...columns })
  return created(api, set, id)
}

/** An upsert unless `If-Match` forbids it: then a missing record is a 404, and another version than named a 412. */
function update(state: State, api: string, set: SetName, id: string, request: ApiRequest): Reply {
  const exists = state.find(set, id) !== null
  const ifMatch = request.headers['if-match']
  if (!exists && ifMatch !== undefined) throw doesNotExist(SETS[set].type, id)
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== state.etagOf(id)) throw versionDiffers()
  const columns = readColumns(state, set, readJson(request))
  if (exists) state.change(set, id, columns)
  else state.add(set, { id, ...columns })
  return created(api, set, id)
}

function created(api: string, set: SetName, id: string): Reply {
  const url = `${api}${set}(${id})`
  return { status: 204, headers: { 'odata-version': '4.0', 'odata-entityid': url, location: url }, body: '', wrote: 1 }
}

function readJson({ headers, body }: ApiRequest): unknown {
  if (!/^application\/json(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new Refusal(415, '0x80060888', 'The body must be application/json.')
  }
  try {
    return JSON.parse(body)
  } catch {
    throw malformed('The body is not valid JSON.')
  }
}

export function json(status: number, body: object): Reply {
  const headers = { 'content-type': 'application/json; odata.metadata=minimal', 'odata-version': '4.0' }
  return { status, headers, body: JSON.stringify(body), wrote: 0 }
}
