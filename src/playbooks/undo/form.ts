import { reason, requestRef, ticket } from '../../contract/fields.ts'

export const form = { request: requestRef(), reason: reason(), ticket: ticket() }

export type Form = typeof form
