import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Has the sweeps find in the mirror what is live, and what is over for long, however much the last nights have left. */
export class MirrorOfManyNights1795908600000 implements MigrationInterface {
  name = 'MirrorOfManyNights1795908600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX mirrored_jobs_live ON chatops.mirrored_jobs (id) WHERE place <> 'gone';
      CREATE INDEX mirrored_jobs_over ON chatops.mirrored_jobs (finished_at) WHERE place = 'gone';
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX chatops.mirrored_jobs_live, chatops.mirrored_jobs_over')
  }
}
