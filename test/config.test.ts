import { describe, expect, test } from 'vitest'
import { approverMentionOf, ConfigError, loadConfig, readConfig } from '../src/config/index.ts'
import { chatops } from './support/built.ts'

const HOUR = 3_600_000

const REQUIRED = {
  SLACK_MODE: 'socket',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: 'a'.repeat(32),
  SLACK_TEAM_ID: 'T01TEST',
  ALLOWED_CHANNELS: 'C01SUPPORT',
  REQUESTERS: 'S01SUPPORT',
  APPROVERS: 'U02DEV,S02DEVS',
  REGISTER_URL: 'https://register.example.test',
  REGISTER_FEATURES: 'persist_to_dttp=true,sync_from_dttp=false,routes=all',
  DTTP_URL: 'https://org.dttp.example.test',
  DTTP_TOKEN_URL: 'https://login.example.test/tenant/oauth2/v2.0/token',
  DTTP_CLIENT_ID: 'demo-client',
  DTTP_CLIENT_SECRET: 'demo-client-secret',
  DATABASE_URL: 'postgres://chatops_app@127.0.0.1/register',
  QUEUE_BACKEND: 'redis',
}
/** Needed by the choices above. */
const ALSO = { SLACK_APP_TOKEN: 'xapp-1', REDIS_URL: 'redis://127.0.0.1:6379' }
const GOOD = { ...REQUIRED, ...ALSO }

test('the required settings are enough', () => {
  expect(loadConfig(GOOD)).toMatchObject({
    ROLES: ['bot', 'worker'],
    APPROVERS: ['U02DEV', 'S02DEVS'],
    REQUEST_EXPIRY: { standard: { unit: 'working-days', count: 1 } },
    VERIFY_AGAIN_AFTER: 60_000,
    SLACK_API_URL: 'https://slack.com/api/',
    REGISTER_JOBS: 'off',
    ENVIRONMENT: 'production',
    MODE: 'full',
    COMMAND: '/trainee',
    REQUEST_PREFIX: 'CR',
    POLL_EVERY: HOUR,
    DTTP_OWN_IDS: true,
    DTTP_ASK_AGAIN_AFTER: 120_000,
    JOB_LEASE: 45_000,
    GIAS_URL: expect.stringMatching(/^https:.*\{yyyymmdd\}\.csv$/),
    GIAS_MAX_AGE: 72 * HOUR,
  })
  for (const setting of ['ALERT_CHANNEL', 'JOBS_DASHBOARD']) expect(loadConfig(GOOD)).not.toHaveProperty(setting)
})

describe('a required setting', () => {
  test.each(Object.keys(GOOD))('%s that is missing or blank is named, and the bot does not start', (name) => {
    for (const value of [undefined, '', '  ']) {
      const env = { ...GOOD, [name]: value }
      expect(problemsIn(env)).toEqual({ [name]: expect.stringMatching(/^is missing/) })
      expect(() => loadConfig(env)).toThrow(new RegExp(`^ {2}${name} is missing`, 'm'))
      expect(() => loadConfig(env)).toThrow(ConfigError)
    }
  })

  test('is not needed where another choice makes it useless', () => {
    const { SLACK_APP_TOKEN: _token, REDIS_URL: _url, ...rest } = GOOD
    expect(problemsIn({ ...rest, SLACK_MODE: 'http', QUEUE_BACKEND: 'postgres' })).toEqual({})
  })
})

test('everything that is wrong is said at once', () => {
  expect(Object.keys(problemsIn({})).sort()).toEqual(Object.keys(REQUIRED).sort())
  const bad = { ...GOOD, SLACK_BOT_TOKEN: 'nonsense', APPROVERS: '', HTTP_PORT: 'eighty', REDIS_URL: '' }
  expect(Object.keys(problemsIn(bad)).sort()).toEqual(['APPROVERS', 'HTTP_PORT', 'REDIS_URL', 'SLACK_BOT_TOKEN'])
  const told = messageOf(() => loadConfig(bad))
  for (const name of ['APPROVERS', 'HTTP_PORT', 'REDIS_URL', 'SLACK_BOT_TOKEN']) expect(told).toContain(name)
})

describe('a value that cannot be used', () => {
  test.each([
    ['ROLES', 'bot,cook'],
    ['ROLES', ','],
    ['ENVIRONMENT', 'Production'],
    ['MODE', 'dry-run'],
    ['COMMAND', 'trainee'],
    ['REQUEST_PREFIX', 'CR-'],
    ['PLAYBOOKS', 'fix route'],
    ['PLAYBOOKS', ','],
    ['SLACK_MODE', 'carrier-pigeon'],
    ['SLACK_BOT_TOKEN', 'xoxp-a-user-token'],
    ['SLACK_APP_TOKEN', 'xoxb-the-wrong-one'],
    ['SLACK_SIGNING_SECRET', 'short'],
    ['SLACK_TEAM_ID', 'my workspace'],
    ['SLACK_API_URL', 'not a url'],
    ['ALLOWED_CHANNELS', '#support'],
    ['ALLOWED_CHANNELS', 'C01SUPPORT,D01DIRECT'],
    ['REQUESTERS', 'everyone'],
    ['APPROVERS', 'U02DEV,C01SUPPORT'],
    ['APPROVERS', ','],
    ['REQUEST_EXPIRY', 'soon'],
    ['REQUEST_EXPIRY', '24h,fix-route'],
    ['REQUEST_EXPIRY', 'fix-route=8h'],
    ['REQUEST_EXPIRY', '0wd'],
    ['REQUEST_EXPIRY', '8w'],
    ['CLOSED_DAYS', '24 December'],
    ['CLOSED_DAYS', '2026-02-30'],
    ['APPROVER_MENTION', '@developers'],
    ['RETENTION', '90'],
    ['VERIFY_AGAIN_AFTER', '-1s'],
    ['REGISTER_URL', 'register.example.test'],
    ['REGISTER_URL', 'ftp://register.example.test'],
    ['REGISTER_FEATURES', 'routes=all,persist_to_dttp=true'],
    ['REGISTER_FEATURES', 'persist_to_dttp=true,sync_from_dttp=true'],
    ['REGISTER_FEATURES', 'persist_to_dttp=yes,sync_from_dttp=true,routes=all'],
    ['REGISTER_JOBS', 'on'],
    ['SIDEKIQ_REDIS_URL', 'http://127.0.0.1'],
    ['SIDEKIQ_SENTINELS', 'sentinel.example'],
    ['SIDEKIQ_SENTINELS', 'one.example:26379,'],
    ['POLL_EVERY', '60'],
    ['POLL_EVERY', 'hourly'],
    ['DTTP_OWN_IDS', 'yes'],
    ['DTTP_ASK_AGAIN_AFTER', '10ms'],
    ['JOB_LEASE', '45'],
    ['ALERT_CHANNEL', '#support'],
    ['ALERT_CHANNEL', 'U02DEV'],
    ['ALERT_CHANNEL', 'C09ELSEWHERE'],
    ['DTTP_URL', 'http://org.dttp.example.test'],
    ['DTTP_URL', 'http://127.0.0.1.example.test'],
    ['DTTP_URL', 'org.dttp.example.test'],
    ['DTTP_TOKEN_URL', 'http://login.example.test/token'],
    ['DTTP_TOKEN_URL', 'ftp://login.example.test/token'],
    ['DTTP_CLIENT_SECRET', 'short'],
    ['GIAS_URL', 'http://gias.example.test/{yyyymmdd}.csv'],
    ['GIAS_MAX_AGE', '3'],
    ['TRELLO_API_URL', 'http://api.trello.example.test'],
    ['JOBS_DASHBOARD', 'operator'],
    ['JOBS_DASHBOARD', 'operator:too-short'],
    ['JOBS_DASHBOARD', ':a-long-enough-password'],
    ['JOBS_DASHBOARD', 'operator:a long password with spaces'],
    ['DATABASE_URL', 'mysql://127.0.0.1/register'],
    ['DATABASE_POOL', '1'],
    ['QUEUE_BACKEND', 'kafka'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['HTTP_PORT', '70000'],
    ['LOG_LEVEL', 'loud'],
  ])('is refused: %s=%s', (name, value) => {
    expect(Object.keys(problemsIn({ ...GOOD, [name]: value }))).toEqual([name])
  })

  const defaulted = ['ROLES', 'REQUEST_EXPIRY', 'RETENTION', 'REGISTER_JOBS', 'POLL_EVERY', 'ALERT_CHANNEL']
  const others = ['JOBS_DASHBOARD', 'HTTP_PORT', 'LOG_LEVEL', 'SLACK_API_URL']
  const anything = ['DTTP_CLIENT_ID', 'DTTP_CLIENT_SECRET']
  test.each([...Object.keys(GOOD), ...defaulted, ...others].filter((name) => !anything.includes(name)))(
    'is never repeated, as it could be a secret in the wrong place: %s',
    (name) => {
      const secret = 'hunter2, xoxb-hunter2, hunter2=hunter2'
      const env = { ...GOOD, [name]: secret }
      expect(messageOf(() => loadConfig(env))).toContain(name)
      expect(messageOf(() => loadConfig(env)) + JSON.stringify(readConfig(env).report)).not.toContain('hunter2')
    },
  )
})

describe('what settings mean', () => {
  test('a duration has a unit', () => {
    const { RETENTION, VERIFY_AGAIN_AFTER } = loadConfig({ ...GOOD, RETENTION: '7d', VERIFY_AGAIN_AFTER: '90s' })
    expect([RETENTION, VERIFY_AGAIN_AFTER]).toEqual([7 * 24 * HOUR, 90_000])
  })

  test('the expiry can differ for a playbook', () => {
    const { REQUEST_EXPIRY } = loadConfig({ ...GOOD, REQUEST_EXPIRY: '2wd, fix-route=8wh,requeue-trn=30m' })
    expect(REQUEST_EXPIRY.standard).toEqual({ unit: 'working-days', count: 2 })
    expect(Object.fromEntries(REQUEST_EXPIRY.byPlaybook)).toEqual({
      'fix-route': { unit: 'working-hours', count: 8 },
      'requeue-trn': { unit: 'milliseconds', count: HOUR / 2 },
    })
  })

  test('who is called is the group or person that is named, or the first group of approvers, or nobody', () => {
    const called = (more: Record<string, string>) => {
      const { config, report } = readConfig({ ...GOOD, ...more })
      return [config && approverMentionOf(config), report.find(({ name }) => name === 'APPROVER_MENTION')?.notice]
    }
    expect(called({ APPROVERS: 'U02DEV,S0DEVS,S0OTHERS', APPROVER_MENTION: 'U03DEV' })).toEqual(['U03DEV', null])
    expect(called({ APPROVERS: 'U02DEV,S0DEVS,S0OTHERS' })).toEqual([
      'S0DEVS',
      'The first group among APPROVERS is called.',
    ])
    expect(called({ APPROVERS: 'U02DEV' })).toEqual([null, expect.stringContaining('Nobody is called')])
  })

  test('flags are true or false, and routes can be switched on one by one', () => {
    const flags = 'persist_to_dttp=true, sync_from_dttp=false, routes.hpitt_postgrad=true'
    const { REGISTER_FEATURES } = loadConfig({ ...GOOD, REGISTER_FEATURES: flags })
    expect(Object.fromEntries(REGISTER_FEATURES)).toEqual({
      persist_to_dttp: true,
      sync_from_dttp: false,
      'routes.hpitt_postgrad': true,
    })
  })

  test('lists may have spaces, and Register’s URL a slash at its end', () => {
    const config = loadConfig({
      ...GOOD,
      APPROVERS: ' U02DEV , S02DEVS,',
      REGISTER_URL: 'https://r.example.test/app//',
    })
    expect(config).toMatchObject({ APPROVERS: ['U02DEV', 'S02DEVS'], REGISTER_URL: 'https://r.example.test/app' })
  })
})

describe('what is set for Register’s jobs', () => {
  test('they are run only where that is said', () => {
    expect(loadConfig({ ...GOOD, REGISTER_JOBS: 'own' }).REGISTER_JOBS).toBe('own')
    expect(problemsIn({ ...GOOD, REGISTER_JOBS: 'sidekiq' })).toEqual({
      SIDEKIQ_REDIS_URL: 'is missing: REGISTER_JOBS is sidekiq',
    })
    const beside = { REGISTER_JOBS: 'sidekiq', SIDEKIQ_REDIS_URL: 'rediss://chatops:secret@register/0' }
    const sentinels = { SIDEKIQ_SENTINELS: 'one.example:26379, [::1]:26380' }
    expect(loadConfig({ ...GOOD, ...beside, ...sentinels }).SIDEKIQ_SENTINELS).toEqual([
      { host: 'one.example', port: 26379 },
      { host: '::1', port: 26380 },
    ])
  })

  test('ids of our own can be switched off, where DTTP does not take them', () => {
    expect(loadConfig({ ...GOOD, DTTP_OWN_IDS: 'off' }).DTTP_OWN_IDS).toBe(false)
  })

  test('polls can be closer together than an hour', () => {
    expect(loadConfig({ ...GOOD, POLL_EVERY: '15s' }).POLL_EVERY).toBe(15_000)
  })

  test('failures are posted in one of the allowed channels', () => {
    const channels = { ALLOWED_CHANNELS: 'C01SUPPORT, C02ALERTS' }
    expect(loadConfig({ ...GOOD, ...channels, ALERT_CHANNEL: 'C02ALERTS' }).ALERT_CHANNEL).toBe('C02ALERTS')
    const elsewhere = problemsIn({ ...GOOD, ...channels, ALERT_CHANNEL: 'C03OTHER' })
    expect(elsewhere).toEqual({ ALERT_CHANNEL: 'is not one of ALLOWED_CHANNELS' })
  })

  test.each(['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080'])(
    'DTTP may be asked without TLS on this very machine: %s',
    (url) => {
      const config = loadConfig({ ...GOOD, DTTP_URL: url, DTTP_TOKEN_URL: `${url}/token` })
      expect(config).toMatchObject({ DTTP_URL: url, DTTP_TOKEN_URL: `${url}/token` })
    },
  )

  test('Trello’s key, token and list go together, or there is no Trello', () => {
    const trello = { TRELLO_KEY: 'demo-key', TRELLO_TOKEN: 'demo-token', TRELLO_LIST_ID: 'a1'.repeat(12) }
    expect(loadConfig({ ...GOOD, ...trello })).toMatchObject(trello)
    for (const name of Object.keys(trello)) {
      expect(problemsIn({ ...GOOD, ...trello, [name]: '' })).toEqual({
        [name]: 'is missing: key, token and list go together',
      })
      expect(Object.keys(problemsIn({ ...GOOD, ...trello, [name]: 'not one, at all' }))).toEqual([name])
    }
  })

  test('the dashboard’s password may hold anything but spaces', () => {
    const login = 'operator:a:long-Ωpassword,with=more'
    expect(loadConfig({ ...GOOD, JOBS_DASHBOARD: login }).JOBS_DASHBOARD).toBe(login)
  })
})

describe('bin/chatops check-config', () => {
  test('explains every setting and exits 0 when all is well', async () => {
    const { code, output } = await checkConfig({ ...GOOD, JOBS_DASHBOARD: 'operator:a-long-enough-password' })
    expect(code).toBe(0)
    for (const { name, about } of readConfig(GOOD).report) {
      expect(about.length).toBeGreaterThan(10)
      expect(output).toContain(name)
      expect(output).toContain(about)
    }
    expect(output).toContain('The configuration is complete.')
    expect(output).not.toMatch(/xoxb-1|xapp-1|a{32}|chatops_app@|demo-client|long-enough/)
  })

  test('says what is wrong with each setting and exits 1', async () => {
    const { code, output } = await checkConfig({ ...GOOD, APPROVERS: '', SLACK_BOT_TOKEN: 'hunter2' })
    expect(code).toBe(1)
    expect(output).toMatch(/✗ APPROVERS\n.*\n {4}Problem: it is missing\./)
    expect(output).toMatch(/✗ SLACK_BOT_TOKEN\n.*\n {4}Problem: it must be a bot token/)
    expect(output).toContain('2 settings need attention.')
    expect(output).not.toContain('hunter2')
  })
})

function problemsIn(env: Record<string, string | undefined>): Record<string, string> {
  const { config, report } = readConfig(env)
  const problems = Object.fromEntries(report.flatMap(({ name, problem }) => (problem ? [[name, problem]] : [])))
  expect(config === null).toBe(Object.keys(problems).length > 0)
  return problems
}

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

const checkConfig = (settings: Record<string, string>) => chatops(['check-config'], settings)
