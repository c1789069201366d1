import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { Queue } from 'bullmq'
import type { Application, ErrorRequestHandler, Request, RequestHandler } from 'express'
import basicAuth from 'express-basic-auth'
import helmet from 'helmet'

// Bull Board, read-only: people change things only by a request that a second person approves.

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
  web.use(PATH, harden(), keepNothing, refuseWrites, authenticate(credentials), board.getRouter(), answerErrors)
}

/** The board's page has styles of its own; its fonts from elsewhere are left out. */
const CONTENT_SECURITY_POLICY = {
  'default-src': [`'none'`],
  'script-src': [`'self'`],
  'style-src': [`'self'`, `'unsafe-inline'`],
  'img-src': [`'self'`, 'data:'],
  'font-src': [`'self'`],
  'connect-src': [`'self'`],
  'base-uri': [`'self'`],
  'form-action': [`'none'`],
  'frame-ancestors': [`'none'`],
}

/** Strict-Transport-Security is left to the proxy in front of the bot, which holds the certificate. */
function harden(): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  })
}

const keepNothing: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

const refuseWrites: RequestHandler = (request, response, next) => {
  if (request.method === 'GET') next()
  else response.status(405).set('Allow', 'GET').type('text').send('The dashboard is for looking only.\n')
}

/** User and password are compared in constant time, and an answer does not say which of them was wrong. */
function authenticate(credentials: string): RequestHandler {
  const [user = '', ...password] = credentials.split(':')
  return basicAuth({
    users: { [user]: password.join(':') },
    unauthorizedResponse({ res }: Request) {
      res?.type('text').set('WWW-Authenticate', 'Basic realm="queues", charset="UTF-8"')
      return 'Enter the user and password.\n'
    },
  })
}

/** What went wrong before the board itself could answer, such as a path that cannot be decoded. */
const answerErrors: ErrorRequestHandler = (error: { status?: unknown }, _request, response, next) => {
  if (response.headersSent) return next(error)
  response
    .status(error.status === 400 ? 400 : 500)
    .type('text')
    .send('The dashboard could not answer.\n')
}
