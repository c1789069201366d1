import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The second version of the ledger's chain. In the first, the fields that are hashed were joined by line breaks, so a field
 * with a line break in it could be split anew under the same hash. Now each field is preceded by its length. Entries of the
 * first version stay as they are; src/ledger/chain.ts recomputes both.
 *
 * Whoever holds the chain's head holds up everyone who wants to append. The append is the last statement of its transaction,
 * so a session that idles after it belongs to a process that was stopped: Postgres ends it after two seconds. Others wait for
 * little longer than that, and then say so. And what is on record is flushed to disk, also where the server does not do that
 * by itself (synchronous_commit=off).
 */
export class LedgerChain1795867947000 implements MigrationInterface {
  name = 'LedgerChain1795867947000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE chatops.ledger ADD COLUMN chain smallint NOT NULL DEFAULT 1;
      ALTER TABLE chatops.ledger ALTER COLUMN chain SET DEFAULT 2;
      ${CONSTRAINTS}
      ${APPEND}
    `)
  }

  async down(): Promise<void> {
    throw new Error('entries of the second chain cannot be read by the version before')
  }
}

/** For what is added from now on: what is there already, verify-ledger looks at. */
const CONSTRAINTS = `
  ALTER TABLE chatops.ledger
    ADD CONSTRAINT ledger_seq CHECK (seq > 0) NOT VALID,
    ADD CONSTRAINT ledger_chain CHECK (chain = 2) NOT VALID,
    ADD CONSTRAINT ledger_event CHECK (event ~ '^[a-z]+(-[a-z]+)*$') NOT VALID,
    ADD CONSTRAINT ledger_actor CHECK (actor ~ '^[A-Za-z0-9_-]{1,64}$') NOT VALID,
    ADD CONSTRAINT ledger_details CHECK (jsonb_typeof(details) = 'object') NOT VALID,
    ADD CONSTRAINT ledger_hash CHECK (hash ~ '^[0-9a-f]{64}$' AND hash <> prev_hash) NOT VALID;
  ALTER TABLE chatops.ledger_head
    ADD CONSTRAINT ledger_head_seq CHECK (seq >= 0) NOT VALID,
    ADD CONSTRAINT ledger_head_hash CHECK (hash ~ '^[0-9a-f]{64}$') NOT VALID;
`

const APPEND = `
  CREATE FUNCTION chatops.ledger_text(VARIADIC fields text[]) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', '' ORDER BY place)
    FROM unnest(fields) WITH ORDINALITY AS given (field, place)
  $$;

  CREATE OR REPLACE FUNCTION chatops.append_ledger(change_request_id bigint, event text, actor text, details jsonb)
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    head chatops.ledger_head;
    moment timestamptz;
    entry_hash text;
  BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '2s', true);
    IF current_setting('lock_timeout')::interval NOT BETWEEN '1ms' AND '2500ms' THEN
      PERFORM set_config('lock_timeout', '2500ms', true);
    END IF;
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    SELECT * INTO STRICT head FROM chatops.ledger_head FOR UPDATE;
    moment := clock_timestamp();
    entry_hash := encode(sha256(convert_to(chatops.ledger_text(
      'chatops ledger 2',
      head.hash,
      (head.seq + 1)::text,
      coalesce(change_request_id::text, '-'),
      to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
      event, actor, details::text), 'UTF8')), 'hex');
    INSERT INTO chatops.ledger (seq, change_request_id, at, event, actor, details, prev_hash, hash, chain)
      VALUES (head.seq + 1, change_request_id, moment, event, actor, details, head.hash, entry_hash, 2);
    UPDATE chatops.ledger_head SET seq = head.seq + 1, hash = entry_hash;
    RETURN entry_hash;
  END
  $$;
`
