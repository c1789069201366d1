import { expect, it } from 'vitest'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { repairSchool } from '../../src/playbooks/repair-school/index.ts'
import { renderForm } from '../../src/views/form.ts'
import { expectView } from './shown.ts'

type Given = Omit<Parameters<typeof renderForm>[1], 'metadata'>

function fieldsOf(given: Given, playbook: Parameters<typeof renderForm>[0] = repairSchool) {
  const view = renderForm(playbook, { ...given, metadata: '{}' })
  expectView(view)
  const fields = view.blocks.filter(({ type }) => type === 'input').map(({ block_id }) => block_id)
  return { fields, submit: view.submit?.text }
}

it('begins with the one field that says what it is about', () => {
  expect(fieldsOf({ isFirst: true })).toEqual({ fields: ['subject'], submit: 'Continue' })
})

it('then asks why, and only for the answers that are needed', () => {
  const values = { subject: 'URN 900005' }
  expect(fieldsOf({ values })).toEqual({ fields: ['subject', 'reason', 'ticket'], submit: 'Check' })
  expect(fieldsOf({ values, asks: ['missing'] }).fields).toEqual(['subject', 'missing', 'dttp_id', 'reason', 'ticket'])
})

it('keeps an answer that was given', () => {
  expect(fieldsOf({ values: { subject: 'URN 900005', row: '806' } }).fields).toContain('row')
})

it('asks for all at once where the playbook has no steps', () => {
  expect(fieldsOf({}, fixRoute).fields).toEqual(['subject', 'route', 'reason', 'ticket'])
})
