// People who cannot be mistaken are in every record, every other system quotes them, and nobody is to find them anywhere.
import { expect, test } from 'vitest'
import { extent, sampleOf } from '../support/extent.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { fill, MESSAGES, peopleIn, type QuotingMessage, SPELLINGS } from '../support/quoted-people.ts'
import { readText } from '../support/slack/index.ts'
import { useScanner } from './scan.ts'
import { JOBS } from './stage.ts'

const SPELLING_NAMES = Object.keys(SPELLINGS)

const use = useScanner('messages')

async function type(text: string): Promise<void> {
  await use.stage.slack.command({ user: SUPPORT, channel: CHANNEL, text })
}

async function submit(user: string, values: Record<string, string> = {}): Promise<void> {
  await use.stage.slack.submit({ user, values })
}

const viewSays = (user: string, words: RegExp) => expect.poll(() => readText(use.stage.slack.view(user))).toMatch(words)

/** Every job and a preview, all of which ask DTTP, which quotes. */
async function round(message: QuotingMessage, spelling: string, turn: number): Promise<void> {
  const { stage } = use
  await stage.forgetJobs()
  stage.quote(message, spelling, turn)
  for (const job of JOBS) await stage.add(...job)
  await type('requeue-trn 5902 1 day')
  await viewSays(SUPPORT, /Why|reason/i)
  await submit(SUPPORT, { reason: 'DQT says that there was a delay' })
  await viewSays(SUPPORT, /Not sent yet|could not|went wrong|cannot|choose to replace it/i)
  const form = stage.slack.view(SUPPORT)
  if (form?.submit && readText(form).includes('choose to replace it')) {
    await submit(SUPPORT, { replace: 'replace' })
    await viewSays(SUPPORT, /Not sent yet|could not|went wrong|cannot/i)
  }
  await stage.slack.closeView({ user: SUPPORT })
  await use.scan(spelling)
}

/** Every message in every spelling; or every message and every spelling, paired; or a few of these. */
const rounds =
  extent === 'all'
    ? SPELLING_NAMES.flatMap((spelling, index) =>
        MESSAGES.map((message, turn) => roundOf(spelling, message, turn + index)),
      )
    : Array.from({ length: Math.max(MESSAGES.length, SPELLING_NAMES.length) }, (_, turn) =>
        roundOf(SPELLING_NAMES[turn % SPELLING_NAMES.length] ?? '', MESSAGES[turn % MESSAGES.length], turn),
      )

function roundOf(spelling: string, message: QuotingMessage = MESSAGES[0] as QuotingMessage, turn: number) {
  return [spelling, message.message.slice(0, 60), message, turn] as const
}

test.each(sampleOf(rounds, 8))(
  'quoted %s, “%s” is told to nobody',
  { timeout: 120_000 },
  async (spelling, _, message, turn) => {
    await round(message, spelling, turn)
    expect(use.leaks()).toEqual([])
  },
)

test('somebody would be found wherever they were told', async () => {
  const { admin, redis, logged, slack } = use.stage
  await use.scan('as stored')
  const name = fill('{last}', 'upper case', '')
  await admin.query(
    `INSERT INTO chatops.outbox (id, stream, kind, payload, status) VALUES (gen_random_uuid(), 'x', 'job', $1, 'sent')`,
    [{ name }],
  )
  await admin.query(`INSERT INTO public.audits (id, comment) VALUES (987654321, $1)`, [name])
  await redis.set('scanned', name)
  logged.push(name)
  slack.acknowledgements.push(name)
  const told = await use.stage.sinks.take()
  const sinks = Object.entries(told).filter(([, texts]) => texts.some((text) => peopleIn(text).length > 0))
  expect(sinks.map(([sink]) => sink)).toEqual(['Slack', 'log', 'queue', 'tables', 'audit comments'])
  await admin.query('DELETE FROM public.audits WHERE id = 987654321')
})

test('DTTP was asked and told in every way, and quoted each time', () => {
  const methods = new Set(use.stage.dttp.simulator.requests.filter(({ fault }) => fault).map(({ method }) => method))
  expect(methods).toEqual(new Set(['GET', 'PATCH', 'POST']))
})

test('what is looked up names nobody', { timeout: 120_000 }, async () => {
  for (const text of ['show 5901', 'show 5902', 'jobs', 'jobs failed', 'requests', 'help', 'nonsense']) await type(text)
  await use.stage.slack.openHome({ user: SUPPORT })
  await use.scan('as stored')
  expect(use.leaks()).toEqual([])
})

test('a reason that names the trainee is refused, and repeated nowhere', { timeout: 120_000 }, async () => {
  for (const spelling of SPELLING_NAMES.filter((name) => name !== 'in quotation marks')) {
    await type('fix-route 5903 school_direct_salaried')
    await viewSays(SUPPORT, /reason/i)
    const reason = fill('Asked for by {last}, really', spelling, '')
    const { ack } = await use.stage.slack.submit({ user: SUPPORT, values: { reason, ticket: '' } })
    expect([spelling, ack]).toMatchObject([spelling, { response_action: 'errors' }])
    await use.stage.slack.closeView({ user: SUPPORT })
    await use.scan(spelling)
  }
  expect(use.leaks()).toEqual([])
})
