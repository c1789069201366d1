// Register's tables as Rails made them, for databases that the sandbox and the tests build from nothing.
import { readFileSync } from 'node:fs'

interface Column {
  name: string
  type: string
  nullable: boolean
  default: string | null
}

interface Table {
  table: string
  columns: Column[]
  indexes: string[]
}

/** The DDL for every table in schema.json: columns, defaults, `<table>_id_seq`, indexes, primary keys. */
export function registerSchemaSql(): string {
  const tables: Table[] = JSON.parse(readFileSync(new URL('./schema.json', import.meta.url), 'utf8'))
  return tables.map(tableSql).join('\n')
}

function tableSql({ table, columns, indexes }: Table): string {
  const primaryKey = `${table}_pkey`
  const hasPrimaryKey = indexes.some((index) => index.includes(` ${primaryKey} `))
  return [
    `CREATE TABLE public.${table} (${columns.map(columnSql).join(', ')});`,
    ...indexes.map((index) => `${index};`),
    ...(hasPrimaryKey ? [`ALTER TABLE public.${table} ADD PRIMARY KEY USING INDEX ${primaryKey};`] : []),
  ].join('\n')
}

function columnSql(column: Column): string {
  if (column.default?.startsWith('nextval(')) return `${column.name} bigserial`
  const fallback = column.default === null ? '' : ` DEFAULT ${column.default}`
  return `${column.name} ${column.type}${fallback}${column.nullable ? '' : ' NOT NULL'}`
}
