// What must not happen twice, or be forgotten: a process that dies, two people at once, a ledger that was altered.
import { STATUS_WORDS } from '../../../src/views/request/request.ts'
import { card, headOf, openReview, sendRequest, type Tour } from '../acts.ts'
import { nameOf, waitFor } from '../people.ts'
import { changedColumns, type Row } from '../records.ts'

const CRASHED = 5910

/** Kills the bot as it begins to carry out an approved change. What becomes of that is looked at later. */
export async function crashing(tour: Tour): Promise<{ cr: string; before: Row }> {
  const { transcript, developer, records } = tour
  transcript.chapter('An accident')
  transcript.step('The bot dies right after an approval')
  const before = await records.trainee(CRASHED)
  const { cr, message } = await sendRequest(tour, { subject: String(CRASHED), route: 'assessment_only' })
  await openReview(developer, message)
  transcript.tell('Somebody saves this very trainee in Register, which takes a moment.')
  await records.query('BEGIN')
  await records.query('SELECT FROM trainees WHERE id = $1 FOR UPDATE', [CRASHED])
  developer.submits('Approve')
  await developer.getsModal(`You approved CR-${cr}`)
  await waitFor(
    tour,
    async () => (await records.query(WAITING)).length > 0,
    () => ({ expected: 'the bot to wait for the record', seen: 'no session that waits' }),
  )
  await tour.crashBot()
  await records.query('ROLLBACK')
  transcript.tell('The bot’s process is killed (kill -9), with the change half carried out.')
  const status = await records.status(cr)
  transcript.hold(`CR-${cr} is approved, and still to be done`, status === 'approved', () => status)
  const changed = changedColumns(before, await records.trainee(CRASHED))
  transcript.hold('Nothing of it was written', changed.length === 0, () => changed)
  await tour.restartBot()
  transcript.tell('The bot is started again. It will find the request by itself; meanwhile, the story goes on.')
  return { cr, before }
}

const WAITING = `SELECT FROM pg_stat_activity WHERE usename = 'chatops_app' AND wait_event_type = 'Lock'`

export async function recovering(tour: Tour, { cr, before }: { cr: string; before: Row }): Promise<void> {
  const { transcript, records } = tour
  transcript.chapter('After the accident')
  transcript.step('The change that was interrupted')
  const message = await card(tour, cr, '(done)')
  transcript.show('The request has become', headOf(message))
  const changed = changedColumns(before, await records.trainee(CRASHED)).map(([column]) => column)
  transcript.hold('The record was changed', changed.includes('training_route'), () => changed.join(', '))
  const times = await records.executions(cr)
  transcript.hold('It was carried out once', times.ledger === 1 && times.timeline === 1, () => times)
}

/** Two people, each with a bot process of their own on the one database, approve in the same moment. */
export async function racing(tour: Tour): Promise<void> {
  const { transcript, developer, secondDeveloper, records } = tour
  transcript.chapter('Two people at once')
  transcript.step('Both approve in the same moment')
  const trainee = await records.trainee(5911)
  const url = `https://register.example.test/trainees/${trainee['slug']}`
  const { cr, message } = await sendRequest(tour, { subject: url, route: 'assessment_only' })
  await openReview(developer, message)
  await openReview(secondDeveloper, message)
  developer.submits('Approve')
  secondDeveloper.submits('Approve')
  const answers = await Promise.all(
    [developer, secondDeveloper].map(async (person) => ({
      person,
      lines: await person.getsModal(/You approved|already approved|no longer waiting/),
    })),
  )
  for (const { person, lines } of answers) transcript.show(`Only ${person.name} sees`, lines)
  const first = answers.filter(({ lines }) => lines.join('\n').includes('You approved'))
  const second = answers.filter(({ lines }) => !lines.join('\n').includes('You approved'))
  transcript.hold('One of them approved it', first.length === 1, () => `${first.length} did`)
  const told = second[0]?.lines.join('\n') ?? ''
  transcript.hold('The other is told who was first', told.includes(nameOf(first[0]?.person.id ?? '')), () => told)
  await card(tour, cr, '(done)')
  const times = await records.executions(cr)
  transcript.hold('It was carried out once', times.ledger === 1 && times.timeline === 1, () => times)
  for (const { person } of answers) person.closes()
}

export async function accounting(tour: Tour): Promise<void> {
  const { transcript, records } = tour
  transcript.chapter('The account')
  transcript.step('Every request and what became of it')
  const requests = await records.query<Record<string, string>>(
    `SELECT 'CR-' || id AS request, coalesce('trainee ' || trainee_id, 'a school') AS about, status, requester, coalesce(decided_by, '') AS by,
       (SELECT count(*) FROM chatops.ledger WHERE change_request_id = r.id AND event = 'executed') AS carried_out
     FROM chatops.change_requests r ORDER BY id`,
  )
  const words: Record<string, string> = STATUS_WORDS
  const rows = requests.map((row) => Object.values(row).map((value) => words[value] ?? nameOf(String(value))))
  transcript.table(['request', 'about', 'status', 'asked for by', 'decided by', 'carried out'], rows)
  const made = ['done', 'needs-attention']
  const wrong = requests.filter(
    ({ status = '', carried_out }) => Number(carried_out) !== (made.includes(status) ? 1 : 0),
  )
  transcript.hold(
    'What is done, or needs attention, was carried out once, and nothing else was',
    wrong.length === 0,
    () => wrong,
  )

  transcript.step('The ledger')
  const verdict = await tour.verifyLedger()
  transcript.show('bin/chatops verify-ledger says', [verdict])
  transcript.hold('Nothing in it was altered, added or removed', verdict.includes('The ledger is sound'), () => verdict)
  const errors = tour.loggedErrors()
  transcript.hold('The bots logged no error', errors.length === 0, () => errors.join('\n'))
}
