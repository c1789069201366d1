// What whoever asks is told before anything is sent: that a ticket is missing, and that an alert is open.
import { describe, expect, test } from 'vitest'
import { reject } from '../../src/changes/decide/decide.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory(() => ({ TICKET_REQUIRED: 'on' }))
const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Wrong route' }

const top = (user: string) => readText(use.story.slack.view(user) ?? [])
const isShown = (user: string, words: string) => use.story.slack.until(() => top(user).includes(words), words)

async function openForm(): Promise<void> {
  await use.story.slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 assessment_only' })
  await isShown(SUPPORT, 'New route')
}

async function posted(name: string) {
  const card = () => use.story.slack.messages(CHANNEL).find(({ text }) => text.startsWith(name))
  return use.story.slack.until(() => card() ?? null, name)
}

/** CR-1, rejected; one without a ticket was sent before one was required. */
async function rejected(ticket: string) {
  const { changes } = use.story.bot
  const { id } = await sendRequest(changes, 'fix-route', { ...FORM, ticket })
  await posted('CR-1')
  await reject(changes, { id, actor: DEVELOPER, reason: 'No ticket' })
  return use.story.slack.until(async () => {
    const card = await posted('CR-1')
    return readText(card).includes('was rejected') ? card : null
  })
}

describe('where a support ticket is required', () => {
  test('a form without one is answered at the field, and goes on with one', async () => {
    const { slack } = use.story
    await openForm()
    const { errors } = await slack.submit({ user: SUPPORT, values: { reason: 'Wrong route', ticket: '' }, force: true })
    expect(errors).toEqual({ ticket: 'Enter the number or the link of the support ticket.' })
    await slack.submit({ user: SUPPORT, values: { reason: 'Wrong route', ticket: 'ZD-77' } })
    await isShown(SUPPORT, 'Not sent yet')
    expect(top(SUPPORT)).toContain('Support ticket: “ZD-77”')
  })

  test('“Ask again” asks for the one that an older request lacks, and goes on following that', async () => {
    const { slack } = use.story
    const message = await rejected('')
    await slack.click({ user: SUPPORT, actionId: ACTIONS.previewAgain, message })
    await isShown(SUPPORT, 'Enter the number or the link of the support ticket.')
    await slack.submit({ user: SUPPORT, values: { ticket: 'ZD-78' } })
    await isShown(SUPPORT, 'This is CR-2')
    await slack.submit({ user: SUPPORT })
    await slack.until(async () => readText(await posted('CR-2')).includes('follows CR-1'), 'It follows CR-1')
  })
})

test('“Ask again”, selected twice, is one request, drawn up anew', async () => {
  const { slack } = use.story
  const message = await rejected('ZD-77')
  const again = () => slack.click({ user: SUPPORT, actionId: ACTIONS.previewAgain, message })
  await Promise.all([again(), again()])
  await isShown(SUPPORT, 'This is CR-')
  await slack.until(() => slack.callsTo('views.update').length >= 2, 'both windows')
  const unsent = async () => {
    const { rows } = await use.admin.query(`SELECT id, digest FROM chatops.change_requests WHERE status = 'unsent'`)
    return rows
  }
  const [first, ...others] = await unsent()
  expect(others).toEqual([])
  await use.admin.query('UPDATE public.trainees SET study_mode = 0 WHERE id = 5901')
  await again()
  await slack.until(async () => (await unsent())[0].digest !== first.digest, 'the preview as it is now')
  expect(await unsent()).toMatchObject([{ id: first.id }])
})

test('a change for a trainee with an open alert is warned of in its preview, and nowhere in the way of another', async () => {
  const { slack } = use.story
  await use.admin.query(
    `WITH alert AS (INSERT INTO chatops.alerts (cause, channel, opened_at) VALUES ('timed-out:5901', '${CHANNEL}', now()) RETURNING id)
     INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, failure, added_at)
     SELECT id, 'retrieve-trn:5901', 5901, $1, now() FROM alert`,
    [{ code: 'timed-out', words: 'Timed out.', at: '2021-10-27T09:02:00.000Z' }],
  )
  await openForm()
  await slack.submit({ user: SUPPORT, values: { reason: 'Wrong route', ticket: 'ZD-77' } })
  await isShown(SUPPORT, 'Not sent yet')
  expect(top(SUPPORT)).toMatch(
    /⚠️ Warning: an alert is open for this trainee: “No TRN yet for trainee 5901”\. Look at it first/,
  )
  await slack.closeView({ user: SUPPORT, all: true })
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5903 assessment_only' })
  await isShown(SUPPORT, 'New route')
  await slack.submit({ user: SUPPORT, values: { reason: 'Wrong route', ticket: 'ZD-77' } })
  await isShown(SUPPORT, 'Not sent yet')
  expect(top(SUPPORT)).not.toContain('an alert is open')
})
