// Stands between a bot and Redis, and has Redis quote somebody in an error now and then.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One whole reply of RESP that is nothing but a status, a number or an empty one. */
const SHORT_REPLY = /^(?:[+:][^\r\n]*|[$*]-1)\r\n$/

/** @property quote the next `times` short replies are this error instead */
export type QuotingRedis = { url: string; quote: (text: string, times?: number) => void; stop: () => Promise<void> }

export async function startQuotingRedis(redisUrl: string): Promise<QuotingRedis> {
  const target = new URL(redisUrl)
  const sockets = new Set<Socket>()
  let error = ''
  let left = 0
  const server = createServer((client) => {
    const redis = connect(Number(target.port), target.hostname)
    client.pipe(redis)
    redis.on('data', (chunk) => {
      const isQuoted = left > 0 && SHORT_REPLY.test(chunk.toString('latin1'))
      if (isQuoted) left--
      client.write(isQuoted ? `-ERR ${error}\r\n` : chunk)
    })
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(redisUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    quote(text, times = 1) {
      error = text.replace(/[\r\n]/g, ' ')
      left = times
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
