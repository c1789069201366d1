import { afterEach, expect, test } from 'vitest'
import { createWeb, listen, type WebServer } from '../../src/bot/web.ts'

let server: WebServer | null = null
afterEach(() => server?.close())

test('however many ask at once, each look is under way only once', async () => {
  const looks = { database: 0, rest: 0, metrics: 0 }
  let answer = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  const count = (what: keyof typeof looks) => async () => {
    looks[what] += 1
    await held
    return {}
  }
  const text = () => count('metrics')().then(() => 'chatops_paused 0')
  const database = () => count('database')().then(() => {})
  const web = createWeb({ database }, async () => ({ type: 'text/plain', text }), count('rest'))
  server = await listen(web, '127.0.0.1', 0)
  const asked = ['readyz', 'metrics'].flatMap((page) =>
    Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${server?.port}/${page}`)),
  )
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([503]))
  answer()
  expect(looks).toEqual({ database: 1, rest: 1, metrics: 1 })
})

test('what is not ready yet is looked at again by the next who asks', async () => {
  let looks = 0
  const slack = async () => {
    looks += 1
    if (looks === 1) throw new Error('not connected yet')
  }
  const web = createWeb(
    { slack },
    async () => ({ type: 'text/plain', text: async () => '' }),
    async () => ({}),
  )
  server = await listen(web, '127.0.0.1', 0)
  const ask = async () => (await fetch(`http://127.0.0.1:${server?.port}/readyz`)).status
  expect([await ask(), await ask()]).toEqual([503, 200])
})
