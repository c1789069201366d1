import { In } from 'typeorm'
import * as z from 'zod'
import {
  type Field,
  FieldError,
  type FormValues,
  optionalDttpId,
  optionalNumber,
  optionalSelect,
  optionalTraineeRef,
  reason,
  ticket,
} from '../../contract/fields.ts'
import { Job } from '../../entities/chatops/job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { isUrn } from '../../register/schools.ts'
import { findWaitingIds } from '../../schools/who-waits.ts'

/** What can be done about a school that is not in the list of DTTP schools. */
const MISSING_OPTIONS = [
  { value: 'insert', label: 'Insert it with its DTTP id, which I enter below' },
  { value: 'sync', label: 'Run the school sync now' },
  { value: 'wait', label: 'Ask support to add it to DTTP, and wait' },
]

export const form = {
  trainee: optionalTraineeRef(
    'Their link in Register, or their number: we look at the schools that their route sends.',
  ),
  urn: urnField(),
  job: jobField(),
  row: optionalNumber('Row of the school', 'Only if we ask for it: the number of the row that should be used.'),
  missing: optionalSelect('If DTTP’s list lacks the school', 'Only if we ask for it.', MISSING_OPTIONS),
  dttp_id: optionalDttpId('The school’s DTTP id', 'Only to insert the school: the id that support has given you.'),
  reason: reason(),
  ticket: ticket(),
}

export type Form = typeof form

/** The trainee, the URN or the job is given, and only one of them; an id is given where it is to be inserted. */
export function together(values: FormValues<Form>): Partial<Record<keyof Form, string>> {
  const given = (['trainee', 'urn', 'job'] as const).filter((name) => values[name] !== '')
  const [, second] = given
  if (given.length === 0) return { trainee: 'Enter a trainee, a URN or a failed job.' }
  if (second) return { [second]: 'Enter a trainee, a URN or a failed job, and leave the other two empty.' }
  if (values.missing === 'insert' && values.dttp_id === '') {
    return { dttp_id: 'Enter the school’s id in DTTP. If you do not have it, choose to ask support.' }
  }
  if (values.dttp_id !== '' && ['sync', 'wait'].includes(values.missing)) {
    return { dttp_id: 'Leave this empty, or choose to insert the school.' }
  }
  return {}
}

/** A word after the command is a job's id, a URN or a trainee. */
export function fieldOf(word: string): 'trainee' | 'urn' | 'job' {
  if (UUID.test(word)) return 'job'
  return /^\d{6}$/.test(word) ? 'urn' : 'trainee'
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function urnField(): Field<string> {
  return {
    label: 'URN of the school',
    hint: 'Its number on GIAS, such as 123456, in place of a trainee.',
    optional: true,
    input: { type: 'text', multiline: false, maxLength: 20 },
    schema: z
      .string()
      .trim()
      .transform((text) => text.replace(/^URN\s*/i, ''))
      .refine((text) => text === '' || isUrn(text), 'A URN has 5 or 6 digits. Check it on GIAS.'),
    async leadsTo(urn, { sql }) {
      if (urn === '') return []
      const ids = await findWaitingIds(sql, [urn], null)
      return (await sql.find(Trainee, { select: { id: true, slug: true }, where: { id: In(ids) } })).map(
        ({ slug }) => slug,
      )
    },
    freeText: false,
  }
}

function jobField(): Field<string> {
  return {
    label: 'Failed job',
    hint: 'Its id, in place of a trainee. A job alert fills this in.',
    optional: true,
    input: { type: 'text', multiline: false, maxLength: 60 },
    schema: z
      .string()
      .trim()
      .toLowerCase()
      .refine((text) => text === '' || UUID.test(text), 'Enter the id of a job, or leave this empty.'),
    async resolve(id, { sql }) {
      if (id === '') return id
      const job = await sql.findOneBy(Job, { id })
      if (!job) throw new FieldError('There is no such job any more. Enter the trainee or the URN instead.')
      if (job.traineeId === null) throw new FieldError('This job is about no trainee. Enter the URN instead.')
      return id
    },
    async leadsTo(id, { sql }) {
      const job = id === '' ? null : await sql.findOneBy(Job, { id })
      return job?.traineeId ? (await sql.findBy(Trainee, { id: job.traineeId })).map(({ slug }) => slug) : []
    },
    freeText: false,
  }
}
