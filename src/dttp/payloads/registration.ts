import type { BatchPart } from '../client/index.ts'
import { contact } from './contact.ts'
import { degreeQualifications } from './degrees.ts'
import { settle } from './draft.ts'
import { placementAssignment } from './placement-assignment.ts'
import type { RegistrationRows, RouteRules } from './rows.ts'

/** What registers a trainee, to be sent in one batch, and where in its answer the new records' ids are. */
export type Registration = {
  parts: BatchPart[]
  contentIds: {
    contact: string
    placementAssignment: string
    /** By the degree's id in Register. */
    degrees: Readonly<Record<string, string>>
  }
}

/** Ids of the records of a registration; `degrees` is by the degree's own id. */
export type RecordIds = { contact: string; placementAssignment: string; degrees: Readonly<Record<string, string>> }

/** The batch that registers a trainee. Throws if something is missing: ask `preflight` first. */
export function registration(
  rows: RegistrationRows,
  rules: RouteRules,
  submittedBy: string | null,
  now: Date,
): Registration {
  const ids = { contact: contentId(0), placementAssignment: contentId(1) }
  const degrees = degreeQualifications(rows, ids).map(({ degree, draft }, index) => ({
    degree: degree.id,
    part: { contentId: contentId(index + 2), entity: 'dfe_degreequalifications', body: settle(draft) } as const,
  }))
  return {
    parts: [
      { contentId: ids.contact, entity: 'contacts', body: settle(contact(rows, submittedBy, now)) },
      {
        contentId: ids.placementAssignment,
        entity: 'dfe_placementassignments',
        body: settle(placementAssignment(rows, rules, ids.contact)),
      },
      ...degrees.map(({ part }) => part),
    ],
    contentIds: { ...ids, degrees: Object.fromEntries(degrees.map(({ degree, part }) => [degree, part.contentId])) },
  }
}

const KEYS = {
  contacts: 'contactid',
  dfe_placementassignments: 'dfe_placementassignmentid',
  dfe_degreequalifications: 'dfe_degreequalificationid',
} as const satisfies Record<BatchPart['entity'], string>

/** The same batch, creating its records under these ids. */
export function underIds({ parts, contentIds }: Registration, ids: RecordIds): Registration {
  const chosen = new Map([
    [contentIds.contact, ids.contact],
    [contentIds.placementAssignment, ids.placementAssignment],
    ...Object.entries(contentIds.degrees).map(([degree, part]) => [part, ids.degrees[degree]] as const),
  ])
  const keyed = parts.map((part) => ({
    ...part,
    body: { [KEYS[part.entity]]: chosen.get(part.contentId), ...part.body },
  }))
  return { parts: keyed, contentIds }
}

/** A UUID, as Register's content ids are. Unlike Register's, it depends only on the part's place in the batch. */
function contentId(index: number): string {
  const place = String(index)
  return `${place.padStart(8, '0')}-0000-4000-8000-${place.padStart(12, '0')}`
}
