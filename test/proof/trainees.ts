// As many trainees as a proof needs, all like the demo's ordinary one, and what became of their rows.
import type pg from 'pg'
import { withClient } from '../../sandbox/register/database.ts'
import { seedRegister } from '../../sandbox/register/seed.ts'

const FIRST_ID = 100_001

/** The route that every request of a proof asks for. */
export const ROUTE = 'school_direct_salaried'

/** Fills an empty Register with the demo's people and `count` more trainees; returns their slugs. */
export async function seedTrainees(adminUrl: string, count: number): Promise<string[]> {
  await seedRegister(adminUrl)
  return withClient(adminUrl, async (client) => {
    await client.query(
      `INSERT INTO public.trainees
       SELECT (jsonb_populate_record(t, jsonb_build_object('id', n, 'slug', 'ProofTrainee' || n,
         'trainee_id', '21/22-' || n, 'email', 'trainee.' || n || '@example.test', 'dttp_id', gen_random_uuid(),
         'placement_assignment_dttp_id', gen_random_uuid()))).*
       FROM public.trainees t, generate_series($1::int, $2::int) n WHERE t.id = 5901`,
      [FIRST_ID, FIRST_ID + count - 1],
    )
    return Array.from({ length: count }, (_, index) => `ProofTrainee${FIRST_ID + index}`)
  })
}

type Row = Record<string, unknown>

/** One request, its trainee's row as it is now, and how often it was audited, carried out and approved. */
export type Found = {
  id: string
  status: string
  trainee: Row
  audits: number
  executed: number
  approved: number
}

/** All requests as one statement sees them, so that no transaction is seen half. */
export async function lookAtRequests(client: pg.Client): Promise<Map<string, Found>> {
  const { rows } = await client.query<Found>(`
    SELECT request.id, request.status, to_jsonb(trainee) AS trainee,
      (SELECT count(*)::int FROM public.audits WHERE comment LIKE 'CR-' || request.id || ':%') AS audits,
      (SELECT count(*)::int FROM chatops.ledger
        WHERE change_request_id = request.id AND event = 'executed') AS executed,
      (SELECT count(*)::int FROM chatops.ledger
        WHERE change_request_id = request.id AND event = 'approved') AS approved
    FROM chatops.change_requests request JOIN public.trainees trainee ON trainee.id = request.trainee_id`)
  return new Map(rows.map((row) => [row.id, row]))
}
