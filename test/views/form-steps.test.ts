import { expect, it } from 'vitest'
import { fixRoute } from '../../src/playbooks/fix-route/index.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { reRegister } from '../../src/playbooks/re-register/index.ts'
import { repairSchool } from '../../src/playbooks/repair-school/index.ts'
import { requeueTrn } from '../../src/playbooks/requeue-trn/index.ts'
import { settleRegistration } from '../../src/playbooks/settle-registration/index.ts'
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
  expect(fieldsOf({ values, asks: ['missing'] }).fields).toEqual(['subject', 'missing', 'reason', 'ticket'])
})

it('keeps an answer that was given', () => {
  expect(fieldsOf({ values: { subject: 'URN 900005', row: '806' } }).fields).toContain('row')
})

it.each([
  [fixRoute, ['subject', 'route', 'reason', 'ticket']],
  [requeueTrn, ['subject', 'duration', 'reason', 'ticket']],
  [reRegister, ['subject', 'reason', 'ticket']],
  [settleRegistration, ['subject', 'decision', 'reason', 'ticket']],
])('begins with all but answers where there is no first step: $name', (playbook, fields) => {
  expect(fieldsOf({}, playbook).fields).toEqual(fields)
})

it('then asks for the answer that a check wants', () => {
  const asked = fieldsOf({ values: { subject: 'slug', duration: '1 day' }, asks: ['replace'] }, requeueTrn)
  expect(asked.fields).toEqual(['subject', 'duration', 'replace', 'reason', 'ticket'])
})

it('heads no field with “only if we ask”', () => {
  for (const { form } of playbooks)
    for (const { hint = '' } of Object.values(form)) expect(hint).not.toMatch(/only if/i)
})
