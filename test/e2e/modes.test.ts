import { describe, expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { useStory } from '../support/bot.ts'
import { approveRequest, CHANNEL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

type Use = ReturnType<typeof useStory>

async function form({ admin }: Use) {
  const { rows } = await admin.query('SELECT slug FROM trainees WHERE id = 5901')
  return { subject: rows[0].slug as string, route: 'assessment_only', reason: 'Asked for', ticket: '' }
}

/** Types a command, and answers what this person alone is shown. */
async function type({ story: { slack } }: Use, text: string): Promise<string> {
  const before = slack.ephemerals(SUPPORT).length
  await slack.command({ user: SUPPORT, channel: CHANNEL, text })
  await slack.until(() => slack.ephemerals(SUPPORT).length > before)
  return readText(slack.ephemerals(SUPPORT).at(-1) ?? [])
}

async function home({ story: { slack } }: Use): Promise<string> {
  await slack.openHome({ user: SUPPORT })
  return readText(await slack.until(() => slack.home(SUPPORT)))
}

describe('a bot that shows previews only', () => {
  const use = useStory(() => ({ MODE: 'preview-only' }))

  test('shows the whole preview, has nothing sent, and says so', async () => {
    const { slack, bot } = use.story
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 assessment_only' })
    await slack.until(() => slack.view(SUPPORT))
    await slack.submit({ user: SUPPORT, values: { reason: 'Asked for' } })
    const view = await slack.until(() => {
      const shown = slack.view(SUPPORT)
      return shown && readText(shown).includes('What would change') ? shown : null
    })
    expect(readText(view)).toContain('This bot shows previews only')
    expect(view).toMatchObject({ submit: null })
    await expect(sendRequest(bot.changes, 'fix-route', await form(use))).rejects.toMatchObject({
      code: 'previews-only',
    })
    expect(await type(use, 'help')).toContain('This bot shows previews only')
    expect(await home(use)).toContain('This bot shows previews only')
  })
})

describe('a bot with some playbooks off', () => {
  const use = useStory(() => ({ PLAYBOOKS: 'requeue-trn, undo' }))

  test('offers only the others', async () => {
    const help = await type(use, 'help')
    expect(help).toContain('/trainee requeue-trn')
    expect(help).not.toContain('/trainee fix-route')
    expect(await home(use)).not.toContain('Change training route')
    expect(await type(use, 'fix-route 5901')).toContain('switched off')
  })

  test('takes no request for them by any other way, and carries none out', async () => {
    const { changes } = use.story.bot
    await expect(sendRequest(changes, 'fix-route', await form(use))).rejects.toMatchObject({ code: 'playbook-off' })
    const { rows } = await use.admin.query(`SELECT details FROM chatops.ledger WHERE event = 'refused'`)
    expect(rows).toEqual([{ details: { because: 'playbook-off' } }])

    const before = { ...changes, playbooksOn: undefined }
    const request = await approveRequest(before, await sendRequest(before, 'fix-route', await form(use)))
    expect(await execute(changes, request.id)).toBe('paused')
    const { rows: found } = await use.admin.query('SELECT status FROM chatops.change_requests')
    expect(found).toEqual([{ status: 'approved' }])
  })
})
