// Who people are on Enterprise Grid, and what changed about them a moment ago.
import { beforeEach, describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SUPPORT, TEAM } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const GROUP = 'S01APPROVERS'
const use = useStory(() => ({ APPROVERS: GROUP }))

beforeEach(() => use.story.slack.setUserGroup(GROUP, [DEVELOPER, SUPPORT]))

describe('a workspace of an Enterprise Grid', () => {
  test('knows its members by the list of workspaces, whatever team_id says', async () => {
    const { slack } = use.story
    slack.updateUser(SUPPORT, { teamId: null, enterprise: { id: 'W01', teams: ['T99', TEAM] } })
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    await slack.until(() => slack.view(SUPPORT), 'the form')
  })

  test('lets no member of another one in, whatever team_id says', async () => {
    const { slack } = use.story
    slack.updateUser(SUPPORT, { teamId: TEAM, enterprise: { id: 'W01', teams: ['T99'] } })
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    const [answer] = await slack.until(() => said(SUPPORT), 'an answer')
    expect(readText(answer)).toContain('Guests and visitors cannot use this')
  })

  test('lets nobody approve their own request under their other id', async () => {
    const { slack } = use.story
    for (const user of [SUPPORT, DEVELOPER]) slack.updateUser(user, { enterprise: { id: 'W01', teams: [TEAM] } })
    await ask()
    await review()
    await slack.until(() => readText(slack.view(DEVELOPER)).includes('You cannot approve your own request'), 'it')
  })
})

describe('an approver who has the review open', () => {
  beforeEach(async () => {
    await ask()
    await review()
    await use.story.slack.until(() => use.story.slack.view(DEVELOPER)?.submit, 'the review')
    await new Promise((resolve) => setTimeout(resolve, 5_100)) // answers that are younger are shared
  })

  test('and was deactivated a moment ago is refused', async () => {
    use.story.slack.updateUser(DEVELOPER, { deleted: true })
    await expectRefusal('Guests and visitors cannot use this')
  })

  test('and was just taken out of the group is refused', async () => {
    use.story.slack.setUserGroup(GROUP, [SUPPORT])
    await expectRefusal('You cannot decide on requests')
  })

  test('whose group was deleted is told so, and operators are too', async () => {
    use.story.slack.removeUserGroup(GROUP)
    await expectRefusal('The user group of people who may do this is gone')
    const { rows } = await use.admin.query('SELECT trouble FROM chatops.reports')
    expect(rows).toEqual([{ trouble: `the user group ${GROUP} was deleted or disabled in Slack` }])
  })

  async function expectRefusal(words: string): Promise<void> {
    const { slack } = use.story
    await slack.submit(approval(slack, DEVELOPER))
    expect(readText(slack.view(DEVELOPER))).toContain(words)
    const { rows } = await use.admin.query('SELECT status FROM chatops.change_requests')
    expect(rows).toEqual([{ status: 'pending' }])
  }
})

async function ask(): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 school_direct_salaried' })
  await slack.until(() => slack.view(SUPPORT))
  await slack.submit({ user: SUPPORT, values: { reason: 'The provider chose the wrong route', ticket: '' } })
  await slack.until(() => readText(slack.view(SUPPORT)).includes('Not sent yet'), 'the preview')
  await slack.submit({ user: SUPPORT })
  await slack.until(() => slack.messages(CHANNEL).length === 1, 'the card')
}

async function review(): Promise<void> {
  const { slack } = use.story
  const [card] = slack.messages(CHANNEL)
  if (card) await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card })
}

function said(user: string) {
  const shown = use.story.slack.ephemerals(user)
  return shown.length > 0 ? shown : null
}
