// The review as two people see it: what is known beside it, its checks, and questions about it.
import { expect, test } from 'vitest'
import { askQuestion } from '../../src/changes/decide/question.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { approveRequest, CHANNEL, DEVELOPER, STRANGER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory(() => ({ TICKET_URL: 'https://desk.example.test/{ticket}' }))

async function slugOf(id: number): Promise<string> {
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = $1', [id])
  return rows[0].slug
}

/** Asks for a change and waits for its card. */
async function ask(playbook: string, form: Record<string, string>) {
  const { bot, slack } = use.story
  const request = await sendRequest(bot.changes, playbook, { reason: 'Wrong route', ticket: '4711', ...form })
  await slack.until(() => card().includes(`CR-${request.id}`))
  return request
}

const card = () => readText(use.story.slack.messages(CHANNEL).at(-1) ?? [])

async function review(): Promise<string> {
  const { slack } = use.story
  const message = slack.messages(CHANNEL).at(-1)
  if (!message) throw new Error('there is no card')
  const before = slack.view(DEVELOPER)?.id
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message })
  return slack.until(() => {
    const view = slack.view(DEVELOPER)
    const text = view && view.id !== before ? readText(view) : 'Opening'
    return /opening/i.test(text) ? null : text
  })
}

const shown = () => readText(use.story.slack.view(DEVELOPER) ?? [])

async function routeChange(route: string) {
  return ask('fix-route', { subject: await slugOf(5901), route })
}

test('its own change of three minutes ago is CR-1, and the checks unfold in the same window', async () => {
  const { bot, slack } = use.story
  await approveRequest(bot.changes, await routeChange('school_direct_salaried'))
  await slack.until(() => /CR-1 is done/.test(card()))
  await routeChange('school_direct_tuition_fee')
  const text = await review()
  expect(text).toContain('CR-1 was carried out')
  expect(text).toContain('https://desk.example.test/4711')
  expect(text).not.toContain('Last changed')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.reviewPage, value: '2:1:checks' })
  await slack.until(() => shown().includes('Last changed'))
  expect(shown()).toMatch(/Last changed .*, by CR-1\./)
  await slack.submit({ user: DEVELOPER })
  expect(shown()).toContain('You approved CR-2')
})

test('a question mentions the requester in the thread, and the request goes on waiting', async () => {
  const { slack } = use.story
  await routeChange('school_direct_salaried')
  await review()
  const { rows } = await use.admin.query('SELECT last_name FROM public.trainees WHERE id = 5901')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openQuestion })
  await slack.until(() => shown().includes('What do you want to know?'))
  const refused = await slack.submit({ user: DEVELOPER, values: { question: `Is ${rows[0].last_name} meant?` } })
  expect(refused.errors['question']).toContain('Remove the trainee')
  const noted = await use.admin.query(`SELECT actor, details FROM chatops.ledger WHERE event = 'refused'`)
  expect(noted.rows).toEqual([{ actor: DEVELOPER, details: { because: 'personal-data', fields: ['question'] } }])
  const ofAnother = await slack.submit({ user: DEVELOPER, values: { question: 'Is it as with 5902, Demotwo?' } })
  expect(ofAnother.errors['question']).toContain('Remove the trainee’s name')
  await slack.submit({ user: DEVELOPER, values: { question: 'Did the *provider* ask <!channel>?' } })
  expect(shown()).toContain('Your question is asked')
  const posted = await slack.until(() => slack.replies(CHANNEL, slack.messages(CHANNEL).at(-1)?.ts ?? '').at(-1))
  expect(readText(posted)).toContain(`<@${SUPPORT}>: <@${DEVELOPER}> asks about CR-1:`)
  expect(readText(posted)).toContain('Did the *provider* ask <!channel>?')
  expect(JSON.stringify(posted)).not.toContain('"text":"<!channel>')
  const { rows: requests } = await use.admin.query('SELECT status FROM chatops.change_requests')
  expect(requests).toEqual([{ status: 'pending' }])
  expect(await review()).toContain('1 question was asked in')
})

test('a question that comes again from the same window is asked once', async () => {
  const { bot, slack } = use.story
  const { id } = await routeChange('school_direct_salaried')
  const asked = { id, actor: DEVELOPER, text: 'Is this right?', view: 'V123' }
  for (const _ of [1, 2]) await askQuestion(bot.changes, asked)
  await askQuestion(bot.changes, { ...asked, view: 'V124' })
  const { rows } = await use.admin.query(
    `SELECT (SELECT count(*)::int FROM chatops.ledger WHERE event = 'question-asked') AS recorded,
       (SELECT count(*)::int FROM chatops.outbox WHERE payload ->> 'part' = 'question') AS posted`,
  )
  expect(rows).toEqual([{ recorded: 2, posted: 2 }])
  await slack.until(() => slack.replies(CHANNEL, slack.messages(CHANNEL).at(-1)?.ts ?? '').length === 2)
})

test('somebody who may not decide cannot ask either', async () => {
  const { slack } = use.story
  await routeChange('school_direct_salaried')
  const message = slack.messages(CHANNEL).at(-1)
  if (!message) throw new Error('there is no card')
  await slack.click({
    user: STRANGER,
    actionId: ACTIONS.openReview,
    message,
    force: { action_id: ACTIONS.openQuestion },
  })
  await slack.until(() => slack.ephemerals(STRANGER).length > 0)
  expect(readText(slack.ephemerals(STRANGER)[0] ?? [])).toContain('You cannot decide on requests')
  expect(slack.replies(CHANNEL, message.ts)).toEqual([])
})
