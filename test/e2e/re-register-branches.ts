// The decision table of /trainee re-register: docs/re-register.md is made of it, and each line is tried in Slack.
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import type { World } from './registration-story.ts'

export type Branch = {
  /** What is so, beside DTTP. */
  given: string
  /** What DTTP has: of the trainee's own record and of the training record. */
  inDttp: string
  ends: 'blocked' | 'the form asks' | 'plan' | 'plan, with a warning' | 'not now'
  /** In words, for the table. */
  means: string
  trainee: number
  form?: Record<string, string>
  prepare?: (world: World) => unknown
  /** What is shown in the form's place. */
  says: string
  /** What the person who approves is shown of the plan, and which ids it empties. */
  plan?: { shows: string; empties: readonly ('dttp_id' | 'placement_assignment_dttp_id')[] }
  /** Settings of the bot. */
  settings?: Record<string, string>
}

const GONE = 'both gone'
const THERE = 'both there'
const BOTH = ['dttp_id', 'placement_assignment_dttp_id'] as const

const set =
  (columns: string, trainee: number) =>
  ({ admin }: World) =>
    admin.query(`UPDATE public.trainees SET ${columns} WHERE id = ${trainee}`)

const deleteBoth =
  (trainee: number) =>
  ({ dttp }: World): void => {
    dttp.deleteContact(trainee)
    dttp.simulator.state.delete('dfe_placementassignments', dttpId('placement', trainee))
  }

const addContact = ({ dttp }: World, dfe_traineeid: string): string =>
  dttp.simulator.state.add('contacts', {
    id: 'c9999999-0000-4000-8000-000000000009',
    ...{ dfe_traineeid, _parentcustomerid_value: dttpId('provider', 101) },
  })

const addJob = ({ admin }: World, status: 'waiting' | 'failed') =>
  admin.query<{ id: string }>(
    `INSERT INTO chatops.jobs (name, trainee_id, args, status, due_at, finished_at, failure)
     VALUES ('register-for-trn', 5913, jsonb_build_object('submitted_by', '${dttpId('user', 201)}'), $1, now() + interval '1 hour', CASE $1 WHEN 'failed' THEN now() END,
       CASE $1 WHEN 'failed' THEN '{"code": "outcome-unknown", "words": "We got no reply.", "at": "2021-10-27"}'::jsonb END)
     RETURNING id`,
    [status],
  )

async function addUnanswered(world: World, ownIds: object | null = null): Promise<void> {
  const { rows } = await addJob(world, 'failed')
  await world.admin.query(
    `INSERT INTO chatops.registration_attempts (job_id, trainee_id, sent_at, outcome, own_ids)
     VALUES ($1, 5913, '2021-10-27T13:14:00Z', 'unknown', $2)`,
    [rows[0]?.id, ownIds],
  )
}

const OWN_IDS = {
  contact: 'c8888888-0000-4000-8000-000000000001',
  placementAssignment: 'a8888888-0000-4000-8000-000000000001',
  degrees: {},
}

const REGISTERS = 'Register trainee 5913 with DTTP at once'
const POLLS = 'Ask DTTP for the TRN of trainee 5913 in 1 hour, then every hour for 4 days'

export const branches: readonly Branch[] = [
  {
    given: 'Pending TRN',
    inDttp: GONE,
    ends: 'plan',
    means: 'Plan: empty both ids, register on behalf of who submitted the trainee, poll for the TRN in an hour.',
    trainee: 5913,
    says: 'c0000000-0000-4000-8000-000000005913 is not in DTTP any more',
    plan: { shows: REGISTERS, empties: BOTH },
  },
  {
    given: 'Pending TRN',
    inDttp: 'the trainee gone, the training record there',
    ends: 'plan, with a warning',
    means:
      'The same, but only the trainee’s id is emptied. A warning: the old training record stays behind. A step for people asks for it to be deleted.',
    trainee: 5913,
    prepare: ({ dttp }) => dttp.simulator.state.add('dfe_placementassignments', { id: dttpId('placement', 5913) }),
    says: 'is still in DTTP, without its trainee',
    plan: { shows: 'To do by hand: Ask for the left-over training record to be deleted in DTTP', empties: ['dttp_id'] },
  },
  {
    given: 'Register holds no ids any more',
    inDttp: 'none with the trainee’s id since they were submitted',
    ends: 'plan',
    means: 'Nothing to empty. Plan: register, and poll.',
    trainee: 5913,
    prepare: set('dttp_id = NULL, placement_assignment_dttp_id = NULL', 5913),
    says: 'so there is nothing to empty. DTTP has none with the trainee’s id, either.',
    plan: { shows: POLLS, empties: [] },
  },
  {
    given: 'Register holds no ids any more',
    inDttp: 'a record with the trainee’s id, and not another trainee’s',
    ends: 'blocked',
    means: 'Registering again would create a second trainee. Ask a developer to put the right id into Register.',
    trainee: 5913,
    prepare: async (world) => {
      await set('dttp_id = NULL, placement_assignment_dttp_id = NULL', 5913)(world)
      addContact(world, '21/22-5913')
    },
    says: 'but DTTP has c9999999-0000-4000-8000-000000000009 with the trainee’s id.',
  },
  {
    given: 'Register holds no ids any more, and no id of the provider’s',
    inDttp: 'not asked',
    ends: 'plan, with a warning',
    means: 'The same plan, with a warning: we cannot tell whether DTTP has the trainee already.',
    trainee: 5913,
    prepare: set('dttp_id = NULL, placement_assignment_dttp_id = NULL, trainee_id = NULL', 5913),
    says: 'so we cannot tell whether DTTP has the trainee already: look there first.',
    plan: { shows: POLLS, empties: [] },
  },
  {
    given: 'Register holds no id of the trainee’s record any more, or one that is gone',
    inDttp: 'the training record there, with a record that Register does not name',
    ends: 'blocked',
    means: 'Registering again would create a second trainee. The operations team says which record is right.',
    trainee: 5913,
    prepare: async (world) => {
      await set('dttp_id = NULL', 5913)(world)
      const _dfe_contactid_value = addContact(world, '21/22-other')
      const id = dttpId('placement', 5913)
      world.dttp.simulator.state.add('dfe_placementassignments', { id, _dfe_contactid_value })
    },
    says: 'with a trainee’s record that Register does not name (c9999999-0000-4000-8000-000000000009).',
  },
  {
    given: 'Pending TRN',
    inDttp: THERE,
    ends: 'blocked',
    means:
      'Registering again would create a second trainee. What the failed job says is shown: it may be about something else.',
    trainee: 5901,
    says: 'Registering again would create a second trainee. Check what the failed job says',
  },
  {
    given: 'Pending TRN',
    inDttp: 'the trainee there, the training record gone',
    ends: 'blocked',
    means: 'Ask the operations team to put the training record right in DTTP.',
    trainee: 5901,
    prepare: ({ dttp }) => dttp.simulator.state.delete('dfe_placementassignments', dttpId('placement', 5901)),
    says: 'is missing. Registering again would create a second trainee. Ask the operations team',
  },
  {
    given: 'any',
    inDttp: 'does not answer',
    ends: 'not now',
    means: 'Could not be checked. Nothing is asked for; try again in a few minutes.',
    trainee: 5913,
    prepare: ({ dttp }) => dttp.goDown(),
    says: 'DTTP did not answer.',
  },
  {
    given: 'TRN received',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Never again for a TRN. If updates fail, the operations team says which record is theirs.',
    trainee: 5903,
    prepare: deleteBoth(5903),
    says: 'The trainee has a TRN already (TRN received), so they must not be registered for one again.',
  },
  {
    given: 'a draft, deferred, withdrawn, or any other state',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Only a trainee who is Pending TRN can be registered again.',
    trainee: 5905,
    prepare: deleteBoth(5905),
    says: 'The record is Deferred. Only a trainee who is Pending TRN can be registered again.',
  },
  {
    given: 'no time of submission',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Register’s timeline would be wrong. Ask a developer.',
    trainee: 5913,
    prepare: set('submitted_for_trn_at = NULL', 5913),
    says: 'The time of submission is empty.',
  },
  {
    given: 'who submitted is not registered with DTTP',
    inDttp: GONE,
    ends: 'the form asks',
    means: 'The form comes back and offers the provider’s users who are.',
    trainee: 5908,
    prepare: deleteBoth(5908),
    says: 'User 202 submitted the trainee on 18 October 2021 at 10:12am, and is not registered with DTTP.',
  },
  {
    given: 'the same, and a colleague who is',
    inDttp: GONE,
    ends: 'plan',
    means: 'Plan: as above, on behalf of the colleague.',
    trainee: 5908,
    form: { submitter: '203' },
    prepare: deleteBoth(5908),
    says: 'User 203, as you chose. User 202 submitted the trainee',
    plan: { shows: `submitted by ${dttpId('user', 203)}`, empties: BOTH },
  },
  {
    given: 'the same, and somebody who is not, or is another provider’s',
    inDttp: GONE,
    ends: 'the form asks',
    means: 'The form comes back and says so.',
    trainee: 5908,
    form: { submitter: '204' },
    prepare: deleteBoth(5908),
    says: 'User 204 is not an active user of this provider who is registered with DTTP.',
  },
  {
    given: 'who submitted is not known, and nobody of the provider is registered with DTTP',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Ask the operations team to register one there first.',
    trainee: 5913,
    prepare: ({ admin }) => admin.query('UPDATE public.users SET dttp_id = NULL WHERE provider_id = 101'),
    says: 'No user of this provider is registered with DTTP.',
  },
  {
    given: 'a colleague, though who submitted is registered',
    inDttp: GONE,
    ends: 'plan, with a warning',
    means: 'On behalf of the colleague, with a warning.',
    trainee: 5913,
    form: { submitter: '203' },
    says: 'User 201 submitted the trainee on 14 October 2021 at 9am, and is registered with DTTP. You chose user 203 all the same.',
    plan: { shows: `submitted by ${dttpId('user', 203)}`, empties: BOTH },
  },
  {
    given: 'deferred once, and reinstated',
    inDttp: GONE,
    ends: 'plan',
    means: 'On behalf of who submitted the trainee last; when they were reinstated is shown.',
    trainee: 5915,
    prepare: deleteBoth(5915),
    says: 'User 203 submitted the trainee on 18 October 2021 at 10:12am. They were deferred, and reinstated on 22 October 2021 at 10:30am.',
    plan: { shows: `submitted by ${dttpId('user', 203)}`, empties: BOTH },
  },
  {
    given: 'something that DTTP must be told is missing',
    inDttp: GONE,
    ends: 'blocked',
    means: 'The registration would fail. Ask the provider to complete the record first.',
    trainee: 5913,
    prepare: set('course_end_date = NULL', 5913),
    says: 'The registration would fail. The course end date is not set. Ask the provider to complete the record first.',
  },
  {
    given: 'a school that is sent is not active in DTTP',
    inDttp: 'not asked',
    ends: 'blocked',
    means: 'The school must be repaired first (repair-school).',
    trainee: 5916,
    says: 'The school must be repaired first (repair-school).',
  },
  {
    given: 'something that Register has no code for',
    inDttp: GONE,
    ends: 'plan, with a warning',
    means: 'Register sends it empty, and so do we. DTTP may refuse the registration; then nothing is created there.',
    trainee: 5912,
    prepare: async (world) => {
      deleteBoth(5912)(world)
      await set(`region = 'London'`, 5912)(world)
    },
    says: 'DTTP may refuse the registration; then nothing is created there.',
    plan: { shows: 'Register trainee 5912 with DTTP at once', empties: BOTH },
  },
  {
    given: 'names that Register tidies on its next save',
    inDttp: GONE,
    ends: 'plan, with a warning',
    means: 'The registration’s own save tidies them, which the timeline will show.',
    trainee: 5909,
    prepare: deleteBoth(5909),
    says: 'Register also puts this right, as on every save: First names, Last name. The timeline will show it.',
    plan: { shows: 'Register trainee 5909 with DTTP at once', empties: BOTH },
  },
  {
    given: 'a registration is waiting or running',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Wait until it has ended.',
    trainee: 5913,
    prepare: (world) => addJob(world, 'waiting'),
    says: 'A registration of this trainee is waiting or running.',
  },
  {
    given: 'a registration under ids of ours, about which DTTP was asked in vain',
    inDttp: GONE,
    ends: 'plan',
    means: 'Plan: as above. It takes the ids over: if DTTP has the record by then, it is saved and not created again.',
    trainee: 5913,
    prepare: (world) => addUnanswered(world, OWN_IDS),
    says: 'One was sent on 27 October 2021 at 2:14pm and not answered. This one takes its ids over',
    plan: { shows: REGISTERS, empties: BOTH },
  },
  {
    given: 'a registration without ids of ours whose outcome nobody knows',
    inDttp: GONE,
    ends: 'blocked',
    means: 'Registering again could create a duplicate. It must be settled first (settle-registration).',
    trainee: 5913,
    prepare: (world) => addUnanswered(world),
    says: 'Registering again could create a duplicate. A developer must settle that first: /trainee settle-registration 5913.',
  },
  {
    given: 'Register’s feature flag persist_to_dttp is off',
    inDttp: GONE,
    ends: 'blocked',
    means: 'The registration would do nothing. Ask a developer.',
    trainee: 5913,
    settings: { REGISTER_FEATURES: 'persist_to_dttp=false,sync_from_dttp=true,routes=all' },
    says: 'Register’s feature flag persist_to_dttp is off',
  },
  {
    given: 'somebody else runs Register’s jobs (REGISTER_JOBS=off)',
    inDttp: GONE,
    ends: 'blocked',
    means: 'The bot cannot start one. A developer must.',
    trainee: 5913,
    settings: { REGISTER_JOBS: 'off' },
    says: 'Register’s jobs are not run by this bot',
  },
]

/** What can come of a registration, and where it leads; each is a story of the test's. */
export const endings = [
  {
    when: 'all goes well',
    card: 'done',
    next: 'Every line below is true.',
  },
  {
    when: 'DTTP refuses it, or nothing could be sent',
    card: 'needs attention',
    next: 'Nothing was created. The state and the time of submission are as they were. “Register again” on the card asks anew: then there is nothing to empty.',
  },
  {
    when: 'the record was changed after the approval',
    card: 'needs attention',
    next: 'Nothing was sent: DTTP would have been told something that nobody had approved. “Preview again” on the card.',
  },
  {
    when: 'a status change is refused',
    card: 'needs attention',
    next: 'The trainee is registered; the line says which change was refused, and why.',
  },
  {
    when: 'no answer came, and DTTP has the records',
    card: 'done',
    next: 'DTTP is asked by the ids that we chose, without people. Until then the card says that we do not know yet.',
  },
  {
    when: 'no answer came, and DTTP has no records',
    card: 'done',
    next: 'DTTP is asked, does not have them, and is sent the same again under the same ids.',
  },
  {
    when: 'no answer came for a working day',
    card: 'needs attention',
    next: '“Register again” takes the ids over: what DTTP has by then is saved, and nothing is created twice.',
  },
  {
    when: 'DTTP answers, and Register cannot save it',
    card: 'needs attention',
    next: 'The card names the record that DTTP answered with. “Use these records” is the only way on.',
  },
  {
    when: 'without ids of ours, no answer came, and DTTP has the records',
    card: 'needs attention',
    next: 'Nobody knows. The card shows what DTTP has. “Use these records” puts their ids into Register, with the audits, status changes and poll that the registration would have made.',
  },
  {
    when: 'without ids of ours, no answer came, and DTTP has no records',
    card: 'needs attention',
    next: 'Nobody knows. “Register again” is possible 5 minutes after the registration was sent (`JOB_LEASE` and 255 seconds): until then DTTP may still be working on it.',
  },
  {
    when: 'without ids of ours, no answer came, and somebody wants to register again all the same',
    card: 'needs attention',
    next: 'Blocked while DTTP has the records, in settle-registration as in re-register.',
  },
  {
    when: 'without ids of ours, no answer came, and DTTP has several records',
    card: 'needs attention',
    next: 'The form asks which to use. A step for people: whether the others are the same person.',
  },
  {
    when: 'without ids of ours, “Register again” is approved, and the record changes before it is carried out',
    card: 'out of date',
    next: 'Nothing was sent, and the registration is as unsettled as before. “Preview again” on the card.',
  },
  {
    when: 'without ids of ours, “Register again” is carried out, and the record changes before it is sent',
    card: 'needs attention',
    next: 'Nothing was sent; the earlier registration is given up, as was approved. “Preview again” on the card opens re-register.',
  },
] as const

/** The decision table of /trainee settle-registration. */
export type Settlement = {
  inDttp: string
  decision: 'use' | 'again'
  ends: Branch['ends']
  means: string
  prepare: (world: World) => unknown
  form?: Record<string, string>
  says: string
}

const SENT = '2021-10-27T13:14:00Z'
const RECORD = 'c9999999-0000-4000-8000-000000000001'
const OTHER = 'c9999999-0000-4000-8000-000000000002'

/** What the registration has created, or might have. */
function addRecord({ dttp: { simulator } }: World, id = RECORD, { whole = true } = {}): void {
  const columns = { dfe_traineeid: '21/22-5913', _parentcustomerid_value: dttpId('provider', 101), createdon: SENT }
  simulator.state.add('contacts', { id, ...columns })
  if (whole) simulator.state.add('dfe_placementassignments', { id: id.replace('c', 'a'), _dfe_contactid_value: id })
}

/** As DTTP was told, whose provider's id of the trainee nobody knew. */
async function addNameless(world: World): Promise<void> {
  addRecord(world)
  const columns = { dfe_traineeid: 'NOTPROVIDED', _parentcustomerid_value: dttpId('provider', 101), createdon: SENT }
  world.dttp.simulator.state.add('contacts', { id: RECORD, ...columns })
  await set('trainee_id = NULL', 5913)(world)
}

function addTwo(world: World): void {
  addRecord(world, RECORD)
  addRecord(world, OTHER)
}

const unanswered =
  (more: (world: World) => unknown = () => {}) =>
  async (world: World) => {
    await set('dttp_id = NULL, placement_assignment_dttp_id = NULL', 5913)(world)
    await addUnanswered(world)
    await more(world)
  }

export const settlements: readonly Settlement[] = [
  {
    inDttp: 'one record, with its training record',
    decision: 'use',
    ends: 'plan, with a warning',
    means:
      'Plan: its ids, each with its audit, both status changes, the poll. A degree that cannot be told apart keeps the id it has, with a warning.',
    prepare: unanswered(addRecord),
    says: `DTTP has record ${RECORD} with 1 training record and 0 degrees.`,
  },
  {
    inDttp: 'one record, with its training record',
    decision: 'again',
    ends: 'blocked',
    means: 'It would be a duplicate. Use the record, or have it deleted in DTTP first.',
    prepare: unanswered(addRecord),
    says: 'Registering again would create a duplicate.',
  },
  {
    inDttp: 'one record, without a training record',
    decision: 'use',
    ends: 'blocked',
    means: 'A registration creates all or nothing: ask the operations team to put it right.',
    prepare: unanswered((world) => addRecord(world, RECORD, { whole: false })),
    says: 'There must be exactly one training record.',
  },
  {
    inDttp: 'several records',
    decision: 'use',
    ends: 'the form asks',
    means: 'The form comes back and asks which.',
    prepare: unanswered(addTwo),
    says: 'DTTP has more than one such record.',
  },
  {
    inDttp: 'several records, one of them chosen',
    decision: 'use',
    ends: 'plan, with a warning',
    means: 'Plan: as above. A warning, and a step for people: whether the others are the same person.',
    prepare: unanswered(addTwo),
    form: { contact: OTHER },
    says: `You chose record ${OTHER}`,
  },
  {
    inDttp: 'a record that another trainee has in Register',
    decision: 'use',
    ends: 'blocked',
    means: 'It does not count: there is none to use.',
    prepare: unanswered(async (world) => {
      addRecord(world)
      await set(`trainee_id = '21/22-5913', dttp_id = '${RECORD}'`, 5901)(world)
    }),
    says: 'so there is none to use',
  },
  {
    inDttp: 'none',
    decision: 'use',
    ends: 'blocked',
    means: 'There is none to use. Wait a few minutes, or register again.',
    prepare: unanswered(),
    says: 'so there is none to use',
  },
  {
    inDttp: 'none',
    decision: 'again',
    ends: 'plan',
    means: 'Plan: put on record that it is given up, register on the same person’s behalf, poll.',
    prepare: unanswered(),
    says: 'DTTP has no record that this registration could have created.',
  },
  {
    inDttp: 'none, less than 5 minutes after it was sent',
    decision: 'again',
    ends: 'blocked',
    means: 'DTTP may still be working on it.',
    prepare: unanswered(({ admin }) => admin.query('UPDATE chatops.registration_attempts SET sent_at = now()')),
    says: 'sent a few minutes ago',
  },
  {
    inDttp: 'a record, of a trainee whose provider gave them no id',
    decision: 'use',
    ends: 'the form asks',
    means: 'It may be anybody’s. The form comes back and asks which it is; then a warning says to look in DTTP.',
    prepare: unanswered(addNameless),
    says: 'so we cannot tell whose record this is. Enter the id of the one to use',
  },
  {
    inDttp: 'a record, of a trainee whose provider gave them no id',
    decision: 'again',
    ends: 'plan, with a warning',
    means: 'Plan: as above, with a warning: it is a duplicate if that is this trainee.',
    prepare: unanswered(addNameless),
    says: 'Registering again creates a duplicate if that is this trainee.',
  },
  {
    inDttp: 'more records than we can look at (50)',
    decision: 'again',
    ends: 'blocked',
    means: 'One of them may be the trainee’s. A developer must look in DTTP.',
    prepare: unanswered((world) => {
      for (let one = 10; one < 60; one++) addRecord(world, `c9999999-0000-4000-8000-0000000000${one}`)
    }),
    says: 'DTTP has more records than we can look at',
  },
  {
    inDttp: 'one record, with its training record, of a trainee withdrawn or deferred since',
    decision: 'use',
    ends: 'plan, with a warning',
    means: 'Plan: only the ids, each with its audit. DTTP’s status stays as it is, and nothing asks for a TRN.',
    prepare: unanswered(async (world) => {
      addRecord(world)
      await set('state = 4', 5913)(world)
    }),
    says: 'The record is Withdrawn: only the ids are saved.',
  },
  {
    inDttp: 'one record, with its training record, and not the one that Register was given since, which is gone',
    decision: 'use',
    ends: 'plan, with a warning',
    means: 'Plan: as above; the id in Register is replaced.',
    prepare: unanswered(async (world) => {
      addRecord(world)
      await set(`dttp_id = '${OTHER}'`, 5913)(world)
    }),
    says: `Register names another record (${OTHER}), which DTTP does not have: it is replaced.`,
  },
  {
    inDttp: 'not asked: no registration is without an outcome',
    decision: 'again',
    ends: 'blocked',
    means: 'There is nothing to settle.',
    prepare: () => {},
    says: 'There is nothing to settle.',
  },
]
