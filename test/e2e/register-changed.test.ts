// What people and operators are told when Register's database is not as the bot knows it.
import { describe, expect, test } from 'vitest'
import { useStory } from '../support/bot.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()

async function type(text: string): Promise<string> {
  const { slack } = use.story
  const before = slack.ephemerals(SUPPORT).length
  await slack.command({ user: SUPPORT, channel: CHANNEL, text })
  await slack.until(() => slack.ephemerals(SUPPORT).length > before)
  return readText(slack.ephemerals(SUPPORT).at(-1) ?? [])
}

async function ready() {
  const answer = await fetch(`http://127.0.0.1:${use.story.bot.port}/readyz`)
  return { status: answer.status, body: await answer.json() }
}

describe('a column that a playbook needs is gone', () => {
  test('help and readiness say which are off and why; the others work', async () => {
    const { slack } = use.story
    const body = { ready: true, database: true, queue: true, slack: true }
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ body })
    expect((await ready()).body).not.toHaveProperty('off')
    await use.admin.query('ALTER TABLE users DROP COLUMN dttp_id')
    const because = ['users.dttp_id is missing']
    await expect.poll(ready, { timeout: 60_000 }).toMatchObject({
      status: 200,
      body: { ready: true, off: { 'repair-school': because, 're-register': because } },
    })
    const help = await type('help')
    expect(help).toContain('Some changes are switched off')
    expect(help).toContain('Register again with DTTP: In Register’s database users.dttp_id is missing.')
    expect(help).not.toContain('/trainee re-register')
    expect(await type('re-register 5901')).toContain('users.dttp_id is missing')
    await slack.openHome({ user: SUPPORT })
    const home = readText(await slack.until(() => slack.home(SUPPORT)))
    expect(home).toContain('Some changes are switched off')
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    expect(readText(await slack.until(() => slack.view(SUPPORT)))).toContain('New route')
  })

  test('a form that was opened before says so when it is sent', async () => {
    const { slack } = use.story
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 assessment_only' })
    await slack.until(() => slack.view(SUPPORT))
    await use.admin.query('ALTER TABLE trainees DROP COLUMN course_min_age')
    await slack.submit({ user: SUPPORT, values: { reason: 'Asked for' } })
    const view = await slack.until(() => {
      const shown = slack.view(SUPPORT)
      return shown && readText(shown).includes('course_min_age') ? shown : null
    })
    expect(readText(view)).toContain('switched off')
    expect(await type('show 5901')).toContain('Register’s database has changed')
  })
})
