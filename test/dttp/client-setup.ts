// A client and the simulator it talks to, on one clock that stands still unless someone waits.
import { type DttpSimulatorOptions, startDttpSimulator } from '../../sandbox/dttp/index.ts'
import { type BatchPart, createDttpClient, type DttpSettings } from '../../src/dttp/client/index.ts'

export const TRAINEE_ID = "21/22-O'Neil"
export const ABSENT = '00000000-1111-4111-8111-000000000000'

/** What must never be seen in an error or a log line. */
export const PERSONAL = ['Zoë', "O'Neil", 'zoe@example.com', '1991-05-16', 'High St', 'LS1 1AA', TRAINEE_ID]

export type Dttp = Awaited<ReturnType<typeof startDttp>>

export async function startDttp(options: DttpSimulatorOptions = {}, settings: Partial<DttpSettings> = {}) {
  const clock = { time: Date.parse('2021-10-27T15:06:47Z') }
  const now = (): Date => new Date(clock.time)
  const logged: string[] = []
  const note = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }))
  const simulator = await startDttpSimulator({ now, ...options })
  const { state } = simulator
  const provider = state.add('accounts', { name: 'Provider', dfe_provider: true })
  const school = state.add('accounts', { name: 'School', dfe_urn: '100000' })
  const contact = state.add('contacts', {
    firstname: 'Zoë',
    dfe_traineeid: TRAINEE_ID,
    dfe_trn: '1234567',
    _parentcustomerid_value: provider,
  })
  const placementAssignment = state.add('dfe_placementassignments', { _dfe_contactid_value: contact })
  const given = {
    organisation: simulator.url,
    tokenUrl: simulator.tokenUrl,
    clientId: simulator.clientId,
    clientSecret: simulator.clientSecret,
    timeouts: { read: 400, write: 400, token: 400, page: 400 },
    now,
    log: { debug: note, warn: note },
    async sleep(ms: number): Promise<void> {
      clock.time += ms
    },
    ...settings,
  }
  const client = createDttpClient(given)
  return {
    simulator,
    client,
    given,
    clock,
    now,
    logged,
    provider,
    school,
    contact,
    placementAssignment,
    contactBody: {
      firstname: 'Zoë',
      lastname: "O'Neil",
      emailaddress1: 'zoe@example.com',
      birthdate: '1991-05-16',
      address1_line1: '1 High St',
      address1_postalcode: 'LS1 1AA',
      dfe_traineeid: TRAINEE_ID,
      'parentcustomerid_account@odata.bind': `/accounts(${provider})`,
    },
    async stop(): Promise<void> {
      client.close()
      await simulator.stop()
    },
  }
}

export const CONTACT_PART = '00000000-0000-4000-8000-000000000000'
export const ASSIGNMENT_PART = '00000001-0000-4000-8000-000000000001'
export const DEGREE_PART = '00000002-0000-4000-8000-000000000002'

/** A registration: contact, placement assignment and one degree, which refer to each other. */
export function registration({ provider, school, contactBody }: Pick<Dttp, 'provider' | 'school' | 'contactBody'>) {
  return [
    { contentId: CONTACT_PART, entity: 'contacts', body: contactBody },
    {
      contentId: ASSIGNMENT_PART,
      entity: 'dfe_placementassignments',
      body: {
        dfe_traineeid: TRAINEE_ID,
        'dfe_ContactId@odata.bind': `$${CONTACT_PART}`,
        'dfe_ProviderId@odata.bind': `/accounts(${provider})`,
        'dfe_LeadSchoolId@odata.bind': `/accounts(${school})`,
      },
    },
    {
      contentId: DEGREE_PART,
      entity: 'dfe_degreequalifications',
      body: {
        dfe_name: 'Bachelor of Arts',
        'dfe_ContactId@odata.bind': `$${CONTACT_PART}`,
        'dfe_TrainingRecordId@odata.bind': `$${ASSIGNMENT_PART}`,
      },
    },
  ] as const satisfies BatchPart[]
}

/** Every page's accounts, and where each page ended. */
export async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}
