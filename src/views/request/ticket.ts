import { type Block, plainSections, section } from '../kit/blocks.ts'
import { onOneLine } from '../kit/exact-text.ts'
import { linkTo, shorten } from '../kit/text.ts'

/** Where the number of a ticket goes in the address of tickets. */
const PLACE = '{ticket}'

/** A ticket as a link, where it is an address or we know that of tickets; otherwise as it was typed. None if empty. */
export function renderTicket(ticket: string, ticketUrl: string | null): Block[] {
  if (ticket === '') return []
  const url = addressOf(ticket, ticketUrl)
  return url
    ? [section(`Support ticket: ${linkTo(url, ticket)}`)]
    : plainSections(shorten(`Support ticket: ${onOneLine(ticket)}`, 1000))
}

function addressOf(ticket: string, ticketUrl: string | null): string | null {
  if (/^https?:\/\/[\w./?=&%#:+-]{1,190}$/.test(ticket)) return ticket
  const [, number] = /^#?([\w-]{1,40})$/.exec(ticket) ?? []
  return ticketUrl === null || number === undefined ? null : ticketUrl.replaceAll(PLACE, number)
}
