import { LogLevel, webApi } from '@slack/bolt'
import { readTrouble } from './errors.ts'

/** Slack for a command line that has time: what Slack puts off is asked for again, when Slack says so. */
export function createOperatorSlack(token: string, apiUrl: string | undefined): webApi.WebClient {
  return new webApi.WebClient(token, { ...(apiUrl ? { slackApiUrl: apiUrl } : {}), logLevel: LogLevel.ERROR })
}

/** The names of people whom Slack still knows, by their ids. Throws when Slack does not answer. */
export async function readNames(client: webApi.WebClient, ids: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const id of ids) {
    try {
      const { user } = await client.users.info({ user: id })
      const name = user?.real_name ?? user?.profile?.real_name ?? user?.name
      if (name) names.set(id, name)
    } catch (error) {
      const code = readTrouble(error)?.code
      if (code !== 'user_not_found' && code !== 'user_not_visible') throw error
    }
  }
  return names
}
