import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Takes DTTP's words out of what earlier versions kept of a failure: they name people, and would be shown again. Such a
 * failure keeps its sentence, its status and its code. What a request was approved with (`checks`) stays until it is
 * purged.
 */
export class OtherSystemsWords1764500000000 implements MigrationInterface {
  name = 'OtherSystemsWords1764500000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WITHOUT_WORDS)
    for (const [table, column] of KEPT) {
      await runner.query(
        `UPDATE chatops.${table} SET ${column} = chatops.without_words(${column}) WHERE ${column}::text ~ $1`,
        [SENTENCE],
      )
    }
    await runner.query('DROP FUNCTION chatops.without_words(jsonb)')
  }

  /** Nobody misses them. */
  async down(): Promise<void> {}
}

const KEPT = [
  ['jobs', 'failure'],
  ['jobs', 'progress'],
  ['alert_entries', 'failure'],
  ['outbox', 'payload'],
  ['change_requests', 'outcome'],
]

/** How those sentences began; status and code followed in brackets, and after a colon what DTTP had said. */
export const SENTENCE =
  '(DTTP does not have the record|DTTP refused it|DTTP did not answer, or asked us to wait' +
  '|DTTP did not accept the bot’s credentials|We sent a change to DTTP and got no readable answer' +
  '|We could not read what DTTP answered)( \\([^()]*\\))?: '

export const WITHOUT_WORDS = `
  CREATE FUNCTION chatops.without_words(kept jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(kept)
      WHEN 'string' THEN to_jsonb(regexp_replace(kept #>> '{}', '${SENTENCE}.*$', '\\1\\2.'))
      WHEN 'object' THEN (
        SELECT coalesce(jsonb_object_agg(key, chatops.without_words(value)), '{}') FROM jsonb_each(kept))
      WHEN 'array' THEN (
        SELECT coalesce(jsonb_agg(chatops.without_words(value) ORDER BY place), '[]')
        FROM jsonb_array_elements(kept) WITH ORDINALITY AS one (value, place))
      ELSE kept
    END
  $$`
