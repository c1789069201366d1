// A DTTP that knows the seeded trainees: the simulator, filled, and a client for it.
import { afterEach, beforeEach } from 'vitest'
import { type DttpSimulatorOptions, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { dttpSchools, dttpUsers, providers } from '../../sandbox/register/seed/organisations.ts'
import { trainees } from '../../sandbox/register/seed/trainees.ts'
import { createDttpClient } from '../../src/dttp/client/index.ts'
import codeSets from '../../src/dttp/code-sets.json' with { type: 'json' }

/** Where the seeded trainees have their degrees from. */
const INSTITUTION = codeSets.institutions['University of Durham']

/** The one trainee whose records someone has deleted in DTTP. */
const LOST = 5913

export type StoryDttp = Awaited<ReturnType<typeof startStoryDttp>>

/** Starts it with the records of every seeded trainee that has some, but for those of 5913. */
export async function startStoryDttp(options: DttpSimulatorOptions = {}) {
  const simulator = await startDttpSimulator(options)
  const { url: organisation, tokenUrl, clientId, clientSecret, state, faults } = simulator
  const client = createDttpClient({ organisation, tokenUrl, clientId, clientSecret })

  function fill(): void {
    for (const set of [state.contacts, state.dfe_placementassignments, state.accounts]) set.clear()
    state.dfe_degreequalifications.clear()
    state.add('accounts', { id: INSTITUTION, dfe_provider: true })
    for (const { dttp_id: id } of dttpUsers) state.add('contacts', { id: String(id) })
    for (const { dttp_id: id, name, ukprn } of providers) {
      state.add('accounts', { id, name, dfe_ukprn: ukprn, dfe_provider: true })
    }
    for (const { dttp_id: id, name, urn, status_code } of dttpSchools) {
      state.add('accounts', { id, name: name ?? null, dfe_urn: urn, statuscode: status_code })
    }
    for (const { id, dttp_id: contact, trainee_id, provider_id, trn } of trainees) {
      if (contact === undefined || id === LOST) continue
      const provider = dttpId('provider', provider_id)
      const columns = {
        dfe_traineeid: trainee_id,
        _parentcustomerid_value: provider,
        dfe_trn: trn ? String(trn) : null,
      }
      state.add('contacts', { id: contact, ...columns })
      state.add('dfe_placementassignments', {
        id: dttpId('placement', id),
        _dfe_contactid_value: contact,
        _dfe_providerid_value: provider,
      })
    }
  }

  fill()
  return {
    simulator,
    client,
    /** Everything as it was at the start. */
    reset(): void {
      faults.clear()
      fill()
    },
    /** DQT has given a trainee their TRN. */
    giveTrn: (trainee: number, trn?: string): void =>
      state.giveTrn(dttpId('contact', trainee), trn === undefined ? {} : { trn }),
    /** Someone in DTTP deletes a trainee's contact. */
    deleteContact: (trainee: number): void => void state.delete('contacts', dttpId('contact', trainee)),
    /** Nothing is answered any more, until `comeBack`. */
    goDown: (): void => faults.add({ kind: 'server-error', status: 503, times: Number.POSITIVE_INFINITY }),
    comeBack: (): void => faults.clear(),
    /** Settings of a bot that asks it. */
    environment: (): Record<string, string> => ({
      DTTP_URL: organisation,
      DTTP_TOKEN_URL: tokenUrl,
      DTTP_CLIENT_ID: clientId,
      DTTP_CLIENT_SECRET: clientSecret,
    }),
    async stop(): Promise<void> {
      client.close()
      await simulator.stop()
    },
  }
}

/** One for each test of a file. Call it before `useStory`, so that it outlives the bot. */
export function useStoryDttp() {
  const use = {} as { dttp: StoryDttp }
  beforeEach(async () => {
    use.dttp = await startStoryDttp()
  })
  afterEach(() => use.dttp.stop())
  return use
}
