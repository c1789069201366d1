import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/index.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { botEnvironment, GUEST, startBot, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, STRANGER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

const slug = async () => (await use.admin.query('SELECT slug FROM trainees WHERE id = 5901')).rows[0].slug as string
const form = async () => ({ subject: await slug(), route: 'assessment_only', reason: 'Asked for', ticket: '' })

describe('someone who may not ask', () => {
  test.each([STRANGER, GUEST])('learns nothing about a trainee from a form (%s)', async (user) => {
    const { slack } = use.story
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 assessment_only' })
    const view = await slack.until(() => slack.view(SUPPORT))
    await use.admin.query(`UPDATE trainees SET last_name = 'Guessable' WHERE id = 5901`)
    const values = { reason: 'Guessable' }
    await slack.submit({ user: SUPPORT, values })
    const { rows: noted } = await use.admin.query(`SELECT details FROM chatops.ledger WHERE event = 'refused'`)
    expect(noted).toEqual([{ details: { because: 'personal-data', fields: ['reason'] } }])
    const stolen = await slack.submit({ user, view, values, force: true })
    expect(JSON.stringify(stolen.errors)).not.toContain('Remove')
    expect(JSON.stringify(stolen.ackBody)).toMatch(/cannot ask for changes|cannot use this/)
  })

  test.each([STRANGER, GUEST])('sees no request on the Home tab (%s)', async (user) => {
    const { slack, bot } = use.story
    await sendRequest(bot.changes, 'fix-route', await form())
    await slack.openHome({ user })
    const home = await slack.until(() => slack.home(user))
    expect(readText(home)).not.toContain('CR-1')
    expect(readText(home)).toMatch(/cannot ask for changes/)
  })
})

describe('a click', () => {
  test('whose trigger is too old is answered in words', async () => {
    const { slack, bot } = use.story
    const request = await sendRequest(bot.changes, 'fix-route', await form())
    await slack.until(() => slack.messages(CHANNEL).length === 1)
    const message = slack.messages(CHANNEL)[0]
    if (!message) throw new Error('there is no card')
    slack.fault({ method: 'views.open', kind: 'error', code: 'expired_trigger_id' })
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message })
    await slack.until(() => slack.ephemerals(DEVELOPER).length === 1)
    expect(readText(slack.ephemerals(DEVELOPER)[0] ?? [])).toContain('took too long')
    expect(request.status).toBe('pending')
  })
})

describe('a bot', () => {
  test('refuses to run as a superuser or as the owner of its tables', async () => {
    const { slack, scratch } = use.story
    for (const url of [scratch.adminUrl, scratch.ownerUrl]) {
      await expect(startBot(slack, url)).rejects.toThrow(/connect as chatops_app/)
    }
    expect(loadConfig(botEnvironment(slack, scratch.appUrl))).toBeTruthy()
  })
})
