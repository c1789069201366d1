// Messages that name a trainee: Register's own posts about time-outs, and those that people point at.
import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { OTHER_CHANNEL, startBot, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, REGISTER_URL, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { type Message, readText } from '../support/slack/index.ts'

/** What the fake Slack calls the bot's messages. */
const OUR_BOT = 'B01'
const REGISTER = { bot_id: 'B0REGISTER', app_id: 'A0REGISTER' }
const settings = { REGISTER_POSTS_IN: CHANNEL, REGISTER_POSTS_BY: 'B0REGISTER' }
const PENDING = 5901
const timedOut = (trainee: number | string, job = 'Dttp::RetrieveTrnJob') =>
  `${job} for Trainee id: ${trainee} has timed out after 4 days.`

function stageOf(use: ReturnType<typeof useStory>) {
  return {
    /** Posts as Register's app. */
    post: (
      text: string,
      given: { channel?: string; threadTs?: string; by?: { bot_id: string; app_id?: string } } = {},
    ) => use.story.slack.message({ user: STRANGER, channel: CHANNEL, by: REGISTER, text, ...given }),
    replies: (to: Pick<Message, 'channel' | 'ts'>) => use.story.slack.replies(to.channel, to.ts),
    async answersTo(to: Pick<Message, 'channel' | 'ts'>, count = 1): Promise<string[]> {
      const { slack } = use.story
      await slack.until(() => slack.replies(to.channel, to.ts).length >= count, `${count} answers`)
      return slack.replies(to.channel, to.ts).map((reply) => readText(reply))
    },
    /** What the bot has done by the time that it has done everything that it has heard of. */
    rest: () =>
      use.story.slack.until(async () => {
        const { rows } = await use.admin.query(`SELECT 1 FROM chatops.outbox WHERE status <> 'sent'`)
        return rows.length === 0
      }, 'an empty outbox'),
    async count(table: string): Promise<number> {
      const { rows } = await use.admin.query(`SELECT count(*)::int AS count FROM chatops.${table}`)
      return rows[0].count
    },
    /** What the bot has posted in the channel itself. */
    own: () => use.story.slack.messages(CHANNEL).filter(({ bot_id }) => bot_id === OUR_BOT),
  }
}

describe('a post of Register’s in a channel that the bot watches', () => {
  const use = useStory(() => settings)
  const { post, replies, answersTo, rest, count, own } = stageOf(use)

  test('gets the diagnosis and a button in its thread, once, and no post of its own', async () => {
    const { slack } = use.story
    const message = await post(timedOut(PENDING))
    const [answer] = await answersTo(message)
    expect(answer).toContain('No TRN yet for trainee 5901')
    expect(answer).toContain('Register has stopped asking')
    await slack.event({ ...message, channel_type: 'channel' })
    const edited = { ...message, text: `${message.text} :eyes:` }
    await slack.event({ type: 'message', subtype: 'message_changed', channel: CHANNEL, ts: '1', message: edited })
    await rest()
    expect(replies(message)).toHaveLength(1)
    expect(own()).toEqual([])
    expect([await count('alerts'), await count('answered_messages')]).toEqual([1, 1])

    const [reply] = replies(message)
    await slack.click({ user: SUPPORT, message: reply as Message, actionId: ACTIONS.startFromAlert })
    // DTTP does not answer here.
    await slack.until(() => /DTTP[\s\S]*Nothing has changed/.test(readText(slack.view(SUPPORT) ?? [])))
  })

  test('joins the live alert of its cause, and its thread says where that stands', async () => {
    const first = await post(timedOut(PENDING))
    await answersTo(first)
    const second = await post(timedOut(PENDING))
    const [answer] = await answersTo(second)
    expect(answer).toContain('No TRN yet for trainee 5901')
    expect(answer).toContain('which is kept up to date')
    await rest()
    expect(await count('alerts')).toBe(1)
    expect(replies(first)).toHaveLength(1)
  })

  test('that came while no bot ran is answered when one runs again', async () => {
    const { slack, scratch, bot } = use.story
    await bot.stop()
    const message = await post(timedOut(PENDING))
    slack.removeReplica(`http://127.0.0.1:${bot.port}/slack/events`)
    use.story.bot = await startBot(slack, scratch.appUrl, { env: settings })
    expect((await answersTo(message))[0]).toContain('No TRN yet for trainee 5901')
    slack.takeViolations()
  })

  test('is found so also under everything that people have written since', async () => {
    const { slack, scratch, bot } = use.story
    await bot.stop()
    const message = await post(timedOut(PENDING))
    for (let said = 0; said < 450; said++) await slack.message({ user: SUPPORT, channel: CHANNEL, text: 'Hello' })
    slack.removeReplica(`http://127.0.0.1:${bot.port}/slack/events`)
    use.story.bot = await startBot(slack, scratch.appUrl, { env: settings })
    expect((await answersTo(message))[0]).toContain('No TRN yet for trainee 5901')
    slack.takeViolations()
  })

  test('that is in a thread is answered in that thread', async () => {
    const root = await post('Failed jobs of today')
    await post(timedOut(PENDING), { threadTs: root.ts })
    const texts = await answersTo(root, 2)
    expect(texts.join()).toContain('No TRN yet for trainee 5901')
  })

  test('that was deleted is told in the alerts’ channel', async () => {
    const { slack } = use.story
    slack.fault({ method: 'chat.postMessage', kind: 'error', code: 'internal_error' })
    const message = await post(timedOut(PENDING))
    slack.deleteMessage(CHANNEL, message.ts)
    const alert = await slack.until(() => own()[0])
    expect(readText(alert)).toContain('No TRN yet for trainee 5901')
  })

  test('about an award says whom to ask', async () => {
    const message = await post(timedOut(PENDING, 'Dttp::RetrieveAwardJob'))
    const [answer] = await answersTo(message)
    expect(answer).toContain('Ask the operations team about the award')
  })

  test('about a trainee who is not there, or has a TRN by now, says so and alarms nobody', async () => {
    await use.admin.query(`UPDATE trainees SET trn = '3000001' WHERE id = ${PENDING}`)
    const [gone] = await answersTo(await post(timedOut(999_999)))
    expect(gone).toContain('There is no trainee 999999 in Register')
    const [there] = await answersTo(await post(timedOut(PENDING)))
    expect(there).toContain('Trainee 5901 has a TRN by now')
    expect(await count('alerts')).toBe(0)
  })

  test('of anybody else, anywhere else, or of other words is not answered, kept or logged', async () => {
    const { slack } = use.story
    const forged = { bot_id: 'B0EVIL', app_id: 'A0EVIL', username: 'Register Trainee Teachers' }
    const messages = [
      await post(timedOut(PENDING), { by: forged }),
      await slack.message({ user: SUPPORT, channel: CHANNEL, text: timedOut(PENDING) }),
      await post(timedOut(PENDING), { channel: OTHER_CHANNEL }),
      await post('A secret word: Xyzzy'),
      await post(timedOut('５９０１')),
    ]
    await slack.event({ type: 'message', subtype: 'message_deleted', channel: CHANNEL, ts: '2', deleted_ts: '1' })
    await slack.event({ type: 'message', channel: CHANNEL, ts: 3, bot_id: ['B0REGISTER'], text: { a: 1 } })
    const last = await post(timedOut(PENDING))
    await answersTo(last)
    expect(messages.map((message) => replies(message).length)).toEqual([0, 0, 0, 0, 0])
    await rest()
    expect(await count('answered_messages')).toBe(1)
    expect(own()).toEqual([])
  })
})

describe('a post of Register’s in a channel where nobody may ask for anything', () => {
  const use = useStory(() => ({ ...settings, REGISTER_POSTS_IN: OTHER_CHANNEL }))
  const { post, replies, answersTo } = stageOf(use)

  test('is answered, and its button opens the preview', async () => {
    const { slack } = use.story
    const message = await post(timedOut(PENDING), { channel: OTHER_CHANNEL })
    expect((await answersTo(message))[0]).toContain('No TRN yet for trainee 5901')
    await slack.click({ user: SUPPORT, message: replies(message)[0] as Message, actionId: ACTIONS.startFromAlert })
    await slack.until(() => readText(slack.view(SUPPORT) ?? []).includes('Ask for a TRN again'))
  })
})

describe('“Fix this trainee” on a message', () => {
  const use = useStory(() => settings)
  const { answersTo, replies, rest, count } = stageOf(use)

  async function pointAt(text: string, user = SUPPORT, channel = CHANNEL, by?: typeof REGISTER) {
    const { slack } = use.story
    const message = await slack.message({ user: SUPPORT, channel, text, ...(by ? { by } : {}) })
    const before = slack.ephemerals(user).length
    await slack.shortcut({ user, callbackId: 'fix-this-trainee', message })
    await slack.until(() => slack.ephemerals(user).length > before)
    return { message, told: readText(slack.ephemerals(user).at(-1) ?? []) }
  }

  test('says in its thread what we know of the one trainee that it names, and offers the fixes', async () => {
    const { slack } = use.story
    const { rows } = await use.admin.query(`SELECT slug FROM trainees WHERE id = ${PENDING}`)
    const { message, told } = await pointAt(`Please help with ${REGISTER_URL}/trainees/${rows[0].slug}`)
    expect(told).toContain('We answer in the message’s thread')
    const [answer] = await answersTo(message)
    expect(answer).toContain('Trainee 5901')
    expect(answer).toContain('We know of nothing that has failed for this trainee.')
    await slack.click({ user: SUPPORT, message: replies(message)[0] as Message, actionId: ACTIONS.chooseFix })
    await slack.until(() => slack.view(SUPPORT))
    await slack.submit({ user: SUPPORT, values: { playbook: 'fix-route' } })
    const form = await slack.until(() => {
      const shown = slack.view(SUPPORT)
      return shown && readText(shown).includes('New route') ? shown : null
    })
    expect(JSON.stringify(form)).toContain(rows[0].slug)
  })

  test('treats Register’s own post as that of a time-out, and answers once', async () => {
    const { slack } = use.story
    const { message } = await pointAt(timedOut(PENDING), SUPPORT, CHANNEL, REGISTER)
    expect((await answersTo(message))[0]).toContain('No TRN yet for trainee 5901')
    await slack.shortcut({ user: DEVELOPER, callbackId: 'fix-this-trainee', message })
    await slack.until(() => slack.ephemerals(DEVELOPER).length > 0)
    expect(readText(slack.ephemerals(DEVELOPER).at(-1) ?? [])).toContain('This message is answered already')
    await rest()
    expect(replies(message)).toHaveLength(1)
    expect(await count('alerts')).toBe(1)
  })

  test('takes Register’s words from anybody else for a question about the trainee', async () => {
    const { message } = await pointAt(timedOut(PENDING))
    expect((await answersTo(message))[0]).toContain('We know of nothing that has failed for this trainee.')
    await rest()
    expect(await count('alerts')).toBe(0)
  })

  test.each([
    ['nobody', 'The provider rang about a TRN', 'This message names no trainee'],
    ['several trainees', 'trainee 5901 and trainee 5902', 'This message names more than one trainee'],
    ['a trainee who is not there', 'trainee 999999', 'No trainee has this number'],
  ])('that names %s is answered clearly', async (_, text, words) => {
    const { message, told } = await pointAt(text)
    expect(told).toContain(words)
    expect(replies(message)).toEqual([])
  })

  test('is for those who may ask or approve, and for our channels', async () => {
    expect((await pointAt('trainee 5901', STRANGER)).told).toContain('You cannot ask for changes')
    expect((await pointAt('trainee 5901', SUPPORT, OTHER_CHANNEL)).told).toContain('You cannot use this command here')
    expect(await count('answered_messages')).toBe(0)
  })
})

describe('a bot that is not told where Register posts', () => {
  const use = useStory()
  const { post, replies, count } = stageOf(use)

  test('answers no post, and does everything else', async () => {
    const { slack } = use.story
    const message = await post(timedOut(PENDING))
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'help' })
    const help = await slack.until(() => slack.ephemerals(SUPPORT).at(-1))
    expect(readText(help)).toContain('Register’s own posts are not answered here')
    expect(replies(message)).toEqual([])
    expect(await count('answered_messages')).toBe(0)
  })
})
