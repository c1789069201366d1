import { dealWith } from '../../changes/attention.ts'
import { wordsAfterDealing } from '../../views/request/answers.ts'
import { tell, tellBeside } from '../answer.ts'
import { publishHome } from '../app-home.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'

/** "Mark as dealt with": on the card, which then says by whom, on the Home tab, or in a list of requests. */
export async function markDealtWith(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    const [request = '', shown] = (action.value ?? '').split(':')
    const { id } = await dealWith(context.changes, { id: request, actor: body.user.id, shown })
    context.nudge()
    await tellBeside(context, click, wordsAfterDealing({ id }))
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
  if (body.view?.type === 'home') await publishHome(context, click)
}
