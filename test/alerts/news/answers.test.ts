import { describe, expect, test } from 'vitest'
import { reportAnswers } from '../../../src/alerts/news/answers.ts'
import { findAlertSight } from '../../../src/alerts/sight/read.ts'
import { RegistrationAttempt } from '../../../src/entities/chatops/registration-attempt.ts'
import { useAlertStory } from '../alert-story.ts'

const story = useAlertStory()

const CONTACT = 'c7777777-0000-4000-8000-000000000001'
const ids = { contact: CONTACT, placementAssignment: CONTACT.replace('c', 'a'), degrees: {} }

/** A registration of trainee 5909, whose record in Register is another one. */
async function attempt(row: Partial<RegistrationAttempt>): Promise<string> {
  const over = { status: 'done', finishedAt: new Date() } as const
  const { id } = await story.job('register-for-trn', 5909, over)
  await story.world.database.manager.insert(RegistrationAttempt, {
    ...{ jobId: id, traineeId: '5909', sentAt: new Date() },
    ...row,
  })
  return id
}

async function saysOf(id: string): Promise<string> {
  const sight = await findAlertSight(story.world.database, id)
  return JSON.stringify([
    sight?.diagnosis,
    sight?.groups.flatMap(({ entries }) => entries.map(({ failure }) => failure)),
  ])
}

describe('an answer to a registration that was given up', () => {
  test('is reported once, and names the record', async () => {
    const job = await attempt({ outcome: 'not-sent', ids })
    expect(await reportAnswers(story.world)).toBe(1)
    expect(await reportAnswers(story.world)).toBe(0)
    const alert = await story.onlyAlert()
    expect(alert.cause).toBe('late-answer:5909')
    expect(await saysOf(alert.id)).toContain(CONTACT)
    expect(await saysOf(alert.id)).toContain('DTTP has a record of trainee 5909 that Register does not name')
    expect(await story.entries()).toMatchObject([{ jobId: job, traineeId: '5909', settledAt: null }])
  })

  test('stays although the trainee is registered by another record', async () => {
    await attempt({ outcome: 'not-sent', ids })
    await reportAnswers(story.world)
    await story.ran(await story.job('register-for-trn', 5909))
    expect(await story.causes()).toEqual(['late-answer:5909'])
  })

  test('is none where Register names that record', async () => {
    await attempt({ outcome: 'not-sent', ids })
    await story.admin.query('UPDATE public.trainees SET dttp_id = $1 WHERE id = 5909', [CONTACT])
    expect(await reportAnswers(story.world)).toBe(0)
  })

  test('is none where the next registration has the same ids, and will find it', async () => {
    await attempt({ outcome: 'not-sent', ids, ownIds: ids })
    await attempt({ outcome: 'unknown', ownIds: ids })
    expect(await reportAnswers(story.world)).toBe(0)
  })

  test('is reported where a later registration took its ids over, and was refused', async () => {
    const job = await attempt({ outcome: 'taken-over', ids, ownIds: ids })
    await attempt({ outcome: 'not-sent', ownIds: ids })
    expect(await reportAnswers(story.world)).toBe(1)
    expect(await story.entries()).toMatchObject([{ jobId: job, traineeId: '5909' }])
    expect(await saysOf((await story.onlyAlert()).id)).toContain(CONTACT)
  })

  test('is none where a later registration took its ids over, and may still find it', async () => {
    await attempt({ outcome: 'taken-over', ids, ownIds: ids })
    await attempt({ outcome: null, ownIds: ids })
    expect(await reportAnswers(story.world)).toBe(0)
  })

  test.each(['taken-over', 'not-sent'] as const)(
    'is none of %s where a later registration saved it',
    async (outcome) => {
      await attempt({ outcome, ids, ownIds: ids })
      await attempt({ outcome: 'registered', ids, ownIds: ids })
      expect(await reportAnswers(story.world)).toBe(0)
    },
  )

  test.each([
    { outcome: 'not-sent' as const, ids: null },
    { outcome: 'taken-over' as const, ids: null },
    { outcome: 'registered' as const, ids },
  ])('is none in %j', async (row) => {
    await attempt(row)
    expect(await reportAnswers(story.world)).toBe(0)
  })
})

test('a DTTP that does not keep to our ids is reported, with what that means', async () => {
  await attempt({ outcome: 'registered', ids, doubt: 'other-ids' })
  expect(await reportAnswers(story.world)).toBe(1)
  const alert = await story.onlyAlert()
  expect(alert.cause).toBe('dttp:own-ids')
  expect(await saysOf(alert.id)).toContain('set DTTP_OWN_IDS=off')
})
