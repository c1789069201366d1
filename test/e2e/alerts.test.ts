import { describe, expect, test } from 'vitest'
import { redraw } from '../../src/alerts/live/entries.ts'
import { lookAtAlerts } from '../../src/alerts/sweeps.ts'
import { enqueueJob, startPoll } from '../../src/jobs/start/enqueue.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, OTHER_CHANNEL, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, type Message, readText } from '../support/slack/index.ts'

const upstream = useStoryDttp()
const use = useStory(() => ({
  ...upstream.dttp.environment(),
  REGISTER_JOBS: 'own',
  POLL_EVERY: '1s',
  ALLOWED_CHANNELS: `${CHANNEL},${OTHER_CHANNEL}`,
  ALERT_CHANNEL: OTHER_CHANNEL,
}))

const TIMED_OUT = 'Dttp::RetrieveTrnJob for Trainee id: 5902 has timed out after 4 days.'

/** A poll that is due now and whose time has long been up. */
async function timeOut(trainee = 5902): Promise<void> {
  const { database } = use.story.bot.changes
  const poll = {
    trainee: String(trainee),
    timeoutAt: '2021-10-15T16:40:03.000128',
    dueAt: new Date(),
    changeRequest: null,
  }
  await database.transaction((sql) => startPoll(sql, poll))
}

async function update(...trainees: number[]): Promise<void> {
  const { database } = use.story.bot.changes
  for (const id of trainees) {
    const job = { name: 'update-trainee' as const, trainee: String(id), dueAt: new Date() }
    await database.transaction((sql) => enqueueJob(sql, job))
  }
}

const posts = (): Message[] => use.story.slack.messages(OTHER_CHANNEL).filter((one) => !isCard(one))
const cards = (): Message[] => use.story.slack.messages(OTHER_CHANNEL).filter(isCard)

function isCard(message: Message): boolean {
  return /^CR-\d/.test(message.text)
}

/** Waits until the only post says this; returns it. */
function postSays(words: string | RegExp): Promise<Message> {
  return use.story.slack.until(() => posts().find((post) => says(readText(post), words)), `${words}`)
}

function says(text: string, words: string | RegExp): boolean {
  return typeof words === 'string' ? text.includes(words) : words.test(text)
}

/** The checks look now, not only in a few minutes. */
async function lookNow(): Promise<void> {
  await use.admin.query(`UPDATE chatops.alerts SET looked_at = now() - interval '1 hour'`)
  await lookAtAlerts(use.story.bot.changes)
}

async function click(user: string, actionId: string, message: Message, force = false): Promise<void> {
  await use.story.slack.click({ user, actionId, message, force })
}

/** Clicks and waits for the modal that this opens; returns what it shows. */
async function open(user: string, actionId: string, message: Message): Promise<string> {
  const before = use.story.slack.view(user)?.id
  await click(user, actionId, message)
  return use.story.slack.until(() => {
    const view = use.story.slack.view(user)
    return view && view.id !== before ? readText(view) : null
  })
}

/** What the person's window shows, once it says this. */
async function until(user: string, words: string): Promise<string> {
  const { slack } = use.story
  return slack.until(() => {
    const shown = readText(slack.view(user) ?? [])
    return shown.includes(words) ? shown : null
  }, words)
}

/** Clicks and waits for the words that only this person sees. */
async function refused(user: string, actionId: string, message: Message, force = false): Promise<string> {
  const { slack } = use.story
  const before = slack.ephemerals(user).length
  await click(user, actionId, message, force)
  return slack.until(() => slack.ephemerals(user).slice(before).map(readText)[0])
}

/** Where the polls stand, oldest first. */
async function polls(): Promise<string[]> {
  const { rows } = await use.admin.query(
    `SELECT status FROM chatops.jobs WHERE name = 'retrieve-trn' ORDER BY created_at`,
  )
  return rows.map(({ status }) => status)
}

describe('a poll that times out', () => {
  test('is posted by itself, requeued by two people, and resolved when the TRN arrives', async () => {
    const { slack } = use.story
    await timeOut()
    const post = await postSays('DTTP has the trainee’s record but no TRN')
    const text = readText(post)
    expect(text).toContain('No TRN for trainee 5902 after 4 days')
    expect(text).toContain(TIMED_OUT)
    expect(text).toContain('DTTP was to be asked until 15 October 2021 at 5:40pm.')
    expect(text).toContain('“Ask again for 1 day” is /trainee requeue-trn: the time for asking is up.')
    expect(buttons(post).map((one) => one.text)).toEqual([
      'Ask again for 1 day',
      'View trainee',
      'View DTTP record',
      'Dismiss',
    ])
    expect(JSON.stringify(post.blocks)).toContain(
      `${upstream.dttp.environment()['DTTP_URL']}/main.aspx?pagetype=entityrecord&etn=contact&id=c0000000-0000-4000-8000-000000005902`,
    )

    await open(SUPPORT, ACTIONS.startFromAlert, post)
    await slack.until(() => readText(slack.view(SUPPORT) ?? []).includes('What would happen'))
    expect(readText(slack.view(SUPPORT) ?? [])).toContain(
      'Ask DTTP for the TRN of trainee 5902 at once, then every hour for 1 day',
    )
    await slack.submit({ user: SUPPORT })
    const card = await slack.until(() => cards()[0])
    expect(readText(card)).toContain('Reason: “No TRN for trainee 5902 after 4 days”')
    expect(await polls()).toEqual(['failed'])

    await open(SUPPORT, ACTIONS.openReview, card)
    await slack.until(() => readText(slack.view(SUPPORT) ?? []).includes('You cannot approve your own request'))
    await open(DEVELOPER, ACTIONS.openReview, card)
    await slack.until(() => readText(slack.view(DEVELOPER) ?? []).includes('What happens'))
    await slack.submit(approval(slack, DEVELOPER))
    const polled = await postSays('DTTP is asked again until')
    expect(buttons(polled).map((one) => one.text)).not.toContain('Ask again for 1 day')

    upstream.dttp.giveTrn(5902, '3999999')
    const over = await postSays('Resolved: No TRN for trainee 5902 after 4 days')
    expect(readText(over)).toContain('The TRN has arrived.')
    expect(posts()).toHaveLength(1)
    expect(over.ts).toBe(post.ts)
    const { rows } = await use.admin.query('SELECT first_names, last_name, email FROM public.trainees WHERE id = 5902')
    for (const secret of ['3999999', ...Object.values(rows[0])]) {
      expect(JSON.stringify([slack.messages(OTHER_CHANNEL), slack.replies(OTHER_CHANNEL, card.ts)])).not.toContain(
        secret,
      )
    }
  })

  test('says by itself that DTTP holds the TRN by now, and that a TRN was saved meanwhile', async () => {
    await timeOut()
    await postSays('but no TRN')
    upstream.dttp.giveTrn(5902)
    await lookNow()
    await postSays('and a TRN by now')
    await use.admin.query(`UPDATE public.trainees SET state = 2, trn = '3999998' WHERE id = 5902`)
    await lookNow()
    await postSays('Resolved')
  })
})

describe('an error that no retry can cure', () => {
  test('is posted at its first failure, in one post for everyone whom the same school keeps back', async () => {
    await use.admin.query(`UPDATE public.trainees SET training_route = 4, lead_school_id = 702, employing_school_id = 709
      WHERE id IN (5901, 5902)`)
    await update(5901, 5902, 5903)
    const post = await postSays(/^(?=[\s\S]*Trainee 5901)(?=[\s\S]*Trainee 5902)(?=[\s\S]*Trainee 5903)/)
    const text = readText(post)
    expect(text).toContain('School 900002 is not active in DTTP')
    expect(text).toContain('The lead school (URN 900002) is not an active school in DTTP.')
    expect(posts()).toHaveLength(1)
    const { rows } = await use.admin.query(`SELECT attempts, status FROM chatops.jobs WHERE name = 'update-trainee'`)
    expect(rows).toEqual(Array(3).fill({ attempts: 1, status: 'failed' }))
    const found = await postSays('Demo School Inactive In Dttp is inactive in DTTP.')
    await open(SUPPORT, ACTIONS.startFromAlert, found)
    const preview = await until(SUPPORT, 'This is about the alert “School 900002 is not active in DTTP”.')
    expect(preview).toContain('Repair school 900002'.toLowerCase())

    await use.admin.query(`UPDATE public.dttp_schools SET status_code = 1 WHERE urn = '900002'`)
    await lookNow()
    await postSays('The school is active now; the job can be retried.')
    await update(5901, 5902, 5903)
    await postSays('Resolved')
    expect(posts()).toHaveLength(1)
  })

  test('such as a record that is gone from DTTP names the trainee, and what it offers is previewed at once', async () => {
    await update(5913)
    const text = readText(await postSays('DTTP has neither the trainee’s record nor the training record'))
    expect(text).toContain('DTTP no longer has the record of trainee 5913')
    expect(text).toContain('“Register again” is /trainee re-register: ')
    await open(SUPPORT, ACTIONS.startFromAlert, posts()[0] as Message)
    await until(SUPPORT, 'This is about the alert “DTTP no longer has the record of trainee 5913”.')
  })
})

describe('“Ask again for 1 day”', () => {
  test('is refused to those who may not ask, and that is on record', async () => {
    await timeOut()
    const post = await postSays('No TRN for')
    expect(await refused(STRANGER, ACTIONS.startFromAlert, post)).toContain('You cannot ask for changes')
    expect(await refused(SECOND_DEVELOPER, ACTIONS.startFromAlert, post)).toContain('You cannot ask for changes')
    const { rows } = await use.admin.query(`SELECT actor FROM chatops.ledger WHERE event = 'refused' ORDER BY seq`)
    expect(rows.map(({ actor }) => actor)).toEqual([STRANGER, SECOND_DEVELOPER])
  })

  test('on a screen that is out of date starts nothing, and says why', async () => {
    await timeOut()
    const old = await postSays('No TRN for')
    await use.admin.query(`UPDATE public.trainees SET state = 2, trn = '3999998' WHERE id = 5902`)
    await lookNow()
    await postSays('Resolved')
    expect(await refused(SUPPORT, ACTIONS.startFromAlert, old, true)).toContain('It was resolved by itself')
    expect(use.story.slack.view(SUPPORT)).toBeUndefined()
  })

  test.each([
    ['{alert}:', 'Nobody needs to do this any more'],
    ['{alert}:5901', 'Nobody needs to do this any more'],
    ['9999:5902', 'We cannot find what this post is about'],
    ['{alert}:5902:1', 'Something went wrong'],
    ['', 'Something went wrong'],
  ])('with a value that we never gave starts nothing: %j', async (value, words) => {
    await timeOut()
    const message = await postSays('No TRN for')
    const { slack } = use.story
    const { rows } = await use.admin.query('SELECT id FROM chatops.alerts')
    const force = { value: value.replace('{alert}', rows[0].id) }
    await slack.click({ user: SUPPORT, actionId: ACTIONS.startFromAlert, message, force })
    expect(await slack.until(() => slack.ephemerals(SUPPORT).map(readText)[0])).toContain(words)
    expect(slack.view(SUPPORT)).toBeUndefined()
  })
})

test('an old post that Slack lets us neither change nor remove says where the new one is', async () => {
  const { slack, bot } = use.story
  await timeOut()
  const old = await postSays('No TRN for')
  slack.fault({ method: 'chat.update', kind: 'error', code: 'edit_window_closed', when: ({ ts }) => ts === old.ts })
  slack.fault({ method: 'chat.delete', kind: 'error', code: 'cant_delete_message' })
  const { rows } = await use.admin.query('SELECT id FROM chatops.alerts')
  await bot.changes.database.transaction((sql) => redraw(sql, rows[0].id))
  const anew = await slack.until(() => posts().find(({ ts }) => ts !== old.ts), 'the new post')
  await open(SECOND_DEVELOPER, ACTIONS.openDismissal, old)
  const where = `/p${anew.ts.replace('.', '')}|See this alert as it is now`
  await slack.until(() => JSON.stringify(slack.ephemerals(SECOND_DEVELOPER)).includes(where), 'where the new post is')
  await open(DEVELOPER, ACTIONS.openDismissal, anew)
  expect(slack.ephemerals(DEVELOPER)).toEqual([])
})

describe('“Dismiss”', () => {
  async function dismiss(user: string, reason: string) {
    return use.story.slack.submit({ user, values: { reason } })
  }

  test('asks for a reason, shows it on the post with the name, and is in the ledger', async () => {
    await timeOut()
    const post = await postSays('No TRN for')
    expect(await open(SECOND_DEVELOPER, ACTIONS.openDismissal, post)).toContain('No TRN for trainee 5902 after 4 days')
    await dismiss(SECOND_DEVELOPER, 'A test record & known')
    const text = readText(await postSays('Dismissed: No TRN for'))
    expect(text).toContain(`Dismissed by <@${SECOND_DEVELOPER}>`)
    expect(text).toContain('Why: “A test record & known”')
    const { rows } = await use.admin.query(`SELECT actor, details FROM chatops.ledger WHERE event = 'alert-dismissed'`)
    expect(rows).toEqual([
      {
        actor: SECOND_DEVELOPER,
        details: { alert: expect.any(String), cause: expect.stringMatching(/^timed-out:\d{4}-\d\d-\d\d$/) },
      },
    ])
    expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
    await lookNow()
    expect(posts()).toHaveLength(1)
  })

  test('sent twice is answered as the first time, and on record once', async () => {
    await timeOut()
    const { slack } = use.story
    await open(SUPPORT, ACTIONS.openDismissal, await postSays('No TRN for'))
    const first = await dismiss(SUPPORT, 'Known')
    expect(first.ackBody).toContain('You dismissed this')
    for (const { ackBody } of await Promise.all([slack.redeliver(first), slack.redeliver(first)])) {
      expect(ackBody).toEqual(first.ackBody)
    }
    const { rows } = await use.admin.query(`SELECT event FROM chatops.ledger WHERE actor = $1`, [SUPPORT])
    expect(rows).toEqual([{ event: 'alert-dismissed' }])
  })

  test('dismisses nothing that joined after its window was opened, and says so', async () => {
    await timeOut()
    await open(SUPPORT, ACTIONS.openDismissal, await postSays('No TRN for'))
    await use.admin.query(`
      INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, failure, added_at)
      SELECT id, 'retrieve-trn:5903', 5903, '{"code": "timed-out", "words": "x", "at": "2021-10-27T10:00:00Z"}', '2021-10-27'
      FROM chatops.alerts WHERE status = 'open'`)
    await dismiss(SUPPORT, 'Known of the one')
    expect(readText(use.story.slack.view(SUPPORT))).toContain('This has changed since you opened it')
    const { rows } = await use.admin.query('SELECT status FROM chatops.alerts')
    expect(rows).toEqual([{ status: 'open' }])
  })

  test.each([
    ['Demotwo asked for it', 'Remove the trainee’s name'],
    ['born 2 January 1990', 'Remove the trainee’s date of birth'],
    ['It was Demoone’s record (trainee 5901)', 'Remove the trainee’s name'],
    [' . ', 'Enter a reason.'],
  ])('answers %j at the field', async (reason, words) => {
    await timeOut()
    await open(SUPPORT, ACTIONS.openDismissal, await postSays('No TRN for'))
    expect((await dismiss(SUPPORT, reason)).errors['reason']).toContain(words)
    await postSays('⚠️ No TRN for')
  })

  test('is refused to strangers, who learn nothing from the field either', async () => {
    await timeOut()
    const post = await postSays('No TRN for')
    expect(await refused(STRANGER, ACTIONS.openDismissal, post)).toContain('You cannot dismiss this')
    await open(SUPPORT, ACTIONS.openDismissal, post)
    const view = use.story.slack.view(SUPPORT)
    if (!view) throw new Error('there is no modal')
    const values = { reason: 'Demotwo' }
    const submission = await use.story.slack.submit({ user: STRANGER, view, values, force: true })
    expect(submission.errors).toEqual({})
    expect(JSON.stringify(submission.ack)).toContain('You cannot dismiss this')
  })

  test('by two people at once is one dismissal, and the other is told', async () => {
    await timeOut()
    const post = await postSays('No TRN for')
    for (const user of [SUPPORT, DEVELOPER]) await open(user, ACTIONS.openDismissal, post)
    await Promise.all([dismiss(SUPPORT, 'One'), dismiss(DEVELOPER, 'Other')])
    const views = [SUPPORT, DEVELOPER].map((user) => readText(use.story.slack.view(user) ?? []))
    expect(views.filter((text) => text.includes('You dismissed this'))).toHaveLength(1)
    expect(views.filter((text) => text.includes('This is closed already'))).toHaveLength(1)
    const { rows } = await use.admin.query(`SELECT 1 FROM chatops.ledger WHERE event = 'alert-dismissed'`)
    expect(rows).toHaveLength(1)
  })
})
