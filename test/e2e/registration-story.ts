// What people do with /trainee re-register and /trainee settle-registration, and what they see of it.
import type pg from 'pg'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval } from '../support/bot.ts'
import type { StoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, type FakeSlack, readText } from '../support/slack/index.ts'

const REASON = 'Updates fail: it was deleted in DTTP'

/** What a branch of the playbook begins with. */
export type World = { admin: pg.Client; dttp: StoryDttp }

export function registrationStory(use: { admin: pg.Client; story: { slack: FakeSlack } }) {
  const top = (user: string) => readText(use.story.slack.view(user) ?? [])

  async function closeAll(user: string): Promise<void> {
    if (use.story.slack.view(user)) await use.story.slack.closeView({ user, all: true })
  }

  /** Types the command and waits for the form. */
  async function open(text: string, user = SUPPORT): Promise<string> {
    const { slack } = use.story
    const before = slack.view(user)?.id
    await slack.command({ user, channel: CHANNEL, text })
    return slack.until(() => (slack.view(user)?.id === before ? null : top(user)) || null)
  }

  const block = (name: string, user: string) =>
    use.story.slack.view(user)?.blocks.find(({ block_id }) => block_id === name)

  /** Whether the form asks for this; a choice must be among those that it offers. */
  function isAsked([name, value]: [string, string], user: string): boolean {
    const { options } = (block(name, user)?.element ?? {}) as { options?: { value: string }[] }
    return block(name, user) !== undefined && (options?.some((option) => option.value === value) ?? true)
  }

  /** Submits the form that is open; answers what then stands there. Answers are given once they are asked for. */
  async function check(values: Record<string, string> = {}, user = SUPPORT): Promise<string> {
    const { slack } = use.story
    if (slack.view(user)?.submit?.text === 'Continue') {
      await slack.submit({ user })
      await slack.until(() => slack.view(user)?.submit?.text === 'Check')
    }
    const answers = Object.entries(values).filter((value) => !isAsked(value, user))
    const first = await submit(Object.fromEntries(Object.entries(values).filter((value) => isAsked(value, user))), user)
    if (answers.length === 0) return first
    if (answers.every((answer) => isAsked(answer, user))) return submit(values, user)
    await keepAnswers(Object.fromEntries(answers), user)
    return submit({}, user)
  }

  async function submit(values: Record<string, string>, user: string): Promise<string> {
    const { slack } = use.story
    const { errors } = await slack.submit({ user, values: { reason: REASON, ...values } })
    if (Object.keys(errors).length > 0) throw new Error(`refused at the fields: ${JSON.stringify(errors)}`)
    return slack.until(() => (top(user).includes('Checking') ? null : top(user)))
  }

  /** Answers that are not asked for any more, or not offered, but that the draft has from before. */
  async function keepAnswers(answers: Record<string, string>, user: string): Promise<void> {
    const { slack } = use.story
    const others = Object.keys(answers).flatMap((name) => {
      const { options } = (block(name, user)?.element ?? {}) as { options?: { value: string }[] }
      return options?.[0] ? [[name, options[0].value] as const] : []
    })
    if (others.length > 0) await submit(Object.fromEntries(others), user)
    await slack.until(() => top(user).includes('Not sent yet'))
    await use.admin.query(`UPDATE chatops.change_requests SET form = form || $1 WHERE status = 'unsent'`, [
      JSON.stringify(answers),
    ])
    await slack.click({ user, actionId: ACTIONS.changeAnswers })
    await slack.until(() => block('reason', user))
  }

  /** The cards of requests in the channel, oldest first. */
  const cards = () => use.story.slack.messages(CHANNEL).filter(({ text }) => /^CR-\d+/.test(text))

  function card(number = cards().length) {
    const message = cards()[number - 1]
    if (!message) throw new Error(`there is no card ${number}`)
    return message
  }

  /** "Ask for approval", the review by somebody else, and "Approve", with something between the two if asked. */
  async function approve({
    asker = SUPPORT,
    approver = DEVELOPER,
    between = (): unknown => undefined,
  } = {}): Promise<string> {
    const { slack } = use.story
    const before = cards().length
    await slack.submit({ user: asker })
    await slack.until(() => cards().length > before)
    await slack.click({ user: approver, actionId: ACTIONS.openReview, message: card() })
    const reviewed = await slack.until(() => (/^$|opening/i.test(top(approver)) ? null : top(approver)))
    await between()
    await slack.submit(approval(slack, approver))
    await closeAll(approver)
    await closeAll(asker)
    return reviewed
  }

  /** A button of a card, the first one unless said otherwise; waits for the form that it opens. */
  async function press(label: string, user: string, number = 1): Promise<string> {
    const { slack } = use.story
    await closeAll(user)
    const { actionId } = buttons(card(number)).find(({ text }) => text === label) ?? {}
    if (!actionId) throw new Error(`the card has no button ${label}`)
    await slack.click({ user, actionId, message: card(number) })
    return slack.until(() => top(user) || null)
  }

  const cardSays = (words: string | RegExp) =>
    use.story.slack.until(() => (readText(card()).match(words) ? readText(card()) : null), `${words}`)

  /** What “Show what changed” on the newest card shows. */
  async function changes(user = SUPPORT): Promise<string> {
    const { slack } = use.story
    await closeAll(user)
    await slack.click({ user, actionId: ACTIONS.showChanges, message: card() })
    return slack.until(() => top(user) || null)
  }

  const threadSays = (words: string | RegExp) =>
    use.story.slack.until(() => {
      const thread = use.story.slack.replies(CHANNEL, card().ts).map(readText).join('\n')
      return thread.match(words) ? thread : null
    }, `${words}`)

  /** What the bot posts by itself. */
  const alertSays = (words: string | RegExp) =>
    use.story.slack.until(() => {
      const alerts = use.story.slack.messages(CHANNEL).filter(({ text }) => !/^CR-\d+/.test(text))
      return alerts.map(readText).find((text) => text.match(words)) ?? null
    }, `${words}`)

  return { open, check, approve, press, closeAll, card, cards, cardSays, changes, threadSays, alertSays }
}

export async function traineeRow(admin: pg.Client, id: number): Promise<Record<string, unknown>> {
  const { rows } = await admin.query('SELECT to_jsonb(t) AS row FROM public.trainees t WHERE id = $1', [id])
  return rows[0].row
}

/** How many records DTTP has for a trainee: registered twice, they would be two. */
export function recordsInDttp({ simulator }: StoryDttp, traineeId: string): number {
  return [...simulator.state.contacts.values()].filter(({ dfe_traineeid }) => dfe_traineeid === traineeId).length
}
