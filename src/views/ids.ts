// The names by which Slack hands back what people do. handlers/ registers them; a test holds both sides together.

/** `callback_id` of each modal. */
export const MODALS = {
  chooser: 'choose-playbook',
  form: 'playbook-form',
  preview: 'preview',
  review: 'review',
  reject: 'reject',
  notice: 'notice',
} as const

/** `action_id` of each button. A button's value is the change request's number, unless said otherwise. */
export const ACTIONS = {
  openReview: 'open-review',
  openReject: 'open-reject',
  cancelRequest: 'cancel-request',
  previewAgain: 'preview-again',
  /** Opens an unsent request's preview from the Home tab or the list. */
  openUnsent: 'open-unsent',
  discardUnsent: 'discard-unsent',
  /** Value: the page to show, `<change request>:<page>`. */
  reviewPage: 'review-page',
  /** Value: the playbook's name. */
  startPlaybook: 'start-playbook',
  /** A link button: Slack still sends the action, which only needs an answer. */
  viewTrainee: 'view-trainee',
} as const

/** Every input's block_id is its field's name; its action_id is this. */
export const INPUT_ACTION = 'value'
