import type { DataSource } from 'typeorm'
import * as z from 'zod'
import { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { postedNews } from '../../jobs/news.ts'
import { type Claimed, readPayload } from '../../outbox/claim.ts'
import { Undeliverable } from '../../outbox/not-sent.ts'
import { postedSync } from '../../schools/sync-news.ts'
import { waitMessage } from '../../schools/waits.ts'
import { renderJobNews } from '../../views/jobs/news.ts'
import type { Message } from '../../views/kit/blocks.ts'
import { renderSchoolSync } from '../../views/school/news.ts'
import { renderWaitNews } from '../../views/school/wait.ts'
import { renderReport, renderUnposted } from '../../views/unposted.ts'
import type { Poster } from '../slack/poster.ts'
import { getRequestOf, ownPrefix } from './requests.ts'

const report = z.object({ user: z.string(), report: z.string() })
const unposted = z.object({
  user: z.string(),
  channel: z.string(),
  because: z.string(),
  part: z.string().default('unposted'),
})

const jobNews = postedNews.extend({ user: z.string() })
const schoolSync = postedSync.extend({ user: z.string() })

const directMessage = z.union([waitMessage, report, jobNews, schoolSync, unposted])

/** Tells people what concerns them alone. */
export function createDirectMessages(
  database: DataSource,
  poster: Poster,
  { databaseIdentity, registerUrl }: { databaseIdentity: string; registerUrl: string },
) {
  const ours = ownPrefix({ databaseIdentity })

  async function messageFor(told: z.output<typeof directMessage>, row: Claimed): Promise<Message> {
    if ('report' in told) return renderReport(told.report)
    if ('news' in told) {
      return renderJobNews({ ...told, changeRequest: await getRequestOf(database, row), registerUrl })
    }
    if ('schools' in told) return renderSchoolSync({ ...told, changeRequest: await getRequestOf(database, row) })
    if (!('wait' in told)) return renderUnposted({ ...told, changeRequest: row.changeRequest ?? '' })
    const wait = await database.manager.findOneBy(SchoolWait, { id: told.wait })
    if (!wait) throw new Undeliverable('there is no such wait')
    return renderWaitNews(wait, told)
  }

  return {
    async direct(row: Claimed): Promise<void> {
      const told = readPayload(directMessage, row)
      const message = await messageFor(told, row)
      await poster.tell({ channel: told.user, message, key: `${ours}-${row.id}`, row })
    },
  }
}
