import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Has `/trainee jobs` find the jobs of each kind by an index, however many others there are. */
export class JobsByKind1795882686000 implements MigrationInterface {
  name = 'JobsByKind1795882686000'

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        CREATE INDEX ${table}_by_standing ON chatops.${table} (status, due_at, id) WHERE status IN ('waiting', 'running');
        CREATE INDEX ${table}_retrying ON chatops.${table} (due_at, id) WHERE status = 'waiting' AND attempts > 0`)
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`DROP INDEX chatops.${table}_by_standing, chatops.${table}_retrying`)
    }
  }
}

const TABLES = ['jobs', 'mirrored_jobs']
