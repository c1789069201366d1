// Values of personal columns that change: shown to nobody, or to an approver who asks, and then it is on record.
import { describe, expect, test } from 'vitest'
import { LedgerEntry } from '../../src/entities/chatops/ledger-entry.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'

describe.each(['on', 'off'])('with REVEAL=%s', (setting) => {
  const use = useStory(() => ({ REVEAL: setting }))

  /** Asks for a change that also tidies the trainee's name, and opens its review; the answer is what it says. */
  async function review(): Promise<string> {
    const { slack } = use.story
    await use.admin.query(`UPDATE public.trainees SET first_names = '  Quackenbush  Ann ' WHERE id = 5901`)
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
    await slack.until(() => slack.view(SUPPORT))
    await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route', ticket: '' } })
    await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'))
    await slack.submit({ user: SUPPORT })
    const card = await slack.until(() => slack.messages(CHANNEL).at(-1))
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card })
    return reviewSays('What changes')
  }

  function reviewSays(words: string): Promise<string> {
    const { slack } = use.story
    return slack.until(() => {
      const text = readText(slack.view(DEVELOPER))
      return text.includes(words) ? text : null
    })
  }

  const recorded = (event: LedgerEntry['event']) =>
    use.story.bot.changes.database.manager.findBy(LedgerEntry, { event })

  test('a review says only that they change', async () => {
    const text = await review()
    expect(text).toContain('First names')
    expect(text).toContain('extra spaces removed')
    expect(text).not.toContain('Quackenbush')
    const labels = buttons(use.story.slack.view(DEVELOPER)).map(({ text: label }) => label)
    expect(labels.includes('Show personal details (this is recorded)')).toBe(setting === 'on')
  })

  test('whoever asks for them is shown them if that is on, and is on record', async () => {
    const { slack } = use.story
    await review()
    const value = `${(await use.admin.query('SELECT id FROM chatops.change_requests')).rows[0].id}:1:personal`
    const force = setting === 'on' ? false : {}
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.reviewPage, value, force })
    if (setting === 'on') {
      expect(await reviewSays('Quackenbush')).toContain('“  Quackenbush  Ann ”')
      expect(await recorded('values-revealed')).toMatchObject([
        { actor: DEVELOPER, details: { revealed: ['first_names'] } },
      ])
    } else {
      expect(await reviewSays('This bot shows nobody personal details')).not.toContain('Quackenbush')
      expect(await recorded('values-revealed')).toEqual([])
      expect(await recorded('refused')).toMatchObject([{ actor: DEVELOPER, details: { because: 'reveal-off' } }])
    }
  })
})
