import * as z from 'zod'
import { ChangeError } from '../../errors.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import {
  findMistake,
  findNamedTrainee,
  parseTraineeReference,
  resolveTrainee,
} from '../../register/trainees/trainee-reference.ts'
import { findGone, readHistory } from '../../trainee/history.ts'
import { renderHistory } from '../../views/history.ts'
import type { Message } from '../../views/kit/blocks.ts'
import { answer, tell } from '../answer.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { readPageButton } from './page-button.ts'

/** `/trainee history <trainee>`: all that the bot did or saw of a trainee, for one person. Throws ChangeError. */
export async function answerHistory(context: HandlerContext, user: string, typed: string): Promise<Message> {
  const { changes } = context
  await refuseUnlessEither(changes, user)
  if (typed.trim() === '') throw new ChangeError('nobody-named', { detail: 'history' })
  const { manager } = changes.database
  const found = await findNamedTrainee(manager, typed, changes.register.url)
  if (!('problem' in found)) return renderPage(context, user, { ...found, page: 1 })
  const gone = await findGoneNamed(context, typed)
  if (gone && (await readHistory(changes, gone, user, 1)).all > 0)
    return renderPage(context, user, { ...gone, page: 1 })
  throw new ChangeError('bad-reference', { detail: found.problem })
}

/** What was done is asked about just when a record is gone: the bot remembers it by the number that Register gave it. */
async function findGoneNamed({ changes }: HandlerContext, typed: string): Promise<{ id: string; slug: null } | null> {
  const { manager } = changes.database
  const reference = parseTraineeReference(typed, changes.register.url)
  if ('problem' in reference || 'id' in (await resolveTrainee(manager, reference))) return null
  if (reference.by === 'slug') {
    const id = await findGone(changes, reference.slug)
    return id ? { id, slug: null } : null
  }
  return (await findMistake(manager, reference)) ? null : { id: reference.number, slug: null }
}

/** "Next page" and "Previous page": the list takes its own place. */
export async function turnHistoryPage(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    await refuseUnlessEither(context.changes, body.user.id)
    const turn = readPageButton(Turn, action.value)
    if (!turn) throw new ChangeError('nobody-named', { detail: 'history' })
    await answer(context, click, await renderPage(context, body.user.id, turn), { replaces: true })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

async function renderPage({ changes }: HandlerContext, user: string, { page, ...trainee }: Turn): Promise<Message> {
  const history = await readHistory(changes, trainee, user, page)
  const turnTo = (to: number) => JSON.stringify({ ...trainee, page: to } satisfies Turn)
  return renderHistory({ trainee, history, registerUrl: changes.register.url, turnTo })
}

const Turn = z.strictObject({
  id: z.string().regex(/^\d{1,18}$/),
  slug: z.string().max(64).nullable(),
  page: z.number().int().min(1).max(1_000),
})

type Turn = z.output<typeof Turn>
