// What statements touch of Register's tables: written down while code runs, so that it can be held against the table in
// src/compatibility/touched.ts.
import type { DataSource } from 'typeorm'
import { expectedTables } from '../../src/compatibility/expected.ts'
import type { RegisterTable } from '../../src/compatibility/touched.ts'

export type Seen = { tables: Set<string>; updated: Set<string>; inserted: Set<string> }

/** Notes every statement of these sessions from now on; null ends that. */
export function noteStatements(database: DataSource, seen: Seen | null): void {
  const tables = Object.keys(expectedTables(database)) as RegisterTable[]
  const note = (statement: string) => {
    if (!seen) return
    const plain = statement.replaceAll('"', '')
    for (const table of tables) {
      if (!new RegExp(`\\bpublic\\.${table}\\b`).test(plain)) continue
      seen.tables.add(table)
      for (const column of updated(plain, table)) seen.updated.add(`${table}.${column}`)
      for (const column of inserted(plain, table)) seen.inserted.add(`${table}.${column}`)
    }
  }
  const silent = () => {}
  Object.assign(database, {
    logger: {
      ...{ logQuery: note, logQueryError: silent, logQuerySlow: silent },
      ...{ logSchemaBuild: silent, logMigration: silent, log: silent },
    },
  })
}

function updated(statement: string, table: string): string[] {
  const [, own] = new RegExp(`UPDATE public\\.${table} SET ([\\s\\S]*?)(?: WHERE |$)`).exec(statement) ?? []
  const [, upserted] =
    new RegExp(`INTO public\\.${table}[\\s\\S]*DO UPDATE SET ([\\s\\S]*?)RETURNING`).exec(statement) ?? []
  return [...`${own ?? ''},${upserted ?? ''}`.matchAll(/(?:^|[\s,])(\w+) = /g)].map(([, column = '']) => column)
}

function inserted(statement: string, table: string): string[] {
  const [, columns = '', values = ''] =
    new RegExp(`INSERT INTO public\\.${table}\\s*\\(([^)]*)\\)(?:\\s*VALUES \\(([^)]*))?`).exec(statement) ?? []
  const given = values.split(',').map((value) => value.trim())
  return columns.split(/,\s*/).filter((column, index) => column !== '' && given[index] !== 'DEFAULT')
}
