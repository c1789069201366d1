import type { EntityManager } from 'typeorm'
import { beforeAll, beforeEach, expect, test } from 'vitest'

import { propose } from '../../src/changes/propose/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { listWaits } from '../../src/schools/list-waits.ts'
import {
  noteWaitCard,
  noteWaitCardRefused,
  purgeWaits,
  startWaiting,
  stopWaiting,
  tellArrivals,
} from '../../src/schools/waits.ts'
import { renderWait, wordsAfterAsking, wordsAfterStopping } from '../../src/views/school/wait.ts'
import { loadGias } from '../support/gias.ts'
import { CHANNEL, DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { useWorldWithDttp } from '../support/world.ts'

const DAY = 86_400_000
const FORM = { subject: 'URN 900005', row: '', missing: 'wait', dttp_id: '', reason: 'Test', ticket: '' }

const use = useWorldWithDttp({ rows: 'demo' }, () => ({ now: () => new Date(clock) }))
let clock: number

beforeAll(async () => {
  await loadGias(use.admin)
})

beforeEach(async () => {
  clock = Date.now()
  await use.admin.query(
    `DELETE FROM chatops.school_waits; DELETE FROM chatops.outbox; DELETE FROM dttp_schools WHERE urn = '900005'`,
  )
})

async function preview(requester = SUPPORT) {
  const asked = { playbook: getPlaybook('repair-school'), form: FORM, requester, channel: CHANNEL }
  const proposal = await propose(use.world, asked)
  if (proposal.kind !== 'waits') throw new Error(`the preview was ${proposal.kind}`)
  return proposal
}

async function wait(requester = SUPPORT) {
  const { wait: shown } = await preview(requester)
  return startWaiting(use.world, { id: shown.id, requester })
}

async function outbox(kind: string) {
  const { rows } = await use.admin.query('SELECT payload FROM chatops.outbox WHERE kind = $1 ORDER BY seq', [kind])
  return rows.map(({ payload }) => payload)
}

const arrive = () => use.admin.query(`INSERT INTO dttp_schools (urn, status_code) VALUES ('900005', 1)`)

test('a bot that shows previews only asks nobody, neither then nor once it does more', async () => {
  const { wait: shown } = await preview()
  const starting = startWaiting({ ...use.world, mode: 'preview-only' }, { id: shown.id, requester: SUPPORT })
  await expect(starting).rejects.toMatchObject({ code: 'previews-only' })
  expect(await outbox('trello')).toEqual([])
  const { addsTrelloCards } = use.world
  const given = { wait: shown, askedBefore: null, checks: [], playbook: getPlaybook('repair-school'), addsTrelloCards }
  expect(renderWait(given).submit).toBeDefined()
  expect(renderWait({ ...given, previewOnly: true }).submit).toBeUndefined()
})

test('a school that has come since the window was opened is asked for no more', async () => {
  const { wait: shown } = await preview()
  await arrive()
  const starting = startWaiting(use.world, { id: shown.id, requester: SUPPORT })
  await expect(starting).rejects.toMatchObject({ code: 'school-is-there' })
  expect(await outbox('trello')).toEqual([])
})

test('a window that said that support was asked already adds no card once that one was refused', async () => {
  const { cardKey } = await wait(DEVELOPER)
  const { wait: shown, askedBefore } = await preview()
  expect(askedBefore).toMatchObject({ cardKey })
  const { addsTrelloCards } = use.world
  const view = renderWait({
    wait: shown,
    askedBefore,
    checks: [],
    playbook: getPlaybook('repair-school'),
    addsTrelloCards,
  })
  const { adds } = JSON.parse(view.private_metadata ?? '')
  await use.world.database.transaction((sql) => noteWaitCardRefused(sql, cardKey ?? ''))
  const starting = startWaiting(use.world, { id: shown.id, requester: SUPPORT, adds })
  await expect(starting).rejects.toMatchObject({ code: 'support-not-asked' })
  expect(await outbox('trello')).toHaveLength(1)
})

test('a preview asks nobody for anything', async () => {
  await preview()
  await arrive()
  expect(await tellArrivals(use.world)).toBe(0)
  expect(await outbox('trello')).toEqual([])
  expect(await listWaits(use.world.database, SUPPORT, 5)).toEqual([])
})

test('a double click is one wait and one card', async () => {
  const { wait: shown } = await preview()
  const id = { id: shown.id, requester: SUPPORT }
  await Promise.all([1, 2, 3].map(() => startWaiting(use.world, id)))
  expect(await outbox('trello')).toEqual([shown.asks])
})

test('two people at once ask for one card', async () => {
  const shown = await Promise.all([preview(SUPPORT), preview(DEVELOPER)])
  await Promise.all(shown.map(({ wait: { id, requester } }) => startWaiting(use.world, { id, requester })))
  expect(await outbox('trello')).toHaveLength(1)
  const waits = await Promise.all([SUPPORT, DEVELOPER].map((user) => listWaits(use.world.database, user, 5)))
  const keys = waits.flat().map(({ cardKey }) => cardKey)
  expect(keys[0]).not.toBeNull()
  expect(keys[1]).toBe(keys[0])
})

test('is nobody else’s to start or to stop, and not for strangers', async () => {
  const { wait: shown } = await preview()
  const { id } = shown
  await expect(startWaiting(use.world, { id, requester: DEVELOPER })).rejects.toMatchObject({ code: 'not-found' })
  await expect(startWaiting(use.world, { id, requester: STRANGER })).rejects.toMatchObject({ code: 'not-a-requester' })
  await expect(stopWaiting(use.world, { id, actor: DEVELOPER })).rejects.toMatchObject({ code: 'not-found' })
  await expect(stopWaiting(use.world, { id: 'x', actor: SUPPORT })).rejects.toMatchObject({ code: 'not-found' })
})

test('everyone who waits is told where the card is, once', async () => {
  const { cardKey } = await wait(SUPPORT)
  await wait(DEVELOPER)
  for (let time = 0; time < 2; time++) {
    await use.world.database.transaction((sql) => noteWaitCard(sql, cardKey ?? '', 'https://trello.com/c/1'))
  }
  const told = await outbox('direct')
  expect(told.map(({ user, part }) => [user, part])).toEqual([
    [SUPPORT, 'school-asked-for'],
    [DEVELOPER, 'school-asked-for'],
  ])
})

test('a colleague ends a wait; whoever waited is told by whom, and it is on record', async () => {
  const { id } = await wait(SUPPORT)
  await expect(stopWaiting(use.world, { id, actor: STRANGER })).rejects.toMatchObject({ code: 'not-a-requester' })
  for (let time = 0; time < 2; time++) await stopWaiting(use.world, { id, actor: DEVELOPER })
  expect(await listWaits(use.world.database, SUPPORT, 5)).toEqual([])
  expect(await outbox('direct')).toEqual([{ user: SUPPORT, part: 'wait-stopped', wait: id, by: DEVELOPER }])
  const { rows } = await use.admin.query(`SELECT actor, details FROM chatops.ledger WHERE event = 'wait-stopped'`)
  expect(rows).toEqual([{ actor: DEVELOPER, details: { wait: id, urn: '900005', requester: SUPPORT } }])
  await arrive()
  expect(await tellArrivals(use.world)).toBe(0)
})

test('a window of yesterday starts no wait, and says so', async () => {
  const { wait: shown } = await preview()
  clock += DAY + 1
  await purgeWaits(use.world, 30 * DAY)
  const started = await startWaiting(use.world, { id: shown.id, requester: SUPPORT })
  expect(await outbox('trello')).toEqual([])
  const words = wordsAfterAsking(started)
  expect(words.title).toBe('You do not wait for the school')
  expect(words.text).toContain('open for more than a day. Nothing has changed.')
  expect(words.text).toContain('/trainee repair-school 900005')
  expect(words.text).not.toContain('We tell you')
})

test('what comes of ending a wait is said by how it stood', async () => {
  const stopped = async (id: string, actor = SUPPORT) =>
    wordsAfterStopping(await stopWaiting(use.world, { id, actor }), actor)
  const { id } = await wait(SUPPORT)
  expect((await stopped(id)).title).toBe('You no longer wait')
  expect((await stopped(id)).title).toBe('You no longer wait') // selected twice
  expect((await stopped(id, DEVELOPER)).title).toBe('This wait had ended already')
  clock += 60_000
  expect((await stopped(id)).title).toBe('This wait had ended already')
  expect(wordsAfterAsking(await startWaiting(use.world, { id, requester: SUPPORT })).text).toContain('ended meanwhile')
  const theirs = await wait(DEVELOPER)
  const ended = await stopped(theirs.id, SUPPORT)
  expect(await stopped(theirs.id, SUPPORT)).toEqual(ended)
  expect(ended.title).toBe('You ended this wait')
  expect(ended.text).toContain(`<@${DEVELOPER}> is told so.`)
  const arrived = await wait(SUPPORT)
  await arrive()
  await tellArrivals(use.world)
  expect(await stopped(arrived.id)).toMatchObject({ title: 'The school is there by now' })
  const late = await startWaiting(use.world, { id: arrived.id, requester: SUPPORT })
  expect(wordsAfterAsking(late).title).toBe('The school is there by now')
})

test('a card that cannot be added is given to who waits, and the next who asks tries again', async () => {
  const { cardKey } = await wait(SUPPORT)
  await use.world.database.transaction((sql) => noteWaitCardRefused(sql, cardKey ?? ''))
  expect(await outbox('direct')).toMatchObject([{ user: SUPPORT, part: 'school-not-asked-for' }])
  await wait(DEVELOPER)
  expect(await outbox('trello')).toHaveLength(2)
})

test('who asks again after everybody gave up gets no second card, but the first one', async () => {
  const { id, cardKey } = await wait(SUPPORT)
  await use.world.database.transaction((sql) => noteWaitCard(sql, cardKey ?? '', 'https://trello.com/c/1'))
  await stopWaiting(use.world, { id, actor: SUPPORT })
  expect((await preview(DEVELOPER)).askedBefore).toMatchObject({ cardUrl: 'https://trello.com/c/1' })
  expect(await wait(DEVELOPER)).toMatchObject({ cardKey, cardUrl: 'https://trello.com/c/1' })
  expect(await outbox('trello')).toHaveLength(1)
})

test('a card that was refused after its only waiter gave up is asked for again', async () => {
  const { id, cardKey } = await wait(SUPPORT)
  await stopWaiting(use.world, { id, actor: SUPPORT })
  await use.world.database.transaction((sql) => noteWaitCardRefused(sql, cardKey ?? ''))
  expect(await outbox('direct')).toEqual([])
  await wait(SUPPORT)
  expect(await outbox('trello')).toHaveLength(2)
})

test('a school that came and went since is asked for anew', async () => {
  const { id } = await wait(SUPPORT)
  await wait(DEVELOPER)
  await stopWaiting(use.world, { id, actor: SUPPORT })
  await arrive()
  await tellArrivals(use.world)
  await use.admin.query(`DELETE FROM dttp_schools WHERE urn = '900005'`)
  await wait(SUPPORT)
  expect(await outbox('trello')).toHaveLength(2)
})

test.each([
  ['made', 'school-asked-for', (sql: EntityManager, key: string) => noteWaitCard(sql, key, 'https://trello.com/c/1')],
  ['refused', 'school-not-asked-for', noteWaitCardRefused],
])('who joins at the moment the card is %s is told, too', async (_what, part, note) => {
  const { cardKey } = await wait(SUPPORT)
  const { wait: shown } = await preview(DEVELOPER)
  let joining: Promise<unknown> = Promise.resolve()
  await use.world.database.transaction(async (sql) => {
    await note(sql, cardKey ?? '')
    joining = startWaiting(use.world, { id: shown.id, requester: DEVELOPER })
    await isHeldUp()
  })
  await joining
  const told = (await outbox('direct')).map(({ user, part }) => [user, part])
  expect(told).toEqual([[SUPPORT, part]])
  const [joined] = await listWaits(use.world.database, DEVELOPER, 5)
  // The link is theirs at once; where there is no card, theirs is a new one.
  if (part === 'school-asked-for') expect(joined).toMatchObject({ cardKey, cardUrl: 'https://trello.com/c/1' })
  else expect(joined?.cardKey).not.toBe(cardKey)
  expect(await outbox('trello')).toHaveLength(part === 'school-asked-for' ? 1 : 2)
})

/** Until somebody waits for the school's lock. */
async function isHeldUp() {
  await expect
    .poll(async () => {
      const { rows } = await use.admin.query(`
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
      return rows.length
    })
    .toBe(1)
}

test('without Trello nobody is asked, and one waits all the same', async () => {
  const { addsTrelloCards } = use.world
  use.world.addsTrelloCards = false
  try {
    expect((await wait()).status).toBe('waiting')
    expect(await outbox('trello')).toEqual([])
    await arrive()
    expect(await tellArrivals(use.world)).toBe(1)
  } finally {
    use.world.addsTrelloCards = addsTrelloCards
  }
})

test('an arrival is told once, however many workers look', async () => {
  await wait(SUPPORT)
  await wait(DEVELOPER)
  await arrive()
  const told = await Promise.all([1, 2, 3, 4].map(() => tellArrivals(use.world)))
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(2)
  expect(await outbox('direct')).toHaveLength(2)
})

test('who stopped waiting is not told', async () => {
  const { id } = await wait()
  await stopWaiting(use.world, { id, actor: SUPPORT })
  await arrive()
  expect(await tellArrivals(use.world)).toBe(0)
})

test('what was only previewed is dropped after a day, and forms are forgotten after their retention time', async () => {
  const { wait: shown } = await preview()
  const waiting = await wait()
  await arrive()
  await tellArrivals(use.world)
  const rows = async () =>
    (await use.admin.query('SELECT id, status, form IS NULL AS forgotten FROM chatops.school_waits ORDER BY id')).rows
  clock += DAY + 1_000
  await purgeWaits(use.world, 90 * DAY)
  expect(await rows()).toEqual([
    { id: shown.id, status: 'dropped', forgotten: false },
    { id: waiting.id, status: 'arrived', forgotten: false },
  ])
  clock += 91 * DAY
  await purgeWaits(use.world, 90 * DAY)
  expect((await rows()).map(({ forgotten }) => forgotten)).toEqual([true, true])
})

test('is on record, without the form', async () => {
  await wait()
  const { rows } = await use.admin.query('SELECT event, actor, details FROM chatops.ledger ORDER BY seq DESC LIMIT 1')
  expect(rows).toEqual([
    { event: 'waiting-for-school', actor: SUPPORT, details: { playbook: 'repair-school', urn: '900005' } },
  ])
})
