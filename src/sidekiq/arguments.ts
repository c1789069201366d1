import * as z from 'zod'
import type { RegisterArguments } from './job.ts'

// ActiveJob's arguments as Register's jobs have them. Whatever is not as Register writes it is left out.

const globalId = z.object({ _aj_globalid: z.string().regex(/^gid:\/\/[\w-]{1,100}\/Trainee\/\d{1,18}$/) })

/** The trainee's number if an argument is one. */
export function readTrainee(argument: unknown): string | null {
  const read = globalId.safeParse(argument)
  return read.success ? (read.data._aj_globalid.split('/').at(-1) ?? null) : null
}

const serialised = (serializers: readonly string[]) =>
  z.object({ _aj_serialized: z.enum(serializers.map((name) => `ActiveJob::Serializers::${name}`)), value: z.string() })

const aTime = serialised(['TimeWithZoneSerializer', 'TimeSerializer'])
const entity = serialised(['SymbolSerializer']).extend({ value: z.enum(['contact', 'placement_assignment']) })
/** Dynamics hands out ids that are no UUIDs by the letter. */
const dttpId = z.guid().nullable()
/** DTTP's names of a status: letters and a few signs. */
const status = z.string().regex(/^[A-Za-z][A-Za-z0-9 ()/&,–-]{0,99}$/)

/** Reads what matters of a job's arguments, the first of which is the trainee. */
export function readArguments(className: string | null, [first, second, third]: readonly unknown[]): RegisterArguments {
  switch (className) {
    case 'Dttp::RetrieveTrnJob':
    case 'Dttp::RetrieveAwardJob':
      return { timeoutAt: readTime(second) }
    case 'Dttp::RegisterForTrnJob':
      return only('submittedBy', dttpId.safeParse(second ?? null))
    case 'Dttp::ChangeTraineeStatusJob':
      return { ...only('status', status.safeParse(second)), ...only('entity', readEntity(third)) }
    case 'Dttp::SyncSchoolsJob':
      return { isLaterPage: typeof first === 'string' }
    default:
      return {}
  }
}

function only<Name extends string, T>(name: Name, read: { success: boolean; data?: T }): { [key in Name]?: T } {
  return read.success ? ({ [name]: read.data } as { [key in Name]?: T }) : {} // the one key it is given
}

function readEntity(argument: unknown) {
  const read = entity.safeParse(argument)
  return read.success ? { success: true, data: read.data.value } : { success: false as const }
}

/**
 * A time in UTC to the nanosecond, so that two polls with the same time-out have the same text. Null for none, and for
 * what is no time.
 */
function readTime(argument: unknown): string | null {
  const text = typeof argument === 'string' ? argument : (aTime.safeParse(argument).data?.value ?? '')
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!parts) return null
  const [, seconds, fraction = '', zone] = parts
  const date = new Date(`${seconds}${zone}`)
  if (Number.isNaN(date.getTime()) || !isOfOurTime(date)) return null
  return `${date.toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
}

/** Whatever the zone does to the first and the last year there is, its text has four digits, and databases read it. */
function isOfOurTime(date: Date): boolean {
  const year = date.getUTCFullYear()
  return year >= 1970 && year <= 9999
}
