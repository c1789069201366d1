// "Change answers" in a preview: the same request, with other answers, until it is sent.
import { expect, test } from 'vitest'
import { type Proposal, propose } from '../../src/changes/propose/propose.ts'
import { send } from '../../src/changes/propose/send.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { CHANNEL, DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { readText } from '../support/slack/index.ts'

const use = useStory()
const SLUG = 'eDEpiD3DVSPKtyHVtgTKxe71'

async function modal(words: string, user = SUPPORT): Promise<string> {
  const { slack } = use.story
  return slack.until(() => {
    const view = slack.view(user)
    const text = view ? readText(view) : ''
    return text.includes(words) ? text : null
  })
}

async function preview(route = 'school_direct_salaried'): Promise<void> {
  const { slack } = use.story
  await slack.command({ user: SUPPORT, channel: CHANNEL, text: `fix-route 5901 ${route}` })
  await modal('New route')
  await slack.submit({ user: SUPPORT, values: { reason: 'Wrong rout', ticket: 'T-1' } })
  await modal('Not sent yet')
}

async function requests() {
  const { rows } = await use.admin.query(
    'SELECT id, status, form, digest, trainee_id FROM chatops.change_requests ORDER BY id',
  )
  return rows
}

test('leads back to the form as it was filled in, and on to a preview of the same number', async () => {
  const { slack } = use.story
  await preview()
  const [first] = await requests()
  await slack.click({ user: SUPPORT, actionId: ACTIONS.changeAnswers })
  await modal('New route')
  expect(slack.view(SUPPORT)?.state.values).toMatchObject({
    route: { value: { selected_option: { value: 'school_direct_salaried' } } },
    reason: { value: { value: 'Wrong rout' } },
    ticket: { value: { value: 'T-1' } },
  })
  const values = { subject: '5911', route: 'assessment_only', reason: 'Wrong route', ticket: '' }
  await slack.submit({ user: SUPPORT, values })
  expect(await modal('Not sent yet')).toContain('This is CR-1')
  const [changed, ...others] = await requests()
  expect(others).toEqual([])
  expect(changed).toMatchObject({ status: 'unsent', trainee_id: '5911', form: { reason: 'Wrong route', ticket: '' } })
  expect(changed.digest).not.toBe(first.digest)
  const { changes } = use.story.bot
  for (const digest of [first.digest, '']) {
    const inAnotherWindow = send(changes, { id: '1', requester: SUPPORT, digest })
    await expect(inAnotherWindow).rejects.toMatchObject({ code: 'answers-changed' })
  }

  await slack.submit({ user: SUPPORT })
  const message = await slack.until(() => slack.messages(CHANNEL).at(-1))
  expect(readText(message)).toContain('5911')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message })
  await modal('What changes', DEVELOPER)
  await slack.submit(approval(slack, DEVELOPER))
  await slack.until(() => readText(slack.messages(CHANNEL).at(-1) ?? []).includes('CR-1 is done'))
  expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
})

const answers = { subject: '5911', route: 'assessment_only', reason: 'Wrong route', ticket: '' }

/** Opens the form of the draft whose preview is open. */
async function change(): Promise<void> {
  const { slack } = use.story
  await slack.click({ user: SUPPORT, actionId: ACTIONS.changeAnswers })
  await modal('New route')
}

test('refuses answers from a form that was opened before others were kept, and says so', async () => {
  const { slack } = use.story
  await preview()
  await change()
  const [{ id, digest }] = await requests()
  const inAnotherWindow = {
    playbook: fixRoute,
    form: { ...answers, subject: SLUG },
    requester: SUPPORT,
    channel: CHANNEL,
  }
  await ready(propose(use.story.bot.changes, { ...inAnotherWindow, draft: { id, digest } }))
  const kept = await requests()
  await slack.submit({ user: SUPPORT, values: { ...answers, route: 'opt_in_undergrad' } })
  expect(await modal('CR-1 has other answers by now')).toContain('We have not kept what you filled in here')
  expect(await requests()).toEqual(kept)
})

test('keeps one request, however late a form that was sent comes again', async () => {
  const { changes } = use.story.bot
  const asked = { playbook: fixRoute, requester: SUPPORT, channel: CHANNEL }
  const first = { ...asked, form: { ...answers, subject: SLUG, route: 'opt_in_undergrad' }, submission: 'V1:first' }
  const made = await ready(propose(changes, first))
  const second = {
    ...asked,
    form: { ...answers, subject: SLUG },
    submission: 'V1:second',
    draft: { id: made.id, digest: made.digest },
  }
  const changed = await ready(propose(changes, second))
  expect(changed).toMatchObject({ id: made.id, form: { route: 'assessment_only' } })
  for (const again of [first, second]) expect((await ready(propose(changes, again))).digest).toBe(changed.digest)
  const both = await Promise.all([ready(propose(changes, second)), ready(propose(changes, first))])
  expect(both.map(({ digest }) => digest)).toEqual([changed.digest, changed.digest])
  expect(await requests()).toHaveLength(1)
  const proposed = await use.admin.query(`SELECT 1 FROM chatops.ledger WHERE event = 'proposed'`)
  expect(proposed.rows).toHaveLength(2)

  await send(changes, { id: made.id, requester: SUPPORT })
  expect(await ready(propose(changes, first))).toMatchObject({ id: made.id, status: 'pending' })
  await expect(propose(changes, second)).rejects.toMatchObject({ code: 'not-a-draft' })
})

async function ready(proposal: Promise<Proposal>): Promise<ChangeRequest> {
  const found = await proposal
  if (found.kind !== 'ready') throw new Error(`the preview was ${found.kind}`)
  return found.changeRequest
}

test('leaves the draft as it was where the new answers cannot be used', async () => {
  const { slack } = use.story
  await preview()
  const before = await requests()
  await slack.click({ user: SUPPORT, actionId: ACTIONS.changeAnswers })
  await modal('New route')
  await slack.submit({ user: SUPPORT, values: { route: 'hpitt_postgrad' } })
  expect(await modal('You cannot ask for this change')).toContain('CR-1 is kept with the answers that it had before.')
  expect(await requests()).toEqual(before)
  await slack.click({ user: SUPPORT, actionId: ACTIONS.changeAnswers })
  await modal('New route')
  await slack.submit({ user: SUPPORT, values: { route: 'hpitt_postgrad' } })
  await modal('CR-1 is kept')
  await slack.click({ user: SUPPORT, actionId: ACTIONS.discardUnsent })
  await modal('You discarded CR-1')
  expect(await requests()).toMatchObject([{ status: 'cancelled' }])
})

test('is refused once the request is sent, and to everybody else', async () => {
  const { slack } = use.story
  await preview()
  const old = slack.view(SUPPORT)
  if (!old) throw new Error('there is no preview')
  await slack.submit({ user: SUPPORT })
  await modal('is waiting for approval')
  await slack.click({ user: SUPPORT, actionId: ACTIONS.changeAnswers, view: old, force: true })
  await modal('This request is not waiting to be sent')
  await expect(
    use.admin.query(`UPDATE chatops.change_requests SET form = '{}' WHERE id = 1`), // not even by somebody with SQL
  ).rejects.toThrow('is fixed')
  await slack.click({ user: STRANGER, actionId: ACTIONS.changeAnswers, view: old, force: true }).catch(() => {})
  expect(await requests()).toHaveLength(1)
})
