// People who cannot be mistaken are in every record, every other system quotes them, and nobody is to find them anywhere.
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { fill, MESSAGES, peopleIn, type QuotingMessage, SPELLINGS } from '../support/quoted-people.ts'
import { readText } from '../support/slack/index.ts'
import type { Sink } from './sinks.ts'
import { JOBS, type Stage, startStage } from './stage.ts'

/** `npm run proof -- scanner` tries every message in every spelling; the suite, every spelling of one message each. */
const IS_WHOLE = process.env['SCANNER'] === 'all'
const REPORT = process.env['SCANNER_REPORT']
const SPELLING_NAMES = Object.keys(SPELLINGS)

let stage: Stage
/** How often a person was found, by sink and spelling, and how much was looked through. */
const found: Record<string, Record<string, number>> = {}
const looked: Partial<Record<Sink, number>> = {}
const leaks: string[] = []

beforeAll(async () => {
  stage = await startStage()
}, 120_000)

afterAll(async () => {
  await stage.stop()
  if (REPORT) writeFileSync(REPORT, JSON.stringify({ looked, found }))
}, 120_000)

/** Looks through everything said since the last time, and counts. */
async function scan(spelling: string): Promise<void> {
  await settled()
  for (const [sink, texts] of Object.entries(await stage.sinks.take()) as [Sink, string[]][]) {
    looked[sink] = (looked[sink] ?? 0) + texts.length
    const leaking = texts.filter((text) => peopleIn(text).length > 0)
    found[sink] = { ...found[sink], [spelling]: (found[sink]?.[spelling] ?? 0) + leaking.length }
    leaks.push(...leaking.map((text) => `${sink}, ${spelling}: ${peopleIn(text).join(', ')} in ${text.slice(0, 600)}`))
  }
}

/** Nothing is left to be sent, and every job has been tried. */
async function settled(): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await stage.admin.query<{ open: string }>(`
        SELECT (SELECT count(*) FROM chatops.outbox WHERE status IN ('queued', 'sending') AND last_error IS NULL)
          + (SELECT count(*) FROM chatops.jobs WHERE status = 'running' OR (status = 'waiting' AND run = 0)) AS open`)
      return Number(rows[0]?.open)
    })
    .toBe(0)
}

async function type(text: string): Promise<void> {
  stage.answers.push((await stage.slack.command({ user: SUPPORT, channel: CHANNEL, text })).ackBody)
}

async function submit(user: string, values: Record<string, string> = {}): Promise<void> {
  stage.answers.push((await stage.slack.submit({ user, values })).ackBody)
}

const viewSays = (user: string, words: RegExp) => expect.poll(() => readText(stage.slack.view(user))).toMatch(words)

/** Every job and a preview, all of which ask DTTP, which quotes. */
async function round(message: QuotingMessage, spelling: string, turn: number): Promise<void> {
  await stage.forgetJobs()
  stage.quote(message, spelling, turn)
  for (const job of JOBS) await stage.add(...job)
  await type('requeue-trn 5902 1 day')
  await viewSays(SUPPORT, /Why|reason/i)
  await submit(SUPPORT, { reason: 'DQT says that there was a delay' })
  await viewSays(SUPPORT, /Not sent yet|could not|went wrong|cannot/i)
  await stage.slack.closeView({ user: SUPPORT })
  await scan(spelling)
}

const rounds = SPELLING_NAMES.flatMap((spelling, index) =>
  (IS_WHOLE ? MESSAGES : MESSAGES.slice(index % MESSAGES.length, (index % MESSAGES.length) + 1)).map(
    (message, turn) => [spelling, message.message.slice(0, 60), message, turn + index] as const,
  ),
)

test.each(rounds)('quoted %s, “%s” is told to nobody', { timeout: 120_000 }, async (spelling, _, message, turn) => {
  await round(message, spelling, turn)
  expect(leaks.splice(0)).toEqual([])
})

test('somebody would be found wherever they were told', async () => {
  const { admin, redis, logged, answers } = stage
  await scan('as stored')
  const name = fill('{last}', 'upper case', '')
  await admin.query(
    `INSERT INTO chatops.outbox (id, stream, kind, payload, status) VALUES (gen_random_uuid(), 'x', 'job', $1, 'sent')`,
    [{ name }],
  )
  await admin.query(`INSERT INTO public.audits (id, comment) VALUES (987654321, $1)`, [name])
  await redis.set('scanned', name)
  logged.push(name)
  answers.push(name)
  const told = await stage.sinks.take()
  const sinks = Object.entries(told).filter(([, texts]) => texts.some((text) => peopleIn(text).length > 0))
  expect(sinks.map(([sink]) => sink)).toEqual(['Slack', 'log', 'queue', 'tables', 'audit comments'])
  await admin.query('DELETE FROM public.audits WHERE id = 987654321')
})

test('DTTP was asked and told in every way, and quoted each time', () => {
  const methods = new Set(stage.dttp.simulator.requests.filter(({ fault }) => fault).map(({ method }) => method))
  expect(methods).toEqual(new Set(['GET', 'PATCH', 'POST']))
})

test('a request from the form to the receipt names nobody', { timeout: 120_000 }, async () => {
  const { slack } = stage
  stage.dttp.simulator.faults.clear()
  await type('fix-route 5901 school_direct_salaried')
  await viewSays(SUPPORT, /reason/i)
  await submit(SUPPORT, { reason: 'The provider chose the wrong route', ticket: '' })
  await viewSays(SUPPORT, /Not sent yet/)
  const before = slack.messages(CHANNEL).length
  await submit(SUPPORT)
  await expect
    .poll(() =>
      slack
        .messages(CHANNEL)
        .slice(before)
        .some((one) => /CR-\d/.test(readText(one))),
    )
    .toBe(true)
  const card = slack
    .messages(CHANNEL)
    .slice(before)
    .find((one) => /CR-\d/.test(readText(one)))
  if (!card) throw new Error('there is no card')
  await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReview, message: card })
  await viewSays(DEVELOPER, /First names/)
  await submit(DEVELOPER)
  await expect.poll(() => readText(slack.messages(CHANNEL).find(({ ts }) => ts === card.ts))).toMatch(/done/i)
  await scan('as stored')
  expect(leaks.splice(0)).toEqual([])
})

test('what is looked up names nobody', { timeout: 120_000 }, async () => {
  for (const text of ['show 5901', 'show 5902', 'jobs', 'jobs failed', 'requests', 'help', 'nonsense']) await type(text)
  await stage.slack.openHome({ user: SUPPORT })
  await scan('as stored')
  expect(leaks.splice(0)).toEqual([])
})

test('a reason that names the trainee is refused, and repeated nowhere', { timeout: 120_000 }, async () => {
  for (const spelling of SPELLING_NAMES.filter((name) => name !== 'in quotation marks')) {
    await type('fix-route 5903 school_direct_salaried')
    await viewSays(SUPPORT, /reason/i)
    const reason = fill('Asked for by {last}, really', spelling, '')
    const { ack, ackBody } = await stage.slack.submit({ user: SUPPORT, values: { reason, ticket: '' } })
    expect([spelling, ack]).toMatchObject([spelling, { response_action: 'errors' }])
    stage.answers.push(ackBody)
    await stage.slack.closeView({ user: SUPPORT })
    await scan(spelling)
  }
  expect(leaks.splice(0)).toEqual([])
})

test.each(SPELLING_NAMES)(
  'what Trello, GIAS, Slack and Postgres quote %s is told to nobody',
  { timeout: 120_000 },
  async (spelling) => {
    const text = fill('{first} {last}, {dob}, {email}', spelling, '')
    const { admin, slack } = stage
    await stage.forgetJobs()
    stage.trello.faults.add({ kind: 'refused', status: 400, body: JSON.stringify({ error: text, message: text }) })
    await admin
      .query(
        `INSERT INTO chatops.outbox (id, stream, kind, payload) VALUES (gen_random_uuid(), 'trello:' || random(), 'trello', $1)`,
        [{ title: 'A card', text: 'Words' }],
      )
      .catch(() => {})
    stage.gias.faults.add({ kind: 'rewritten', rewrite: () => `URN,${text}\r\n1,${text}\r\n` })
    await stage.add('load-gias', null)
    slack.fault({
      kind: 'error',
      method: 'chat.postEphemeral',
      code: 'invalid_blocks',
      details: { response_metadata: { messages: [`[ERROR] ${text}`, `[WARN] ${text}`] } },
    })
    await admin.query(`
    CREATE OR REPLACE FUNCTION public.quote() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION '%', ${pgLiteral(text)} USING DETAIL = ${pgLiteral(text)}; END $$;
    CREATE OR REPLACE TRIGGER quoting BEFORE UPDATE ON public.trainees FOR EACH ROW EXECUTE FUNCTION public.quote()`)
    stage.dttp.simulator.faults.clear()
    stage.dttp.giveTrn(5902)
    await stage.add('retrieve-trn', 5902)
    await type('show 5902')
    await scan(spelling)
    await admin.query('DROP TRIGGER quoting ON public.trainees')
    slack.clearFaults()
    expect(leaks.splice(0)).toEqual([])
  },
)

function pgLiteral(text: string): string {
  return `E'${text.replace(/\\/g, '\\\\').replaceAll("'", "''")}'`
}
