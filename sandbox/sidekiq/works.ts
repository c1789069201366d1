// What Register's jobs do, for the stubs of register.rb, since Register itself is not here: its rows and DTTP change as its
// own jobs would change them, as far as the demo and the proofs need it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { createDttpClient, type DttpClient, DttpError } from '../../src/dttp/client/index.ts'
import { findCode } from '../../src/dttp/code-sets.ts'
import { contactUpdate } from '../../src/dttp/payloads/contact.ts'
import { settle } from '../../src/dttp/payloads/draft.ts'
import { preflight, preflightUpdate } from '../../src/dttp/payloads/preflight.ts'
import { registration } from '../../src/dttp/payloads/registration.ts'
import { findRegistrationRows, routeRules } from '../../src/dttp/registration-rows.ts'
import { updateSha } from '../../src/dttp/update-sha.ts'
import { createDataSource } from '../../src/entities/data-source.ts'
import { decidePoll, readTrn } from '../../src/register/jobs/retrieve-trn.ts'
import { lockTrainee, saveTrainee } from '../../src/register/saves/save.ts'
import { upsertDttpSchools } from '../../src/register/schools/dttp-schools.ts'
import type { DttpSimulator } from '../dttp/index.ts'
import type { Order } from './index.ts'

/** What a stub says of itself. A trainee is a number, a time ISO 8601, and what is nil null. */
const asked = z.object({ job: z.string(), arguments: z.array(z.string().nullable()) })

type Register = { database: DataSource; dttp: DttpClient; pollSeconds: number }
type Work = (register: Register, args: readonly (string | null)[]) => Promise<Order>

export type Works = { url: string; stop: () => Promise<void> }

/** @param options.pollSeconds after how long a poll without a TRN comes again; Register's wait an hour */
export async function startWorks(
  appUrl: string,
  { url: organisation, tokenUrl, clientId, clientSecret }: DttpSimulator,
  { pollSeconds }: { pollSeconds: number },
): Promise<Works> {
  const database = await createDataSource(appUrl).initialize()
  const dttp = createDttpClient({ organisation, tokenUrl, clientId, clientSecret })
  const register = { database, dttp, pollSeconds }
  const server = createServer(async (request, response) => {
    const { job, arguments: args } = asked.parse(JSON.parse(await text(request)))
    const order = await (WORKS[job] ?? nothing)(register, args).catch(failed)
    response.end(JSON.stringify(order))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // an address, since it listens
    async stop() {
      server.closeAllConnections()
      server.close()
      dttp.close()
      await database.destroy()
    },
  }
}

const nothing: Work = async () => ({})

const WORKS: Readonly<Record<string, Work>> = {
  'Dttp::RetrieveTrnJob': poll,
  'Dttp::ChangeTraineeStatusJob': changeStatus,
  'Dttp::UpdateTraineeJob': update,
  'Dttp::RegisterForTrnJob': register,
  'Dttp::SyncSchoolsJob': syncSchools,
}

/** As Register's client raises it. */
function failed(error: unknown): Order {
  if (!(error instanceof DttpError)) return { error: 'StandardError', message: 'x' }
  if (error.kind === 'outcome-unknown') return { error: 'Net::ReadTimeout', message: 'x' }
  const message = error.kind === 'gone' ? 'Cannot find record to be updated' : 'x'
  return { error: 'Dttp::Client::HttpError', message: `status: ${error.status ?? 500}, body: ${message}, headers: {}` }
}

async function poll({ database, dttp, pollSeconds }: Register, [id, timeout = null]: readonly (string | null)[]) {
  const contact = (await rowsOf(database, id)).trainee.dttp_id
  const trn = contact === null ? null : readTrn(await dttp.getTrn(contact))
  return database.transaction(async (sql): Promise<Order> => {
    const trainee = await lockTrainee(sql, id ?? '')
    if (!trainee) return {}
    const outcome = decidePoll(trainee, trn, timeout?.replace(/Z$/, '') ?? null, new Date())
    if (outcome.kind === 'refused') return { error: 'Dttp::RetrieveTrnJob::TraineeAttributeError', message: 'x' }
    if (outcome.kind === 'poll-again') {
      return { again: outcome.delay === 0 ? 0 : pollSeconds, until: `${outcome.timeout}Z` }
    }
    let row = trainee
    if (outcome.kind === 'received') for (const save of outcome.saves) row = await saveTrainee(sql, row, save, REGISTER)
    return {}
  })
}

const REGISTER = 'Register’s own retrieve-trn'

async function changeStatus({ database, dttp }: Register, [id, status, entity]: readonly (string | null)[]) {
  const { dttp_id, placement_assignment_dttp_id } = (await rowsOf(database, id ?? null)).trainee
  const body = { 'dfe_TraineeStatusId@odata.bind': `/dfe_traineestatuses(${findCode('statuses', status ?? '')})` }
  if (entity === 'contact') await dttp.updateContact(dttp_id ?? '', body, null)
  else await dttp.updatePlacementAssignment(placement_assignment_dttp_id ?? '', body, null)
  return {}
}

async function update({ database, dttp }: Register, [id]: readonly (string | null)[]): Promise<Order> {
  const rows = await rowsOf(database, id ?? null)
  const lacks = lacksSchool(preflightUpdate(rows, routeRules(rows.trainee, ALL_ON)))
  if (lacks) return lacks
  await dttp.updateContact(rows.trainee.dttp_id ?? '', settle(contactUpdate(rows)), null)
  await database.query('UPDATE public.trainees SET dttp_update_sha = $2 WHERE id = $1', [id, updateSha(rows)])
  return {}
}

/** It chooses no ids, and sends whatever DTTP may have already: as Register's own does. */
async function register({ database, dttp }: Register, [id, submittedBy = null]: readonly (string | null)[]) {
  const rows = await rowsOf(database, id ?? null)
  const rules = routeRules(rows.trainee, ALL_ON)
  const lacks = lacksSchool(preflight(rows, rules, submittedBy))
  if (lacks) return lacks
  const { parts, contentIds } = registration(rows, rules, submittedBy, new Date())
  const created = await dttp.createInBatch(parts)
  const ids = [created.get(contentIds.contact), created.get(contentIds.placementAssignment)]
  await database.query(
    'UPDATE public.trainees SET dttp_id = $2, placement_assignment_dttp_id = $3, updated_at = now() WHERE id = $1',
    [id, ...ids],
  )
  return {}
}

async function syncSchools({ database, dttp }: Register): Promise<Order> {
  for await (const { accounts } of dttp.accounts(500)) await upsertDttpSchools(database.manager, accounts)
  return {}
}

const ALL_ON = { isEnabled: () => true }

/** As Register's `find_by!` raises it. */
function lacksSchool(problems: readonly { code: string }[]): Order | null {
  if (!problems.some(({ code }) => code.endsWith('-school-not-active-in-dttp'))) return null
  const message = `Couldn't find Dttp::School with [WHERE "dttp_schools"."status_code" IN ($1, $2) AND "dttp_schools"."urn" = $3]`
  return { error: 'ActiveRecord::RecordNotFound', message }
}

async function rowsOf({ manager }: DataSource, id: string | null | undefined) {
  const rows = await findRegistrationRows(manager, id ?? '')
  if (!rows) throw new Error('Register has no such trainee')
  return rows
}
