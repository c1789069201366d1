import { describe, expect, it } from 'vitest'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { readFormValues, renderChooser, renderForm } from '../../src/views/form.ts'
import { INPUT_ACTION, MODALS } from '../../src/views/kit/ids.ts'
import { expectView, readingOf } from './shown.ts'

describe('a playbook’s form', () => {
  const view = renderForm(fixRoute, {
    values: { subject: 'Ab3dEf6hIj', route: 'hpitt_postgrad', ticket: '' },
    metadata: '{"a":1}',
  })
  const inputs = view.blocks.filter((block) => block.type === 'input')

  it('has an input for each field, filled in as far as known', () => {
    expectView(view)
    expect(view).toMatchObject({ callback_id: MODALS.form, private_metadata: '{"a":1}', submit: { text: 'Check' } })
    expect(inputs).toMatchObject([
      { block_id: 'subject', optional: false, element: { action_id: INPUT_ACTION, initial_value: 'Ab3dEf6hIj' } },
      { block_id: 'route', element: { type: 'static_select', initial_option: { value: 'hpitt_postgrad' } } },
      { block_id: 'reason', element: { multiline: true, max_length: 500 } },
      { block_id: 'ticket', optional: true },
    ])
    expect(readingOf(view)).toContain('Do not name the trainee.')
  })

  it('leaves out a choice that is not offered, and keeps a text that is too long', () => {
    const odd = renderForm(fixRoute, { values: { route: 'nowhere', subject: 'x'.repeat(400) }, metadata: '' })
    expectView(odd)
    expect(JSON.stringify(odd)).not.toContain('initial_option')
    expect(JSON.stringify(odd)).toContain('x'.repeat(400))
  })

  it('says what could not be used of what was typed', () => {
    const told = renderForm(fixRoute, { problems: ['New route: “<!here>” is not on the list.'], metadata: '' })
    expectView(told)
    expect(readingOf(told)).toContain('⚠️ Look again: New route: “<!here>” is not on the list.')
  })

  it('asks what a check needs to know, without blame', () => {
    const asked = renderForm(fixRoute, { problems: ['Which route should it be?'], asks: ['route'], metadata: '' })
    expect(readingOf(asked)).toContain('Which route should it be?')
    expect(readingOf(asked)).not.toContain('Look again')
  })

  it('cuts no title in half', () => {
    const long = renderForm({ ...fixRoute, title: 'A title that is too long for a modal' }, { metadata: '' })
    expectView(long)
    expect(long.title.text).toBe('New request')
  })
})

it('offers every playbook in the chooser', () => {
  const view = renderChooser([fixRoute, { ...fixRoute, name: 'other', title: 'Other' }], 'm')
  expectView(view)
  expect(view).toMatchObject({ callback_id: MODALS.chooser, submit: { text: 'Continue' }, private_metadata: 'm' })
  expect(view.blocks[0]).toMatchObject({
    block_id: 'playbook',
    element: { options: [{ value: 'fix-route' }, { value: 'other' }] },
  })
})

it('reads what was typed and chosen, and nothing as empty', () => {
  expect(
    readFormValues({
      subject: { [INPUT_ACTION]: { value: 'abc' } },
      route: { [INPUT_ACTION]: { selected_option: { value: 'hpitt_postgrad' } } },
      other: { [INPUT_ACTION]: { selected_option: null } },
      ticket: { [INPUT_ACTION]: { value: null } },
      odd: {},
    }),
  ).toEqual({ subject: 'abc', route: 'hpitt_postgrad', other: '', ticket: '', odd: '' })
})
