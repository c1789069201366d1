// What the code asks of Slack, read from its source, beside what manifest.yml declares.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ACTIONS, MODALS } from '../src/views/kit/ids.ts'

/** Bot scopes for each Web API method in the channels we work in, public and private (docs.slack.dev/reference/methods). */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
  'views.push': [],
  'views.update': [],
}

/** Bot scopes without which Slack does not send an event (docs.slack.dev/reference/events). */
const EVENT_SCOPES: Readonly<Record<string, readonly string[]>> = {
  app_home_opened: [],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
}

/** Bolt's name for what Slack calls otherwise, by kind of channel. Direct messages are none of ours. */
const EVENTS: Readonly<Record<string, readonly string[]>> = { message: ['message.channels', 'message.groups'] }

const manifest = parse(readFileSync('manifest.yml', 'utf8'))
const sources = readSources('src')
const app = sources.get('src/bot/app.ts') ?? ''
const views = [...sources].filter(([file]) => file.startsWith('src/views/') && file !== 'src/views/kit/ids.ts')
const rendered = views.map(([, text]) => text).join('\n')
const everything = [...sources.values()].join('\n')

const registered = [...app.matchAll(/\bapp\.(\w+)(?:<[\w<>]+>)?\(\s*((?:ACTIONS|MODALS)\.\w+|'[^']+')/g)]
const entryPoints = (kind: string) =>
  registered.flatMap(([, method, name = '']) => (method === kind ? [name.replaceAll("'", '')] : [])).sort()
const events = entryPoints('event')
  .flatMap((event) => EVENTS[event] ?? [event])
  .sort()
const methods = unique(everything.matchAll(/\bclient\.((?:[a-z]\w*\.)+[a-zA-Z]+)\(/g))

describe('entry points', () => {
  test('are all registered in one place, each in a form this test can read', () => {
    const kinds = /\.(command|action|view|event|shortcut|options|message|function)(?:<[\w<>]+>)?\(/
    const elsewhere = [...sources].filter(([file]) => /^src\/(bot|handlers)\//.test(file) && file !== 'src/bot/app.ts')
    expect(elsewhere.filter(([, text]) => kinds.test(text)).map(([file]) => file)).toEqual([])
    expect(registered).toHaveLength([...app.matchAll(new RegExp(kinds, 'g'))].length)
    expect(registered.length).toBeGreaterThan(10)
  })

  test('commands are declared, and no others', () => {
    const declared = manifest.features.slash_commands.map(({ command }: { command: string }) => command)
    expect(declared.sort()).toEqual(entryPoints('command'))
  })

  test('events are subscribed to, and no others', () => {
    expect([...manifest.settings.event_subscriptions.bot_events].sort()).toEqual(events)
  })

  test('shortcuts are declared, and no others', () => {
    const declared = (manifest.features.shortcuts ?? []).map(({ callback_id }: { callback_id: string }) => callback_id)
    expect(declared.sort()).toEqual(entryPoints('shortcut'))
  })

  test('interactivity is on for the buttons and modals, and asks for no menus from us', () => {
    expect(entryPoints('action').length + entryPoints('view').length).toBeGreaterThan(0)
    expect(manifest.settings.interactivity.is_enabled).toBe(true)
    expect(entryPoints('options')).toEqual([])
    expect(manifest.settings.interactivity).not.toHaveProperty('message_menu_options_url')
  })

  test('the Home tab is on, as the code draws it', () => {
    expect(methods).toContain('views.publish')
    expect(manifest.features.app_home.home_tab_enabled).toBe(true)
  })

  test('nobody can write to the bot, which reads no direct messages', () => {
    expect(manifest.features.app_home).toMatchObject({
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: true,
    })
    expect(entryPoints('message')).toEqual([])
    expect(events).not.toContain('message.im')
    expect(events).not.toContain('message.mpim')
  })
})

describe('buttons and modals', () => {
  test('every button that is drawn is answered, and nothing else is', () => {
    const drawn = unique(rendered.matchAll(/\bACTIONS\.(\w+)/g))
    expect(drawn).toEqual(Object.keys(ACTIONS).sort())
    expect(entryPoints('action')).toEqual(drawn.map((name) => `ACTIONS.${name}`))
  })

  test('every modal that is drawn is answered, but for the notice, which has nothing to submit', () => {
    const drawn = unique(rendered.matchAll(/\bMODALS\.(\w+)/g))
    expect(drawn).toEqual(Object.keys(MODALS).sort())
    expect(entryPoints('view')).toEqual(drawn.filter((name) => name !== 'notice').map((name) => `MODALS.${name}`))
  })

  test('no button or modal has a name of its own', () => {
    expect(rendered).not.toMatch(/\b(action_id|callback_id): ['"`]/)
    expect(new Set(Object.values({ ...ACTIONS, ...MODALS })).size).toBe(
      Object.keys(ACTIONS).length + Object.keys(MODALS).length,
    )
  })
})

describe('scopes', () => {
  test('every Web API method that is called has its scopes in the table above', () => {
    expect(methods).toEqual(Object.keys(SCOPES).sort())
  })

  test('no method is called in a way that this test cannot see', () => {
    expect(everything).not.toMatch(/\.apiCall\(|\bsay\(|\bsay\b.*\}: |filesUploadV2|chatStream/)
    expect(everything).not.toMatch(/\bclient\[|\{[^}]*\} = (?:\w+\.)?client\b/)
  })

  test('exactly the scopes that those methods, commands and events need are asked for', () => {
    const needed = [
      ...(entryPoints('command').length > 0 ? ['commands'] : []),
      ...methods.flatMap((method) => SCOPES[method] ?? [`unknown scope of ${method}`]),
      ...events.flatMap((event) => EVENT_SCOPES[event] ?? [`unknown scope of ${event}`]),
    ]
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual([...new Set(needed)].sort())
    expect(manifest.oauth_config.scopes).not.toHaveProperty('user')
  })

  test('each says what it is for', () => {
    const lines = readFileSync('manifest.yml', 'utf8').split('\n')
    for (const scope of manifest.oauth_config.scopes.bot)
      expect(lines.find((line) => line.includes(`- ${scope} `))).toMatch(/ # \S/)
  })
})

describe('the manifest itself', () => {
  test('is version 2 and starts in Socket Mode, in one workspace', () => {
    expect(manifest._metadata.major_version).toBe(2)
    expect(manifest.settings).toMatchObject({
      socket_mode_enabled: true,
      org_deploy_enabled: false,
      token_rotation_enabled: false,
    })
  })

  test('keeps to the lengths that Slack accepts', () => {
    const { display_information: about, features } = manifest
    expect(about.name.length).toBeLessThanOrEqual(35)
    expect(about.description.length).toBeLessThanOrEqual(140)
    expect(about.long_description.length).toBeGreaterThanOrEqual(174)
    expect(about.long_description.length).toBeLessThanOrEqual(4000)
    expect(features.bot_user.display_name).toMatch(/^[a-z0-9_.-]{1,80}$/)
    for (const { description, usage_hint } of features.slash_commands) {
      expect(description.length).toBeLessThanOrEqual(2000)
      expect(usage_hint.length).toBeLessThanOrEqual(1000)
    }
  })

  test('becomes one for HTTP mode as its comments say', () => {
    const http = readFileSync('manifest.yml', 'utf8')
      .replace('socket_mode_enabled: true', 'socket_mode_enabled: false')
      .replaceAll(/# ((?:request_)?url: )/g, '$1')
    const { features, settings } = parse(http)
    const address = 'https://chatops.example.org/slack/events'
    expect(features.slash_commands[0].url).toBe(address)
    expect(settings.interactivity.request_url).toBe(address)
    expect(settings.event_subscriptions).toEqual({ request_url: address, bot_events: events })
  })
})

function readSources(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
  return new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
}

/** What the first group of each match holds, sorted, each once. */
function unique(matches: Iterable<RegExpExecArray>): string[] {
  return [...new Set([...matches].map(([, name = '']) => name))].sort()
}
