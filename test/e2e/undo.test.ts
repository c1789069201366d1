import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, type Message, readText } from '../support/slack/index.ts'

const use = useStory()

async function row(): Promise<Record<string, unknown>> {
  const { rows } = await use.admin.query('SELECT to_jsonb(t) - $1 AS row FROM trainees t WHERE id = 5901', [
    'updated_at',
  ])
  return rows[0].row
}

function cards(): Message[] {
  return use.story.slack.messages(CHANNEL).filter(({ thread_ts }) => !thread_ts)
}

/** A person's modal, once it says this. */
async function modal(user: string, words: string): Promise<string> {
  const { slack } = use.story
  return slack.until(() => {
    const view = slack.view(user)
    const text = view ? readText(view) : ''
    return text.includes(words) ? text : null
  })
}

/** Fills in the open form, asks for approval, and has a developer approve. Returns the card once it is done. */
async function carryOut(asker: string, approver: string, values: Record<string, string>): Promise<Message> {
  const { slack } = use.story
  const before = cards().length
  await slack.submit({ user: asker, values })
  await modal(asker, 'Not sent yet')
  await slack.submit({ user: asker })
  const sent = await slack.until(() => cards()[before] ?? null)
  await slack.click({ user: approver, actionId: ACTIONS.openReview, message: sent })
  await modal(approver, 'What changes')
  await slack.submit(approval(slack, approver))
  return slack.until(() => {
    const card = cards()[before]
    return card && readText(card).includes('is done') ? card : null
  })
}

async function changeRoute(): Promise<Message> {
  await use.story.slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await modal(SUPPORT, 'New route')
  return carryOut(SUPPORT, DEVELOPER, { reason: 'Wrong route', ticket: '' })
}

describe('“Undo…” on a finished card', () => {
  test('takes the change back as a request of its own, approved by another person', async () => {
    const before = await row()
    const card = await changeRoute()
    expect(await row()).not.toEqual(before)
    expect(buttons(card).map(({ text }) => text)).toContain('Undo…')
    await use.story.slack.click({ user: DEVELOPER, actionId: ACTIONS.startUndo, message: card })
    await modal(DEVELOPER, 'Undo CR-1')
    const undone = await carryOut(DEVELOPER, SECOND_DEVELOPER, { reason: 'It was right before', ticket: '' })
    expect(readText(undone)).toContain('CR-1 is undone for')
    expect(await row()).toEqual(before)
    const left = await use.story.slack.until(() => {
      const now = cards()[0]
      return now && readText(now).includes('Undone by CR-2.') ? now : null
    })
    expect(buttons(left).map(({ text }) => text)).not.toContain('Undo…')
    expect(readText(left)).toContain('CR-1 was undone')
    expect(readText(left)).not.toMatch(/is on|are empty|CR-1 is done/)
    const waiting = await use.admin.query('SELECT outcome FROM chatops.change_requests WHERE id = 2')
    expect(waiting.rows[0].outcome.undoes).toEqual({ request: '1', title: 'Change training route' })
  })

  test('names what it undoes on its own card, and reverses the meaning of the text to copy', async () => {
    const { slack } = use.story
    const card = await changeRoute()
    await use.admin.query(`UPDATE chatops.manual_steps SET done_at = now(), done_by = $1`, [SUPPORT])
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.startUndo, message: card })
    await modal(DEVELOPER, 'Undo CR-1')
    await slack.submit({ user: DEVELOPER, values: { reason: 'It was right before', ticket: '' } })
    const preview = await modal(DEVELOPER, 'Not sent yet')
    expect(preview).toContain('undo CR-1: change training route for')
    expect(preview).toContain('Ask for the route to be changed back in DTTP')
    expect(preview).toContain(
      'Please change the training route of this trainee in DTTP back to Provider-led (postgrad).',
    )
    expect(preview).not.toContain('Please change the training route of this trainee in DTTP to')
    await slack.submit({ user: DEVELOPER })
    const sent = await slack.until(() => cards()[1] ?? null)
    expect(readText(sent)).toContain('ndo CR-1: change training route for')
  })

  test('says why it cannot be taken back, and what can be done by hand', async () => {
    const card = await changeRoute()
    await use.admin.query(`UPDATE trainees SET course_start_date = '2021-09-13' WHERE id = 5901`)
    await use.story.slack.click({ user: SUPPORT, actionId: ACTIONS.startUndo, message: card })
    await modal(SUPPORT, 'Undo CR-1')
    await use.story.slack.submit({ user: SUPPORT, values: { reason: 'It was right before', ticket: '' } })
    const answer = await modal(SUPPORT, 'You cannot ask for this change')
    expect(answer).toContain('Course start date')
    expect(answer).toContain('by hand')
  })

  test('is not for people who may not ask', async () => {
    const card = await changeRoute()
    const { slack } = use.story
    await slack.click({ user: STRANGER, actionId: ACTIONS.startUndo, message: card })
    await slack.until(() => slack.ephemerals(STRANGER).length > 0)
    expect(readText(slack.ephemerals(STRANGER)[0])).toContain('You cannot ask for changes')
  })
})

test.each([
  ['CR-', 'Enter a request'],
  ['CR-999', 'There is no request CR-999'],
  ["1'; DROP", 'Enter a request'],
])('/trainee undo with %j is answered at the field', async (request, words) => {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'undo' })
  await modal(SUPPORT, 'Undo a request')
  const answer = await slack.submit({ user: SUPPORT, values: { subject: request, reason: 'Wrong', ticket: '' } })
  expect(JSON.stringify(answer)).toContain(words)
})
