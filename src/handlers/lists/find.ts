import * as z from 'zod'
import { findRequests, type Sought, WAYS_TO_FIND } from '../../changes/lists/find-requests.ts'
import { readSchoolNames } from '../../changes/lists/school-names.ts'
import { getVisible } from '../../changes/requests.ts'
import { listSteps } from '../../changes/steps/manual-steps.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { Page } from '../../pages.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import { findPlaybook, playbooks } from '../../playbooks/index.ts'
import { isUrn } from '../../register/schools/schools.ts'
import { looksLikeTrn, parseTraineeReference, resolveTrainee } from '../../register/trainees/trainee-reference.ts'
import { listWaits } from '../../schools/list-waits.ts'
import { LOOKS_LIKE_TRN, nothingFound, SAY_WHAT_TO_FIND } from '../../views/found.ts'
import { actions, type Message, note } from '../../views/kit/blocks.ts'
import { renderNoticeBlocks } from '../../views/kit/notice.ts'
import { renderCard } from '../../views/request/card.ts'
import { renderRequests, requestButtons } from '../../views/request/requests.ts'
import { answer, tell } from '../answer.ts'
import { findStandstill } from '../brake.ts'
import { type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { readPageButton } from './page-button.ts'

// How requests are found again. Whoever may ask for changes or approve them may look.

/** `/trainee CR-12`: the request as its card shows it, for one person. Throws ChangeError. */
export async function answerRequest(context: HandlerContext, user: string, id: string): Promise<Message> {
  const { changes } = context
  await refuseUnlessEither(changes, user)
  const request = await getVisible(changes.database, id, user)
  const playbook = findPlaybook(request.playbook) ?? { title: request.playbook }
  const standstill = await findStandstill(changes)
  const registerUrl = changes.register.url
  const { text, blocks } = renderCard({
    changeRequest: { ...request, calls: null },
    playbook,
    registerUrl,
    standstill,
    steps: await listSteps(changes.database.manager, request.id),
    schools: await readSchoolNames(changes.database, request),
  })
  const link = context.permalink(request.channel, request.cardTs)
  const own = request.status === 'unsent' ? requestButtons(request, user, link) : []
  const where = link ? [note(`<${link}|See it in the channel>`)] : []
  return { text, blocks: [...blocks.slice(0, 48), ...(own.length > 0 ? [actions(own)] : where)] }
}

/** `/trainee requests`: one's own, those that are open and those of the last 14 days. Throws ChangeError. */
export async function answerOwnRequests(context: HandlerContext, user: string): Promise<Message> {
  await refuseUnlessEither(context.changes, user)
  return renderPage(context, user, { sought: OWN, title: OWN_TITLE, page: 1 })
}

/** `/trainee find <trainee | URN | ticket | @person>`. Throws ChangeError. */
export async function answerFind(context: HandlerContext, user: string, typed: string): Promise<Message> {
  const { changes } = context
  await refuseUnlessEither(changes, user)
  const text = typed.trim()
  if (text === '') return renderNoticeBlocks(SAY_WHAT_TO_FIND)
  const [, request] = /^CR-(\d{1,18})$/i.exec(text) ?? []
  if (request) return answerRequest(context, user, request)
  const sought = await readSought(context, text)
  const title = `Requests found for “${text.slice(0, 100)}”`
  const found = await findRequests(changes, user, sought, 1)
  if (found.all > 0) return render(context, user, { sought, title, page: 1 }, found)
  if (looksLikeTrn(text)) return renderNoticeBlocks(LOOKS_LIKE_TRN)
  return renderNoticeBlocks(nothingFound(text))
}

/** "Next page" and "Previous page": the list takes its own place. */
export async function turnRequestsPage(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    await refuseUnlessEither(context.changes, body.user.id)
    const turn = readPageButton(Turn, action.value)
    if (!turn) return await tell(context, click, NOT_A_PAGE)
    await answer(context, click, await renderPage(context, body.user.id, turn), { replaces: true })
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

async function renderPage(context: HandlerContext, user: string, turn: Turn): Promise<Message> {
  return render(context, user, turn, await findRequests(context.changes, user, turn.sought, turn.page))
}

async function render(
  { changes, permalink }: HandlerContext,
  user: string,
  { sought, title }: Turn,
  found: Page<ChangeRequest>,
): Promise<Message> {
  const isOwn = sought.some(({ by }) => by === 'own')
  return renderRequests({
    title,
    found,
    waits: isOwn && found.page === 1 ? await listWaits(changes.database, user, 4) : [],
    viewer: user,
    mayApprove: (await changes.people.mayApprove(user)) === 'allowed',
    registerUrl: changes.register.url,
    permalink,
    turnTo: (page) => JSON.stringify({ sought: [...sought], title, page } satisfies Turn),
  })
}

/** Everything that the words can mean. */
async function readSought({ changes }: HandlerContext, text: string): Promise<Sought[]> {
  const [, person] = /^<@([A-Z0-9]{2,30})(?:\|[^>]*)?>$/.exec(text) ?? []
  if (person) return [{ by: 'person', value: person }]
  const urn = text.replace(/^URN\s*/i, '')
  const school: Sought[] = isUrn(urn) ? [{ by: 'school', value: urn }] : []
  if (urn !== text) return school
  const word = text.toLowerCase()
  const kinds =
    word.length < 4 ? [] : playbooks.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(word))
  return [
    ...school,
    ...(await readTrainee(changes, text)),
    ...kinds.map(({ name }): Sought => ({ by: 'playbook', value: name })),
    { by: 'ticket', value: text.replace(/^<([^|>]*)(\|[^>]*)?>$/, '$1').slice(0, 200) },
  ]
}

/** A trainee who is no longer in Register is found by number, or by the link that was typed at the time. */
async function readTrainee({ database, register }: HandlerContext['changes'], text: string): Promise<Sought[]> {
  const reference = parseTraineeReference(text, register.url)
  if ('problem' in reference) return []
  if (reference.by === 'number') return [{ by: 'trainee', value: reference.number }]
  const known = await resolveTrainee(database.manager, reference)
  return [
    { by: 'subject', value: reference.slug },
    ...('id' in known ? [{ by: 'trainee' as const, value: known.id }] : []),
  ]
}

const OWN: Sought[] = [{ by: 'own', value: '' }]
const OWN_TITLE = 'Your requests'

const Turn = z.strictObject({
  sought: z.array(z.strictObject({ by: z.enum(WAYS_TO_FIND), value: z.string().max(300) })).max(20),
  title: z.string().max(200),
  page: z.number().int().min(1).max(1_000),
})

type Turn = z.output<typeof Turn>

const NOT_A_PAGE = { title: 'We cannot show this page', text: 'Type the command again to see the list as it is now.' }
