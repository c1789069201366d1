// What a newcomer reads once the demo runs.
import { trainees } from '../register/seed/trainees.ts'
import { PEOPLE } from './workspace.ts'

/** The text for the terminal. `logFile` is shown as given; `reposted` cards are from earlier runs. */
export function renderWelcome({
  pageUrl,
  logFile,
  reposted,
}: {
  pageUrl: string
  logFile: string
  reposted: number
}): string {
  return `
The demo is running.${reposted > 0 ? ` Requests from earlier runs are in the channel again: ${reposted}.` : ''}

  Open   ${pageUrl}   (channel #register-support; "Act as" in the page picks who you are)

Who is who
  ${PEOPLE.support.real_name}          may ask for a change, and may not approve one
  ${PEOPLE.developer.real_name}        may ask, and may approve what somebody else asked for
  ${PEOPLE.secondDeveloper.real_name}    the same
  ${PEOPLE.guest.real_name}            may do neither

What to try
  1. As ${PEOPLE.support.real_name}, in #register-support:  /trainee fix-route ${slug(5901)}
     Choose "School direct (salaried)", see what would change, then "Ask for approval".
  2. As ${PEOPLE.developer.real_name}, on the card:  "Review". The card follows it to the end.
  3. As ${PEOPLE.support.real_name}, try to approve your own request. Then "Undo…" the one that is done.
  4. Jobs fail, and the bot posts them by itself, the first within half a minute. Start from their buttons:
     trainee 5902   "Ask again for 1 day": the poll timed out. DTTP gives the TRN two minutes after this start.
     trainee 5913   "Register again": DTTP has lost the record.
     school 900004  "Repair school": open on GIAS, but not active in DTTP. 900006 has two rows, 900005 none.
  5. /trainee jobs   and   /trainee show ${slug(5914)}

Other trainees, each in a different situation
  ${slug(5904)}   a draft
  ${slug(5907)}   already awarded
  ${slug(5908)}   on an early-years route
  ${slug(5909)}   with spaces to tidy in the names
  ${slug(5912)}   at the HPITT provider

Everything here is made up, and DTTP, GIAS and Trello are simulated. The page listens on all of this machine's network
interfaces and asks nobody who they are: everyone on your network can open it. Type nothing real into it.
Log of the bot: ${logFile}
Ctrl-C stops everything. "bin/demo --reset" starts again from the beginning.
`
}

function slug(id: number): string {
  return trainees.find((trainee) => trainee.id === id)?.slug ?? ''
}
