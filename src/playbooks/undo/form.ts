import { reason, requestRef, ticket } from '../form.ts'

export const form = { request: requestRef(), reason: reason(), ticket: ticket() }

export type Form = typeof form
