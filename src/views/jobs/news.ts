import { formatDateTime } from '../../calendar/london.ts'
import { referenceWords } from '../../dttp/words.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { FAILURES } from '../../failures/table.ts'
import type { PostedNews } from '../../jobs/news.ts'
import { jobDoneWords, jobFailedWords } from '../../register/jobs/words.ts'
import { heading, type Message, note, plainSections, section } from '../kit/blocks.ts'
import { escapeText, mention } from '../kit/text.ts'
import { traineeLink } from '../request/request.ts'

/** What has become of a job, for the thread of the request that asked for it. Never holds a TRN. */
export function renderJobNews({
  changeRequest,
  registerUrl,
  job,
  trainee,
  news,
}: Omit<PostedNews, 'part'> & { changeRequest: ChangeRequest; registerUrl: string }): Message {
  const requester = mention(changeRequest.requester)
  const who = trainee === null ? null : linkTo(trainee, changeRequest, registerUrl)
  const whose = who === null ? '' : ` for ${who}`
  switch (news.kind) {
    case 'no-trn-yet': {
      const again = `We ask again on ${formatDateTime(news.next)}, and go on until ${formatDateTime(news.timeout)}.`
      return sentence(`DTTP has no TRN yet${whose}. ${again}`)
    }
    case 'trn-received':
      return sentence(`${requester} The TRN has arrived${whose}. It is saved in Register.`)
    case 'done':
      return sentence(`${requester} ${escapeText(jobDoneWords(job))}${whose}.`)
    case 'failed': {
      const { code, words } = news.failure
      const reference = referenceWords(news.failure.reference)
      const title = code === 'timed-out' ? 'No TRN has come in time' : jobFailedWords(job)
      return {
        text: `${requester} ${escapeText(title)}${whose}.`,
        blocks: [
          heading(title),
          ...plainSections(words),
          section(`${requester} ${who === null ? '' : `This is about ${who}. `}${FAILURES[code].next}`),
          ...(reference ? [note(reference)] : []),
        ],
      }
    }
  }
}

function linkTo(trainee: string, request: ChangeRequest, registerUrl: string): string {
  const traineeSlug = trainee === request.traineeId ? request.traineeSlug : null
  return traineeLink({ traineeId: trainee, traineeSlug }, registerUrl) ?? 'a trainee'
}

function sentence(text: string): Message {
  return { text, blocks: [section(text)] }
}
