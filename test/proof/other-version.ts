// Does one thing by the code of another version: other-version.ts <its folder> prepare <superuser's URL> <database>, or
// other-version.ts <its folder> request <trainee's slug> with a bot's settings, or approve <id>.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'

// What another version exports is typed as ours: these have been the same since the first version.
type Config = typeof import('../../src/config/index.ts')
type Services = typeof import('../../src/services.ts')
type Lifecycle = typeof import('../support/lifecycle.ts')
type Requests = typeof import('../../src/changes/requests.ts')
type Database = typeof import('../../sandbox/register/database.ts')

const [folder = '', act, ...given] = process.argv.slice(2)

async function load<Module>(...files: string[]): Promise<Module> {
  const file = files.map((name) => join(folder, name)).find((name) => existsSync(name))
  if (!file) throw new Error(`the other version has no ${files.join(' or ')}`)
  return (await import(pathToFileURL(file).href)) as Module
}

async function main(): Promise<void> {
  if (act === 'prepare') {
    const { createRegisterDatabase } = await load<Database>('sandbox/register/database.ts')
    await createRegisterDatabase(given[0] ?? '', given[1] ?? '')
    return
  }
  const { loadConfig } = await load<Config>('src/config/index.ts', 'src/config.ts')
  const { startServices } = await load<Services>('src/services.ts')
  const { approveRequest, sendRequest, DEVELOPER, SUPPORT } = await load<Lifecycle>('test/support/lifecycle.ts')
  const { getRequest } = await load<Requests>('src/changes/requests.ts')
  const bot = await startServices(loadConfig(), pino({ level: 'silent' }))
  const [what = ''] = given
  if (act === 'request') {
    const form = { subject: what, route: 'school_direct_salaried', reason: 'Proof', ticket: '' }
    console.log((await sendRequest(bot.changes, 'fix-route', form, SUPPORT)).id)
  } else {
    await approveRequest(bot.changes, await getRequest(bot.changes.database, what), DEVELOPER)
  }
  await bot.stop()
}

await main()
