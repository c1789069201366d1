// Everything that can go wrong for a person in Slack: what happened, that nothing has changed, and what to do.

type Facts = { cr?: string; who?: string; when?: string; other?: string; detail?: string }

const CATALOGUE = {
  'own-request': (f: Facts) => ({
    title: 'You cannot approve your own request',
    text: `You asked for ${f.cr}, so a second person must review it.\nNothing has changed. We have recorded this attempt. Ask an approver in this thread.`,
  }),
  'own-rejection': (f: Facts) => ({
    title: 'You cannot reject your own request',
    text: `You asked for ${f.cr}. Select “Cancel request” if it is no longer needed.\nNothing has changed.`,
  }),
  'not-an-approver': (f: Facts) =>
    f.cr
      ? {
          title: 'You cannot decide on requests',
          text: `Only approvers can review or reject ${f.cr}.\nNothing has changed. We have recorded this attempt. Ask an approver in this thread.`,
        }
      : {
          title: 'Only approvers can do this',
          text: 'Nothing has changed. We have recorded this attempt. Ask an approver.',
        },
  'not-a-requester': () => ({
    title: 'You cannot ask for changes',
    text: 'You are not on the list of people who may use this command.\nNothing has changed. Ask the Register developers to add you.',
  }),
  'not-a-colleague': () => ({
    title: 'Guests and visitors cannot use this',
    text: 'Only members of this workspace can ask for changes or approve them.\nNothing has changed. Ask a colleague in the support team.',
  }),
  'people-unknown': () => ({
    title: 'We could not check who you are',
    text: 'Slack did not answer when we looked up your account or group.\nNothing has changed. Try again in a minute.',
  }),
  'group-gone': () => ({
    title: 'The user group of people who may do this is gone',
    text: 'It was deleted or disabled in Slack, so nobody in it can ask for changes or approve them.\nNothing has changed. Tell the Register developers.',
  }),
  'not-requester': (f: Facts) => ({
    title: 'You cannot cancel this request',
    text: `Until ${f.cr} is approved, only the person who asked for it can cancel it.\nNothing has changed. An approver can reject it instead.`,
  }),
  'already-approved': (f: Facts) => ({
    title: `${f.cr} is already approved`,
    text: `${f.who} approved it ${f.when}. It runs once only.\n${f.detail ?? 'You do not need to do anything.'}`,
  }),
  'already-over': (f: Facts) => ({
    title: `${f.cr} is no longer waiting for approval`,
    text: `${f.detail}\nNothing has changed because of what you selected.`,
  }),
  altered: (f: Facts) => ({
    title: `${f.cr} is not as it was asked for`,
    text: 'Its record was altered, or it belongs to another database.\nNothing has changed. Ask for the change again, and tell the Register developers.',
  }),
  'another-version': (f: Facts) => ({
    title: `${f.cr} was made with another version of the bot`,
    text: 'The bot is being upgraded, and you have reached the part of it that cannot show this request as it was made.\nNothing has changed. Try again in a few minutes. If it says the same in half an hour, ask for the change again.',
  }),
  'not-a-draft': () => ({
    title: 'This request is not waiting to be sent',
    text: 'It was sent or discarded already.\nNothing has changed.',
  }),
  'draft-changed': (f: Facts) => ({
    title: `${f.cr} has other answers by now`,
    text: `They were changed in another window after this form was opened. We have not kept what you filled in here, and nothing has changed.\nClose this window, and open ${f.cr} on the bot’s Home tab.`,
  }),
  'answers-changed': (f: Facts) => ({
    title: `This is not ${f.cr} as it is now`,
    text: `Its answers were changed after this preview was made. We have not sent it, and nothing has changed.\nClose this window, and open ${f.cr} on the bot’s Home tab.`,
  }),
  'not-shown': (f: Facts) => ({
    title: 'Review the request first',
    text: `We have no record of showing you ${f.cr} as it is now.\nNothing has changed. Select “Review” on the request and read it there.`,
  }),
  'reveal-off': (f: Facts) => ({
    title: 'This bot shows nobody personal details',
    text: `You can approve or reject ${f.cr} without them.\nNothing has changed. We have recorded this attempt. Select “Review” on the request to read it again.`,
  }),
  expired: (f: Facts) => ({
    title: `${f.cr} has expired`,
    text: `Nobody approved it before ${f.when}.\nNothing has changed. Select “Ask again” if it is still needed.`,
  }),
  'another-open': (f: Facts) => ({
    title: 'Another request is open for this record',
    text: `${f.other} would change the same record and is not finished.\nNothing has changed. Wait until it is finished, or ask for it to be cancelled.`,
  }),
  'not-found': () => ({
    title: 'We cannot find this request',
    text: 'It may have been removed after its retention time, or lost when an older backup was restored.\nNothing has changed.',
  }),
  'not-allowed-channel': (f: Facts) => ({
    title: 'You cannot use this command here',
    text: `Requests are posted where the command is typed, so that the team can see them. Use it in ${f.detail}.\nNothing has changed.`,
  }),
  'not-posted-there': (f: Facts) => ({
    title: `${f.cr} cannot be posted where it was asked for`,
    text: `The bot does not post requests in that channel.\nNothing has changed. Ask for the change again in ${f.detail}.`,
  }),
  'nobody-named': (f: Facts) => ({
    title: 'Say which trainee',
    text: `Type /trainee ${f.detail ?? 'show'} and the trainee’s link in Register, the last part of that link, or their number.\nFor example: /trainee ${f.detail ?? 'show'} 5913`,
  }),
  'bad-reference': (f: Facts) => ({
    title: 'We cannot find this trainee',
    text: `${f.detail}\nUse the trainee’s link in Register, the last part of that link, or their number.`,
  }),
  'trainee-gone': () => ({
    title: 'This trainee is no longer in Register',
    text: 'The record was deleted after you referred to it.\nNothing has changed. Check the trainee in Register.',
  }),
  'not-to-dismiss': () => ({
    title: 'You cannot dismiss this',
    text: 'Only people who may ask for changes or approve them can dismiss what the bot has posted.\nNothing has changed. Ask the Register developers to add you.',
  }),
  'alert-over': (f: Facts) => ({
    title: 'This is closed already',
    text: `${f.detail}\nNothing has changed because of what you selected.`,
  }),
  'attention-changed': (f: Facts) => ({
    title: `Something else is wrong with ${f.cr} by now`,
    text: 'It has changed since this was drawn, so we have not marked it as dealt with.\nLook at its card, and select “Mark as dealt with” there once that is settled, too.',
  }),
  'alert-changed': () => ({
    title: 'This has changed since you opened it',
    text: 'It is about something more, or something else, by now. We have not dismissed it, and nothing has changed.\nLook at the post, and select “Dismiss” again if nobody needs to do anything.',
  }),
  'alert-cured': () => ({
    title: 'Nobody needs to do this any more',
    text: 'What was posted is no longer so. Nothing has changed because of what you selected.\nThe post is drawn anew in a few seconds.',
  }),
  'alert-gone': () => ({
    title: 'We cannot find what this post is about',
    text: 'Nothing has changed. Tell the Register developers.',
  }),
  'no-trainee-named': () => ({
    title: 'This message names no trainee',
    text: 'We look for a link to a trainee in Register, or for the word “trainee” and a number.\nNothing has changed. Type /trainee show and the trainee’s link or number instead.',
  }),
  'several-trainees-named': () => ({
    title: 'This message names more than one trainee',
    text: 'We cannot tell which one you mean.\nNothing has changed. Type /trainee show and the trainee’s link or number instead.',
  }),
  'playbook-off': () => ({
    title: 'This kind of change is switched off',
    text: 'This bot does not make it for now.\nNothing has changed. Ask the Register developers if you need it.',
  }),
  'playbook-unsafe': (f: Facts) => ({
    title: f.cr ? `${f.cr} cannot be decided now` : 'This kind of change is switched off',
    text: `${f.detail}\nThis version of the bot does not know it so, and makes no such change until that is put right.\nNothing has changed. Tell the Register developers.`,
  }),
  'register-changed': () => ({
    title: 'Register’s database has changed',
    text: 'We cannot read it as this version of the bot knows it.\nNothing has changed. Type /trainee help to see what is switched off, and tell the Register developers.',
  }),
  'previews-only': () => ({
    title: 'This bot shows previews only',
    text: 'The request was not sent, and nothing has changed.\nMake the change as you did before there was the bot.',
  }),
  'reason-tells': (f: Facts) => ({
    title: 'Say why without telling who a trainee is',
    text: `Remove the trainee’s ${f.detail}: everyone in the channel can read this.\nNothing has changed: the bot is not paused by this.`,
  }),
  'school-is-there': () => ({
    title: 'The school is in Register’s list by now',
    text: 'It came after this was shown. Support was not asked for it, and nothing has changed.\nUse the command again: nobody needs to wait.',
  }),
  'support-not-asked': () => ({
    title: 'Support has not been asked after all',
    text: 'The Trello card that this spoke of could not be added. You do not wait, and nothing has changed.\nUse the command again: it shows the card that is added if you ask for it.',
  }),
  'not-paused': () => ({
    title: 'The bot is not paused',
    text: 'There is nothing to resume. Nothing has changed.',
  }),
  'upstream-unavailable': (f: Facts) => ({
    title: 'We could not finish the checks',
    text: `${f.detail ?? 'Another system did not answer.'}\nNothing has changed. Try again in a few minutes.`,
  }),
  'too-slow': () => ({
    title: 'That took too long',
    text: 'Slack stopped waiting before we could show anything.\nNothing has changed. Try again.',
  }),
  'slack-busy': (f: Facts) => ({
    title: 'Slack did not let us answer',
    text: `It was too busy to show anything${f.detail ? ` (reference ${f.detail})` : ''}.\nNothing has changed. Try again in a minute.`,
  }),
  'database-busy': (f: Facts) => ({
    title: 'The database is busy',
    text: `It did not save this in time, or could not be reached${f.detail ? ` (reference ${f.detail})` : ''}.\nNothing has changed. Try again in a minute.`,
  }),
  'outcome-unknown': () => ({
    title: 'We do not know yet if this was saved',
    text: 'We lost the connection to the database while it was saved.\nIn a minute, look at the request or the list it is on: it shows what was saved. Doing it again is safe: it is done once only.',
  }),
  unexpected: (f: Facts) => ({
    title: 'Something went wrong',
    text: `We could not do this, and have logged the problem${f.detail ? ` (reference ${f.detail})` : ''}.\nTry again. If it happens again, tell the Register developers.`,
  }),
} as const satisfies Record<string, (facts: Facts) => { title: string; text: string }>

export type ErrorCode = keyof typeof CATALOGUE

/** All of them. */
export const ERROR_CODES = Object.keys(CATALOGUE) as ErrorCode[] // its keys are nothing else

/** A refusal or failure with words for the person in Slack; anything else that is thrown is a bug or an outage. */
export class ChangeError extends Error {
  readonly code: ErrorCode
  readonly facts: Facts

  constructor(code: ErrorCode, facts: Facts = {}) {
    super(code)
    this.name = 'ChangeError'
    this.code = code
    this.facts = facts
  }

  /** What happened and what to do next, as plain text; `who` is a Slack mention. */
  get words(): { title: string; text: string } {
    return CATALOGUE[this.code](this.facts)
  }
}

/** A system that a playbook asked gave no answer of use; the request stays as it is and can be tried again. */
export class UpstreamUnavailable extends Error {
  constructor(
    system: string,
    /** What came of asking it, in sentences for people. */
    readonly words = `${system} did not answer.`,
    options?: ErrorOptions,
  ) {
    super(`${system} did not answer`, options)
    this.name = 'UpstreamUnavailable'
  }
}
