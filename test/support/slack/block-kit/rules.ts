/** The vocabulary the Block Kit tables are written in: a rule looks at one value and reports what Slack would object to. */
import type { JsonObject } from '../types.ts'

export type Report = (problem: string, path: string) => void
export type Rule = (value: unknown, path: string, report: Report) => void

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Runs a rule and returns its objections in Slack's wording, with the JSON pointer of each. */
export function problemsOf(rule: Rule, value: unknown, path: string): string[] {
  const problems: string[] = []
  rule(value, path, (problem, at) => problems.push(`[ERROR] ${problem} [json-pointer:${at}]`))
  return problems
}

export function string(max: number, min = 1): Rule {
  return (value, path, report) => {
    if (typeof value !== 'string') return report('must be a string', path)
    if (value.length < min) report(`must be more than ${min - 1} characters`, path)
    if (value.length > max) report(`must be less than ${max + 1} characters`, path)
  }
}

export const flag: Rule = (value, path, report) => {
  if (typeof value !== 'boolean') report('must be a boolean', path)
}

export function integer(min: number, max: number): Rule {
  return (value, path, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      report(`must be an integer from ${min} to ${max}`, path)
    }
  }
}

export function oneOf(...allowed: string[]): Rule {
  return (value, path, report) => {
    if (typeof value !== 'string' || !allowed.includes(value)) report(`must be one of: ${allowed.join(', ')}`, path)
  }
}

export function matching(pattern: RegExp, what: string): Rule {
  return (value, path, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(`must be ${what}`, path)
  }
}

export function listOf(item: Rule, max: number, min = 1): Rule {
  return (value, path, report) => {
    if (!Array.isArray(value)) return report('must be an array', path)
    if (value.length < min) report(`no fewer than ${min} items required`, path)
    if (value.length > max) report(`no more than ${max} items allowed`, path)
    for (const [index, entry] of value.entries()) item(entry, `${path}/${index}`, report)
  }
}

interface Shape {
  required?: Record<string, Rule>
  optional?: Record<string, Rule>
  /** What no single key can tell: combinations of keys. */
  also?: (value: JsonObject, path: string, report: Report) => void
}

/** An object with these keys and no others (`type` is always allowed: the tables are keyed by it). */
export function shape({ required = {}, optional = {}, also }: Shape): Rule {
  return (value, path, report) => {
    if (!isObject(value)) return report('must be an object', path)
    for (const key of Object.keys(required)) {
      if (value[key] === undefined || value[key] === null) report(`missing required field: ${key}`, path)
    }
    for (const [key, entry] of Object.entries(value)) {
      const rule = required[key] ?? optional[key]
      if (rule) entry === null || rule(entry, `${path}/${key}`, report)
      else if (key !== 'type') report(`invalid additional property: ${key}`, path)
    }
    also?.(value, path, report)
  }
}

/** Chooses the rule by the object's `type`; a type that is not in the table is refused. */
export function byType(table: Record<string, Rule>): Rule {
  return (value, path, report) => {
    if (!isObject(value)) return report('must be an object', path)
    const type = String(value['type'])
    const rule = Object.hasOwn(table, type) ? table[type] : undefined
    if (rule) rule(value, path, report)
    else report(`unsupported type: ${type}`, `${path}/type`)
  }
}

/** The part of a table that a place allows. */
export function only(table: Record<string, Rule>, ...types: string[]): Rule {
  return byType(Object.fromEntries(Object.entries(table).filter(([type]) => types.includes(type))))
}
