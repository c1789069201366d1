import { beforeEach, describe, expect, test } from 'vitest'
import { createPeople, type Directory, type Member } from '../../src/people/people.ts'
import type { People } from '../../src/world.ts'

const TEAM = 'T01'
const colleague: Member = { ids: [], teams: [TEAM], isBot: false, isGuest: false, isDeleted: false }

/** Slack's directory, with what it was asked and whether it answers. */
let members: Map<string, Member>
let groups: Map<string, string[] | null>
let silent: Set<string>
let asked: string[]
let clock: number
let people: People

beforeEach(() => {
  members = new Map(['U01', 'U02', 'U03', 'U04'].map((id) => [id, { ...colleague, ids: [id] }]))
  groups = new Map([
    ['S01', ['U02']],
    ['S02', ['U03']],
  ])
  silent = new Set()
  asked = []
  clock = Date.parse('2021-10-27T12:00:00Z')
  people = createPeople(
    { teamId: TEAM, requesters: ['U01', 'S01', 'S02'], approvers: ['U04', 'S02'] },
    directory,
    () => new Date(clock),
  )
})

describe('who is allowed', () => {
  test('those who are listed by their own id', async () => {
    expect(await people.mayRequest('U01')).toBe('allowed')
    expect(await people.mayApprove('U04')).toBe('allowed')
  })

  test('those in a group that is listed, also in the second one', async () => {
    expect(await people.mayRequest('U02')).toBe('allowed')
    expect(await people.mayRequest('U03')).toBe('allowed')
    expect(await people.mayApprove('U03')).toBe('allowed')
  })

  test('nobody else: who may ask may not approve, nor the other way round', async () => {
    expect(await people.mayApprove('U01')).toBe('not-listed')
    expect(await people.mayApprove('U02')).toBe('not-listed')
    expect(await people.mayRequest('U04')).toBe('not-listed')
  })

  test.each([
    ['a guest', { isGuest: true }],
    ['a bot', { isBot: true }],
    ['someone who was deactivated', { isDeleted: true }],
    ['a member of another workspace', { teams: ['T02'] }],
    ['someone whose workspace Slack does not name', { teams: [] }],
  ])('%s is not, even if listed', async (_, difference) => {
    members.set('U01', { ...colleague, ids: ['U01'], ...difference })
    members.set('U03', { ...colleague, ids: ['U03'], ...difference })
    expect(await people.mayRequest('U01')).toBe('not-a-colleague')
    expect(await people.mayApprove('U03')).toBe('not-a-colleague')
  })

  test('someone whom Slack does not know is not, even if listed', async () => {
    members.delete('U01')
    expect(await people.mayRequest('U01')).toBe('not-a-colleague')
  })
})

describe('when Slack does not answer', () => {
  test('about a person, nobody can say who that is', async () => {
    silent.add('U01')
    expect(await people.mayRequest('U01')).toBe('people-unknown')
  })

  test('about a group, those who are listed by their own id are still allowed', async () => {
    silent.add('S02')
    expect(await people.mayApprove('U04')).toBe('allowed')
  })

  test('about a group, nobody else is let in', async () => {
    silent.add('S02')
    expect(await people.mayApprove('U03')).toBe('people-unknown')
    expect(await people.mayApprove('U01')).toBe('people-unknown')
  })

  test('about one group, those in another are allowed', async () => {
    silent.add('S02')
    expect(await people.mayRequest('U02')).toBe('allowed')
  })

  test('the failure is not kept: the next question is asked again', async () => {
    silent.add('S02').add('U03')
    expect(await people.mayApprove('U03')).toBe('people-unknown')
    silent.clear()
    expect(await people.mayApprove('U03')).toBe('allowed')
  })

  test('an answer that is too old is not used instead', async () => {
    expect(await people.mayApprove('U03')).toBe('allowed')
    silent.add('S02')
    clock += 60_000
    expect(await people.mayApprove('U03')).toBe('people-unknown')
  })
})

describe('an answer of Slack’s', () => {
  test('is used for less than 60 seconds', async () => {
    expect(await people.mayApprove('U03')).toBe('allowed')
    groups.set('S02', [])
    clock += 59_999
    expect(await people.mayApprove('U03')).toBe('allowed')
    clock += 1
    expect(await people.mayApprove('U03')).toBe('not-listed')
  })

  test('that someone left the workspace is heard after 60 seconds', async () => {
    expect(await people.mayRequest('U01')).toBe('allowed')
    members.set('U01', { ...colleague, isDeleted: true })
    clock += 60_000
    expect(await people.mayRequest('U01')).toBe('not-a-colleague')
  })

  test('is asked for once when several ask at once', async () => {
    await Promise.all([people.mayApprove('U03'), people.mayApprove('U03'), people.mayRequest('U03')])
    expect(asked.filter((id) => id === 'U03')).toHaveLength(1)
    expect(asked.filter((id) => id === 'S02')).toHaveLength(1)
  })

  test('about groups is not needed for those who are listed by their own id', async () => {
    await people.mayApprove('U04')
    expect(asked).toEqual(['U04'])
  })
})

describe('at a decision', () => {
  test('whom the kept answer admits is asked about afresh: someone deactivated since is refused', async () => {
    expect(await people.mayDecide('U04')).toBe('allowed')
    members.set('U04', { ...colleague, ids: ['U04'], isDeleted: true })
    clock += 5_000
    expect(await people.mayApprove('U04')).toBe('allowed')
    expect(await people.mayDecide('U04')).toBe('not-a-colleague')
  })

  test('someone who was just taken out of the group is refused', async () => {
    expect(await people.mayDecide('U03')).toBe('allowed')
    groups.set('S02', [])
    clock += 5_000
    expect(await people.mayDecide('U03')).toBe('not-listed')
  })

  test('questions within five seconds are shared', async () => {
    await people.mayApprove('U03')
    clock += 30_000
    asked = []
    await Promise.all([people.mayDecide('U03'), people.mayDecide('U03')])
    clock += 4_999
    await people.mayDecide('U03')
    expect(asked).toEqual(['U03', 'S02'])
  })

  test('whom the kept answer does not admit causes no question', async () => {
    await people.mayApprove('U01')
    asked = []
    clock += 59_000
    for (let time = 0; time < 5; time++) expect(await people.mayDecide('U01')).toBe('not-listed')
    expect(asked).toEqual([])
  })

  test('nobody is let in while Slack does not answer afresh', async () => {
    expect(await people.mayDecide('U03')).toBe('allowed')
    silent.add('S02')
    clock += 5_000
    expect(await people.mayDecide('U03')).toBe('people-unknown')
  })
})

describe('a user group that was deleted', () => {
  beforeEach(() => groups.set('S02', null))

  test('is said to be so to whoever may have been in it', async () => {
    expect(await people.mayApprove('U03')).toBe('group-gone')
    expect(await people.mayRequest('U03')).toBe('group-gone')
  })

  test('keeps nobody out who is listed elsewhere', async () => {
    expect(await people.mayApprove('U04')).toBe('allowed')
    expect(await people.mayRequest('U02')).toBe('allowed')
  })
})

describe('one person with two ids', () => {
  beforeEach(() => {
    for (const id of ['U04', 'W04']) members.set(id, { ...colleague, ids: [id, 'U04', 'W04'] })
  })

  test('may do under either what is allowed under one', async () => {
    expect(await people.mayApprove('W04')).toBe('allowed')
  })

  test('is known to be one', async () => {
    expect(await people.areOne('U04', 'W04')).toBe(true)
    expect(await people.areOne('W04', 'U04')).toBe(true)
    expect(await people.areOne('U04', 'U03')).toBe(false)
    expect(await people.areOne('U03', 'U03')).toBe(true)
  })

  test('cannot be told from others while Slack does not answer', async () => {
    silent.add('U03')
    expect(await people.areOne('U04', 'U03')).toBeNull()
  })
})

const directory: Directory = {
  findMember: (id) => answer(id, members.get(id) ?? null),
  groupMembers: (id) => answer(id, groups.get(id) ?? null),
}

async function answer<T>(id: string, value: T): Promise<T> {
  asked.push(id)
  if (silent.has(id)) throw new Error('Slack did not answer')
  return value
}
