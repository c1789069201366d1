import { createHash, timingSafeEqual } from 'node:crypto'
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { Queue } from 'bullmq'
import type { Application, ErrorRequestHandler, RequestHandler } from 'express'

// Bull Board, for looking only. What people change goes through a request that a second person approves.

const PATH = '/jobs'

/**
 * Serves the queues at /jobs to whoever knows the user and password. Only GET is answered.
 * @param credentials `<user>:<password>`
 */
export function mountDashboard(web: Application, credentials: string, queues: readonly Queue[]): void {
  const board = new ExpressAdapter().setBasePath(PATH)
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false })),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Queues', hideRedisDetails: true } },
  })
  web.use(PATH, harden, refuseWrites, authenticate(credentials), board.getRouter(), answerErrors)
}

/** The board's page has styles of its own; its fonts from elsewhere are left out. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `base-uri 'self'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ')

const harden: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  })
  next()
}

const refuseWrites: RequestHandler = (request, response, next) => {
  if (request.method === 'GET') next()
  else response.status(405).set('Allow', 'GET').type('text').send('The dashboard is for looking only.\n')
}

/** Compares user and password as one, in constant time: an answer says nothing of which of them was wrong. */
function authenticate(credentials: string): RequestHandler {
  const right = hash(credentials)
  return (request, response, next) => {
    const [, given] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (timingSafeEqual(hash(Buffer.from(given ?? '', 'base64')), right)) return next()
    const challenge = 'Basic realm="queues", charset="UTF-8"'
    response.status(401).set('WWW-Authenticate', challenge).type('text').send('Enter the user and password.\n')
  }
}

function hash(credentials: string | Buffer): Buffer {
  return createHash('sha256').update(credentials).digest()
}

/** What went wrong before the board itself could answer, such as a path that cannot be decoded. */
const answerErrors: ErrorRequestHandler = (error: { status?: unknown }, _request, response, next) => {
  if (response.headersSent) return next(error)
  response
    .status(error.status === 400 ? 400 : 500)
    .type('text')
    .send('The dashboard could not answer.\n')
}
