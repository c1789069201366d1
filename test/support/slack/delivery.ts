/** One signed request from Slack to the app, and what came of it. */
import { type Pick, post, type Replicas, type Sent, signed } from './replicas.ts'
import type { JsonObject } from './types.ts'
import type { World } from './world.ts'

export interface Delivery {
  /** `command`, `block_actions`, `view_submission`, `view_closed`, `event_callback`, `shortcut`, `message_action`. */
  kind: string
  payload: JsonObject
  /** The exact body sent; `redeliver` sends it again. */
  body: string
  contentType: string
  replica: string
  /** The HTTP status, or null if no answer came in time or at all. */
  status: number | null
  ackBody: string
  /** The acknowledgement's body as JSON, if it is JSON. */
  ack: unknown
  headers: Sent['headers']
  tookMs: number
  timedOut: boolean
  /** The failure the person is shown, or null. */
  error: 'operation_timeout' | 'dispatch_failed' | null
}

export interface Outgoing {
  kind: string
  payload: JsonObject
  body: string
  contentType: string
}

export type Deliver = (outgoing: Outgoing, to?: Pick, headers?: Record<string, string>) => Promise<Delivery>

const FORM = 'application/x-www-form-urlencoded'

export function asForm(kind: string, payload: JsonObject): Outgoing {
  return { kind, payload, contentType: FORM, body: new URLSearchParams(payload as Record<string, string>).toString() }
}

export function asInteraction(payload: JsonObject): Outgoing {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  return { kind: String(payload['type']), payload, contentType: FORM, body }
}

export function asEvent(payload: JsonObject): Outgoing {
  return { kind: 'event_callback', payload, contentType: 'application/json', body: JSON.stringify(payload) }
}

/**
 * Builds the sender. An app that has not acknowledged within the time-out, by either clock, or
 * answers with anything but a 2xx, is a violation; a replica that is down is not.
 */
export function createDeliver(world: World, replicas: Replicas): Deliver {
  return async (outgoing, to, headers = {}) => {
    const replica = replicas.choose(to)
    const started = performance.now()
    const sent = await within(world, (signal) =>
      post(
        replica,
        { 'content-type': outgoing.contentType, ...signed(outgoing.body, world.settings.signingSecret), ...headers },
        outgoing.body,
        signal,
      ),
    )
    const timedOut = sent === 'timed-out'
    const answer = typeof sent === 'string' ? null : sent
    if (answer) world.acknowledgements.push(answer.body)
    const acknowledged = answer !== null && answer.status >= 200 && answer.status < 300
    if (timedOut) world.violate(`delivery of ${outgoing.kind}`, 'operation_timeout')
    else if (answer && !acknowledged)
      world.violate(`delivery of ${outgoing.kind}`, `answered with status ${answer.status}`)
    return {
      ...outgoing,
      replica,
      status: answer?.status ?? null,
      ackBody: answer?.body ?? '',
      ack: parsed(answer?.body),
      headers: answer?.headers ?? {},
      tookMs: performance.now() - started,
      timedOut,
      error: timedOut ? 'operation_timeout' : acknowledged ? null : 'dispatch_failed',
    }
  }
}

async function within(
  world: World,
  send: (signal: AbortSignal) => Promise<Sent>,
): Promise<Sent | 'timed-out' | 'unreachable'> {
  const { ackTimeoutMs } = world.settings
  const aborter = new AbortController()
  const expire = () => aborter.abort()
  const timer = setTimeout(expire, ackTimeoutMs)
  const cancel = world.clock.at(new Date(world.clock.now().getTime() + ackTimeoutMs), expire)
  try {
    return await send(aborter.signal)
  } catch {
    return aborter.signal.aborted ? 'timed-out' : 'unreachable'
  } finally {
    clearTimeout(timer)
    cancel()
  }
}

function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '')
  } catch {
    return undefined
  }
}
