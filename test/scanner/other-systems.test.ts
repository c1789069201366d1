// What Trello, GIAS, Slack, Redis and Postgres say when they refuse: it quotes people, and nobody is told.
import { expect, test } from 'vitest'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { fill, SPELLINGS } from '../support/quoted-people.ts'
import { useScanner } from './scan.ts'

const SPELLING_NAMES = Object.keys(SPELLINGS)
const use = useScanner('other-systems')

/** Ways to name somebody, so that each spelling has another. */
const QUOTES = [
  '{first} {last}, {dob}, {email}',
  '{last}, {first} ({postcode}) born {dob}',
  'Dr {last} of {address}, {postcode}',
  'key ({email})=({first}) already exists, URN 900004, {trn}',
  'mailto:{email}?cc={other_first}.{other_last}',
]
const quote = (spelling: string, turn: number) => fill(QUOTES[turn % QUOTES.length] ?? '', spelling, '', turn)

test.each(SPELLING_NAMES.map((spelling, turn) => [spelling, quote(spelling, turn)] as const))(
  'what every other system quotes %s is told to nobody',
  { timeout: 120_000 },
  async (spelling, text) => {
    const { admin, slack, forgetJobs, add } = use.stage
    await forgetJobs()
    trelloQuotes(text)
    giasQuotes(text)
    slackQuotes(text)
    await postgresQuotes(text)
    use.stage.quotingRedis.quote(text, 3)
    await admin.query(
      `INSERT INTO chatops.outbox (id, stream, kind, payload) VALUES
         (gen_random_uuid(), 'trello:' || random(), 'trello', '{"title": "A card", "text": "Words"}')`,
    )
    await add('load-gias', null)
    use.stage.dttp.simulator.faults.clear()
    use.stage.dttp.giveTrn(5902)
    await add('retrieve-trn', 5902)
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'show 5902' })
    await slack.command({ user: SUPPORT, channel: CHANNEL, text: 'fix-route 5901' })
    await slack.openHome({ user: SUPPORT })
    await use.scan(spelling)
    await admin.query('DROP TRIGGER quoting ON public.trainees')
    slack.clearFaults()
    if (slack.view(SUPPORT)) await slack.closeView({ user: SUPPORT, all: true })
    expect(use.leaks()).toEqual([])
  },
)

test('of GIAS’s extract nothing is kept but the schools: nobody who leads one', { timeout: 120_000 }, async () => {
  const { gias, admin, add, forgetJobs } = use.stage
  await forgetJobs()
  const columns = ['URN', 'EstablishmentName', 'EstablishmentStatus (code)', 'EstablishmentStatus (name)']
  const heads = ['OpenDate', 'CloseDate', 'HeadFirstName', 'HeadLastName', 'Postcode']
  const person = fill('01-09-2004,,{first},{last},{postcode}', 'as stored', '')
  const rows = Array.from({ length: 10_100 }, (_, index) => `${100_000 + index},School ${index},1,Open,${person}`)
  gias.faults.add({ kind: 'rewritten', rewrite: () => [[...columns, ...heads].join(','), ...rows].join('\r\n') })
  await add('load-gias', null)
  await expect
    .poll(async () => (await admin.query(`SELECT FROM chatops.gias_schools WHERE name = 'School 10000'`)).rows.length)
    .toBe(1)
  await use.scan('as stored')
  expect(use.leaks()).toEqual([])
})

function trelloQuotes(text: string): void {
  const body = JSON.stringify({ error: text, message: text })
  use.stage.trello.faults.add({ kind: 'refused', status: 400, body })
}

function giasQuotes(text: string): void {
  use.stage.gias.faults.add({ kind: 'rewritten', rewrite: () => `URN,${text}\r\n1,${text}\r\n` })
}

/** As a code, and in the messages beside a code, wherever the bot may turn. */
function slackQuotes(text: string): void {
  const details = { error: text, response_metadata: { messages: [`[ERROR] ${text}`, `[WARN] ${text}`] } }
  const words = { response_metadata: details.response_metadata, needed: text, provided: text }
  for (const method of ['chat.postMessage', 'chat.update', 'chat.postEphemeral', 'views.open', 'views.publish']) {
    use.stage.slack.fault({ kind: 'error', method, code: 'invalid_blocks', details: words })
    use.stage.slack.fault({ kind: 'error', method, code: text, details })
  }
  use.stage.slack.fault({ kind: 'error', method: 'response_url', code: text, details })
}

async function postgresQuotes(text: string): Promise<void> {
  const literal = `E'${text.replace(/\\/g, '\\\\').replaceAll("'", "''")}'`
  await use.stage.admin.query(`
    CREATE OR REPLACE FUNCTION public.quote() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION '%', ${literal} USING DETAIL = ${literal}, HINT = ${literal}, CONSTRAINT = 'quoting'; END $$;
    CREATE OR REPLACE TRIGGER quoting BEFORE UPDATE ON public.trainees FOR EACH ROW EXECUTE FUNCTION public.quote()`)
}
