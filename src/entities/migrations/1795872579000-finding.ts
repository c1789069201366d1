import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Finds requests, and what the bot did or saw of a trainee, as fast among 100,000 requests as among a few. */
export class Finding1795872579000 implements MigrationInterface {
  name = 'Finding1795872579000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX change_requests_newest_by_trainee ON chatops.change_requests (trainee_id, id);
      CREATE INDEX change_requests_newest_by_requester ON chatops.change_requests (requester, id);
      CREATE INDEX change_requests_newest_by_decider ON chatops.change_requests (decided_by, id);
      CREATE INDEX change_requests_newest_by_playbook ON chatops.change_requests (playbook, id);
      CREATE INDEX change_requests_newest_by_subject ON chatops.change_requests ((form ->> 'subject'), id);
      CREATE INDEX change_requests_newest_by_ticket ON chatops.change_requests (lower(form ->> 'ticket'), id)
        WHERE form ->> 'ticket' <> '';
      CREATE INDEX change_requests_newest_by_ticket_number
        ON chatops.change_requests (substring(form ->> 'ticket' from '([0-9]+)[^0-9]*$'), id)
        WHERE form ->> 'ticket' <> '';
      CREATE INDEX change_requests_lately_by_requester ON chatops.change_requests (requester, finished_at);
      CREATE INDEX change_requests_waiting ON chatops.change_requests (expires_at, id) WHERE status = 'pending';
      CREATE INDEX change_requests_finished ON chatops.change_requests (finished_at DESC, id DESC)
        WHERE finished_at IS NOT NULL AND sent_at IS NOT NULL;
      CREATE INDEX alert_entries_by_trainee ON chatops.alert_entries (trainee_id);
      CREATE INDEX school_waits_by_subject ON chatops.school_waits ((form ->> 'subject'));
      CREATE INDEX school_waits_by_requester ON chatops.school_waits (requester, id) WHERE status = 'waiting';
      DROP INDEX chatops.change_requests_by_trainee;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX change_requests_by_trainee ON chatops.change_requests (trainee_id);
      DROP INDEX chatops.change_requests_newest_by_trainee, chatops.change_requests_newest_by_requester,
        chatops.change_requests_newest_by_decider, chatops.change_requests_newest_by_playbook,
        chatops.change_requests_newest_by_subject, chatops.change_requests_newest_by_ticket,
        chatops.change_requests_newest_by_ticket_number, chatops.change_requests_lately_by_requester,
        chatops.change_requests_waiting, chatops.change_requests_finished, chatops.alert_entries_by_trainee,
        chatops.school_waits_by_subject, chatops.school_waits_by_requester;
    `)
  }
}
