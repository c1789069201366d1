// How UUIDs are written: our own ids, Sidekiq's job ids, and the ids of records in DTTP.

/** One anywhere in a text, as the source of a regular expression. */
export const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const WHOLE = new RegExp(`^${UUID}$`, 'i')

/** Whether a text is a UUID and nothing else, in capitals or not. */
export function isUuid(text: string): boolean {
  return WHOLE.test(text)
}
