import { readFileSync } from 'node:fs'

const PAGE = new URL('../../docs/installing.md', import.meta.url)

/** What docs/installing.md has an operator say after `ACL SETUSER chatops`, word by word. */
export function documentedRights(password: string): string[] {
  const [, rules = ''] = /redis-cli ACL SETUSER chatops (.*)/.exec(readFileSync(PAGE, 'utf8')) ?? []
  return rules.split(' ').map((word) => word.replaceAll("'", '').replace('>PASSWORD', `>${password}`))
}
