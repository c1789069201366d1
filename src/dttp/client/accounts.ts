// Schools, page by page.
import { z } from 'zod'
import { DttpError } from './errors.ts'
import { guid, query } from './odata.ts'
import { parse } from './records.ts'
import type { Requests } from './requests.ts'

const CALL = 'accounts'
/** Register app/services/dttp/retrieve_schools.rb: providers are accounts, too. */
const SCHOOLS = { $filter: 'dfe_provider eq false', $select: 'name,dfe_urn,accountid,statuscode' }
const MAX_BYTES = 32 * 1024 * 1024

export const DttpAccount = z
  .object({
    accountid: guid,
    name: z.string().nullish(),
    dfe_urn: z.string().nullish(),
    statuscode: z.number().int().nullish(),
  })
  .transform(({ accountid, name, dfe_urn, statuscode }) => ({
    id: accountid,
    name: name ?? null,
    urn: dfe_urn ?? null,
    statusCode: statuscode ?? null,
  }))

/** A school as DTTP has it; `statusCode` is active for 1 and 300000007. */
export type DttpAccount = z.output<typeof DttpAccount>

const Page = z.object({ value: z.array(DttpAccount), '@odata.nextLink': z.string().optional() })

/** A page, and where the next begins: keep `next` and hand it back as `from` to go on there. Null after the last. */
export type AccountsPage = { accounts: DttpAccount[]; next: string | null }

/**
 * All schools, page by page, from the beginning or from a link of an earlier page. Throws DttpError; pages that were
 * given before stay valid. The link is used as it is, but only if it leads to our own organisation, since the token is
 * sent along.
 */
export async function* accounts(
  requests: Requests,
  timeoutMs: number,
  pageSize: number,
  from?: string,
): AsyncGenerator<AccountsPage, void, void> {
  const first = new URL('accounts', requests.api)
  first.search = query(SCHOOLS)
  const headers = { prefer: `odata.maxpagesize=${pageSize}` }
  let url: URL | null = from === undefined ? first : linked(requests.api, from)
  while (url) {
    const asked = { call: CALL, isWrite: false, url, headers, timeoutMs, maxAnswerBytes: MAX_BYTES }
    const page: z.output<typeof Page> = parse(CALL, Page, await requests.read(asked))
    const link = page['@odata.nextLink']
    const next: URL | null = link === undefined ? null : linked(requests.api, link)
    if (next?.href === url.href) throw new DttpError('malformed', CALL, { code: 'endless-pages' })
    yield { accounts: page.value, next: link ?? null }
    url = next
  }
}

/** The link, if it leads to the accounts of our own organisation. Throws DttpError `malformed` otherwise. */
function linked(api: URL, link: string): URL {
  const url = URL.canParse(link) ? new URL(link) : null
  const isOurs =
    url?.origin === api.origin && url.pathname === `${api.pathname}accounts` && !url.username && !url.password
  if (!url || !isOurs) throw new DttpError('malformed', CALL, { code: 'foreign-next-link' })
  return url
}
