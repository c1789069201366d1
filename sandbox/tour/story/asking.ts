// How a request begins: the command, the form, and what it is answered with before anybody else hears of it.
import { playbooks } from '../../../src/playbooks/index.ts'
import { OTHER_CHANNEL, SUPPORT_CHANNEL } from '../../demo/workspace.ts'
import { REASON, type Tour } from '../acts.ts'

export async function asking(tour: Tour): Promise<void> {
  tour.transcript.chapter('Asking')
  await help(tour)
  await wrongPlaceAndPerson(tour)
  await badInput(tour)
  await blocked(tour)
  const { transcript, records, window } = tour
  const [{ requests = -1 } = {}] = await records.query<{ requests: number }>(
    'SELECT count(*)::int AS requests FROM chatops.change_requests',
  )
  transcript.hold('So far no request exists', requests === 0, () => `${requests} requests`)
  const others = (await window.messages(SUPPORT_CHANNEL)).filter(({ ephemeral_to }) => !ephemeral_to)
  transcript.hold('and nothing was posted for others to see', others.length === 0, () => others)
}

async function help({ transcript, support }: Tour): Promise<void> {
  transcript.step('What can I do here?')
  await support.types('help')
  const lines = await support.getsPrivately('How to use')
  transcript.show('Only Demo Support sees', lines)
  const missing = playbooks.filter(({ name }) => !lines.some((line) => line.includes(`/trainee ${name}`)))
  transcript.hold('Every playbook is listed', missing.length === 0, () => missing.map(({ name }) => name).join(', '))

  transcript.step('A command that does not exist')
  await support.types('fix-rout 5901')
  const [first = ''] = await support.getsPrivately('There is no command')
  transcript.show('Only Demo Support sees', [first, '…'])
  transcript.hold('It says which word it did not know', first.includes('fix-rout'), () => first)

  transcript.step('The command alone')
  await support.types('')
  transcript.show('A form asks', (await support.getsModal('What do you need to do?')).slice(0, 1))
  support.submits('Continue', { playbook: 'fix-route' })
  const form = await support.getsModal('New route')
  transcript.hold('It leads to the chosen form', form.at(-1) === '[ Check ]', () => form.join('\n'))
  support.closes()
}

async function wrongPlaceAndPerson({ transcript, support, guest, window }: Tour): Promise<void> {
  transcript.step('The wrong channel')
  await support.types('fix-route 5901', OTHER_CHANNEL)
  transcript.show('Only Demo Support sees', await support.getsPrivately('You cannot use this command here'))
  transcript.hold('No form opened', window.modal() === null, () => window.modal()?.title.text)

  transcript.step('Somebody who may not ask')
  await guest.types('fix-route 5901')
  transcript.show('Only Demo Guest sees', await guest.getsPrivately('You cannot ask for changes'))
  transcript.hold('No form opened', window.modal() === null, () => window.modal()?.title.text)
}

async function badInput({ transcript, support }: Tour): Promise<void> {
  transcript.step('A trainee who is not there')
  await support.types('fix-route 999999 school_direct_salaried')
  transcript.show('A form opens, filled in as far as known', await support.getsModal('New route'))
  support.submits('Check', { reason: REASON })
  await support.getsFieldError('subject', 'No trainee has this number')

  transcript.step('A number that could mean two trainees')
  support.submits('Check', { subject: '5904', reason: REASON })
  transcript.show('The form comes back', await support.getsModal('could mean more than one trainee'))

  transcript.step('A reason that names the trainee')
  support.submits('Check', { subject: '5901', reason: 'Demoone chose the wrong route' })
  await support.getsFieldError('reason', 'everyone in the channel can read this')
  support.closes()
}

async function blocked({ transcript, support }: Tour): Promise<void> {
  transcript.step('A change that Register does not allow')
  await support.types('fix-route 5901 hpitt_postgrad')
  await support.getsModal('New route')
  support.submits('Check', { reason: REASON })
  const lines = await support.getsModal('Only trainees with the provider code HPITT')
  const others = lines.indexOf('Other checks')
  transcript.show('The form’s answer', others > 0 ? [...lines.slice(0, others), '…'] : lines)
  demandNoWayOn(transcript, lines)
  support.closes()

  transcript.step('A change that would change nothing')
  await support.types('fix-route 5901 provider_led_postgrad')
  await support.getsModal('New route')
  support.submits('Check', { reason: REASON })
  const answer = await support.getsModal('There is nothing to do')
  transcript.show('The form’s answer', answer.slice(0, 2))
  demandNoWayOn(transcript, answer)
  support.closes()
}

function demandNoWayOn(transcript: Tour['transcript'], lines: readonly string[]): void {
  const isOffered = lines.includes('[ Ask for approval ]')
  transcript.hold('There is no button to ask for approval', !isOffered, () => lines.join('\n'))
}
