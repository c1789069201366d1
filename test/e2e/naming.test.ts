import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { createNaming } from '../../src/words.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const COMMAND = '/trainee-test'

describe('a bot that is called otherwise', () => {
  const use = useStory(() => ({ COMMAND, REQUEST_PREFIX: 'TEST' }))

  const type = (text: string) => use.story.slack.command({ user: SUPPORT, channel: CHANNEL, text, command: COMMAND })
  const viewOf = (user: string) => readText(use.story.slack.view(user) ?? [])
  const card = () => use.story.slack.messages(CHANNEL)[0]
  const cardText = () => readText(card() ?? [])

  test('goes by its names wherever people read them, and keeps what they wrote of another bot', async () => {
    const { slack } = use.story
    await type('help')
    await slack.until(() => slack.ephemerals(SUPPORT).length > 0)
    const help = readText(slack.ephemerals(SUPPORT)[0] ?? [])
    expect(help).toContain('/trainee-test fix-route')
    expect(help).not.toMatch(/\/trainee (?!-)/)

    await type('fix-route 5901 assessment_only')
    await slack.until(() => slack.view(SUPPORT))
    await slack.submit({ user: SUPPORT, values: { reason: 'Like CR-7 and test-3' } })
    await slack.until(() => viewOf(SUPPORT).includes('This is TEST-1'))
    await slack.submit({ user: SUPPORT })
    await slack.until(() => cardText().includes('TEST-1'))
    expect(cardText()).toContain('Like CR-7 and TEST-3')
    expect(`${cardText()} ${card()?.text}`).not.toContain('CR-1')

    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card() })
    await slack.until(() => viewOf(DEVELOPER).includes('exactly these changes'))
    const { ackBody } = await slack.submit(approval(slack, DEVELOPER))
    expect(JSON.stringify(ackBody)).toContain('You approved TEST-1')
    await slack.until(() => cardText().includes('TEST-1 is done'))
  })

  test('takes its own requests by name, and none of another bot’s', async () => {
    const { slack } = use.story
    await type('undo CR-1')
    await slack.until(() => slack.view(SUPPORT))
    const { errors } = await slack.submit({ user: SUPPORT, values: { reason: 'Undo' } })
    expect(JSON.stringify(errors)).toContain('Enter a request such as TEST-12')
    const again = await slack.submit({ user: SUPPORT, values: { subject: 'TEST-1', reason: 'Undo' } })
    expect(JSON.stringify(again.errors)).toContain('There is no request TEST-1')
  })
})

describe('the names', () => {
  const { speak, hear } = createNaming({ command: COMMAND, requestPrefix: 'TEST' })

  test.each(['CR-7', 'TEST-7', 'as CR-7, TEST-8', 'CR', 'cr-12'])('give back what was typed: %s', (text) => {
    expect(speak(hear(text))).toBe(text)
  })

  test.each(['https://register.example.test/trainees/abc', 'docs/trainee.md', '/trainees', 'SCR-12'])(
    'leave alone what only looks like them: %s',
    (text) => {
      expect(speak(text)).toBe(text)
    },
  )

  test('are nothing where they are the usual ones', () => {
    const usual = createNaming({ command: '/trainee', requestPrefix: 'CR' })
    for (const text of ['CR-7', 'Type /trainee help', 'TEST-7']) expect(usual.speak(usual.hear(text))).toBe(text)
  })
})

test('bin/chatops manifest declares the command, and names the environment', async () => {
  const env = { PATH: process.env['PATH'], COMMAND, ENVIRONMENT: 'staging' }
  const { stdout } = await promisify(execFile)('bin/chatops', ['manifest'], { env })
  const manifest = parse(stdout)
  expect(manifest.features.slash_commands).toMatchObject([{ command: COMMAND }])
  expect(manifest.display_information.name).toBe('trainee-chatops staging')
  expect(manifest.features.bot_user.display_name).toBe('trainee-chatops staging')
})
