// The people, channels and app of the demo's Slack.
import type { SlackWorkspace } from '../local-slack.ts'

export const TEAM_ID = 'T01TEST'
export const SUPPORT_CHANNEL = 'C01SUPPORT'
export const OTHER_CHANNEL = 'C02RANDOM'

export const DEMO_TOKENS = { botToken: 'xoxb-demo', appToken: 'xapp-demo' }

export const PEOPLE = {
  support: { id: 'U01SUPPORT', name: 'demo-support', real_name: 'Demo Support' },
  developer: { id: 'U02DEV', name: 'demo-developer', real_name: 'Demo Developer' },
  secondDeveloper: { id: 'U03DEV', name: 'demo-developer-two', real_name: 'Demo Developer Two' },
  guest: { id: 'U04OTHER', name: 'demo-guest', real_name: 'Demo Guest' },
}

const BOT_USER = 'U00BOT'

/** People and channels as Slack shows them. */
export const WORDS_FOR_IDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(PEOPLE).map(({ id, real_name }) => [id, `@${real_name}`])),
  [SUPPORT_CHANNEL]: '#register-support',
  [OTHER_CHANNEL]: '#random',
}

/** One workspace with the bot's app in Socket Mode. */
export function demoWorkspace(signingSecret: string): SlackWorkspace {
  const people = Object.values(PEOPLE)
  const members = [...people.map(({ id }) => id), BOT_USER]
  return {
    workspace: { name: 'Register demo', domain: 'register-demo', teamId: TEAM_ID },
    apps: [
      { appId: 'A01CHATOPS', botUserId: BOT_USER, botName: 'trainee', ...DEMO_TOKENS, signingSecret, mode: 'socket' },
    ],
    users: people.map((person) => ({ ...person, email: `${person.name}@example.test`, tz: 'Europe/London' })),
    channels: [
      { id: SUPPORT_CHANNEL, name: 'register-support', members, purpose: 'Help with trainee records' },
      { id: OTHER_CHANNEL, name: 'random', members, purpose: 'The bot does not work here' },
    ],
  }
}
