// Holds each piece of work before one of its steps: a statement to Postgres, or a request to another system.
import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import pg from 'pg'

/** A piece of work, the step before which it is to be held, and the steps it has come to. */
type Held = { at: number; steps: string[]; reached: () => void }

const working = new AsyncLocalStorage<Held>()
let open: Promise<void> = Promise.resolve()

/** From now on, work is held until the answer is called. */
export function closeGates(): () => void {
  let opened = () => {}
  open = new Promise((resolve) => {
    opened = resolve
  })
  return opened
}

/** Does a piece of work that is held before its `at`th step, counted from 0. */
export function hold<T>(held: Held, work: () => Promise<T>): Promise<T> {
  return working.run(held, work)
}

/** Whether it was held here. */
async function pass(step: string): Promise<boolean> {
  const held = working.getStore()
  if (!held) return false
  const isHeld = held.steps.push(step) > held.at
  if (held.steps.length === held.at + 1) held.reached()
  if (isHeld) await open
  return isHeld
}

/** Has every statement and request of this process come by a gate. */
export function buildGates(): void {
  const query = pg.Client.prototype.query as (...given: unknown[]) => unknown
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...given: unknown[]) {
      const [statement] = given
      if (typeof statement !== 'string' || typeof given.at(-1) === 'function') return query.apply(this, given)
      return pass(nameOf(statement)).then(() => query.apply(this, given))
    },
  })

  const { fetch } = globalThis
  globalThis.fetch = async (to, init = {}) => {
    // As though it had been stopped when the request was under way: nothing can break off what is late.
    const { signal, ...late } = init
    const path = new URL(String(to)).pathname
    const answer = await fetch(to, (await pass(`ask ${path}`)) ? late : { ...late, ...(signal && { signal }) })
    await pass(`answered ${path}`)
    return answer
  }

  type AddRequest = (request: http.ClientRequest, ...how: unknown[]) => void
  const { addRequest } = http.Agent.prototype as unknown as { addRequest: AddRequest }
  Object.assign(http.Agent.prototype, {
    addRequest(this: http.Agent, request: http.ClientRequest, ...how: unknown[]) {
      void pass(`ask ${request.method} ${request.path.replace(/\?.*/, '')}`).then(() =>
        addRequest.call(this, request, ...how),
      )
    },
  })
}

function nameOf(statement: string): string {
  return statement.replace(/\s+/g, ' ').trim().slice(0, 100)
}
