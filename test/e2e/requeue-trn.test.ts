import { describe, expect, test } from 'vitest'
import * as decisions from '../../src/changes/decide/decide.ts'
import { getRequest } from '../../src/changes/requests.ts'
import { hintAgain } from '../../src/changes/sweeps/sweep.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, onRedis, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const upstream = useStoryDttp()
const use = useStory(() => ({
  ...onRedis(),
  ...upstream.dttp.environment(),
  REGISTER_JOBS: 'own',
  POLL_EVERY: '1s',
}))

const reason = 'DQT says that there was a delay'
const TRN = '3999999'

async function trainee(id = 5902): Promise<Record<string, unknown>> {
  const { rows } = await use.admin.query('SELECT to_jsonb(t) AS row FROM public.trainees t WHERE id = $1', [id])
  return rows[0].row
}

async function jobs(): Promise<{ status: string; change_request_id: string | null }[]> {
  const { rows } = await use.admin.query('SELECT status, change_request_id FROM chatops.jobs')
  return rows
}

/** Types the command and waits for the form. */
async function type(text: string, user = SUPPORT): Promise<string> {
  const { slack } = use.story
  const before = slack.view(user)?.id
  await slack.command({ user, channel: CHANNEL, text: `requeue-trn ${text}` })
  return slack.until(() => {
    const view = slack.view(user)
    return view && view.id !== before ? readText(view) : null
  })
}

/** Types the command, fills in the rest of the form and sees what was found. */
async function preview(text: string, user = SUPPORT): Promise<string> {
  const { slack } = use.story
  await type(text, user)
  await slack.submit({ user, values: { reason } })
  return slack.until(() => {
    const shown = readText(slack.view(user) ?? [])
    return shown.includes('Checking') ? null : shown
  })
}

/** Sends the previewed request, has it reviewed, and leaves the review open. Returns what it shows. */
async function review(user = DEVELOPER): Promise<string> {
  const { slack } = use.story
  const before = slack.messages(CHANNEL).length
  await slack.submit({ user: SUPPORT })
  await slack.until(() => slack.messages(CHANNEL).length > before)
  return openReview(user)
}

async function openReview(user: string): Promise<string> {
  const { slack } = use.story
  await slack.click({ user, actionId: ACTIONS.openReview, message: card() })
  return slack.until(() => {
    const shown = readText(slack.view(user) ?? [])
    return /^$|opening/i.test(shown) ? null : shown
  })
}

/** From the command to the approval. */
async function approve(text: string): Promise<void> {
  await preview(text)
  await review()
  await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
}

function card() {
  const cards = use.story.slack.messages(CHANNEL).filter(({ text }) => /^CR-\d/.test(text))
  const message = cards.at(-1)
  if (!message) throw new Error('there is no card')
  return message
}

const cardSays = (words: string | RegExp) => use.story.slack.until(() => readText(card()).match(words), `${words}`)

/** Waits for words in the thread; returns the whole thread. */
const threadSays = (words: string | RegExp) =>
  use.story.slack.until(() => {
    const thread = use.story.slack.replies(CHANNEL, card().ts).map(readText).join('\n')
    return thread.match(words) ? thread : null
  }, `${words}`)

/** Waits for words in what the requester is told directly; returns all of it. */
const isTold = (words: string) =>
  use.story.slack.until(() => {
    const told = use.story.slack.directMessages(SUPPORT).map(readText).join('\n')
    return told.includes(words) ? told : null
  }, words)

/** What “Copy text” on the card shows. */
async function copied(): Promise<string> {
  const { slack } = use.story
  await slack.closeView({ user: SUPPORT, all: true })
  await slack.click({ user: SUPPORT, actionId: ACTIONS.copySteps, message: card() })
  return slack.until(() => readText(slack.view(SUPPORT) ?? []) || null)
}

describe('the story', () => {
  test('asked for, approved, polled, told that there is no TRN yet, and told when it arrives', async () => {
    const { slack } = use.story
    const before = await trainee()
    expect(await type('5902 1 day')).toContain('Keep asking for')
    await slack.submit({ user: SUPPORT, values: { reason } })
    const shown = await slack.until(() => {
      const text = readText(slack.view(SUPPORT) ?? [])
      return text.includes('What would happen') ? text : null
    })
    expect(shown).toContain('Ask DTTP for the TRN of trainee 5902 at once, then every hour for 1 day')
    expect(shown).not.toContain('What would change')

    const reviewed = await review()
    expect(reviewed).toContain('again for 1 day')
    expect(reviewed).toContain('What happens')
    expect(reviewed).not.toContain('What changes')
    expect(await jobs()).toEqual([])

    expect(reviewed).toContain('It cannot be undone: it starts a job.')
    const { errors } = await slack.submit({ user: DEVELOPER, force: true })
    expect(errors['understood']).toContain('Tick this first')
    const { changes } = use.story.bot
    const { digest } = await getRequest(changes.database, '1')
    const { root_view_id, id: shownIn = '' } = slack.view(DEVELOPER) ?? {}
    const unticked = { id: '1', actor: DEVELOPER, digest, viewId: root_view_id ?? shownIn, understood: false }
    await expect(decisions.approve(changes, unticked)).rejects.toMatchObject({ code: 'not-shown' }) // whatever the window asked for
    expect(await jobs()).toEqual([])
    await slack.submit(approval(slack, DEVELOPER))
    await cardSays('CR-1 is done')
    await cardSays('DTTP has no TRN yet')
    await cardSays('We tell you directly when the TRN arrives')
    await cardSays('Still to do, by <@U01SUPPORT>: ask the operations team what keeps the TRN')
    await threadSays('Started 1 job.')
    expect(await copied()).toContain('DTTP contact: c0000000-0000-4000-8000-000000005902')
    expect(await trainee()).toEqual(before)

    upstream.dttp.giveTrn(5902, TRN)
    await isTold('The TRN has arrived')
    await cardSays('The TRN of <.*trainee 5902> has arrived')
    await cardSays('No longer needed: ask the operations team')
    expect(slack.replies(CHANNEL, card().ts)).toHaveLength(1)
    expect(await trainee()).toMatchObject({ trn: TRN, state: 2, submitted_for_trn_at: before['submitted_for_trn_at'] })
    const posted = JSON.stringify([slack.messages(CHANNEL), slack.replies(CHANNEL, card().ts)])
    for (const secret of [TRN, before['first_names'], before['last_name'], before['email']]) {
      expect(posted).not.toContain(String(secret))
    }
    expect(await jobs()).toEqual([{ status: 'done', change_request_id: '1' }])
    expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
  })

  test('where DTTP has the TRN already the preview says so, and it is fetched at once', async () => {
    upstream.dttp.giveTrn(5902, TRN)
    expect(await preview('5902 3 days')).toContain('it will be saved at once')
    await review()
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
    await cardSays('CR-1 is done')
    expect(await isTold('The TRN has arrived')).not.toContain('no TRN yet')
    expect(readText(card())).not.toContain('operations team')
    expect(await trainee()).toMatchObject({ trn: TRN, state: 2 })
  })

  test('a poll whose time is up is over, and the requester is told so and what to do', async () => {
    await approve('5902 7 days')
    await cardSays('DTTP has no TRN yet')
    await cardSays('CR-1 is done')
    await use.admin.query(`UPDATE chatops.polls SET timeout_at = '2021-10-28'`)
    const told = await isTold('No TRN has come in time')
    expect(told).toContain('Dttp::RetrieveTrnJob for Trainee id: 5902 has timed out after 4 days.')
    expect(told).toContain('ask the operations team')
    await cardSays('DTTP was asked for the TRN of .*trainee 5902.* again. That has ended without a TRN.')
    expect(readText(card())).not.toContain('We go on until')
    expect((await jobs()).map(({ status }) => status)).toEqual(['failed'])
    expect(readText(card())).not.toMatch(/is asked|We tell you directly/)
    expect(readText(card())).toContain('Still to do, by <@U01SUPPORT>: ask the operations team what keeps the TRN')
    await use.story.slack.closeView({ user: SUPPORT, all: true })
    expect(await preview('5902 1 day')).toMatch(/Not sent yet[\s\S]*Asking ended on .*, and no TRN had come\./)
  })

  test('approved by two people, and carried out twice, it is one job', async () => {
    const { slack } = use.story
    await preview('5902 1 day')
    await review()
    await openReview(SECOND_DEVELOPER)
    await Promise.all([slack.submit(approval(slack, DEVELOPER)), slack.submit(approval(slack, SECOND_DEVELOPER))])
    const texts = [DEVELOPER, SECOND_DEVELOPER].map((user) => readText(slack.view(user) ?? []))
    expect(texts.filter((text) => text.includes('CR-1 is already approved'))).toHaveLength(1)
    await cardSays('CR-1 is done')
    expect(await jobs()).toHaveLength(1)
  })

  test('a trainee who is polled for already keeps one poll, which now belongs to the newer request', async () => {
    await approve('5902 7 days')
    await cardSays('CR-1 is done')
    await cardSays('DTTP has no TRN yet')
    await use.story.slack.closeView({ user: SUPPORT, all: true })
    await use.story.slack.closeView({ user: DEVELOPER, all: true })
    const asked = await preview('5902 1 day')
    expect(asked).toMatch(
      /asked for this TRN already, until \d+ \w+ \d+ at .*\. If that time is wrong, choose to replace it/,
    )
    await use.story.slack.submit({ user: SUPPORT, values: { replace: 'replace' } })
    const shown = await use.story.slack.until(() => {
      const now = readText(use.story.slack.view(SUPPORT) ?? [])
      return now.includes('This request replaces') ? now : null
    })
    expect(shown).toMatch(/DTTP is asked for this TRN already, until \d+ \w+ \d+ at .*\. This request replaces/)
    await review()
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
    await cardSays('CR-2 is done')
    await cardSays('DTTP has no TRN yet')
    expect((await jobs()).map((job) => job.change_request_id)).toEqual(['2'])
    const first = () => use.story.slack.messages(CHANNEL).find(({ text }) => text?.startsWith('CR-1'))
    await use.story.slack.until(() => readText(first() ?? []).match(/CR-2\W+took the place/), 'CR-1 to say so')
    expect(readText(first() ?? [])).not.toMatch(/is asked|We go on|We tell you directly/)
  })
})

describe('when DTTP is away', () => {
  test('there is no preview, and the person is told that nothing has changed', async () => {
    upstream.dttp.goDown()
    const shown = await preview('5902 1 day')
    expect(shown).toContain('We could not finish the checks')
    expect(shown).toContain('DTTP did not answer')
    expect(shown).toContain('Nothing has changed')
    const { rows } = await use.admin.query('SELECT 1 FROM chatops.change_requests')
    expect(rows).toEqual([])
  })

  test('an approved request waits, and is carried out once it is back', async () => {
    await preview('5902 1 day')
    await review()
    upstream.dttp.goDown()
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
    await use.story.slack.until(async () => {
      const { rows } = await use.admin.query('SELECT upstream_failing_since FROM chatops.change_requests')
      return rows[0].upstream_failing_since !== null
    })
    await cardSays('CR-1 is approved') // a card is drawn a second after the approval, if the request is not done by then
    expect(await jobs()).toEqual([])
    upstream.dttp.comeBack()
    const { changes } = use.story.bot
    await hintAgain({ ...changes, now: () => new Date(changes.now().getTime() + 60_000) })
    await cardSays('CR-1 is done')
    await cardSays('DTTP has no TRN yet')
  })
})

describe('what stands in the way', () => {
  test.each([
    [5904, 'the record is a draft', 'The provider must submit it'],
    [5903, 'TRN received', 'nothing to ask for'],
    [5906, 'withdrawn with a TRN', 'nothing to ask for'],
    [5907, 'awarded', 'QTS awarded'],
    [5913, 'the record was deleted in DTTP', 'must be registered again'],
    [5917, 'the trainee was never registered', 'asking again will not help'],
  ])('%i: %s', async (id, _what, words) => {
    const { slug } = await trainee(id)
    const shown = await preview(`${slug} 1 day`)
    expect(shown).toContain('You cannot ask for this change')
    expect(shown).toContain(words)
    expect(await jobs()).toEqual([])
  })

  test('where registering the trainee has failed, why it did', async () => {
    await use.admin.query(
      `INSERT INTO chatops.jobs (name, trainee_id, status, finished_at, failure)
       VALUES ('register-for-trn', 5917, 'failed', now(), $1)`,
      [{ code: 'school-not-active', words: 'URN 900005 is not in DTTP.', at: '2021-10-27T13:14:00.000Z' }],
    )
    expect(await preview('5917 1 day')).toContain(
      'Registering them failed on 27 October 2021 at 2:14pm: URN 900005 is not in DTTP.',
    )
  })
})

describe('the form', () => {
  test('offers what it knows and refuses what is not on the list', async () => {
    const { slack } = use.story
    expect(await type('5902 2 days')).toContain('“2 days” is not on the list')
    const submission = await slack.submit({ user: SUPPORT, values: { reason } })
    expect(submission.errors['duration']).toBeTruthy()
  })

  test('takes the end of the next working day in words', async () => {
    expect(await preview('5902 until the end of the next working day')).toContain(
      'Ask DTTP for the TRN of trainee 5902 at once, then every hour until the end of the next working day',
    )
  })

  test.each([
    ['5902 1 day', { reason: 'Demotwo needs it' }, 'reason', 'Remove the trainee’s name'],
    ['5902 1 day', { reason: '   ' }, 'reason', 'Enter a reason'],
    ['999999 1 day', { reason }, 'subject', 'No trainee has this number'],
    ['3000003 1 day', { reason }, 'subject', 'It looks like a TRN'],
  ])('answers %s with %o at the field', async (text, values, field, words) => {
    await type(text)
    const submission = await use.story.slack.submit({ user: SUPPORT, values })
    expect(submission.errors[field]).toContain(words)
  })
})
