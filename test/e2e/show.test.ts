import { describe, expect, test } from 'vitest'
import { propose } from '../../src/changes/propose/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { GUEST, OTHER_CHANNEL, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, REGISTER_URL, STRANGER, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { liveMarkup, readText } from '../support/slack/index.ts'

const upstream = useStoryDttp()
const use = useStory(() => upstream.dttp.environment())

/** What `/trainee show` answers, to this person alone. */
async function show(reference: string, user = SUPPORT, channel = CHANNEL): Promise<string> {
  const { slack } = use.story
  const before = slack.ephemerals(user).length
  await slack.command({ user, channel, text: `show ${reference}` })
  const [answer] = await slack.until(() => {
    const answers = slack.ephemerals(user).slice(before)
    return answers.length > 0 ? answers : null
  })
  if (!answer) throw new Error('there is no answer')
  expect(liveMarkup(answer)).not.toContain('<!')
  return readText(answer)
}

describe('what support looks up', () => {
  test('is there in one answer: the record, DTTP, schools, jobs and requests', async () => {
    const text = await show('5903')
    for (const words of [
      'Trainee 5903',
      'State: TRN received',
      'Route: School direct (salaried)',
      'Demo Schools Partnership',
      'found in DTTP',
      'DTTP has a TRN',
      'inactive',
      'URN 900002',
      'GIAS: Open',
      'From GIAS’s extract of',
      'None is waiting, and none has failed.',
      'Submitted by: user 204, registered with DTTP',
    ]) {
      expect(text).toContain(words)
    }
    expect(text).toContain(`${REGISTER_URL}/trainees/`)
  })

  test('says what is missing in DTTP', async () => {
    expect(await show('5913')).toContain('not in DTTP')
  })

  test('says into which record DTTP has merged the trainee’s', async () => {
    const { rows } = await use.admin.query('SELECT dttp_id FROM public.trainees WHERE id = 5901')
    const master = 'c0000000-0000-4000-8000-00000000000f'
    upstream.dttp.simulator.state.change('contacts', rows[0].dttp_id, { merged: true, _masterid_value: master })
    expect(await show('5901')).toContain(`but *merged into ${master}* there`)
  })

  test('says that DTTP could not be asked, and shows the rest', async () => {
    upstream.dttp.goDown()
    const text = await show('5901')
    expect(text).toContain('could not be checked')
    expect(text).toContain('State: Pending TRN')
  })

  test('of a draft is little', async () => {
    const text = await show('ZvjeJejNeS9KHEWzDgFWgg6C')
    expect(text).toContain('State: Draft')
    expect(text).toContain('Submitted for TRN: never')
    expect(text).toContain('none in Register')
  })

  test('names jobs, how long a poll goes on, and requests', async () => {
    await use.admin.query(
      `WITH job AS (INSERT INTO chatops.jobs (name, trainee_id, due_at) VALUES ('retrieve-trn', 5902, '2030-01-02T10:00Z') RETURNING id)
       INSERT INTO chatops.polls (trainee_id, job_id, timeout_at) SELECT 5902, id, '2030-01-05T10:00' FROM job`,
    )
    await use.admin.query(
      `INSERT INTO chatops.jobs (name, trainee_id, status, failure, finished_at)
       VALUES ('update-trainee', 5902, 'failed', '{"code": "gone", "words": "DTTP does not have the record.", "at": "2029-12-31T10:00:00Z"}', now())`,
    )
    const text = await show('5902')
    expect(text).toContain('“Ask DTTP for a TRN” runs next on 2 January 2030 at 10am, until 5 January 2030 at 10am')
    expect(text).toContain('DTTP does not have the record.')
  })

  test('says how much more there is than fits, and nothing of requests that were never sent', async () => {
    const { changes } = use.story.bot
    const form = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }
    for (let time = 0; time < 10; time++) {
      await propose(changes, { playbook: getPlaybook('fix-route'), form, requester: DEVELOPER, channel: CHANNEL })
    }
    const unsent = await show('5901')
    expect(unsent).not.toContain('CR-')
    expect(unsent).not.toContain('older')
    for (let time = 0; time < 10; time++) {
      const { id } = await sendRequest(changes, 'fix-route', form)
      await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [id])
    }
    await use.admin.query(
      `INSERT INTO chatops.jobs (name, trainee_id, status, failure, finished_at)
       SELECT 'update-trainee', 5901, 'failed', jsonb_build_object('code', 'gone', 'words', repeat('long ', 500), 'at', now()), now()
       FROM generate_series(1, 20)`,
    )
    const text = await show('5901')
    expect(text.match(/CR-\d+/g)).toHaveLength(8)
    expect(text).toContain('And 2 older.')
    expect(text.match(/Sending the record to DTTP failed/g)).toHaveLength(8)
    expect(text).toContain('And 12 older.')
  })

  test('never says who the trainee is', async () => {
    const { rows } = await use.admin.query('SELECT * FROM trainees WHERE id = 5903')
    const text = (await show('5903')).toLowerCase()
    for (const column of ['first_names', 'last_name', 'email', 'trn', 'postcode', 'date_of_birth', 'trainee_id']) {
      expect(text, column).not.toContain(String(rows[0][column]).toLowerCase())
    }
  })
})

describe('who may look', () => {
  test('are requesters and approvers, in any channel', async () => {
    expect(await show('5901', SUPPORT, OTHER_CHANNEL)).toContain('Trainee 5901')
    expect(await show('5901', DEVELOPER)).toContain('Trainee 5901')
  })

  test.each([STRANGER, GUEST])('is not %s', async (user) => {
    const text = await show('5901', user)
    expect(text).not.toContain('5901')
    expect(text).toContain('Nothing has changed')
  })
})

describe('a reference that leads nowhere is answered with what to do', () => {
  test('none is answered with how to name one', async () => {
    const text = await show('')
    expect(text).toContain('Say which trainee')
    expect(text).toContain('/trainee show 5913')
    expect(text).not.toContain('cannot find')
  })

  test.each(['999999', 'Demoone', '5904', "x'; DROP TABLE trainees"])('%s', async (reference) => {
    expect(await show(reference)).toContain('We cannot find this trainee')
  })
})
