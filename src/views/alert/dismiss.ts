import { type Modal, plainSections } from '../kit/blocks.ts'
import { INPUT_ACTION, MODALS } from '../kit/ids.ts'
import { plain } from '../kit/text.ts'

/**
 * Asks why an alert is dismissed; the one input is named "reason". `about` is what its post is headed with, `shown` stands for
 * all that it is about.
 */
export function renderDismiss({ alert, shown, about }: { alert: string; shown: string; about: string }): Modal {
  return {
    type: 'modal',
    callback_id: MODALS.dismissAlert,
    private_metadata: JSON.stringify({ alert, shown }),
    title: plain('Dismiss'),
    submit: plain('Dismiss'),
    close: plain('Close'),
    blocks: [
      ...plainSections(about),
      ...plainSections(
        'The post stays, with your name and your reason. If another job fails this way, it is posted anew. A job that Register starts every night stays quiet only while it fails this way each night.',
      ),
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Why does nobody need to do anything?'),
        hint: plain('Everyone in the channel can read this. Do not name a trainee.'),
        element: { type: 'plain_text_input', action_id: INPUT_ACTION, multiline: true, max_length: 500 },
      },
    ],
  }
}
