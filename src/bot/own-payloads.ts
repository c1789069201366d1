import type { AnyMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import type { Logger } from 'pino'
import * as z from 'zod'
import { ChangeError } from '../errors.ts'
import { renderNoticeBlocks, renderNoticeView } from '../views/kit/notice.ts'

/**
 * Who we are to Slack, as far as we know: our workspace, the Enterprise Grid it belongs to, and our app.
 */
export type Ourselves = { teamId: string; enterpriseId: string | null; appId: string | null }

/** What a handler is given, made to speak as this bot. */
export type Own = <G extends object>(given: G) => G

const Id = z.string().nullish()

/** The ids that every payload carries in one place or another. */
const Payload = z.object({
  type: z.string().optional(),
  api_app_id: Id,
  team_id: Id,
  team: z.object({ id: Id, enterprise_id: Id }).nullish(),
  enterprise_id: Id,
  enterprise: z.object({ id: Id }).nullish(),
})

/** Whether a payload is for this app, and comes from our workspace or another one of our Grid. Who acted is asked later. */
export function isForUs(body: unknown, { teamId, enterpriseId, appId }: Ourselves): boolean {
  const { data } = Payload.safeParse(body)
  if (!data) return false
  const team = data.team_id ?? data.team?.id
  const enterprise = data.enterprise_id ?? data.enterprise?.id ?? data.team?.enterprise_id
  if (appId && data.api_app_id && data.api_app_id !== appId) return false
  if (enterpriseId && enterprise && enterprise !== enterpriseId) return false
  const isOurGrid = Boolean(enterpriseId) && enterprise === enterpriseId
  return !team || team === teamId || isOurGrid
}

/**
 * Answers whoever acts for another workspace or app, and lets nothing of it through. A click in a message brings a
 * response URL, which needs no token of that workspace. One in a modal or Home tab, and an event, bring none, and there our
 * token is good for nothing: they are left without words.
 */
export function refuseOthers(app: App, ourselves: Ourselves, log: Logger, own: Own): void {
  app.use(async (given) => {
    if (isForUs(given.body, ourselves)) return given.next()
    const args = own(given)
    // A channel shared with others is full of their messages, and nobody has asked us anything.
    if ('event' in args && args.event.type === 'message') return
    log.error('a payload of another workspace or app was refused')
    const { words } = new ChangeError('not-a-colleague')
    if (isSubmission(args)) return args.ack({ response_action: 'update', view: renderNoticeView(words) })
    if ('command' in args) return args.ack({ response_type: 'ephemeral', ...renderNoticeBlocks(words) })
    if ('ack' in args && typeof args.ack === 'function') await args.ack()
    if (!('respond' in args) || !('action' in args)) return
    const message = { response_type: 'ephemeral', replace_original: false, ...renderNoticeBlocks(words) } as const
    await args.respond(message).catch(() => log.warn('a refused click could not be answered'))
  })
}

/** A modal's submission: its body says so. */
function isSubmission(args: AnyMiddlewareArgs): args is SlackViewMiddlewareArgs<ViewSubmitAction> {
  return 'view' in args && args.body['type'] === 'view_submission'
}
