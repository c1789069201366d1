// What a request is to people once it is over: what came of it, what is left to do by hand, and asking again.

import { describe, expect, test } from 'vitest'
import { londonDay } from '../../src/calendar/london.ts'
import { remindApprovers } from '../../src/changes/propose/call.ts'
import { addToOutbox } from '../../src/outbox/add.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'

const use = useStory(() => ({ APPROVER_MENTION: SECOND_DEVELOPER }))

function card() {
  const message = use.story.slack.messages(CHANNEL).findLast(({ text }) => /^CR-\d/.test(text))
  if (!message) throw new Error('there is no card')
  return message
}

const labels = () => buttons(card()).map(({ text }) => text)
const top = (user: string) => readText(use.story.slack.view(user) ?? [])
const cardSays = (words: string) => use.story.slack.until(() => readText(card()).includes(words), words)
const isShown = (user: string, words: string) => use.story.slack.until(() => top(user).includes(words), words)

/** A change of route, asked for by support. */
async function ask(): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await slack.until(() => slack.view(SUPPORT))
  await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route' } })
  await isShown(SUPPORT, 'Not sent yet')
  await slack.submit({ user: SUPPORT })
  await slack.until(() => slack.messages(CHANNEL).some(({ text }) => text.startsWith('CR-')))
  await slack.closeView({ user: SUPPORT, all: true })
}

async function approve(): Promise<void> {
  const { slack } = use.story
  await click(DEVELOPER, ACTIONS.openReview)
  await isShown(DEVELOPER, 'What changes')
  await slack.submit(approval(slack, DEVELOPER))
  await cardSays('CR-1 is done')
  await slack.closeView({ user: DEVELOPER, all: true })
}

const click = (user: string, actionId: string) => use.story.slack.click({ user, actionId, message: card() })

async function ledger(): Promise<string[]> {
  const { rows } = await use.admin.query(`SELECT event || ' ' || actor AS entry FROM chatops.ledger ORDER BY seq`)
  return rows.map(({ entry }) => entry)
}

test('a request that is sent calls the approver, who sees on the phone what to decide and until when', async () => {
  await ask()
  const { text } = card()
  expect(text).toMatch(
    /^CR-1: approve trainee 5901 moving to School direct \(salaried\)\. Asked for by <@U01SUPPORT>\. Decide by .*\.$/,
  )
  const read = readText(card())
  expect(read).toMatch(/⏳ CR-1 needs approval by \d+(:\d\d)?[ap]m on \w+day \d+ \w+/)
  expect(read).toContain(`<@${SECOND_DEVELOPER}>: change <`)
  expect(read).toContain('This empties 12 course and funding details. Nothing has changed yet.')
  expect(labels()).toEqual(['Review', 'Reject', 'Cancel request', 'View trainee'])
})

test('its thread reminds the approver once, with the review at hand', async () => {
  const { slack, bot } = use.story
  await ask()
  const { rows } = await use.admin.query(`SELECT remind_at FROM chatops.change_requests;`)
  await use.admin.query(`UPDATE chatops.calls SET called_at = called_at - interval '1 hour'`)
  const late = { ...bot.changes, now: () => rows[0].remind_at as Date }
  expect(await remindApprovers(late)).toBe(1)
  expect(await remindApprovers(late)).toBe(0)
  const [reminder] = await slack.until(() => {
    const replies = slack.replies(CHANNEL, card().ts)
    return replies.length > 0 ? replies : null
  })
  expect(reminder?.text).toMatch(
    new RegExp(`^<@${SECOND_DEVELOPER}> CR-1 expires at .*\\. It moves trainee 5901 to School direct \\(salaried\\)`),
  )
  if (!reminder) throw new Error('there is no reminder')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: reminder })
  await isShown(DEVELOPER, 'What changes')
})

describe('a request that is done', () => {
  test('says how things are, what is left and who sees to it, and shows what changed on request', async () => {
    const { slack } = use.story
    await ask()
    await approve()
    const read = readText(card())
    expect(read).toContain('✅ CR-1 is done in Register. 2 steps left for support')
    expect(read).toMatch(/Trainee 5901> is on School direct \(salaried\)\. 12 course and funding details are empty\./)
    expect(read).toMatch(/Asked for by <@U01SUPPORT>, approved by <@U02DEV>\. Changed at .*, checked at /)
    expect(card().blocks).toHaveLength(4)
    expect(labels()).toEqual(['Copy text', 'Mark as done', 'Show what changed', 'Undo…'])
    await slack.until(() => slack.replies(CHANNEL, card().ts).length === 2)

    await click(SUPPORT, ACTIONS.showChanges)
    await isShown(SUPPORT, 'What changed')
    expect(top(SUPPORT)).toContain('The provider chose the wrong route')
    await slack.closeView({ user: SUPPORT, all: true })
    await click(SUPPORT, ACTIONS.copySteps)
    await isShown(SUPPORT, 'Please change the training route of this trainee in DTTP to School direct (salaried).')
    await isShown(SUPPORT, 'Please sign in to Register trainee teachers and fill in what this route needs:')
  })

  test('has its steps ticked off one by one, and a tick taken back', async () => {
    const { slack } = use.story
    await ask()
    await approve()
    await click(SUPPORT, ACTIONS.markSteps)
    await isShown(SUPPORT, 'Which steps are done?')
    const { rows } = await use.admin.query('SELECT id FROM chatops.manual_steps ORDER BY place')
    await slack.submit({ user: SUPPORT, values: { steps: [rows[0].id] } })
    await cardSays('CR-1 is done in Register. 1 step left for support')
    await cardSays('Done by <@U01SUPPORT> at ')
    await slack.closeView({ user: SUPPORT, all: true })

    await click(DEVELOPER, ACTIONS.markSteps)
    await isShown(DEVELOPER, 'Which steps are done?')
    await slack.submit({ user: DEVELOPER, values: { steps: rows.map(({ id }) => id) } })
    await cardSays('✅ CR-1 is done')
    await slack.until(() => labels().includes('Not done after all'))
    await slack.closeView({ user: DEVELOPER, all: true })
    await click(DEVELOPER, ACTIONS.unmarkSteps)
    await isShown(DEVELOPER, 'Which steps are done?')
    await slack.submit({ user: DEVELOPER, values: { steps: [rows[0].id] } })
    await cardSays('1 step left for support')
    expect((await ledger()).slice(-3)).toEqual(['step-done U01SUPPORT', 'step-done U02DEV', 'step-not-done U02DEV'])
  })

  test('of which one step is left has it ticked off once, and says so where nothing is drawn anew', async () => {
    const { slack } = use.story
    await ask()
    await approve()
    await use.admin.query('DELETE FROM chatops.manual_steps WHERE place = 1')
    const before = slack.ephemerals(SUPPORT).length
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'CR-1' })
    const message = await slack.until(() => slack.ephemerals(SUPPORT)[before])
    const mark = () => slack.click({ user: SUPPORT, actionId: ACTIONS.markSteps, message })
    await Promise.all([mark(), mark()])
    await slack.until(() => slack.ephemerals(SUPPORT).length === before + 3)
    for (const answer of slack.ephemerals(SUPPORT).slice(before + 1)) {
      expect(readText(answer)).toContain('CR-1: the step is marked as done')
    }
    expect(slack.view(SUPPORT)).toBeFalsy()
    expect((await ledger()).filter((entry) => entry.startsWith('step-'))).toEqual(['step-done U01SUPPORT'])
    await slack.until(() => labels().includes('Not done after all'))
    await click(SUPPORT, ACTIONS.unmarkSteps)
    await isShown(SUPPORT, 'Which steps are done?')
  })

  test('is not ticked off, and shows no texts, to somebody who may neither ask nor approve', async () => {
    const { slack } = use.story
    await ask()
    await approve()
    for (const action of [ACTIONS.markSteps, ACTIONS.copySteps, ACTIONS.showChanges]) {
      const before = slack.ephemerals(STRANGER).length
      await click(STRANGER, action)
      await slack.until(() => slack.ephemerals(STRANGER).length > before)
      expect(slack.view(STRANGER)).toBeFalsy()
    }
    expect(readText(card())).toContain('2 steps left for support')
  })

  test('is in the morning’s line with what is left, which is silent once nothing is', async () => {
    const { slack, bot } = use.story
    await ask()
    await approve()
    await sayMorningOf(londonDay(bot.changes.now()))
    const [, line] = slack.messages(CHANNEL)
    expect(line?.text).toBe('2 steps are left to do by hand')
    expect(readText(line)).toContain('CR-1: ask for the route to be changed in DTTP, by <@U01SUPPORT>.')
    await use.admin.query(`UPDATE chatops.manual_steps SET done_at = now(), done_by = 'U02DEV'`)
    await sayMorningOf(londonDay(bot.changes.now()))
    expect(slack.messages(CHANNEL)).toHaveLength(2)
  })

  test('is in the line of the first channel where its own is not allowed any more, also while it waits', async () => {
    const { slack, bot } = use.story
    await ask()
    const moveTo = (channel: string) =>
      use.admin.query(
        `SET session_replication_role = 'replica'; UPDATE chatops.change_requests SET channel = '${channel}';
         SET session_replication_role = 'origin'`,
      )
    await moveTo('C0OFOLD')
    await sayMorningOf(londonDay(bot.changes.now()))
    expect(slack.messages(CHANNEL).at(-1)?.text).toBe('1 request waits for approval')
    await moveTo(CHANNEL)
    await approve()
    await moveTo('C0OFOLD')
    await sayMorningOf(londonDay(bot.changes.now()))
    expect(slack.messages(CHANNEL).at(-1)?.text).toBe('2 steps are left to do by hand')
  })

  test('is in no line of a morning that is over', async () => {
    await ask()
    await approve()
    await sayMorningOf('2021-10-27')
    expect(use.story.slack.messages(CHANNEL)).toHaveLength(1)
  })
})

/** Has the morning's line of a day sent, and waits until it was, or was found to be needless. */
async function sayMorningOf(day: string): Promise<void> {
  const { slack, bot } = use.story
  const row = { stream: 'morning', kind: 'morning', changeRequest: null, payload: { channel: CHANNEL, day } } as const
  await addToOutbox(bot.changes.database.manager, row)
  await slack.until(async () => {
    const { rows } = await use.admin.query(`SELECT 1 FROM chatops.outbox WHERE kind = 'morning' AND status <> 'sent'`)
    return rows.length === 0
  })
}

describe('a request that came to nothing', () => {
  test('can be asked for again once it was rejected, by whoever wants to', async () => {
    const { slack } = use.story
    await ask()
    await click(DEVELOPER, ACTIONS.openReject)
    await isShown(DEVELOPER, 'Why do you reject it?')
    await slack.submit({ user: DEVELOPER, values: { reason: 'Ask the provider first' } })
    await cardSays('CR-1 was rejected')
    await slack.closeView({ user: DEVELOPER, all: true })
    expect(readText(card())).toMatch(/The request was to change .*trainee 5901> from Provider-led \(postgrad\) to/)
    expect(labels()).toEqual(['Ask again', 'Show what was asked for'])
    await click(DEVELOPER, ACTIONS.previewAgain)
    await isShown(DEVELOPER, 'This is CR-2')
    await slack.submit(approval(slack, DEVELOPER))
    await cardSays('CR-2 needs approval by')
    expect(readText(card())).toContain('Asked for by <@U02DEV>')
    expect(readText(card())).toContain('It follows CR-1.')
  })

  test('keeps its name in the form where something is missing by now', async () => {
    const { slack } = use.story
    await ask()
    await click(SUPPORT, ACTIONS.cancelRequest)
    await cardSays('CR-1 was cancelled')
    await use.admin.query(
      `SET session_replication_role = 'replica'; UPDATE chatops.change_requests SET form = form || '{"route": "a_route_of_old"}';
       SET session_replication_role = 'origin'`,
    )
    await click(SUPPORT, ACTIONS.previewAgain)
    await isShown(SUPPORT, 'Look again')
    expect(JSON.parse(slack.view(SUPPORT)?.private_metadata ?? '{}')).toMatchObject({ follows: '1' })
  })

  test('is cancelled only after a question, and says that nothing has changed', async () => {
    await ask()
    const [cancel] = JSON.stringify(card().blocks).match(/"confirm":\{[^}]*Cancel this request\?/) ?? []
    expect(cancel).toBeDefined()
    await click(SUPPORT, ACTIONS.cancelRequest)
    await cardSays('CR-1 was cancelled')
    expect(readText(card())).toContain('Nothing has changed')
    expect(labels()).toEqual(['Ask again', 'Show what was asked for'])
  })
})
