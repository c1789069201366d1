import * as z from 'zod'
import type { Span } from '../calendar/working-time.ts'

// The kinds of settings, each parsed out of the text of a variable. No message repeats a value: it could be a secret.

export const USER_OR_GROUP = /^[UWS][A-Z0-9]{2,}$/
export const CHANNEL = /^[CG][A-Z0-9]{2,}$/

/** A duration such as "90s", "15m", "24h" or "7d", in milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,5}(s|m|h|d)$/, 'must be a number with s, m, h or d, such as 24h')
  .transform(
    (text) =>
      Number(text.slice(0, -1)) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
  )

/** A duration by the clock, or `8wh` and `2wd`: hours and days on which people work. */
const span = z.string().transform((text, issues): Span => {
  const [, count, unit] = /^(\d{1,3})w(h|d)$/.exec(text) ?? []
  if (Number(count) > 0) return { unit: unit === 'h' ? 'working-hours' : 'working-days', count: Number(count) }
  const byClock = duration.safeParse(text)
  if (byClock.success) return { unit: 'milliseconds', count: byClock.data }
  issues.addIssue({ code: 'custom', message: 'must be a duration such as 1wd, 8wh or 24h' })
  return z.NEVER
})

export function listOf(pattern: RegExp, what: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    )
    .refine((items) => items.length > 0, `must name at least one ${what}`)
    .refine((items) => items.every((item) => pattern.test(item)), `must be a comma-separated list of ${what} ids`)
}

/** What is wrong with an item of a list, without repeating it: it could be a secret in the wrong place. */
function unlike(item: number, example: string): string {
  return `has an item that does not look like ${example}: number ${item}`
}

/** "1wd" for every playbook, or "1wd,fix-route=8wh": name=duration after the default. */
export const expiry = z.string().transform((text, issues) => {
  const [first = '', ...rest] = text.split(',').map((item) => item.trim())
  const standard = span.safeParse(first)
  const byPlaybook = new Map<string, Span>()
  for (const [index, item] of rest.entries()) {
    const [name = '', value = ''] = item.split('=')
    const parsed = span.safeParse(value)
    if (!name || !parsed.success) issues.addIssue({ code: 'custom', message: unlike(index + 2, 'fix-route=8wh') })
    else byPlaybook.set(name, parsed.data)
  }
  if (standard.success) return { standard: standard.data, byPlaybook }
  issues.addIssue({ code: 'custom', message: 'must begin with a duration such as 1wd, 8wh or 24h' })
  return z.NEVER
})

/** "persist_to_dttp=true,routes.hpitt_postgrad=false,…"; "routes=all" stands for every route that is not named. */
export const features = z.string().transform((text, issues) => {
  const flags = new Map<string, boolean>()
  const items = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  for (const [index, item] of items.entries()) {
    const [name = '', value = ''] = item.split('=')
    if (item === 'routes=all') flags.set('routes', true)
    else if (!/^[a-z_.]+$/.test(name) || !['true', 'false'].includes(value)) {
      issues.addIssue({ code: 'custom', message: unlike(index + 1, 'persist_to_dttp=true') })
    } else flags.set(name, value === 'true')
  }
  for (const needed of ['persist_to_dttp', 'sync_from_dttp']) {
    if (!flags.has(needed)) issues.addIssue({ code: 'custom', message: `must say whether ${needed} is true or false` })
  }
  const named = [...flags.keys()].some((name) => name.startsWith('routes'))
  if (!named)
    issues.addIssue({
      code: 'custom',
      message: 'must say which routes are on: routes=all, or routes.<name>=true for each',
    })
  return flags
})

/** https, or plain http to this very machine: credentials are sent there. */
export const httpsUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  if (!URL.canParse(url)) return true
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}, 'must be an https:// URL')

export const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
export const redisUrl = z.string().regex(/^rediss?:\/\//, 'must be a redis:// URL')

export const sentinels = z.string().transform((text, issues) => {
  const found = text.split(',').map((item) => /^\[?([\w.:-]+?)\]?:(\d{1,5})$/.exec(item.trim()))
  for (const [index, item] of found.entries()) {
    if (!item) issues.addIssue({ code: 'custom', message: unlike(index + 1, 'sentinel.example:26379') })
  }
  return found.map((item) => ({ host: item?.[1] ?? '', port: Number(item?.[2]) }))
})

export const secret = (prefix: RegExp, what: string) => z.string().regex(prefix, `must be ${what}`)

export const environment = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be a short name in lower case, such as production or staging')

export const trelloSecret = secret(/^[\w-]{1,256}$/, 'letters and digits')
