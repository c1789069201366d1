import type { Plan } from '../../contract/plan.ts'
import { type Block, type BlockGroup, button, copyable, heading, plainSections, section } from '../kit/blocks.ts'
import { ACTIONS } from '../kit/ids.ts'
import { describeEffects } from './effects.ts'
import { renderTold } from './told.ts'

/**
 * Where the particulars link to; and the value of the button behind which the texts are that people copy, null where they are
 * shown. What the bot itself sends is always shown.
 */
type Approver = { registerUrl: string; unfoldsTexts: string | null }

/** Effects with their texts; for the person who approves also the particulars. */
export function renderEffects(plan: Plan, approver: Approver | null): BlockGroup[] {
  return describeEffects(plan).map(({ title, details, text, byHand, told }) => {
    const unfolds = text && byHand ? (approver?.unfoldsTexts ?? null) : null
    return {
      blocks: [
        ...renderTitle(title, unfolds),
        ...(approver && details ? plainSections(details) : []),
        ...(approver && told ? renderTold(told, approver.registerUrl) : []),
        ...(text && unfolds === null ? (byHand ? copyable(text) : plainSections(text)) : []),
      ],
      shows: 1,
    }
  })
}

/** Which jobs these are, ids and codes; empty where there are none. */
export function codesIn(plan: Plan): string {
  return describeEffects(plan)
    .flatMap(({ small }) => (small ? [`${small}.`] : []))
    .join(' ')
}

/** @param unfolds the value of the button that shows the text; null where that is shown, or there is none */
function renderTitle(title: string, unfolds: string | null): Block[] {
  const [first = section(title), ...others] = title.length <= 500 ? [heading(title)] : plainSections(title)
  if (unfolds === null) return [first, ...others]
  return [{ ...first, accessory: button('Show text', ACTIONS.reviewPage, unfolds) }, ...others]
}
