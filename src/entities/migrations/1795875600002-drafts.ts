import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Until a request is sent, its requester may change the answers in its form, and what follows from them. */
export class Drafts1795875600002 implements MigrationInterface {
  name = 'Drafts1795875600002'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(guard("OLD.status = 'unsent' AND NEW.status = 'unsent'"))
    await runner.query(guardSlug("OLD.status <> 'unsent' OR NEW.status <> 'unsent'"))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(guard('false'))
    await runner.query(guardSlug('true'))
  }
}

const guard = (isDraft: string) => `
  CREATE OR REPLACE FUNCTION chatops.guard_change_request() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE is_draft boolean := ${isDraft};
  BEGIN
    IF NEW.id <> OLD.id OR NEW.playbook <> OLD.playbook OR (NOT is_draft AND NEW.playbook_version <> OLD.playbook_version)
      OR NEW.requester <> OLD.requester OR (NOT is_draft AND (NEW.digest <> OLD.digest OR NEW.subjects <> OLD.subjects))
      OR NEW.created_at <> OLD.created_at OR NEW.channel <> OLD.channel
      OR (NOT is_draft AND NEW.trainee_id IS DISTINCT FROM OLD.trainee_id) OR NEW.follows IS DISTINCT FROM OLD.follows THEN
      RAISE EXCEPTION 'change request % is fixed once proposed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.form IS DISTINCT FROM OLD.form OR NEW.plan IS DISTINCT FROM OLD.plan OR NEW.checks IS DISTINCT FROM OLD.checks)
      AND (CASE WHEN is_draft THEN NEW.form IS NULL OR NEW.plan IS NULL OR NEW.checks IS NULL
        ELSE EXISTS (SELECT FROM chatops.transitions WHERE from_status = OLD.status)
          OR NEW.form IS NOT NULL OR NEW.plan IS NOT NULL OR NEW.checks IS NOT NULL END) THEN
      RAISE EXCEPTION 'the plan of change request % is fixed; it can only be purged once finished', OLD.id
        USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by THEN
      RAISE EXCEPTION 'change request % is already decided', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status THEN
      IF NOT EXISTS (SELECT FROM chatops.transitions WHERE from_status = OLD.status AND to_status = NEW.status) THEN
        RAISE EXCEPTION 'change request % cannot go from % to %', OLD.id, OLD.status, NEW.status
          USING ERRCODE = 'check_violation';
      END IF;
      IF NEW.status = 'pending' THEN
        INSERT INTO chatops.open_subjects
          SELECT DISTINCT subject, NEW.id FROM unnest(NEW.subjects) AS subject ORDER BY subject;
      ELSIF NOT EXISTS (SELECT FROM chatops.transitions WHERE from_status = NEW.status) THEN
        DELETE FROM chatops.open_subjects WHERE change_request_id = NEW.id;
        NEW.finished_at := coalesce(NEW.finished_at, now());
      END IF;
    END IF;
    RETURN NEW;
  END
  $$;
`

const guardSlug = (isFixed: string) => `
  CREATE OR REPLACE FUNCTION chatops.guard_trainee_slug() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.trainee_slug IS DISTINCT FROM OLD.trainee_slug AND (${isFixed}) THEN
      RAISE EXCEPTION 'change request % is fixed once proposed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END
  $$;
`
