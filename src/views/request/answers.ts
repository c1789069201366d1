import type { Words } from '../kit/notice.ts'
import { crName } from './request.ts'

// What somebody is told of what they have just done to a request, in the place of its window or beside its button.

type Request = { id: string }

const CARRIED_OUT = 'It is carried out now, once, against the record as you saw it. The result appears on the request.'
const HELD =
  'Nothing is carried out just now: the bot is paused, or shows previews only. Your approval is kept, and the request says what becomes of it.'

export function wordsAfterApproving(request: Request, isHeld: boolean): Words {
  return { title: `You approved ${crName(request)}`, text: isHeld ? HELD : CARRIED_OUT }
}

export function wordsAfterRejecting(request: Request): Words {
  const text = 'Nothing has changed in Register. The person who asked can read your reason on the request.'
  return { title: `You rejected ${crName(request)}`, text }
}

export function wordsAfterCancelling(request: Request): Words {
  return { title: `You cancelled ${crName(request)}`, text: 'Nothing has changed in Register.' }
}

export function wordsAfterDealing(request: Request): Words {
  return { title: `${crName(request)} is marked as dealt with`, text: 'Its card says so.' }
}

/** @param requester who is asked */
export function wordsAfterQuestion(request: Request, requester: string): Words {
  const text = `<@${requester}> is told in the thread of ${crName(request)}, which goes on waiting for approval.\nNothing has changed. To decide, return to the review, or select “Review” on the request.`
  return { title: 'Your question is asked', text }
}

export function wordsAfterMarking(request: Request, step: string): Words {
  return { title: `${crName(request)}: the step is marked as done`, text: step }
}

export function wordsAfterTicking(request: Request): Words {
  return { title: 'Saved', text: `The request shows which steps of ${crName(request)} are done, and who said so.` }
}
