import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * A request keeps its trainee's slug. Those that are there have it in their form; where theirs is about something else,
 * another request about the same trainee may have it.
 */
export class TraineeSlug1764300000000 implements MigrationInterface {
  name = 'TraineeSlug1764300000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE chatops.change_requests ADD COLUMN trainee_slug text')
    await runner.query(FROM_FORM)
    await runner.query(FROM_OTHERS)
    await runner.query(GUARD)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION chatops.guard_trainee_slug() CASCADE')
    await runner.query('ALTER TABLE chatops.change_requests DROP COLUMN trainee_slug')
  }
}

const FROM_FORM = `
  UPDATE chatops.change_requests SET trainee_slug = form ->> 'trainee'
  WHERE trainee_id IS NOT NULL AND form ->> 'trainee' <> ''`

const FROM_OTHERS = `
  UPDATE chatops.change_requests request SET trainee_slug = known.trainee_slug
  FROM (SELECT DISTINCT ON (trainee_id) trainee_id, trainee_slug FROM chatops.change_requests
        WHERE trainee_slug IS NOT NULL ORDER BY trainee_id, id DESC) known
  WHERE known.trainee_id = request.trainee_id AND request.trainee_slug IS NULL`

const GUARD = `
  CREATE FUNCTION chatops.guard_trainee_slug() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.trainee_slug IS DISTINCT FROM OLD.trainee_slug THEN
      RAISE EXCEPTION 'change request % is fixed once proposed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END
  $$;
  CREATE TRIGGER guard_trainee_slug BEFORE UPDATE OF trainee_slug ON chatops.change_requests
    FOR EACH ROW EXECUTE FUNCTION chatops.guard_trainee_slug();
`
