// What people do with /trainee repair-school, and what they see of it.
import type pg from 'pg'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import type { useStory } from '../support/bot.ts'
import { approval } from '../support/bot.ts'
import type { StoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const REASON = 'The provider cannot register them'

/** What a branch of the playbook begins with. */
export type World = { admin: pg.Client; dttp: StoryDttp }

export function schoolStory(use: ReturnType<typeof useStory>) {
  const top = (user: string) => readText(use.story.slack.view(user) ?? [])

  /** Types the command and waits for the form. */
  async function open(words: string, user = SUPPORT): Promise<string> {
    const { slack } = use.story
    const before = slack.view(user)?.id
    await slack.command({ user, channel: CHANNEL, text: `repair-school ${words}`.trim() })
    return slack.until(() => {
      const view = slack.view(user)
      return view && view.id !== before ? readText(view) : null
    })
  }

  /** Submits the form that is open; answers what then stands there, and the words at its fields. */
  async function check(values: Record<string, string>, user = SUPPORT) {
    const { slack } = use.story
    const isShown = (name: string) => slack.view(user)?.blocks.some((block) => block.block_id === name)
    if (!isShown('reason')) {
      const { subject } = values
      const first = await slack.submit({ user, values: subject === undefined ? {} : { subject } })
      if (Object.keys(first.errors).length > 0) return { shown: '', errors: first.errors }
      await slack.until(() => !top(user).includes('Checking'))
      if (!isShown('reason')) return { shown: top(user), errors: {} }
    }
    if (isShown('missing') && !isShown('dttp_id') && values['dttp_id']) {
      await slack.submit({ user, values: { reason: REASON, missing: values['missing'] ?? '' } })
      await slack.until(() => isShown('dttp_id'))
    }
    const isOffered = ([name, value]: [string, string]) => {
      const block = slack.view(user)?.blocks.find(({ block_id }) => block_id === name)
      const { options } = (block?.element ?? {}) as { options?: { value: string }[] }
      return block !== undefined && (options?.some((option) => option.value === value) ?? true)
    }
    const hidden = Object.entries(values).filter((one) => !isOffered(one))
    if (hidden.length > 0) await keepAnswers(Object.fromEntries(hidden), user)
    const { errors } = await slack.submit({ user, values: { reason: REASON, ...values } })
    if (Object.keys(errors).length > 0) return { shown: '', errors }
    const shown = await slack.until(() => (top(user).includes('Checking') ? null : top(user)))
    return { shown, errors }
  }

  /** Answers that nobody is asked for any more, but that the draft has from before. */
  async function keepAnswers(answers: Record<string, string>, user: string): Promise<void> {
    const { slack } = use.story
    const { options } = (slack.view(user)?.blocks.find(({ block_id }) => block_id === 'row')?.element ?? {}) as {
      options?: { value: string }[]
    }
    const row = options?.[0]?.value
    await slack.submit({ user, values: { reason: REASON, ...(row ? { row } : {}) } })
    await slack.until(() => top(user).includes('Not sent yet'))
    await use.admin.query(`UPDATE chatops.change_requests SET form = form || $1 WHERE status = 'unsent'`, [
      JSON.stringify(answers),
    ])
    await slack.click({ user, actionId: ACTIONS.changeAnswers })
    await slack.until(() => slack.view(user)?.blocks.some(({ block_id }) => block_id === 'reason'))
  }

  async function preview(values: Record<string, string>, user = SUPPORT): Promise<string> {
    await open('', user)
    return (await check(values, user)).shown
  }

  function card() {
    const message = use.story.slack.messages(CHANNEL).findLast(({ text }) => /^CR-\d/.test(text))
    if (!message) throw new Error('there is no card')
    return message
  }

  /** "Ask for approval"; answers what the card says. */
  async function send(user = SUPPORT): Promise<string> {
    const { slack } = use.story
    const before = slack.messages(CHANNEL).length
    await slack.submit({ user })
    await slack.until(() => slack.messages(CHANNEL).length > before)
    return readText(card())
  }

  /** A developer opens the review; answers everything that it shows. */
  async function review(user = DEVELOPER): Promise<string> {
    const { slack } = use.story
    const before = slack.view(user)?.id
    await slack.click({ user, actionId: ACTIONS.openReview, message: card() })
    return slack.until(() => (slack.view(user)?.id === before || /^$|opening/i.test(top(user)) ? null : top(user)))
  }

  async function approve(): Promise<string> {
    await send()
    const reviewed = await review()
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
    return reviewed
  }

  const cardSays = (words: string) =>
    use.story.slack.until(() => (readText(card()).includes(words) ? readText(card()) : null), words)

  const thread = () => use.story.slack.replies(CHANNEL, card().ts).map(readText).join('\n')
  const threadSays = (words: string) => use.story.slack.until(() => (thread().includes(words) ? thread() : null), words)

  const told = (user: string) => use.story.slack.directMessages(user).map(readText).join('\n')
  const isTold = (user: string, words: string) =>
    use.story.slack.until(() => (told(user).includes(words) ? told(user) : null), words)

  return { open, check, preview, card, send, review, approve, cardSays, thread, threadSays, told, isTold, top }
}

export async function dttpSchool(admin: pg.Client, urn: string) {
  const { rows } = await admin.query(
    'SELECT id, urn, status_code, dttp_id, name FROM public.dttp_schools WHERE urn = $1 ORDER BY id',
    [urn],
  )
  return rows as { id: string; urn: string; status_code: number; dttp_id: string; name: string }[]
}

export async function jobsOf(admin: pg.Client, trainee: number) {
  const { rows } = await admin.query(
    'SELECT name, status, change_request_id FROM chatops.jobs WHERE trainee_id = $1 ORDER BY name, created_at',
    [trainee],
  )
  return rows as { name: string; status: string; change_request_id: string | null }[]
}
