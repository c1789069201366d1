import { createServer, type Server } from 'node:http'
import express, { type Application } from 'express'
import pTimeout from 'p-timeout'
import type { Metrics } from './metrics.ts'

/** Whether each thing we depend on answers; each throws if it does not. */
export type Probes = Readonly<Record<string, () => Promise<void>>>

export type WebServer = { port: number; close: () => Promise<void> }

const ANSWER_WITHIN_MS = 2_000

/**
 * `/healthz`: this process runs. `/readyz`: everything it depends on answers, or 503 and what does not. `/metrics`: how much
 * there is to do, or 503 where that cannot be read.
 * @param openMetrics called by the first who asks for them
 * @param findRest what is switched off meanwhile, or should be set up otherwise; it does not make the process unready
 */
export function createWeb(
  probes: Probes,
  openMetrics: () => Promise<Metrics>,
  findRest: () => Promise<object>,
): Application {
  const web = express()
  const looks = Object.values(probes).map(shared)
  const findShared = shared(findRest)
  let metrics: Promise<Metrics & { shared: () => Promise<string> }> | undefined
  web.disable('x-powered-by')
  web.get('/healthz', (_request, response) => {
    response.json({ ok: true })
  })
  web.get('/readyz', async (_request, response) => {
    const names = Object.keys(probes)
    const finding = pTimeout(findShared(), { milliseconds: ANSWER_WITHIN_MS }).catch(() => ({}))
    const results = await Promise.allSettled(looks.map((look) => pTimeout(look(), { milliseconds: ANSWER_WITHIN_MS })))
    const answers = Object.fromEntries(names.map((name, index) => [name, results[index]?.status === 'fulfilled']))
    const ready = Object.values(answers).every(Boolean)
    response.status(ready ? 200 : 503).json({ ready, ...answers, ...(await finding) })
  })
  web.get('/metrics', async (_request, response) => {
    metrics ??= openMetrics().then((opened) => ({ ...opened, shared: shared(opened.text) }))
    const { type, shared: text } = await metrics
    const found = await pTimeout(text(), { milliseconds: ANSWER_WITHIN_MS }).catch(() => null)
    if (found === null) response.status(503).end()
    else response.type(type).send(found)
  })
  return web
}

const SHARED_FOR_MS = 1_000

/**
 * The same for all who ask while it is under way, and for a second after: whoever reaches the port may ask as often as they
 * like, and the sessions of the database are for approvals. What takes too long is not begun once more beside itself. That
 * something is not so yet is nobody's answer but of those who asked meanwhile: a process that starts is ready once it is.
 */
function shared<T>(look: () => Promise<T>): () => Promise<T> {
  let last: { answer: Promise<T>; until: number } | null = null
  return () => {
    if (last && performance.now() < last.until) return last.answer
    const asked = { answer: look(), until: Number.POSITIVE_INFINITY }
    const isOver = () => {
      asked.until = performance.now() + SHARED_FOR_MS
    }
    asked.answer.then(isOver, () => {
      asked.until = 0
    })
    last = asked
    return asked.answer
  }
}

/** Starts listening; port 0 takes any free one. */
export async function listen(web: Application, host: string, port: number): Promise<WebServer> {
  const server: Server = createServer((request, response) => web(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close() {
      server.closeIdleConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        setTimeout(() => server.closeAllConnections(), 3_000).unref()
      })
    },
  }
}
