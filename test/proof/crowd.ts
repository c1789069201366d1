// A workspace with as many people as a proof needs, and the settings of a bot that serves it.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { botEnvironment } from '../support/bot.ts'
import { CHANNEL, TEAM } from '../support/lifecycle.ts'
import { type FakeSlack, startFakeSlack } from '../support/slack/index.ts'
import { isUnderWay } from '../support/under-way.ts'

const SIGNING_SECRET = '0123456789abcdef0123456789abcdef'
const BOT_TOKEN = 'xoxb-crowd'
const BOT_USER = 'U00BOT'

const manifest = parse(readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')) as {
  oauth_config: { scopes: { bot: string[] } }
}

/** Slack user ids by what they may do; `others` may do nothing. */
export type Crowd = { requesters: string[]; approvers: string[]; others: string[] }

/** `count` user ids that begin alike. */
export function userIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(3, '0')}`)
}

/** A strict Slack whose one channel holds the whole crowd. */
export function startCrowdSlack(crowd: Crowd): Promise<FakeSlack> {
  const people = [...new Set([...crowd.requesters, ...crowd.approvers, ...crowd.others])]
  return startFakeSlack({
    isUnderWay,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    teamId: TEAM,
    botUserId: BOT_USER,
    scopes: manifest.oauth_config.scopes.bot,
    users: people.map((id) => ({ id, teamId: TEAM })),
    channels: [{ id: CHANNEL, name: 'register-support', members: [...people, BOT_USER] }],
  })
}

/** Settings of a bot on this Slack; with a Redis its jobs are kept there, and otherwise in Postgres. */
export function crowdEnvironment(
  slack: FakeSlack,
  crowd: Crowd,
  place: { appUrl: string; redisUrl: string | null },
  extra: Record<string, string> = {},
): Record<string, string> {
  return botEnvironment(slack, place.appUrl, {
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_BOT_TOKEN: BOT_TOKEN,
    REQUESTERS: crowd.requesters.join(','),
    APPROVERS: crowd.approvers.join(','),
    ...(place.redisUrl ? { QUEUE_BACKEND: 'redis', REDIS_URL: place.redisUrl } : {}),
    ...extra,
  })
}
