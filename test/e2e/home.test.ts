import { describe, expect, test } from 'vitest'
import { execute } from '../../src/changes/execute/execute.ts'
import { listSteps, tickSteps } from '../../src/changes/steps/manual-steps.ts'
import { verify } from '../../src/changes/verify/verify.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { useStory } from '../support/bot.ts'
import { approveRequest, CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'

const use = useStory()
const form = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }

async function slugOf(trainee: number): Promise<string> {
  const { rows } = await use.admin.query('SELECT slug FROM public.trainees WHERE id = $1', [trainee])
  return rows[0].slug
}

async function homeOf(user: string, words: string): Promise<string> {
  await use.story.slack.openHome({ user })
  return shows(user, words)
}

/** Redrawing may take a few rounds of five seconds. */
function shows(user: string, words: string): Promise<string> {
  return use.story.slack.until(() => {
    const text = readText(use.story.slack.home(user) ?? [])
    return text.includes(words) ? text : null
  }, words)
}

const buttonTexts = (user: string) => buttons(use.story.slack.home(user)).map(({ text }) => text)

/** Makes requests like one that waits, each of which expires a day later than the one before. */
async function manyWaiting(): Promise<void> {
  const { id } = await sendRequest(use.story.bot.changes, 'fix-route', form)
  await use.admin.query(`SET session_replication_role = 'replica'`)
  await use.admin.query(
    `INSERT INTO chatops.change_requests (playbook, playbook_version, status, requester, channel, trainee_id, trainee_slug,
       form, plan, checks, subjects, digest, created_at, sent_at, expires_at)
     SELECT playbook, playbook_version, status, requester, channel, trainee_id, trainee_slug, form, plan, checks, subjects,
       digest, created_at, sent_at, expires_at - n * interval '1 minute'
     FROM chatops.change_requests, generate_series(1, 24) n WHERE id = $1`,
    [id],
  )
  await use.admin.query(`SET session_replication_role = 'origin'`)
}

describe('the Home tab', () => {
  test('is a list of what there is to do, and differs for approver, requester and both', async () => {
    await sendRequest(use.story.bot.changes, 'fix-route', form)
    await use.admin.query(
      `WITH alert AS (INSERT INTO chatops.alerts (cause, channel, opened_at) VALUES ('gone:5903', '${CHANNEL}', now()) RETURNING id)
       INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, failure, added_at)
       SELECT id, 'update-trainee:5903', 5903, '{"code": "gone", "words": "DTTP does not have the record.", "at": "2029-12-31T10:00:00Z"}', now() FROM alert`,
    )
    const approver = await homeOf(SECOND_DEVELOPER, 'Waiting for approval (1)')
    expect(approver).toContain('Open alerts (1)')
    expect(approver).toMatch(/waiting for approval until \d+ \w+ \d{4} at/)
    expect(buttonTexts(SECOND_DEVELOPER)).toContain('Review')
    expect(approver).not.toContain('Your requests')
    expect(approver).not.toContain('Start a new request')

    const requester = await homeOf(SUPPORT, 'Your requests (1)')
    expect(requester).not.toContain('Waiting for approval') // their own is above, and nobody else’s is there
    expect(requester).toContain('Start a new request')
    expect(buttonTexts(SUPPORT)).toContain('Cancel request')
    expect(buttonTexts(SUPPORT)).not.toContain('Review')

    const both = await homeOf(DEVELOPER, 'Waiting for approval (1)')
    expect(both).toContain('Start a new request')
    expect(both.indexOf('Waiting for approval')).toBeLessThan(both.indexOf('Start a new request'))
  })

  test('has what expires soonest first, says how many there are, and shows all of them in pages', async () => {
    const { slack } = use.story
    await manyWaiting()
    const text = await homeOf(SECOND_DEVELOPER, 'Waiting for approval (25)')
    expect(text.match(/\*CR-\d+\*/g)?.slice(0, 4)).toEqual(['*CR-25*', '*CR-24*', '*CR-23*', '*CR-22*'])
    await slack.click({ user: SECOND_DEVELOPER, view: 'home', actionId: ACTIONS.homeList, value: 'to-approve' })
    await shows(SECOND_DEVELOPER, 'Page 1 of 2')
    await slack.click({ user: SECOND_DEVELOPER, view: 'home', actionId: ACTIONS.homePage, value: 'to-approve:2' })
    expect(await shows(SECOND_DEVELOPER, 'Page 2 of 2')).toContain('*CR-1*')
    await slack.click({ user: SECOND_DEVELOPER, view: 'home', actionId: ACTIONS.homeList, value: '' })
    await shows(SECOND_DEVELOPER, 'See all 25')
  })

  test('has what is left to do by hand until it is ticked, one’s own first, with the way to the card', async () => {
    const { changes } = use.story.bot
    const theirs = await sendRequest(changes, 'fix-route', form)
    const own = await sendRequest(changes, 'fix-route', { ...form, subject: await slugOf(5911) }, DEVELOPER)
    for (const request of [theirs, own]) {
      await approveRequest(changes, request, SECOND_DEVELOPER)
      await execute(changes, request.id)
    }
    await use.story.slack.until(async () => {
      const { rows } = await use.admin.query('SELECT 1 FROM chatops.change_requests WHERE card_ts IS NOT NULL')
      return rows.length === 2
    })
    const steps = async (user: string) => {
      const text = await homeOf(user, 'To do by hand (4)')
      return text.match(/CR-\d+(?=>?: ask)/g)
    }
    expect(await steps(SUPPORT)).toEqual(['CR-1', 'CR-1', 'CR-2', 'CR-2'])
    expect(await steps(DEVELOPER)).toEqual(['CR-2', 'CR-2', 'CR-1', 'CR-1'])
    expect(await steps(SECOND_DEVELOPER)).toHaveLength(4) // an approver who owns none
    expect(readText(use.story.slack.home(SUPPORT) ?? [])).toContain(`in DTTP, by <@${SUPPORT}>`)
    expect(buttons(use.story.slack.home(SUPPORT)).filter(({ url }) => url?.includes('/archives/'))).not.toEqual([])

    const ticks = (await listSteps(changes.database.manager, theirs.id)).map(({ id }) => [id, true] as const)
    await tickSteps(changes, { id: theirs.id, actor: SUPPORT, ticks: new Map(ticks) })
    expect(await homeOf(SUPPORT, 'To do by hand (2)')).not.toContain(`in DTTP, by <@${SUPPORT}>`)
  })

  test('loses what needs attention once somebody has marked it as dealt with', async () => {
    const { changes } = use.story.bot
    const request = await sendRequest(changes, 'fix-route', form)
    await approveRequest(changes, request, SECOND_DEVELOPER)
    await execute(changes, request.id)
    await use.admin.query('UPDATE public.trainees SET study_mode = 1 WHERE id = 5901')
    await verify(changes, request.id)
    expect(await homeOf(SECOND_DEVELOPER, 'Needs attention (1)')).toContain('needs attention')
    await use.story.slack.click({ user: SECOND_DEVELOPER, view: 'home', actionId: ACTIONS.markDealtWith })
    const after = await shows(SECOND_DEVELOPER, 'dealt with,')
    expect(after).not.toContain('Needs attention')
    expect(after).toContain('Finished in the last 14 days (1)')
  })

  test('is drawn again, within 15 minutes, for whoever has it open, 30 seconds after the last time', async () => {
    await homeOf(SECOND_DEVELOPER, 'Nothing is waiting for your approval.')
    await homeOf(DEVELOPER, 'Nothing is waiting for your approval.')
    await sendRequest(use.story.bot.changes, 'fix-route', form)
    await use.admin.query(
      `UPDATE chatops.home_tabs SET opened_at = now() - interval '16 minutes' WHERE slack_user = '${DEVELOPER}'`,
    )
    await use.admin.query(`UPDATE chatops.home_tabs SET drawn_at = now() - interval '31 seconds'`)
    await shows(SECOND_DEVELOPER, 'Waiting for approval (1)')
    const { rows } = await use.admin.query('SELECT redrawn_at FROM chatops.home_tabs WHERE slack_user = $1', [
      DEVELOPER,
    ])
    expect(rows).toEqual([{ redrawn_at: null }]) // one round takes all tabs that are to be drawn
  })

  test('is drawn again once Slack has a card that a row is to lead to', async () => {
    const { id } = await sendRequest(use.story.bot.changes, 'fix-route', form)
    const cardTs = async () => {
      const { rows } = await use.admin.query('SELECT card_ts AS ts FROM chatops.change_requests WHERE id = $1', [id])
      return rows[0].ts
    }
    const posted = await use.story.slack.until(cardTs)
    await use.admin.query('UPDATE chatops.change_requests SET card_ts = NULL WHERE id = $1', [id])
    await homeOf(SECOND_DEVELOPER, 'Waiting for approval (1)')
    expect(buttonTexts(SECOND_DEVELOPER)).not.toContain('Open')
    await use.admin.query('UPDATE chatops.change_requests SET card_ts = $2 WHERE id = $1', [id, posted])
    await use.admin.query(`UPDATE chatops.home_tabs SET drawn_at = now() - interval '31 seconds'`)
    await use.story.slack.until(() => buttonTexts(SECOND_DEVELOPER).includes('Open'), '“Open” in the row')
  })

  test('that Slack has no time for is left as it is, and everybody else’s is drawn', async () => {
    const { slack } = use.story
    const people = [SECOND_DEVELOPER, DEVELOPER, SUPPORT]
    for (const user of people) {
      await homeOf(user, user === SUPPORT ? 'You have no open requests.' : 'Nothing is waiting for your approval.')
    }
    const seen = () => people.filter((user) => readText(slack.home(user)).includes('CR-1'))
    const before = slack.callsTo('views.publish').length
    slack.fault({ method: 'views.publish', kind: 'rate_limited', retryAfterSeconds: 1 })
    await sendRequest(use.story.bot.changes, 'fix-route', form)
    await use.admin.query(`UPDATE chatops.home_tabs SET drawn_at = now() - interval '31 seconds'`)
    await slack.until(() => seen().length === 2, 'two of three tabs')
    await slack.until(() => slack.callsTo('views.publish').length === before + 3, 'the three calls')
    const { rows } = await use.admin.query(`SELECT 1 FROM chatops.home_tabs WHERE redrawn_at IS NULL`)
    expect(rows).toEqual([]) // nothing is left to be drawn
    expect(seen()).toHaveLength(2)
  })
})
