// Alerts as alerts/ reads them, for what views make of them.
import { diagnose } from '../../../src/alerts/sight/diagnosis.ts'
import type { AlertSight, Group, SeenEntry } from '../../../src/alerts/sight/sight.ts'
import type { Alert, EntryFailure } from '../../../src/entities/chatops/alert.ts'
import { daysIn, type Found, type FoundTrainee } from '../../../src/failures/found.ts'
import { renderAlert } from '../../../src/views/alert/alert.ts'
import { REGISTER } from '../builders.ts'

export const DTTP = 'https://dttp.example'
export const CONTACT = 'c0000000-0000-4000-8000-000000005913'
export const RECORD = `${DTTP}/main.aspx?pagetype=entityrecord&etn=contact&id=${CONTACT}`
export const AT = '2021-10-27T09:02:00.000Z'
export const TIMED_OUT = 'Dttp::RetrieveTrnJob for Trainee id: 5913 has timed out after 4 days.'

function alertRow(given: Partial<Alert> = {}): Alert {
  return {
    ...{ id: '7', cause: 'timed-out:5913', status: 'open', channel: 'C01', found: null, beside: null, lookedAt: null },
    ...{ openedAt: new Date(AT), closedAt: null, dismissedBy: null, dismissReason: null },
    ...{ cardTs: null, threadTs: null, cardVersion: 1, renderedVersion: 0 },
    ...given,
  }
}

export function entry(
  trainee: number | null,
  failure: Partial<EntryFailure> = {},
  given: Partial<SeenEntry> = {},
): SeenEntry {
  return {
    alertId: '7',
    subject: `retrieve-trn:${trainee ?? '-'}`,
    traineeId: trainee === null ? null : String(trainee),
    jobId: '4b0c8f0e-0000-4000-8000-000000000001',
    failure: { code: 'timed-out', words: TIMED_OUT, at: AT, deadline: '2021-10-25T08:12:44.281937', ...failure },
    addedAt: new Date(AT),
    settledAt: null,
    job: { status: 'failed', curedAt: null },
    ...given,
  }
}

export function group(trainee: number | null, ...entries: SeenEntry[]): Group {
  const known = { id: String(trainee), slug: `Slug${trainee}`, dttpId: CONTACT }
  const own = entries.length > 0 ? entries : [entry(trainee)]
  return { trainee: trainee === null ? null : known, entries: own, offer: null }
}

export function trainee(given: Partial<FoundTrainee> = {}): FoundTrainee {
  return {
    ...{ state: 1, route: 1, hasTrn: false, contact: 'there', placementAssignment: 'there', trnInDttp: false },
    ...{ poll: null, schools: [], candidates: null },
    ...given,
  }
}

export const foundOf = (trainees: Found['trainees'], more: Partial<Found> = {}): Found => ({
  ...{ at: '2021-10-27T09:02:30.000Z', dttp: null, statuses: null, trainees, because: {} },
  ...more,
})

/** An alert as alerts/ reads it, with the diagnosis of its first entry and what is offered for each trainee. */
export function sight({
  alert,
  groups = [group(5913)],
  ...given
}: Partial<Omit<AlertSight, 'alert'>> & { alert?: Partial<Alert> } = {}) {
  const [first] = groups.flatMap(({ entries }) => entries)
  const { urn = null, found = null, all = groups.length } = given
  const code = first?.failure.code ?? 'unexpected'
  const one = all === 1 ? (groups[0]?.trainee?.id ?? null) : null
  const about = { code, job: 'retrieve-trn', urn, found, after: daysIn(first?.failure.words ?? '') } as const
  const diagnosis = diagnose({ ...about, trainee: one, trainees: all })
  const offered = groups.map((each) => {
    const isOpen = each.entries.some(({ settledAt }) => settledAt === null)
    const { offer } = diagnose({ ...about, trainee: each.trainee?.id ?? null, trainees: 1 })
    return { ...each, offer: isOpen ? offer : null }
  })
  const nobody = { school: null, others: [], requests: [], waits: [], resolvedBy: [] }
  return { alert: alertRow(alert), urn, found, all, open: all, diagnosis, ...nobody, ...given, groups: offered }
}

export const draw = (given: AlertSight) => renderAlert(given, { registerUrl: REGISTER, dttpUrl: DTTP })
