// Everything that the bot writes or sends while stories run, but for DTTP's own requests: what a scanner looks through.
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect } from 'vitest'
import { isOwnDatabase } from '../support/redis-database.ts'
import type { FakeSlack } from '../support/slack/index.ts'

export type Sink = 'Slack' | 'log' | 'queue' | 'tables' | 'audit comments' | 'Trello' | 'metrics'

/** What was written since the last time it was asked, by sink. */
export type Sinks = { redis: Redis; take: () => Promise<Record<Sink, string[]>>; close: () => Promise<void> }

/** Columns of change_requests, and the only ones where people may stand: the executor needs them, retention purges them. */
const EXEMPT = `ARRAY['form', 'plan', 'checks']`

/**
 * Keeps every row that is ever written to a table that is not Register's, whatever becomes of it, by triggers; every
 * command that Redis is sent; every call of Slack's Web API and every answer to what Slack delivered.
 */
export async function openSinks(parts: {
  adminUrl: string
  redisUrl: string
  slack: FakeSlack
  logged: string[]
  sentToTrello: () => string[]
  metrics: () => Promise<string>
}): Promise<Sinks> {
  const admin = new pg.Client(parts.adminUrl)
  await admin.connect()
  await watchTables(admin)
  const redis = new Redis(parts.redisUrl)
  const { commands, close: stopMonitor } = monitor(parts.redisUrl)
  /** Redis tells of commands in their order: once this one has come, all before it have. */
  const caughtUp = async (): Promise<void> => {
    const marker = randomUUID()
    await expect
      .poll(async () => {
        await redis.echo(marker)
        return commands.some((command) => command.includes(marker))
      })
      .toBe(true)
  }
  let calls = 0
  let acknowledgements = 0
  let trello = 0

  return {
    redis,
    async take() {
      await caughtUp()
      const rows = await admin.query<{ row: string }>('DELETE FROM seen.rows RETURNING row')
      const comments = await admin.query<{ comment: string }>(
        `SELECT coalesce(comment, '') || ' ' || coalesce(username, '') AS comment FROM public.audits`,
      )
      const made = parts.slack.calls.slice(calls)
      calls += made.length
      const answers = parts.slack.acknowledgements.slice(acknowledgements)
      acknowledgements += answers.length
      const toTrello = parts.sentToTrello().slice(trello)
      trello += toTrello.length
      return {
        Slack: [...made.map(({ method, args }) => `${method} ${JSON.stringify(args)}`), ...answers],
        log: parts.logged.splice(0),
        queue: commands.splice(0),
        tables: rows.rows.map(({ row }) => row),
        'audit comments': comments.rows.map(({ comment }) => comment),
        Trello: toTrello,
        metrics: [await parts.metrics()],
      }
    },
    async close() {
      stopMonitor()
      redis.disconnect()
      await admin.end()
    },
  }
}

/**
 * Every command that Redis is sent, but those of files that run at the same time. ioredis's own monitor fails if the first
 * two come together.
 */
function monitor(redisUrl: string): { commands: string[]; close: () => void } {
  const commands: string[] = []
  const { hostname, port } = new URL(redisUrl)
  const socket = connect(Number(port), hostname, () => socket.write('MONITOR\r\n'))
  createInterface(socket).on('line', (line) => {
    const [, database] = /^\+[\d.]+ \[(\d+) /.exec(line) ?? []
    if (database === undefined || isOwnDatabase(Number(database))) commands.push(unescaped(line))
  })
  return { commands, close: () => socket.destroy() }
}

/** Redis writes bytes beyond ASCII as \xNN. */
function unescaped(command: string): string {
  return command.replace(/(?:\\x[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString())
}

async function watchTables(admin: pg.Client): Promise<void> {
  await admin.query(`
    CREATE SCHEMA seen;
    CREATE TABLE seen.rows (row text NOT NULL);
    GRANT USAGE ON SCHEMA seen TO PUBLIC;
    GRANT INSERT ON seen.rows TO PUBLIC;
    CREATE FUNCTION seen.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        INSERT INTO seen.rows VALUES (TG_TABLE_NAME || ' ' || (CASE TG_TABLE_NAME
          WHEN 'change_requests' THEN to_jsonb(NEW) - ${EXEMPT} ELSE to_jsonb(NEW) END)::text);
        RETURN NULL;
      END $$`)
  const { rows } = await admin.query<{ name: string }>(`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('public', 'seen', 'information_schema', 'pg_catalog')`)
  for (const { name } of rows) {
    await admin.query(
      `CREATE TRIGGER noted AFTER INSERT OR UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION seen.note()`,
    )
  }
}
