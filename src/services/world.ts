import type { Logger } from 'pino'
import { forgetDismissal } from '../alerts/news/job-ends.ts'
import { createDirectory } from '../bot/directory.ts'
import { withBrake } from '../brake/dttp.ts'
import { endOfSpan } from '../calendar/working-time.ts'
import { approverMentionOf, type Config } from '../config/index.ts'
import { createPeople } from '../people/people.ts'
import { type Report, readDatabaseIdentity, type World } from '../world.ts'
import { createClient } from './slack.ts'
import { createDttp, createSidekiq } from './upstreams.ts'

/** Slack waits three seconds for an answer to a click, so the question who may click must be answered well before. */
const DIRECTORY_TIMEOUT_MS = 2_000

/** What every other service is given. */
export async function createWorld(
  config: Config,
  log: Logger,
  database: World['database'],
  report: Report,
  now: World['now'],
): Promise<Omit<World, 'build'>> {
  const { standard, byPlaybook } = config.REQUEST_EXPIRY
  const closedDays = new Set(config.CLOSED_DAYS)
  const people = { teamId: config.SLACK_TEAM_ID, requesters: config.REQUESTERS, approvers: config.APPROVERS }
  const features = config.REGISTER_FEATURES
  const directory = createDirectory(createClient(config, log, DIRECTORY_TIMEOUT_MS), report)
  const mode = config.MODE === 'preview-only' ? config.MODE : undefined
  return {
    database,
    mode,
    playbooksOn: config.PLAYBOOKS && new Set(config.PLAYBOOKS),
    databaseIdentity: await readDatabaseIdentity(database),
    register: {
      url: config.REGISTER_URL,
      runsJobs: config.REGISTER_JOBS !== 'off',
      handsOverRegistrations: config.REGISTRATIONS === 'sidekiq',
      isEnabled: (flag) => features.get(flag) ?? (flag.startsWith('routes.') && features.get('routes') === true),
    },
    upstreams: {
      dttp: withBrake(createDttp(config, log), { database, mode }),
      sidekiq: createSidekiq(config, log),
    },
    people: createPeople(people, directory, now),
    log,
    report,
    now,
    startedAt: now(),
    reveals: config.REVEAL === 'on',
    tickets: { url: config.TICKET_URL ?? null, areRequired: config.TICKET_REQUIRED === 'on' },
    closedDays,
    expiryOf: (playbook, sentAt) => endOfSpan(byPlaybook.get(playbook) ?? standard, sentAt, closedDays),
    approverMention: approverMentionOf(config),
    verifyAgainAfter: config.VERIFY_AGAIN_AFTER,
    pollEvery: config.POLL_EVERY,
    schoolsPerPage: 5000,
    channels: [...new Set([...config.ALLOWED_CHANNELS, ...(config.ALERT_CHANNEL ? [config.ALERT_CHANNEL] : [])])],
    ownIds: config.DTTP_OWN_IDS,
    askAgainAfter: config.DTTP_ASK_AGAIN_AFTER,
    jobLease: config.JOB_LEASE,
    alertHours: config.ALERT_HOURS,
    alertChannel: config.ALERT_CHANNEL ?? config.ALLOWED_CHANNELS[0] ?? '',
    gias: { url: config.GIAS_URL, maxAgeMs: config.GIAS_MAX_AGE },
    addsTrelloCards: config.TRELLO_KEY !== undefined,
    onRetry: forgetDismissal,
    dttpUrl: config.DTTP_URL.replace(/\/+$/, ''),
  }
}
