/** Everything one fake Slack is made of, built once and handed to the methods and to the people. */
import { normaliseBlocks } from './block-kit/normalise.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { createFaults } from './faults.ts'
import { createResponseUrls, type Poster } from './response-urls.ts'
import { createTriggers } from './triggers.ts'
import type { Call, Channel, Message, User, UserGroup, View, Violation } from './types.ts'
import { createViews } from './views.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface FakeSlackOptions {
  signingSecret: string
  botToken: string
  /** The scopes granted to the bot token; take them from the app's manifest. */
  scopes: string[]
  /** The bot events subscribed to; take them from the app's manifest. Others are not delivered. */
  botEvents?: string[]
  /** Whether the manifest turns the Home tab on. */
  homeTab?: boolean
  /** The slash command `command()` types unless told otherwise. */
  command?: string
  teamId?: string
  appId?: string
  /** The Enterprise Grid that the workspace belongs to. */
  enterpriseId?: string
  botUserId?: string
  users?: User[]
  channels?: Channel[]
  userGroups?: UserGroup[]
  /** Off, `usergroups.*` answers `plan_upgrade_required`. */
  paidPlan?: boolean
  clock?: TestClock
  /** How long an app has to acknowledge, in real and in the clock's milliseconds. Slack's is 3000. */
  ackTimeoutMs?: number
  /** Whether the app says in a modal that it needs longer than Slack waits for; people then wait for what takes its place. */
  isUnderWay?: (view: View) => boolean
  /** For the deliveries sent to a random replica. */
  seed?: number
}

export type World = ReturnType<typeof createWorld>

export function createWorld(options: FakeSlackOptions) {
  const clock = options.clock ?? createTestClock()
  const settings = {
    homeTab: true,
    command: '/trainee',
    teamId: 'T01',
    teamDomain: 'register-support',
    appId: 'A01',
    enterpriseId: '',
    botUserId: 'U0BOT',
    botId: 'B01',
    verificationToken: 'legacy-verification-token',
    botEvents: ['app_home_opened'],
    ackTimeoutMs: 3000,
    paidPlan: true,
    seed: 1,
    ...options,
  }
  const workspace = createWorkspace({ users: [], channels: [], userGroups: [], ...settings }, clock)
  const poster = createPoster(workspace, settings)
  const violations: Violation[] = []
  const calls: Call[] = []
  const acknowledgements: string[] = []
  return {
    settings,
    clock,
    workspace,
    poster,
    views: createViews(settings),
    triggers: createTriggers(clock),
    responseUrls: createResponseUrls(workspace, clock, poster),
    faults: createFaults(),
    calls,
    acknowledgements,
    violations,
    violate(where: string, what: string): void {
      violations.push({ at: clock.now(), where, what })
    },
  }
}

function createPoster(workspace: Workspace, app: { botId: string; appId: string; botUserId: string }): Poster {
  return {
    post(channel, { text, blocks }, more = {}) {
      const message: Message = {
        type: 'message',
        channel,
        ts: workspace.nextTs(),
        user: app.botUserId,
        bot_id: app.botId,
        app_id: app.appId,
        team: workspace.teamId,
        text,
        ...more,
      }
      if (blocks) message.blocks = normaliseBlocks(blocks)
      return workspace.put(message)
    },
    edit(message, { text, blocks }) {
      const { blocks: _before, ...rest } = message
      const edited: Message = { ...rest, text, edited: { user: app.botUserId, ts: workspace.nextTs() } }
      if (blocks && blocks.length > 0) edited.blocks = normaliseBlocks(blocks)
      return workspace.put(edited)
    },
  }
}
