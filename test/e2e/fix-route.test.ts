import { beforeEach, describe, expect, test } from 'vitest'
import { createDriftSweep } from '../../src/changes/sweeps/drift.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { GUEST, OTHER_CHANNEL, onRedis, startBot, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, liveMarkup, readText } from '../support/slack/index.ts'

const use = useStory(() => ({ QUEUE_BACKEND: 'postgres' }))

const reason = 'The provider chose the wrong route'

async function trainee(id = 5901): Promise<Record<string, unknown> & { slug: string }> {
  const { rows } = await use.admin.query('SELECT to_jsonb(t) AS row FROM public.trainees t WHERE id = $1', [id])
  return rows[0].row
}

/** Types a command and waits for what it brings: a modal, or a message for this person alone. */
async function type(command: { user: string; channel: string; text: string }): Promise<void> {
  const { slack } = use.story
  const { user } = command
  const shown = () => `${slack.view(user)?.id} ${slack.ephemerals(user).length}`
  const before = shown()
  await slack.command(command)
  await slack.until(() => shown() !== before)
}

/** Types the command, fills the form and sees the preview. */
async function preview(reference: string, user = SUPPORT, route = 'school_direct_salaried'): Promise<string> {
  const { slack } = use.story
  await type({ user, channel: CHANNEL, text: `fix-route ${reference} ${route}` })
  await slack.submit({ user, values: { reason, ticket: 'T-1' } })
  return slack.until(() => {
    const view = slack.view(user)
    const text = view ? readText(view) : ''
    return text.includes('Checking') ? null : text
  })
}

/** Sends the previewed request and waits for its card. */
async function send(user = SUPPORT) {
  const { slack } = use.story
  const before = slack.messages(CHANNEL).length
  await slack.submit({ user })
  await slack.until(() => slack.messages(CHANNEL).length > before)
  return card()
}

function card() {
  const message = use.story.slack.messages(CHANNEL).at(-1)
  if (!message) throw new Error('there is no card')
  return message
}

async function review(user: string) {
  const { slack } = use.story
  const before = slack.view(user)?.id
  await slack.click({ user, actionId: ACTIONS.openReview, message: card() })
  return slack.until(() => {
    const view = slack.view(user)
    const text = view && view.id !== before ? readText(view) : 'Opening'
    return /opening/i.test(text) ? null : text
  })
}

const cardSays = (words: string | RegExp) => use.story.slack.until(() => readText(card()).match(words))

describe('the story', () => {
  test('asked for, reviewed by another person, carried out once, and told', async () => {
    const { slack } = use.story
    const before = await trainee()
    const shown = await preview('5901')
    expect(shown).toContain('Not sent yet')
    expect(shown).toContain('School direct (salaried)')

    await send()
    const waiting = readText(card())
    expect(waiting).toContain('CR-1')
    expect(waiting).toContain(reason)
    expect(waiting).toContain('T-1')
    for (const name of [before['first_names'], before['last_name'], before['email']]) {
      expect(JSON.stringify(slack.messages(CHANNEL))).not.toContain(String(name))
    }
    expect(buttons(card()).map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Review', 'Reject', 'Cancel request']),
    )
    expect(await trainee()).toEqual(before)

    expect(await review(SUPPORT)).toContain('You cannot approve your own request')
    expect(await review(STRANGER)).toContain('You cannot decide on requests')
    expect(await review(GUEST)).toContain('Guests and visitors cannot use this')

    expect(await review(DEVELOPER)).toContain('School direct (salaried)')
    await slack.submit({ user: DEVELOPER })
    await cardSays(/done/i)
    const after = await trainee()
    expect(after).toMatchObject({
      training_route: 4,
      course_start_date: null,
      state: before['state'],
      dttp_id: before['dttp_id'],
    })
    const thread = await slack.until(() => {
      const replies = slack.replies(CHANNEL, card().ts)
      return replies.length >= 2 ? replies.map(readText).join('\n') : null
    })
    expect(thread).toContain('course start date')
    expect(thread).toContain('DTTP')
    expect(slack.replies(CHANNEL, card().ts)).toHaveLength(2)
    expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
  })

  test('on Redis, with a bot and a worker in separate processes of the work, it is the same', async () => {
    const { slack, scratch } = use.story
    await use.story.bot.stop()
    slack.removeReplica(`http://127.0.0.1:${use.story.bot.port}/slack/events`)
    const roles = ['bot', 'bot', 'worker', 'worker']
    const started = await Promise.all(
      roles.map((ROLES) => startBot(slack, scratch.appUrl, { env: { ...onRedis(), ROLES } })),
    )
    await preview('5901')
    await send()
    await review(DEVELOPER)
    await slack.submit({ user: DEVELOPER })
    await cardSays(/done/i)
    expect(slack.messages(CHANNEL)).toHaveLength(1)
    const { rows } = await use.admin.query(`SELECT 1 FROM public.audits WHERE comment LIKE 'CR-1:%'`)
    expect(rows).toHaveLength(1)
    use.story.bot = {
      ...use.story.bot,
      stop: async () => void (await Promise.all(started.map((services) => services.stop()))),
    }
  })
})

describe('the command', () => {
  test('alone opens a chooser that leads to the form', async () => {
    const { slack } = use.story
    await type({ user: SUPPORT, channel: CHANNEL, text: '' })
    await slack.submit({ user: SUPPORT, values: { playbook: 'fix-route' } })
    expect(readText(slack.view(SUPPORT) ?? [])).toContain('New route')
  })

  test('help lists every playbook, an unknown word is answered, and nothing is shown to others', async () => {
    const { slack } = use.story
    await type({ user: SUPPORT, channel: CHANNEL, text: 'help' })
    await type({ user: SUPPORT, channel: CHANNEL, text: 'fix-rout <!channel> *5901*' })
    const [help, unknown] = slack.ephemerals(SUPPORT)
    expect(readText(help ?? [])).toContain('fix-route')
    expect(readText(unknown ?? [])).toContain('There is no command')
    expect(liveMarkup(unknown ?? [])).toEqual([])
    expect(slack.messages(CHANNEL)).toEqual([])
  })

  test('is refused in a channel that is not allowed, naming those that are', async () => {
    const { slack } = use.story
    await type({ user: SUPPORT, channel: OTHER_CHANNEL, text: 'fix-route 5901' })
    expect(readText(slack.ephemerals(SUPPORT)[0] ?? [])).toContain(CHANNEL)
    expect(slack.view(SUPPORT)).toBeUndefined()
  })

  test.each([STRANGER, GUEST])('is refused to %s, who may not ask', async (user) => {
    const { slack } = use.story
    await type({ user, channel: CHANNEL, text: 'fix-route 5901' })
    expect(readText(slack.ephemerals(user)[0] ?? [])).toMatch(/You cannot ask for changes|Guests and visitors/)
    expect(slack.view(user)).toBeUndefined()
  })

  test('takes a Register link, a slug and a number; fills in what is known', async () => {
    const { slack } = use.story
    const { slug } = await trainee()
    for (const reference of [slug, `https://register.example.test/trainees/${slug}/edit`, '5901']) {
      expect(await preview(reference)).toContain('Not sent yet')
      await slack.closeView({ user: SUPPORT, all: true })
    }
  })
})

describe('the form', () => {
  test.each([
    ['999999', 'No trainee has this number'],
    ['https://evil.example/trainees/abcdefgh', 'not a link to a trainee in Register'],
    ['Demo Trainee', 'Do not use a name'],
  ])('answers %s at its field', async (reference, words) => {
    const { slack } = use.story
    await type({ user: SUPPORT, channel: CHANNEL, text: 'fix-route' })
    const values = { subject: reference, route: 'hpitt_postgrad', reason }
    const submission = await slack.submit({ user: SUPPORT, values })
    expect(submission.errors['subject']).toContain(words)
  })

  test('a number that could mean another trainee comes back with the form as it was filled in', async () => {
    expect(await preview('5904')).toContain('more than one trainee')
    const submission = await use.story.slack.submit({ user: SUPPORT, values: { subject: '5901' } })
    expect(submission.errors).toEqual({})
  })

  test('refuses a reason that names the trainee', async () => {
    const { slack } = use.story
    const { last_name, email } = await trainee()
    await type({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 hpitt_postgrad' })
    for (const text of [`asked by ${last_name}`, `see ${email}`]) {
      const submission = await slack.submit({ user: SUPPORT, values: { reason: text } })
      expect(submission.errors['reason']).toContain('Remove the trainee')
    }
  })

  test('shows what stands in the way, and makes no request', async () => {
    expect(await preview('5901', SUPPORT, 'hpitt_postgrad')).toContain('Only trainees with the provider code HPITT')
    const { rows } = await use.admin.query('SELECT 1 FROM chatops.change_requests')
    expect(rows).toEqual([])
  })

  test('a preview whose modal was closed is kept as not sent yet', async () => {
    const { slack } = use.story
    slack.fault({ method: 'views.update', kind: 'error', code: 'not_found' })
    await type({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901 assessment_only' })
    await slack.submit({ user: SUPPORT, values: { reason } })
    await slack.until(async () => (await use.admin.query('SELECT 1 FROM chatops.change_requests')).rows.length === 1)
    await type({ user: SUPPORT, channel: CHANNEL, text: 'requests' })
    expect(readText(slack.ephemerals(SUPPORT)[0] ?? [])).toContain('CR-1')
    await slack.openHome({ user: SUPPORT })
    await slack.until(() => readText(slack.home(SUPPORT) ?? []).includes('CR-1'))
  })
})

describe('a decision', () => {
  beforeEach(async () => {
    await preview('5901')
    await send()
  })

  test('to reject needs a reason without personal data, ends the buttons and tells the requester', async () => {
    const { slack } = use.story
    const { last_name } = await trainee()
    const before = await trainee()
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReject, message: card() })
    await slack.until(() => slack.view(DEVELOPER))
    const refused = await slack.submit({ user: DEVELOPER, values: { reason: `${last_name} is fine` } })
    expect(refused.errors['reason']).toContain('Remove the trainee')
    await slack.submit({ user: DEVELOPER, values: { reason: 'Asked for by mistake' } })
    await cardSays(/rejected/i)
    expect(buttons(card()).map(({ actionId }) => actionId)).not.toContain(ACTIONS.openReview)
    expect(readText(card())).toContain('Asked for by mistake')
    await slack.until(() => slack.replies(CHANNEL, card().ts).some((reply) => readText(reply).includes(SUPPORT)))
    expect(await trainee()).toEqual(before)
  })

  test('to cancel is the requester’s alone', async () => {
    const { slack } = use.story
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.cancelRequest, message: card() })
    await slack.until(() => slack.ephemerals(DEVELOPER).length === 1)
    expect(readText(slack.ephemerals(DEVELOPER)[0] ?? [])).toContain('You cannot cancel this request')
    await slack.click({ user: SUPPORT, actionId: ACTIONS.cancelRequest, message: card() })
    await cardSays(/cancelled/i)
  })

  test('by two people at once is one decision, and the second is told who was first', async () => {
    const { slack } = use.story
    await review(DEVELOPER)
    await review(SECOND_DEVELOPER)
    const both = await Promise.all([slack.submit({ user: DEVELOPER }), slack.submit({ user: SECOND_DEVELOPER })])
    const texts = [DEVELOPER, SECOND_DEVELOPER].map((user) => readText(slack.view(user) ?? []))
    expect(both.map(({ outcome }) => outcome)).toEqual(['updated', 'updated'])
    expect(texts.filter((text) => text.includes('You approved CR-1'))).toHaveLength(1)
    expect(texts.filter((text) => /CR-1 is already approved/.test(text))).toHaveLength(1)
    await cardSays(/done/i)
  })

  test('clicked late, on an old copy of the card, is answered', async () => {
    const { slack } = use.story
    const old = structuredClone(card())
    await slack.click({ user: SUPPORT, actionId: ACTIONS.cancelRequest, message: card() })
    await cardSays(/cancelled/i)
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: old, force: true })
    await slack.until(() => readText(slack.view(DEVELOPER) ?? []).includes('no longer waiting for approval'))
  })

  test('on a record that moved writes nothing, names the column and offers a new preview', async () => {
    const { slack } = use.story
    await review(DEVELOPER)
    await use.admin.query(`UPDATE public.trainees SET course_start_date = '2022-01-01' WHERE id = 5901`)
    const before = await trainee()
    await slack.submit({ user: DEVELOPER })
    await cardSays(/out of date/)
    expect(readText(card())).toContain('ourse start date')
    expect(await trainee()).toEqual(before)
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.previewAgain, message: card() })
    await slack.until(() => readText(slack.view(DEVELOPER) ?? []).includes('Not sent yet'))
    const { rows } = await use.admin.query(
      'SELECT requester, follows FROM chatops.change_requests ORDER BY id DESC LIMIT 1',
    )
    expect(rows).toEqual([{ requester: DEVELOPER, follows: '1' }])
  })

  test('is not needed any more where the record moves by itself: the card says so', async () => {
    await use.admin.query(`UPDATE public.trainees SET study_mode = 0 WHERE id = 5901`)
    await createDriftSweep(use.story.bot.changes)()
    await cardSays(/out of date/)
  })

  test('is refused for a second request on the same record', async () => {
    expect(await preview('5901')).toContain('CR-1 would change it too')
  })
})

describe('when Slack falters', () => {
  test('a card whose answer was lost is posted once', async () => {
    const { slack } = use.story
    await preview('5901')
    slack.fault({ method: 'chat.postMessage', kind: 'lost_response' })
    await slack.submit({ user: SUPPORT })
    await slack.until(
      async () => (await use.admin.query('SELECT card_ts FROM chatops.change_requests')).rows[0]?.card_ts,
    )
    expect(slack.messages(CHANNEL)).toHaveLength(1)
  })

  test('a rate limit delays a card, and loses nothing', async () => {
    const { slack } = use.story
    await preview('5901')
    slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 1 })
    await slack.submit({ user: SUPPORT })
    await slack.until(() => slack.messages(CHANNEL).length === 1)
  })

  test('a requester whose card cannot be posted is told directly', async () => {
    const { slack } = use.story
    await preview('5901')
    slack.kick(CHANNEL, 'U00BOT')
    await slack.submit({ user: SUPPORT })
    await slack.until(() => slack.directMessages(SUPPORT).length === 1)
    expect(readText(slack.directMessages(SUPPORT)[0] ?? [])).toContain('could not post CR-1')
  })
})
