// The main path: preview, card, refusals, review, approval, outcome, and what Register's database holds afterwards.
import { askForApproval, buttonsOn, card, headOf, openReview, previewChange, type Tour, thread } from '../acts.ts'
import { nameOf } from '../people.ts'
import { changedColumns, type Row } from '../records.ts'
import type { Message } from '../slack-window.ts'
import { linesOf } from '../words.ts'

const TRAINEE = 5901

/** Returns what was done, and the record as it was before. */
export async function approving(tour: Tour): Promise<{ cr: string; trainee: number; before: Row }> {
  const { transcript, records } = tour
  transcript.chapter('One change, from preview to receipt')
  const before = await records.trainee(TRAINEE)
  const { cr, message } = await ask(tour)
  const unchanged = changedColumns(before, await records.trainee(TRAINEE))
  transcript.hold('Register’s record has not changed', unchanged.length === 0, () => unchanged)
  await refuse(tour, cr, message)
  await review(tour, cr, message)
  await outcome(tour, cr)
  await database(tour, cr, before)
  return { cr, trainee: TRAINEE, before }
}

async function ask(tour: Tour): Promise<{ cr: string; message: Message }> {
  const { transcript, support } = tour
  transcript.step('The preview')
  const asked = { subject: String(TRAINEE), route: 'school_direct_salaried', ticket: 'T-1042' }
  const { cr, lines } = await previewChange(tour, asked)
  transcript.show('The preview', lines)
  const text = lines.join('\n')
  for (const [sentence, words] of [
    ['It says that nothing has been sent', 'Not sent yet'],
    ['It warns that a school is missing', 'lead school'],
    ['It warns that the route does not reach DTTP by itself', 'does not reach DTTP'],
    ['It shows the new route', 'School direct (salaried)'],
  ] as const) {
    transcript.hold(sentence, text.includes(words), () => text)
  }

  transcript.step('The request')
  const message = await askForApproval(tour, cr)
  const shown = linesOf(message.blocks ?? [], nameOf)
  transcript.show('Everyone in #register-support sees', shown)
  const record = await tour.records.trainee(TRAINEE)
  const personal = ['first_names', 'last_name', 'email', 'date_of_birth'].filter((column) =>
    shown.join('\n').includes(String(record[column])),
  )
  transcript.hold('It does not name the trainee', personal.length === 0, () => personal.join(', '))

  transcript.step('A second request for the same record')
  await support.types(`fix-route ${TRAINEE} assessment_only`)
  await support.getsModal('New route')
  support.submits('Check', { reason: 'Asked for twice by mistake' })
  const refused = await support.getsModal(`CR-${cr} would change it too`)
  transcript.show('The form’s answer', [...refused.slice(0, refused.indexOf('Other checks')), '…'])
  support.closes()
  return { cr, message }
}

async function refuse({ transcript, support, guest, records }: Tour, cr: string, message: Message): Promise<void> {
  transcript.step('One’s own request')
  await support.selects('Review', message)
  transcript.show('Only Demo Support sees', await support.getsModal('You cannot approve your own request'))
  support.closes()

  transcript.step('Somebody who may not approve')
  await guest.selects('Review', message)
  transcript.show('Only Demo Guest sees', await guest.getsModal('You cannot decide on requests'))
  guest.closes()
  const refused = await records.query(
    `SELECT actor, details ->> 'because' AS because FROM chatops.ledger
     WHERE change_request_id = $1 AND event = 'refused' ORDER BY seq`,
    [cr],
  )
  const actors = refused.map(({ actor }) => actor)
  const both = actors.includes(support.id) && actors.includes(guest.id)
  transcript.hold('Both attempts are in the ledger', both, () => refused)
}

async function review({ transcript, developer, records }: Tour, cr: string, message: Message): Promise<void> {
  transcript.step('The review')
  const lines = await openReview(developer, message)
  transcript.show('Only Demo Developer sees', lines)
  const [request] = await records.query<{ changes: Row; checks: { verdict: string; found: string }[] }>(
    `SELECT plan #> '{updates,0,changes}' AS changes, checks FROM chatops.change_requests WHERE id = $1`,
    [cr],
  )
  const text = lines.join('\n')
  const changes = Object.keys(request?.changes ?? {}).length
  const changed = lines.filter((line) => /: from .* to /.test(line)).length
  const [, emptied = '0'] = /Emptied \((\d+)\)/.exec(text) ?? []
  transcript.hold(
    `It shows all ${changes} changed columns`,
    changes > 0 && changed + Number(emptied) >= changes,
    () => text,
  )
  const checks = request?.checks ?? []
  const warnings = checks.filter(({ verdict }) => verdict === 'warns')
  const unsaid = warnings.filter(({ found }) => !text.includes(found))
  transcript.hold(`and what each of the ${warnings.length} warnings says`, unsaid.length === 0, () => unsaid)
  const held = checks.filter(({ verdict }) => verdict === 'holds').length
  transcript.hold(`and that ${held} checks hold`, text.includes(`${held} checks hold`), () => text)

  transcript.step('The approval')
  developer.submits('Approve')
  transcript.show('Only Demo Developer sees', await developer.getsModal(`You approved CR-${cr}`))
  developer.closes()
}

async function outcome(tour: Tour, cr: string): Promise<void> {
  const { transcript } = tour
  transcript.step('The outcome')
  const message = await card(tour, cr, '(done)')
  transcript.show('The request has become', headOf(message))
  const buttons = buttonsOn(message)
  const after = ['Copy text', 'Mark as done', 'Show what changed', 'Undo…']
  transcript.hold(
    'What is left to do by hand is at hand; otherwise it can be looked at and undone',
    buttons.join() === after.join(),
    () => buttons.join(', '),
  )

  transcript.step('What is left to do')
  const receipt = ['Receipt', 'Ledger record', 'Still to do', 'is done']
  for (const [index, lines] of (await thread(tour, message, receipt)).entries()) {
    transcript.show(`In the thread, message ${index + 1}`, lines)
  }
}

async function database({ transcript, records }: Tour, cr: string, before: Row): Promise<void> {
  transcript.step('What the database holds')
  const changed = changedColumns(before, await records.trainee(TRAINEE))
  transcript.tell(`Trainee ${TRAINEE}, the columns that are not as they were:`)
  transcript.table(['column', 'before', 'after'], changed)
  const names = changed.map(([column]) => column)
  const route = ['training_route', 'course_start_date', 'progress'].every((column) => names.includes(column))
  transcript.hold('The route changed, and with it the course details', route, () => names.join(', '))
  const [audit] = await records.query(
    `SELECT version, action, user_type, user_id, comment, (SELECT count(*)::int FROM jsonb_object_keys(audited_changes))
       AS columns FROM audits WHERE auditable_id = $1 AND auditable_type = 'Trainee' ORDER BY version DESC LIMIT 1`,
    [TRAINEE],
  )
  transcript.tell('Register’s timeline has a new entry:')
  transcript.table(Object.keys(audit ?? {}), [Object.values(audit ?? {}).map((value) => String(value ?? 'NULL'))])
  transcript.hold(
    'It says who asked and who approved',
    String(audit?.['comment']).startsWith(`CR-${cr}: `),
    () => audit,
  )
  const times = await records.executions(cr)
  transcript.hold('It was carried out once', times.ledger === 1 && times.timeline === 1, () => times)
}
