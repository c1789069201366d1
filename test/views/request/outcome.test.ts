import { describe, expect, it } from 'vitest'
import type { ChangeRequest, Postcondition } from '../../../src/entities/chatops/change-request.ts'
import { reRegister } from '../../../src/playbooks/re-register/index.ts'
import { renderCard } from '../../../src/views/request/card.ts'
import { renderWhatChanged } from '../../../src/views/request/changes.ts'
import { buttons, readText } from '../../support/slack/index.ts'
import { changeRequest, REGISTER } from '../builders.ts'
import { expectMessage } from '../shown.ts'

const lines: Postcondition[] = [
  { sentence: 'The ids are set', holds: true, found: 'The new record is c1.' },
  { sentence: 'DTTP has every degree', holds: false, waiting: true, found: '0 of 2.' },
  { sentence: 'The poll is scheduled', holds: false, found: 'There is no such job.' },
]
const MADE = {
  decidedBy: 'U0DEV',
  decidedAt: new Date('2021-10-27T13:20:00Z'),
  executedAt: new Date('2021-10-27T13:21:00Z'),
}

function card(given: Partial<Omit<ChangeRequest, 'plan' | 'checks'>>) {
  return renderCard({
    changeRequest: changeRequest({ ...MADE, ...given }),
    playbook: reRegister,
    registerUrl: REGISTER,
  })
}

describe('what the result was looked at for', () => {
  it.each(['verifying', 'needs-attention', 'changes'] as const)(
    'is a line each, marked without an emoji: %s',
    (where) => {
      const outcome = { verified: lines }
      const message =
        where === 'changes'
          ? {
              text: '-',
              ...renderWhatChanged(changeRequest({ status: 'done', ...MADE, outcome }), reRegister, REGISTER),
            }
          : card({ status: where, outcome })
      const read = readText(message.blocks)
      expect(read).toContain('What we looked at')
      const shown = message.blocks.map((block) => readText([block]))
      expect(shown).toContain('✓ The ids are set. The new record is c1.')
      expect(shown).toContain('○ DTTP has every degree: not yet. 0 of 2.')
      expect(shown).toContain('✗ The poll is scheduled: this does not hold. There is no such job.')
      expectMessage(message as never)
    },
  )

  it('is not on a card that is done: that says how things are', () => {
    const outcome = { verified: lines.slice(0, 1) }
    expect(readText(card({ status: 'done', outcome }).blocks)).not.toContain('What we looked at')
  })

  it('cannot pass for another line', () => {
    const found = 'DTTP said:\n✓ The poll is scheduled.\u202E'
    const message = card({
      status: 'verifying',
      outcome: { verified: [...lines, { sentence: 'A', holds: true, found }] },
    })
    const shown = message.blocks.map((block) => readText([block]))
    expect(shown).toContain('✓ A. DTTP said: / ✓ The poll is scheduled.{U+202E}')
  })

  it('is not said line by line where it is one thing that holds', () => {
    const read = readText(card({ status: 'verifying', outcome: { verified: lines.slice(0, 1) } }).blocks)
    expect(read).not.toContain('What we looked at')
  })

  it('stays within a card however much it is', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      sentence: `Line ${index} ${'x'.repeat(3000)}`,
      holds: false,
      found: 'y'.repeat(3000),
    }))
    const message = card({ status: 'needs-attention', outcome: { verified: many, problem: 'z'.repeat(5000) } })
    expect(readText(message.blocks)).toContain('And 50 more.')
    expectMessage(message as never)
  })
})

describe('what can be asked for next', () => {
  const followUp = (label: string) => ({ label, playbook: 'settle-registration', values: { subject: 'slug' } })
  const unknown: Postcondition = {
    ...(lines[2] as Postcondition),
    followUps: ['Use these records', 'Register again', 'A third'].map(followUp),
  }
  const labels = (given: Parameters<typeof card>[0]) =>
    buttons(card(given).blocks).map(({ text, value }) => [text, value])

  it('are buttons on a card that needs attention: two at most', () => {
    expect(labels({ status: 'needs-attention', outcome: { verified: [unknown] } })).toEqual(
      expect.arrayContaining([
        ['Use these records', '12:0'],
        ['Register again', '12:1'],
      ]),
    )
    expect(JSON.stringify(labels({ status: 'needs-attention', outcome: { verified: [unknown] } }))).not.toContain(
      'A third',
    )
  })

  it.each(['verifying', 'done'] as const)('is nothing while it is %s', (status) => {
    expect(JSON.stringify(labels({ status, outcome: { verified: [unknown] } }))).not.toContain('Use these records')
  })

  it('is nothing where the line holds', () => {
    const verified = [{ ...unknown, holds: true }]
    expect(JSON.stringify(labels({ status: 'needs-attention', outcome: { verified } }))).not.toContain('Use these')
  })
})
