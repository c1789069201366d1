// The people, channels and app of the demo's Slack.
import type { SlackWorkspace } from '../local-slack.ts'

export const TEAM_ID = 'T01TEST'
export const SUPPORT_CHANNEL = 'C01SUPPORT'

export const DEMO_TOKENS = { botToken: 'xoxb-demo', appToken: 'xapp-demo' }

export const PEOPLE = {
  support: { id: 'U01SUPPORT', name: 'demo-support', real_name: 'Demo Support' },
  developer: { id: 'U02DEV', name: 'demo-developer', real_name: 'Demo Developer' },
  secondDeveloper: { id: 'U03DEV', name: 'demo-developer-two', real_name: 'Demo Developer Two' },
  guest: { id: 'U04OTHER', name: 'demo-guest', real_name: 'Demo Guest' },
}

const BOT_USER = 'U00BOT'

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
      { id: 'C02RANDOM', name: 'random', members, purpose: 'The bot does not work here' },
    ],
  }
}
