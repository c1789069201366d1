import type { types } from '@slack/bolt'
import type { Field, Option } from '../contract/fields.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { type Block, LIMITS, type Modal, modalTitle, plainSections } from './kit/blocks.ts'
import { INPUT_ACTION, MODALS } from './kit/ids.ts'
import { plain, shorten } from './kit/text.ts'

/**
 * A playbook's form, filled in as far as known; a value that a select does not offer is left out. `problems` are
 * sentences about what was given before the form was opened; `choices` turn a field into a select. No answers are asked
 * for but those in `asks`, and those that were given. The first step of several asks only what it is about.
 */
export function renderForm(
  playbook: AnyPlaybook,
  {
    values = {},
    problems = [],
    choices = {},
    asks = [],
    isFirst = false,
    metadata,
  }: {
    values?: Readonly<Record<string, string>>
    problems?: readonly string[]
    choices?: Readonly<Record<string, readonly Option[]>>
    asks?: readonly string[]
    isFirst?: boolean
    metadata: string
  },
): Modal {
  const all: [string, Field<string>][] = Object.entries(playbook.form)
  const isAsked = (name: string, { isAnswer }: Field<string>) =>
    isFirst ? name === 'subject' : !isAnswer || Boolean(values[name]) || asks.includes(name)
  const lead = asks.length > 0 ? '' : '⚠️ Look again: ' // what a check asks is nobody's mistake
  const fields = all.filter(([name, field]) => isAsked(name, field))
  return {
    type: 'modal',
    callback_id: MODALS.form,
    private_metadata: metadata,
    title: modalTitle(playbook.title, 'New request'),
    submit: plain(isFirst ? 'Continue' : 'Check'),
    close: plain('Close'),
    blocks: [
      ...problems.slice(0, 20).flatMap((problem) => plainSections(shorten(`${lead}${problem}`, 1000))),
      ...plainSections(`${playbook.summary} Nothing changes until a developer has approved it.`),
      ...fields.map(([name, field]) => inputFor(name, withChoices(field, choices[name]), values[name] ?? '')),
    ],
  }
}

/** A modal that asks which playbook to start; its one input is named "playbook". */
export function renderChooser(playbooks: readonly AnyPlaybook[], metadata: string): Modal {
  const options = playbooks.map(({ name, title }) => ({ value: name, label: title }))
  return {
    type: 'modal',
    callback_id: MODALS.chooser,
    private_metadata: metadata,
    title: plain('New request'),
    submit: plain('Continue'),
    close: plain('Close'),
    blocks: [
      {
        type: 'input',
        block_id: 'playbook',
        label: plain('What do you need to do?'),
        element: selectFor(options, 'Choose one', ''),
      },
      ...playbooks.slice(0, 50).flatMap(({ title, summary }) => plainSections(`${title}: ${summary}`)),
    ],
  }
}

type StateValues = Record<
  string,
  Record<string, { value?: string | null; selected_option?: { value: string } | null } | undefined>
>

/** What was typed or chosen in each field, by name; empty for a field that was left empty. */
export function readFormValues(stateValues: StateValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stateValues).map(([name, actions]) => {
      const input = actions[INPUT_ACTION]
      return [name, input?.selected_option?.value ?? input?.value ?? '']
    }),
  )
}

function withChoices(field: Field<string>, options: readonly Option[] | undefined): Field<string> {
  return options ? { ...field, input: { type: 'select', options, placeholder: 'Choose one' } } : field
}

function inputFor(name: string, { label, hint, optional, input }: Field<string>, value: string): Block {
  const element =
    input.type === 'select'
      ? selectFor(input.options, input.placeholder, value)
      : textFor(input.multiline, input.maxLength, input.placeholder, value)
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    optional,
    element,
    ...(hint === undefined ? {} : { hint: plain(hint) }),
  }
}

/** A text that is too long is not cut, so that the person is told at the field that it is too long. */
function textFor(multiline: boolean, maxLength: number, placeholder: string | undefined, value: string) {
  const kept = value.length <= LIMITS.input ? value : ''
  return {
    type: 'plain_text_input' as const,
    action_id: INPUT_ACTION,
    multiline,
    max_length: Math.min(LIMITS.input, Math.max(maxLength, kept.length)),
    ...(placeholder === undefined ? {} : { placeholder: plain(placeholder) }),
    ...(kept === '' ? {} : { initial_value: kept }),
  }
}

function selectFor(options: readonly Option[], placeholder: string | undefined, value: string): types.StaticSelect {
  const offered = options.slice(0, LIMITS.options).map(toOption)
  const chosen = offered.find((option) => option.value === value)
  return {
    type: 'static_select',
    action_id: INPUT_ACTION,
    options: offered,
    ...(placeholder === undefined ? {} : { placeholder: plain(placeholder) }),
    ...(chosen ? { initial_option: chosen } : {}),
  }
}

function toOption({ value, label }: Option): types.PlainTextOption {
  return { value, text: plain(shorten(label, LIMITS.option)) }
}
