// Every code of Slack's against every kind of message; afterwards, Slack well again, everything is as the database says.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noteFailure } from '../../src/alerts/news/job-ends.ts'
import { createAlertPosts } from '../../src/bot/posts/alerts.ts'
import { createBrakePosts } from '../../src/bot/posts/brake.ts'
import { createCards } from '../../src/bot/posts/cards.ts'
import { createDirectMessages } from '../../src/bot/posts/direct-messages.ts'
import { createThreads } from '../../src/bot/posts/threads.ts'
import { createReports } from '../../src/bot/reports.ts'
import { findRemedy, type Remedy, readTrouble } from '../../src/bot/slack/errors.ts'
import { announce } from '../../src/changes/announce.ts'
import { Alert } from '../../src/entities/chatops/alert.ts'
import { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { Job } from '../../src/entities/chatops/job.ts'
import type { JobFailure } from '../../src/entities/chatops/job-failure.ts'
import { OutboxRow } from '../../src/entities/chatops/outbox-row.ts'
import { appendToLedger } from '../../src/ledger/ledger.ts'
import { addToOutbox, SLACK_KINDS } from '../../src/outbox/add.ts'
import { wakeOutbox } from '../../src/outbox/due.ts'
import type { Loop } from '../../src/queue/loop.ts'
import { startRelay } from '../../src/queue/relay-loop.ts'
import { startStorySlack } from '../support/bot.ts'
import { sampleOfEach } from '../support/extent.ts'
import { CHANNEL, DTTP_URL, REGISTER_URL, SUPPORT, sendRequest } from '../support/lifecycle.ts'
import { posterOn } from '../support/poster.ts'
import { codesOf } from '../support/slack/codes.ts'
import { type FakeSlack, type Message, readText } from '../support/slack/index.ts'
import { useWorld } from '../support/world.ts'

const UNHEARD_OF = 'a_code_of_tomorrow'
const FORM = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Wrong route', ticket: '' }
const PARTS = ['outcome', 'steps'] as const
const FOR_EVER = Number.POSITIVE_INFINITY

/** What is done to a message: the method that is refused, and whose codes are tried. */
const SCENES = {
  'a card': 'chat.postMessage',
  'a card’s next version': 'chat.update',
  'a card that is replaced': 'chat.delete',
  'a reply': 'chat.postMessage',
  'a card looked for after a lost answer': 'conversations.history',
  'a reply looked for after a lost answer': 'conversations.replies',
  'a direct message': 'chat.postMessage',
  'news of a pause': 'chat.postMessage',
  'an alert': 'chat.postMessage',
  'an alert’s next version': 'chat.update',
} as const
type Scene = keyof typeof SCENES
type Case = { scene: Scene; code: string; id: string }

const use = useWorld({ rows: 'demo' })
let slack: FakeSlack
let relay: Loop
let cases: Case[]
/** What stands in the channel once everything is said. */
let standing: Message[]

beforeAll(async () => {
  slack = await startStorySlack(codesFor('a card looked for after a lost answer').map(searchedChannel))
  cases = await setTheStage()
  relay = startOnSlack()
  for (const one of cases) if (isPostedBefore(one)) await post(one)
  await everythingSaid()
  for (const one of cases) await refuse(one)
  for (const one of cases) await act(one)
  await everythingSaid()
  standing = slack.messages(CHANNEL)
}, 400_000)

afterAll(async () => {
  await relay.stop()
  await slack.stop()
})

describe.each(Object.keys(SCENES) as Scene[])('%s', (scene) => {
  test.each(codesFor(scene))('survives %s', async (code) => {
    const found = cases.find((one) => one.scene === scene && one.code === code)
    if (!found) throw new Error('there is no such case')
    if (scene === 'a direct message') return expectDirect(found)
    if (scene === 'news of a pause') return expectNews(found)
    if (scene.startsWith('an alert')) return expectAlert(found)
    await expectRequest(found)
  })
})

test('each trouble that operators mend, and each unheard-of code, was reported once', async () => {
  // Once a day each: a run may go past midnight.
  const reports = await use.world.database.query<{ trouble: string }[]>('SELECT DISTINCT trouble FROM chatops.reports')
  const named = reports.map(({ trouble }) => trouble)
  const needed = cases.filter(({ scene, code }) => ['mend', 'token', null].includes(remedyOf(scene, code)))
  for (const code of new Set(needed.map((one) => one.code))) {
    expect(
      named.filter((trouble) => trouble.split(/[ ()]/).includes(code)),
      code,
    ).toHaveLength(1)
  }
})

/** In a sample a few of each remedy, and of those codes with which part may have been done. */
function codesFor(scene: Scene): readonly string[] {
  const isUnsure = (code: string) => readTrouble({ data: { error: code } })?.unsure
  return sampleOfEach(
    [...codesOf(SCENES[scene]), UNHEARD_OF],
    (code) => `${remedyOf(scene, code)} ${isUnsure(code)}`,
    2,
  )
}

function remedyOf(scene: Scene, code: string): Remedy | null {
  const kind = scene === 'a direct message' ? 'direct' : scene.includes('reply') ? 'reply' : 'post'
  return findRemedy(code, isEdited(scene) ? 'edit' : kind)
}

/** A job that fails; the id of the alert about it. */
async function failOnce(): Promise<string> {
  const sql = use.world.database.manager
  const id = randomUUID()
  await sql.insert(Job, { id, name: 'update-trainee', traineeId: '5903', args: {}, status: 'running' })
  const failure: JobFailure = { code: 'dttp-unavailable', words: 'DTTP is silent.', at: use.world.now().toISOString() }
  await noteFailure(sql, use.world, await sql.findOneByOrFail(Job, { id }), failure)
  const [alert] = await sql.find(Alert)
  return alert?.id ?? ''
}

/** A request or an alert for each case, none of them posted yet. */
async function setTheStage(): Promise<Case[]> {
  const { id: request } = await sendRequest(use.world, 'fix-route', FORM)
  const alert = await failOnce()
  const all = (Object.keys(SCENES) as Scene[]).flatMap((scene) => codesFor(scene).map((code) => ({ scene, code })))
  await use.admin.query('DELETE FROM chatops.outbox')
  const made: Case[] = []
  for (const [index, one] of all.entries()) {
    const statement = one.scene.startsWith('an alert') ? NEW_ALERT : NEW_REQUEST
    const { rows } = isSaidAlone(one)
      ? { rows: [{ id: String(index) }] }
      : await use.admin.query(statement, statement === NEW_ALERT ? [alert] : [request, String(index), channelOf(one)])
    made.push({ ...one, id: rows[0].id })
  }
  return made
}

/** What is of no request and of no alert. */
function isSaidAlone({ scene }: Pick<Case, 'scene'>): boolean {
  return scene === 'a direct message' || scene === 'news of a pause'
}

const NEW_REQUEST = `
  WITH made AS (
    INSERT INTO chatops.change_requests
      (playbook, playbook_version, requester, channel, subjects, digest, form, checks, outcome, plan)
    SELECT playbook, playbook_version, requester, $3, ARRAY['test:' || $2], digest, form, checks, '{}', plan
    FROM chatops.change_requests WHERE id = $1 RETURNING id
  ), steps AS (
    INSERT INTO chatops.manual_steps (change_request_id, place, title, text, owner, added_at)
    SELECT made.id, 0, 'First', 'Do this', 'U01SUPPORT', now() FROM made
  )
  SELECT id FROM made`

const NEW_ALERT = `
  WITH made AS (
    INSERT INTO chatops.alerts (cause, status, channel, found, closed_at)
    SELECT cause, 'resolved', channel, found, now() FROM chatops.alerts WHERE id = $1 RETURNING id
  ), entries AS (
    INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, job_id, failure)
    SELECT made.id, subject, trainee_id, job_id, failure FROM chatops.alert_entries, made WHERE alert_id = $1
  )
  SELECT id FROM made`

/** A search goes through a whole channel: who searches has one of its own, so that the fault is for it alone. */
function channelOf({ scene, code }: Omit<Case, 'id'>): string {
  return scene === 'a card looked for after a lost answer' ? searchedChannel(code) : CHANNEL
}

function searchedChannel(code: string): string {
  return `C${code.replaceAll('_', '').toUpperCase()}`
}

function startOnSlack(): Loop {
  const { poster, line } = posterOn(slack, {
    wake: (waitsFor) => wakeOutbox(use.world.database.manager, waitsFor),
    report: createReports(use.world.database, use.world.log, null),
  })
  const { database, databaseIdentity } = use.world
  const none = async () => {}
  const effects = {
    ...createCards(database, poster, { registerUrl: REGISTER_URL, databaseIdentity }),
    ...createThreads(database, poster, { registerUrl: REGISTER_URL, databaseIdentity }),
    ...createAlertPosts(database, poster, {
      registerUrl: REGISTER_URL,
      dttpUrl: DTTP_URL,
      databaseIdentity,
      channel: CHANNEL,
    }),
    ...createDirectMessages(database, poster, { databaseIdentity, registerUrl: REGISTER_URL }),
    ...createBrakePosts(poster, databaseIdentity),
    ...{ morning: none, hint: none, job: none, sidekiq: none, trello: none },
  }
  return startRelay(use.world, effects, (kind) => !SLACK_KINDS.has(kind) || line.isOpen())
}

function isPostedBefore({ scene }: Case): boolean {
  return isEdited(scene) || scene.includes('reply')
}

function isEdited(scene: Scene): boolean {
  return scene.endsWith('next version') || scene === 'a card that is replaced'
}

/** The card or the alert is to be drawn as it is. */
async function post({ scene, id }: Case): Promise<void> {
  if (!scene.startsWith('an alert')) {
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'pending' WHERE id = $1 AND status = 'unsent'`, [
      id,
    ])
    return announce(use.world.database.manager, id)
  }
  await use.admin.query('UPDATE chatops.alerts SET card_version = card_version + 1 WHERE id = $1', [id])
  const row = { stream: `alert:${id}`, kind: 'alert', changeRequest: null, payload: { alert: id } } as const
  await addToOutbox(use.world.database.manager, row)
}

/**
 * Slack refuses twice, and for ever what it never allows, however often a row's senders ask. A token that is no good is
 * found out at once, and Slack is asked nothing more until it is.
 */
async function refuse(one: Case): Promise<void> {
  const { scene, code, id } = one
  const when = await suffers(one)
  if (scene.includes('looked for'))
    slack.fault({ method: 'chat.postMessage', kind: 'lost_response', when: when.posted })
  if (scene === 'a card that is replaced')
    slack.fault({
      method: 'chat.update',
      kind: 'error',
      code: 'edit_window_closed',
      times: FOR_EVER,
      when: when.refused,
    })
  const times = staysBehind(one) ? FOR_EVER : remedyOf(scene, code) === 'token' ? 1 : 2
  slack.fault({ method: SCENES[scene], kind: 'error', code, times, when: when.refused })
  if (scene === 'a direct message') await tell(id)
  if (scene === 'news of a pause') await postNews(id)
}

type When = (args: Record<string, unknown>) => boolean

async function suffers({ scene, code, id }: Case): Promise<{ posted: When; refused: When }> {
  const carries =
    (key: RegExp): When =>
    (args) =>
      key.test(JSON.stringify(args))
  const ts = scene.includes('reply') || isEdited(scene) ? await tsOf({ scene, id }) : null
  const inThread: When = (args) => args['thread_ts'] === ts
  const isIt: When = (args) => args['ts'] === ts
  switch (scene) {
    case 'a card looked for after a lost answer':
      return {
        posted: carries(new RegExp(`-card-${id}\\b`)),
        refused: (args) => args['channel'] === searchedChannel(code),
      }
    case 'a reply looked for after a lost answer':
      return { posted: inThread, refused: isIt }
    case 'a reply':
      return { posted: inThread, refused: inThread }
    case 'a card’s next version':
    case 'a card that is replaced':
    case 'an alert’s next version':
      return { posted: isIt, refused: isIt }
    case 'news of a pause':
    case 'a direct message':
      return { posted: carries(/./), refused: carries(new RegExp(`case ${id}\\b`)) }
    default: {
      const mine = carries(new RegExp(`-${scene === 'a card' ? 'card' : 'alert'}-${id}\\b`))
      return { posted: mine, refused: mine }
    }
  }
}

/** What has to be said now. */
async function act(one: Case): Promise<void> {
  const { scene, id } = one
  if (scene === 'a direct message' || scene === 'news of a pause') return
  if (scene.startsWith('a card') && isEdited(scene)) {
    await use.admin.query(`UPDATE chatops.change_requests SET status = 'cancelled' WHERE id = $1`, [id])
  }
  if (!scene.includes('reply')) return post(one)
  await use.world.database.transaction(async (sql) => {
    await announce(sql, id, PARTS)
    await appendToLedger(sql, { changeRequest: id, event: 'executed', actor: SUPPORT })
  })
}

function tell(id: string): Promise<void> {
  const payload = { user: SUPPORT, report: `case ${id}` }
  return addToOutbox(use.world.database.manager, {
    stream: `direct:${id}`,
    kind: 'direct',
    changeRequest: null,
    payload,
  })
}

function postNews(id: string): Promise<void> {
  const payload = { channel: CHANNEL, event: 'paused', by: SUPPORT, reason: `case ${id}` }
  return addToOutbox(use.world.database.manager, { stream: `news:${id}`, kind: 'brake', changeRequest: null, payload })
}

async function tsOf({ scene, id }: Pick<Case, 'scene' | 'id'>): Promise<string | null> {
  const entity = scene.startsWith('an alert') ? Alert : ChangeRequest
  return (await use.world.database.manager.findOneByOrFail<Alert | ChangeRequest>(entity, { id })).cardTs
}

async function expectDirect({ scene, code, id }: Case): Promise<void> {
  const said = slack.directMessages(SUPPORT).filter((message) => new RegExp(`case ${id}\\b`).test(readText(message)))
  const nobody = remedyOf(scene, code) === 'never'
  expect(said).toHaveLength(nobody ? 0 : 1)
  const [row] = await use.world.database.manager.findBy(OutboxRow, { stream: `direct:${id}` })
  expect(row).toMatchObject({ status: nobody ? 'failed' : 'sent' })
}

async function expectNews({ id }: Case): Promise<void> {
  const said = standing.filter((message) => new RegExp(`case ${id}\\b`).test(readText(message)))
  expect(said).toHaveLength(1)
}

async function expectAlert(one: Case): Promise<void> {
  const alert = await use.world.database.manager.findOneByOrFail(Alert, { id: one.id })
  if (remedyOf(one.scene, one.code) === 'never') return
  expect(alert.renderedVersion).toBe(alert.cardVersion)
  const shown = posted(CHANNEL, `-alert-${one.id}`)
  expect(shown.map(({ ts }) => ts)).toContain(alert.cardTs)
  expect(shown).toHaveLength(staysBehind(one) ? 2 : 1)
}

async function expectRequest(one: Case): Promise<void> {
  const { scene, id } = one
  const request = await use.world.database.manager.findOneByOrFail(ChangeRequest, { id })
  expect(request.renderedVersion).toBe(request.cardVersion)
  const shown = posted(request.channel, `-card-${id}`)
  expect(shown).toHaveLength(staysBehind(one) ? 2 : 1)
  const card = shown.find(({ ts }) => ts === request.cardTs)
  expect(readText(card)).toContain(request.status === 'cancelled' ? 'cancelled' : 'waiting for approval')
  const replies = slack.replies(request.channel, request.cardTs ?? '').map(readText)
  expect(replies).toHaveLength(scene.includes('reply') ? 2 : 0)
  expect(new Set(replies).size).toBe(replies.length)
}

/** The old message can be neither changed nor removed; where that is so only for now, it is removed later. */
function staysBehind({ scene, code }: Case): boolean {
  return scene === 'a card that is replaced' && !['again', 'token'].includes(String(remedyOf(scene, code)))
}

function posted(channel: string, key: string): Message[] {
  const messages = channel === CHANNEL ? standing : slack.messages(channel)
  return messages.filter(({ metadata }) => String(metadata?.event_payload['key']).endsWith(key))
}

/** The bound is that of the hook. */
async function everythingSaid(): Promise<void> {
  const open = `SELECT FROM chatops.outbox WHERE status IN ('queued', 'sending') LIMIT 1`
  while ((await use.world.database.query<object[]>(open)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
}
