// What people do on the page again and again: they ask for a change, and approve it.
import { PEOPLE } from '../../sandbox/demo/workspace.ts'
import type { Stage } from './stage.ts'

export function actsOn(use: Stage) {
  /** Support asks for another route for a trainee. */
  async function ask(trainee = '5901', route = 'School direct (salaried)'): Promise<void> {
    await preview(trainee, route)
    await send()
  }

  /** The same, up to the preview. */
  async function preview(trainee = '5901', route = 'School direct (salaried)'): Promise<void> {
    const { slack } = use
    await slack.actAs(PEOPLE.support.real_name)
    await slack.type(`/trainee fix-route ${trainee}`)
    await slack.modal('New route')
    await slack.fill('New route', route)
    await slack.fill('Reason', 'The provider chose the wrong route')
    await slack.fill('Support ticket', 'T-1042')
    await slack.select('Check')
    await slack.modal('Not sent yet')
  }

  /** What is previewed is sent. */
  async function send(): Promise<void> {
    const { slack } = use
    await slack.modal('Not sent yet')
    await slack.select('Ask for approval')
    await slack.modal('is waiting for approval')
    await slack.select('Close')
  }

  /** A developer reviews what waits, and approves it. */
  async function approve(cr: string, look: (review: Awaited<ReturnType<typeof openReview>>) => unknown = () => {}) {
    const { slack } = use
    await slack.actAs(PEOPLE.developer.real_name)
    await look(await openReview())
    await slack.approve()
    await slack.modal(`You approved ${cr}`)
    await slack.select('Close')
  }

  async function openReview() {
    await use.slack.select('Review')
    return use.slack.modal('exactly these changes are made')
  }

  return { ask, preview, send, approve, openReview }
}
