import type { DttpContact } from './client/index.ts'

/**
 * What has become of a record that is no trainee's any more, to be read after "somebody there has" and "it was":
 * "merged into c0…" or "deactivated". Null for one that is in use, or not there.
 */
export function becameWords(contact: Pick<DttpContact, 'standing' | 'mergedInto'> | null | undefined): string | null {
  if (!contact || contact.standing === 'active') return null
  if (contact.standing === 'inactive') return 'deactivated'
  return `merged into ${contact.mergedInto ?? 'another record'}`
}
