// The ids with which Slack tells the bot what people did. handlers/ registers them, and a test compares both sides.

/** `callback_id` of each modal. */
export const MODALS = {
  chooser: 'choose-playbook',
  form: 'playbook-form',
  preview: 'preview',
  review: 'review',
  reject: 'reject',
  question: 'question',
  dismissAlert: 'dismiss-alert',
  wait: 'wait-for-school',
  steps: 'manual-steps',
  notice: 'notice',
} as const

/** `action_id` of each button. A button's value is the change request's number, unless said otherwise. */
export const ACTIONS = {
  openReview: 'open-review',
  openReject: 'open-reject',
  /** "Ask a question" in the review. */
  openQuestion: 'open-question',
  cancelRequest: 'cancel-request',
  previewAgain: 'preview-again',
  /** Opens an unsent request's preview from the Home tab or the list. */
  openUnsent: 'open-unsent',
  /** Back to the form of an unsent request. */
  changeAnswers: 'change-answers',
  discardUnsent: 'discard-unsent',
  /** Value: the page to show, `<change request>:<page>`, and then what else is shown. */
  reviewPage: 'review-page',
  /** Value: the trainee's slug. */
  chooseFix: 'choose-fix',
  /** Value: the playbook's name. */
  startPlaybook: 'start-playbook',
  /** What can be asked for after a request. Value: `<change request>:<which>`. */
  startFollowUp: 'start-follow-up',
  startOtherFollowUp: 'start-other-follow-up',
  /** "Undo…" on a finished request. */
  startUndo: 'start-undo',
  /** What is left to do by hand after a request: its words, and who has done it. */
  copySteps: 'copy-steps',
  markSteps: 'mark-steps',
  unmarkSteps: 'unmark-steps',
  /** That a request which needs attention is dealt with. Value: `<change request>:<what is wrong with it, as a number>`. */
  markDealtWith: 'mark-dealt-with',
  /** What a request changed, or would have. */
  showChanges: 'show-changes',
  /** Value: the page of the list of jobs, and what the list is narrowed to, as JSON. */
  jobsPage: 'jobs-page',
  /** Value: the job's id. */
  startFromJob: 'start-from-job',
  /** Value: `<alert>:<trainee>`, or `<alert>:` for a playbook that is not about one trainee. */
  startFromAlert: 'start-from-alert',
  /** Value: the alert. */
  openDismissal: 'open-dismissal',
  /** Value: the wait for a school. */
  continueWait: 'continue-wait',
  stopWait: 'stop-wait',
  /** Value: the page of a list of requests, and what was looked for, as JSON. */
  requestsPage: 'requests-page',
  /** A list on the Home tab in full; value: its name, or empty for all lists. */
  homeList: 'home-list',
  /** Value: `<list>:<page>`. */
  homePage: 'home-page',
  /** Value: the page, and the trainee, as JSON. */
  historyPage: 'history-page',
  /** A link button to a request's card: Slack still sends the action, which only needs an answer. */
  openCard: 'open-card',
  /** A link button: Slack still sends the action, which only needs an answer. */
  viewTrainee: 'view-trainee',
  /** A link button, too. */
  viewInDttp: 'view-in-dttp',
} as const

/** Every input's block_id is its field's name; its action_id is this. */
export const INPUT_ACTION = 'value'
