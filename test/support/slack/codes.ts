// What Slack's Web API can answer (errors.json), by method.
import { readFileSync } from 'node:fs'

type Listed = { 'any method': string[]; 'by method': Record<string, string[]> }

const listed = JSON.parse(readFileSync(new URL('./errors.json', import.meta.url), 'utf8')) as Listed

export const ALL_CODES: readonly string[] = [
  ...new Set([...listed['any method'], ...Object.values(listed['by method']).flat(), 'no_such_subteam']),
]

/** The methods that can answer with a code of their own; none where any method can. */
export function methodsOf(code: string): string[] {
  if (listed['any method'].includes(code)) return []
  return Object.keys(listed['by method']).filter((method) => listed['by method'][method]?.includes(code))
}

/** Whether a method only asks who somebody is: nothing that we say depends on its codes. */
export function isQuestion(method: string): boolean {
  return method.startsWith('users.') || method.startsWith('usergroups.')
}

export function codesOf(method: string): string[] {
  return [...new Set([...listed['any method'], ...(listed['by method'][method] ?? [])])]
}
