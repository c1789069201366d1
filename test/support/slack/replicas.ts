/** The app's request URLs. Slack sends each payload to one of them, never to all. */
import { createHmac } from 'node:crypto'
import { request } from 'node:http'

/** Which replica a delivery goes to: the next in turn unless told otherwise. A number counts in order of adding. */
export type Pick = 'next' | 'random' | number | string

export interface Sent {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export type Replicas = ReturnType<typeof createReplicas>

export function createReplicas(seed: number) {
  const urls: string[] = []
  const random = mulberry32(seed)
  let turn = 0

  return {
    add(url: string): void {
      urls.push(url)
    },
    remove(url: string): void {
      const index = urls.indexOf(url)
      if (index >= 0) urls.splice(index, 1)
    },
    choose(pick: Pick = 'next'): string {
      if (typeof pick === 'string' && pick.startsWith('http')) return pick
      const index = pick === 'random' ? Math.floor(random() * urls.length) : pick === 'next' ? turn++ : Number(pick)
      const url = typeof pick === 'number' ? urls[index] : urls[index % urls.length]
      if (!url) throw new Error('The fake Slack knows no such replica: call addReplica(requestUrl) first')
      return url
    },
  }
}

/** Slack's v0 signature, stamped with the real time because the app checks it against its own clock. */
export function signed(body: string, signingSecret: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` }
}

/** Posts on a connection of its own. Rejects if the connection fails or `signal` aborts it. */
export function post(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const sending = request(
      url,
      { method: 'POST', headers: { ...headers, ...length }, agent: false, signal },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        })
      },
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
