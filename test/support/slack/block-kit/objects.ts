/** Composition objects and their limits (Slack, "Composition objects"). */
import { byType, flag, listOf, oneOf, type Rule, shape, string } from './rules.ts'

export function plainText(max: number): Rule {
  return byType({ plain_text: shape({ required: { text: string(max) }, optional: { emoji: flag } }) })
}

export function text(max: number): Rule {
  return byType({
    plain_text: shape({ required: { text: string(max) }, optional: { emoji: flag } }),
    mrkdwn: shape({ required: { text: string(max) }, optional: { verbatim: flag } }),
  })
}

export const confirm: Rule = shape({
  required: { title: plainText(100), text: text(300), confirm: plainText(30), deny: plainText(30) },
  optional: { style: oneOf('primary', 'danger') },
})

/** An option of a select menu: plain text only. */
export const selectOption: Rule = shape({
  required: { text: plainText(75), value: string(150) },
  optional: { description: plainText(75) },
})

/** An option of radio buttons or checkboxes: mrkdwn allowed. */
export const boxOption: Rule = shape({
  required: { text: text(75), value: string(150) },
  optional: { description: text(75) },
})

export const overflowOption: Rule = shape({
  required: { text: plainText(75), value: string(150) },
  optional: { description: plainText(75), url: string(3000) },
})

export const optionGroup: Rule = shape({ required: { label: plainText(75), options: listOf(selectOption, 100) } })

export const dispatchActionConfig: Rule = shape({
  required: { trigger_actions_on: listOf(oneOf('on_enter_pressed', 'on_character_entered'), 2) },
})
