import type { Words } from './kit/notice.ts'
import { shorten } from './kit/text.ts'

// What `/trainee find` says where it has nothing to list.

export const SAY_WHAT_TO_FIND: Words = {
  title: 'Say what to find',
  text: 'Type /trainee find and one of these: a trainee’s link or number, a school’s URN, a support ticket, the name of a change such as fix-route, or @ and a colleague’s name.\nFor example: /trainee find 5913',
}

/** The number itself is not repeated. */
export const LOOKS_LIKE_TRN: Words = {
  title: 'This looks like a TRN',
  text: 'We do not keep TRNs, so we cannot find requests by them, and no ticket, school or trainee with this number has a request.\nUse the trainee’s link in Register, the last part of that link, or their number.',
}

export function nothingFound(typed: string): Words {
  if (typed.startsWith('@')) {
    return {
      title: 'We do not know whom you mean',
      text: 'Choose your colleague from the list that Slack shows while you type @ and their name.\nIf that does not help, tell the Register developers that the command must be set to escape names.',
    }
  }
  return {
    title: `We found no request for “${shorten(typed, 80)}”`,
    text: 'We look for trainees, URNs, tickets and colleagues, not for names of trainees and not in reasons. Requests are found by ticket until their details are removed.\nWhat somebody else has not sent is not shown.',
  }
}
