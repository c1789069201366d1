import { beforeEach, describe, expect, test } from 'vitest'
import { propose } from '../../src/changes/propose/propose.ts'
import { send as sendDraft } from '../../src/changes/propose/send.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { GUEST, useStory } from '../support/bot.ts'
import {
  approveRequest,
  CHANNEL,
  DEVELOPER,
  SECOND_DEVELOPER,
  STRANGER,
  SUPPORT,
  sendRequest,
} from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'

const use = useStory()
const slug = 'eDEpiD3DVSPKtyHVtgTKxe71'
const form = { subject: slug, route: 'assessment_only', reason: 'Asked for by Doe', ticket: 'ZD-77' }

/** What a command answers to this person alone. */
async function answered(text: string, user = SUPPORT) {
  const { slack } = use.story
  const before = slack.ephemerals(user).length
  await slack.command({ user, channel: CHANNEL, text })
  const [answer] = await slack.until(() => {
    const answers = slack.ephemerals(user).slice(before)
    return answers.length > 0 ? answers : null
  })
  if (!answer) throw new Error('there is no answer')
  return answer
}

const read = async (text: string, user = SUPPORT) => readText(await answered(text, user))

async function preview(requester: string) {
  const asked = { playbook: getPlaybook('fix-route'), form: { ...form, ticket: 'ZD-99' }, requester, channel: CHANNEL }
  const proposal = await propose(use.story.bot.changes, asked)
  if (proposal.kind !== 'ready') throw new Error('the preview was not ready')
  return proposal.changeRequest
}

/** Sends a request and waits until its card is posted. */
async function send(given: Record<string, string> = {}, requester = SUPPORT) {
  const request = await sendRequest(use.story.bot.changes, 'fix-route', { ...form, ...given }, requester)
  await use.story.slack.until(async () => {
    const { rows } = await use.admin.query('SELECT card_ts FROM chatops.change_requests WHERE id = $1', [request.id])
    return rows[0].card_ts
  })
  return request
}

describe('one request', () => {
  test('is shown by its name as its card shows it, with a link to that card', async () => {
    await send()
    const answer = await answered('CR-1')
    const text = readText(answer)
    expect(text).toContain('CR-1')
    expect(text).toContain('trainee 5901')
    expect(text).toContain('ZD-77')
    expect(JSON.stringify(answer.blocks)).toMatch(
      /<https:\/\/[\w.-]+\/archives\/C01SUPPORT\/p\d+\|See it in the channel>/,
    )
    expect(await read('cr-1', SECOND_DEVELOPER)).toContain('trainee 5901')
  })

  test('that was not sent is shown to whoever asked for it, and to nobody else', async () => {
    await preview(SUPPORT)
    expect(await read('CR-1')).toContain('[Open]')
    for (const command of ['CR-1', 'find CR-1']) {
      expect(await read(command, DEVELOPER)).toContain('We cannot find this request')
    }
  })

  test('that was not sent is discarded where it is shown, and that is said there', async () => {
    const { slack } = use.story
    await preview(SUPPORT)
    const discard = async (request: string) =>
      slack.click({ user: SUPPORT, actionId: ACTIONS.discardUnsent, message: await answered(request) })
    const last = () => readText(slack.ephemerals(SUPPORT).at(-1) ?? [])
    await discard('CR-1')
    await slack.until(() => last().includes('You discarded CR-1'))
    expect(await read('CR-1')).toContain('CR-1 was cancelled')

    const { id } = await preview(SUPPORT)
    const shown = await answered(`CR-${id}`)
    await sendDraft(use.story.bot.changes, { id, requester: SUPPORT })
    await slack.click({ user: SUPPORT, actionId: ACTIONS.discardUnsent, message: shown })
    await slack.until(() => last().includes('CR-2 is waiting for approval'))
  })

  test('that does not exist cannot be found', async () => {
    expect(await read('CR-999999999999999999')).toContain('We cannot find this request')
  })
})

describe('requests are found', () => {
  beforeEach(async () => {
    await send()
  })

  test.each([
    '5901',
    slug,
    `https://register.example.test/trainees/${slug}`,
    `<https://register.example.test/trainees/${slug}>`,
    'zd-77',
    'fix-route',
    'training route',
    `<@${SUPPORT}|support>`,
    'CR-1',
  ])('by %s', async (typed) => {
    expect(await read(`find ${typed}`, DEVELOPER)).toContain('CR-1')
  })

  test('by whoever decided, by a ticket’s number, and by a school’s URN', async () => {
    const [first] = await use.story.bot.changes.database.query('SELECT * FROM chatops.change_requests')
    await approveRequest(use.story.bot.changes, first)
    expect(await read(`find <@${DEVELOPER}>`)).toContain('CR-1')
    await use.admin.query(
      `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, form)
       VALUES ('repair-school', 1, '${SUPPORT}', '${CHANNEL}', '{}', repeat('0', 64),
         '{"subject": "URN 900005", "ticket": "https://desk.example.test/tickets/4711"}')`,
    )
    await use.admin.query(`UPDATE chatops.change_requests SET sent_at = now() WHERE playbook = 'repair-school'`)
    for (const typed of ['4711', '#4711', 'URN 900005', '900005'])
      expect(await read(`find ${typed}`)).toContain('URN 900005')
  })

  test.each(['Doe', 'asked for', 'x', "x'; DROP TABLE trainees", '%', 'CR-'])('but not by “%s”', async (typed) => {
    const text = await read(`find ${typed}`)
    expect(text).toContain('We found no request')
    expect(text).not.toContain('CR-1 ')
  })

  test('a TRN is said to look like one, and is not repeated', async () => {
    const text = await read('find 3000007')
    expect(text).toContain('This looks like a TRN')
    expect(text).not.toContain('3000007')
  })

  test('a colleague whom Slack did not name is asked for again', async () => {
    expect(await read('find @support')).toContain('We do not know whom you mean')
    expect(await read('find')).toContain('Say what to find')
  })
})

describe('what somebody else has not sent', () => {
  test.each(['5901', slug, 'ZD-99', 'fix-route', `<@${SUPPORT}>`])('is not found by %s', async (typed) => {
    await preview(SUPPORT)
    expect(await read(`find ${typed}`, DEVELOPER)).not.toContain('*CR-1*')
    expect(await read(`find ${typed}`)).toContain('*CR-1*')
  })

  test('is in nobody else’s history of the trainee', async () => {
    await preview(SUPPORT)
    expect(await read('history 5901', DEVELOPER)).not.toContain('CR-1')
    expect(await read('history 5901')).toContain('CR-1')
  })
})

describe('one’s own requests', () => {
  test('are there for 14 days after they ended, the open ones first, and have pages', async () => {
    for (let time = 0; time < 10; time++) {
      const { id } = await sendRequest(use.story.bot.changes, 'fix-route', form)
      await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [id])
    }
    await use.admin.query(`UPDATE chatops.change_requests SET finished_at = now() - interval '15 days' WHERE id = 1`)
    await send()
    const { slack } = use.story
    const answer = await answered('requests')
    expect(readText(answer)).toContain('10 requests.')
    expect(readText(answer)).toContain('Page 1 of 2')
    expect(readText(answer).match(/\*CR-\d+\*/g)?.[0]).toBe('*CR-11*')
    await slack.click({ user: SUPPORT, actionId: ACTIONS.requestsPage, message: answer })
    const turned = await slack.until(() => {
      const text = readText(slack.ephemerals(SUPPORT).at(-1) ?? [])
      return text.includes('Page 2 of 2') ? text : null
    })
    expect(turned).toContain('*CR-2*')
    expect(turned).not.toContain('*CR-1*')
    expect(await read('requests', DEVELOPER)).toContain('You have no open requests, and none that ended')
  })

  test('can be reviewed from a list by an approver, and cancelled by whoever asked', async () => {
    await send()
    expect(buttons(await answered('find 5901', DEVELOPER)).map(({ text }) => text)).toEqual(['Review', 'Open'])
    expect(buttons(await answered('requests')).map(({ text }) => text)).toEqual(['Open', 'Cancel request'])
  })
})

describe('the history of a trainee', () => {
  test('has the request, its review and decision, jobs and alerts, the newest first', async () => {
    const request = await send()
    await approveRequest(use.story.bot.changes, request)
    await use.admin.query(
      `WITH failed AS (INSERT INTO chatops.jobs (name, trainee_id, status, failure, finished_at)
         VALUES ('update-trainee', 5901, 'failed', '{"code": "gone", "words": "DTTP does not have the record.", "at": "2029-12-31T10:00:00Z"}', now()) RETURNING id),
       waiting AS (INSERT INTO chatops.jobs (name, trainee_id, status) VALUES ('retrieve-trn', 5901, 'waiting')),
       alert AS (INSERT INTO chatops.alerts (cause, channel, opened_at) VALUES ('gone:5901', '${CHANNEL}', now()) RETURNING id)
       INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, job_id, failure, added_at)
       SELECT alert.id, 'update-trainee:5901', 5901, failed.id, '{"code": "gone", "words": "DTTP does not have the record."}', now() FROM alert, failed`,
    )
    const text = await read('history 5901', SECOND_DEVELOPER)
    for (const words of [
      `CR-1* (Change training route) was previewed by <@${SUPPORT}>`,
      `was sent for approval by <@${SUPPORT}>`,
      `was opened for review by <@${DEVELOPER}>`,
      `was approved by <@${DEVELOPER}>`,
      'The bot posted an alert. DTTP does not have the record.',
      'Sending the record to DTTP failed. DTTP does not have the record.',
      '“Ask DTTP for a TRN” waits for its turn.',
    ]) {
      expect(text).toContain(words)
    }
    expect(text.indexOf('was approved')).toBeLessThan(text.indexOf('was previewed'))
    expect(await read('history 5903')).toContain('done and seen nothing')
    expect(await read('history')).toContain('/trainee history 5913')
  })
})

describe('what was done is found, too', () => {
  test('of a trainee who is no longer in Register', async () => {
    await send()
    await use.admin.query(`SET session_replication_role = 'replica'`)
    await use.admin.query('DELETE FROM public.trainees WHERE id = 5901')
    await use.admin.query(`SET session_replication_role = 'origin'`)
    for (const typed of ['5901', slug]) {
      const text = await read(`history ${typed}`, DEVELOPER)
      expect(text).toContain('What the bot did or saw: trainee 5901')
      expect(text).toContain('No longer in Register.')
      expect(text).toContain(`was sent for approval by <@${SUPPORT}>`)
    }
    expect(await read('history 999')).toContain('We cannot find this trainee')
    await use.admin.query(`UPDATE public.trainees SET trn = '5901' WHERE id = 5902`)
    expect(await read('history 5901')).toContain('We cannot find this trainee')
  })

  test('to a school by a request that began with a trainee', async () => {
    const request = (subjects: string, plan: object) =>
      use.admin.query(
        `INSERT INTO chatops.change_requests (playbook, playbook_version, requester, channel, subjects, digest, form, plan, sent_at)
         VALUES ('repair-school', 1, '${SUPPORT}', '${CHANNEL}', $1, repeat('0', 64), '{"subject": "5914"}', $2, now())`,
        [subjects, plan],
      )
    const { rows } = await use.admin.query(`SELECT id FROM public.dttp_schools WHERE urn = '900004'`)
    await request(`{dttp_schools:${rows[0].id}}`, { updates: [], inserts: [], effects: [] })
    expect(await read('find 900004')).toContain('CR-1')
    expect(await read('find URN 900004')).toContain('CR-1')
    await use.admin.query(
      `UPDATE public.trainees SET lead_school_id = (SELECT id FROM public.schools WHERE urn = '900005') WHERE id = 5903`,
    )
    const added = { table: 'dttp_schools', values: { urn: '900005', status_code: 1 } }
    await request('{trainees:5903}', { updates: [], inserts: [added], effects: [] })
    expect(await read('find 900005')).toContain('CR-2')
    expect(await read('find 900004')).not.toContain('CR-2')
  })
})

test.each([STRANGER, GUEST])('%s finds nothing at all', async (user) => {
  await send()
  for (const text of ['CR-1', 'find 5901', 'history 5901', 'requests']) {
    const answer = await read(text, user)
    expect(answer).toContain('Nothing has changed')
    expect(answer).not.toMatch(/5901|CR-1/)
  }
})

test('a command that is nearly right is asked about, in place of all of the help', async () => {
  const text = await read('fix-rout 5901')
  expect(text).toContain('Did you mean fix-route?')
  expect(text).not.toContain('Other commands')
  expect(await read('banana')).toContain('Other commands')
})
