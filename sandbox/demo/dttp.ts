// The demo's DTTP: it knows what Register's database says it knows, whatever was done in earlier runs.
import codeSets from '../../src/dttp/code-sets.json' with { type: 'json' }
import { type DttpSimulator, startDttpSimulator } from '../dttp/index.ts'
import { withClient } from '../register/database.ts'
import { dttpId } from '../register/seed/ids.ts'

/** The one trainee whose records somebody has deleted in DTTP. */
const LOST = dttpId('contact', 5913)
/** A school that Register's list of DTTP's schools lacks: support has just added it to DTTP. */
const NOT_SYNCHRONISED = { urn: '900005', dttp_id: dttpId('school', 805) }
/** What DTTP keeps for a school that does not apply. */
const NOT_APPLICABLE = '9e7fcac0-4a37-e811-80ef-005056ac45bb'

/**
 * Starts a DTTP for the demo's trainees.
 * @param options.trnAfterMs how long after its registration a trainee is given a TRN
 * @param options.port where to listen; 0 for any port
 */
export async function startDemoDttp(
  adminUrl: string,
  options: { trnAfterMs: number; port: number },
): Promise<DttpSimulator> {
  const simulator = await startDttpSimulator(options)
  const { state } = simulator
  for (const id of Object.values(codeSets.institutions)) state.add('accounts', { id, name: 'Demo institution' })
  state.add('accounts', { id: NOT_APPLICABLE, name: 'Not applicable' })
  await withClient(adminUrl, async (client) => {
    const rows = async (sql: string) => (await client.query(sql)).rows
    for (const { dttp_id: id, name } of await rows('SELECT dttp_id, name FROM providers WHERE dttp_id IS NOT NULL')) {
      state.add('accounts', { id, name, dfe_provider: true })
    }
    for (const { dttp_id: id, name, urn, status_code } of await rows('SELECT * FROM dttp_schools ORDER BY id')) {
      state.add('accounts', { id, name, dfe_urn: urn, statuscode: status_code })
    }
    state.add('accounts', {
      id: NOT_SYNCHRONISED.dttp_id,
      name: 'Demo School Missing From Dttp',
      dfe_urn: NOT_SYNCHRONISED.urn,
    })
    for (const { dttp_id: id } of await rows('SELECT dttp_id FROM users WHERE dttp_id IS NOT NULL')) {
      state.add('contacts', { id, dfe_trn: null })
    }
    for (const trainee of await rows(TRAINEES)) addTrainee(state, trainee)
  })
  return simulator
}

/** Has DTTP give a trainee their TRN some time from now, unless they have one. */
export async function promiseTrn(
  { state }: DttpSimulator,
  adminUrl: string,
  { trainee, trn, afterMs }: { trainee: number; trn: string; afterMs: number },
): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query('SELECT dttp_id FROM trainees WHERE id = $1 AND trn IS NULL', [trainee])
    for (const { dttp_id } of rows) if (dttp_id !== null) state.giveTrn(dttp_id, { trn, afterMs })
  })
}

const TRAINEES = `
  SELECT t.id, t.dttp_id AS contact, t.placement_assignment_dttp_id AS placement, t.trainee_id, t.trn, p.dttp_id AS provider,
    coalesce((SELECT array_agg(d.dttp_id) FROM degrees d WHERE d.trainee_id = t.id AND d.dttp_id IS NOT NULL), '{}') AS degrees
  FROM trainees t JOIN providers p ON p.id = t.provider_id WHERE t.dttp_id IS NOT NULL`

type Known = {
  id: string
  contact: string
  placement: string | null
  trainee_id: string | null
  trn: string | null
  provider: string
  degrees: string[]
}

function addTrainee(state: DttpSimulator['state'], row: Known): void {
  if (row.contact === LOST) return
  const { contact: id, trainee_id: dfe_traineeid, trn, provider } = row
  const isNew = id !== dttpId('contact', Number(row.id)) // registered in an earlier run: the TRN is still to come
  const contact = { id, dfe_traineeid, _parentcustomerid_value: provider }
  state.add('contacts', isNew && trn === null ? contact : { ...contact, dfe_trn: trn })
  if (row.placement) {
    state.add('dfe_placementassignments', {
      id: row.placement,
      _dfe_contactid_value: id,
      _dfe_providerid_value: provider,
    })
  }
  for (const degree of row.degrees) state.add('dfe_degreequalifications', { id: degree, _dfe_contactid_value: id })
}
