import { describe, expect, it } from 'vitest'
import { renderMorning } from '../../../src/views/request/morning.ts'
import { changeRequest, manualStep, REGISTER } from '../builders.ts'
import { expectMessage, readingOf } from '../shown.ts'

const now = new Date('2021-10-28T08:00:00Z')
const none = { requests: { requests: [], inAll: 0 }, steps: { steps: [], inAll: 0 }, registerUrl: REGISTER, now }
const waiting = { requests: [changeRequest()], inAll: 1 }
const done = { step: manualStep(), request: changeRequest({ status: 'done' }) }
const left = { steps: [done], inAll: 1 }

describe('the morning’s line', () => {
  it('says what waits, until when, what is left to do and who sees to it', () => {
    const message = renderMorning({ ...none, requests: waiting, steps: left })
    expectMessage(message)
    expect(message.text).toBe('1 request waits for approval, 1 step is left to do by hand')
    const read = readingOf(message.blocks)
    expect(read).toContain(
      `• CR-12: change <${REGISTER}/trainees/Ab3dEf6hIj|trainee 5913> from Provider-led (postgrad) to School direct (salaried). It expires at 2:14pm today.`,
    )
    expect(read).toContain('• CR-12: ask for the route to be changed in DTTP, by <@U0REQUESTER>.')
  })

  it('says of each only where there is something', () => {
    expect(renderMorning({ ...none, requests: waiting }).text).toBe('1 request waits for approval')
    expect(renderMorning({ ...none, steps: left }).text).toBe('1 step is left to do by hand')
  })

  it('says how many more there are, and fits however many', () => {
    const many = {
      requests: { requests: Array.from({ length: 10 }, () => changeRequest()), inAll: 1_234 },
      steps: {
        steps: Array.from({ length: 10 }, () => ({
          ...done,
          step: manualStep({ title: 'x'.repeat(5_000) }),
        })),
        inAll: 40,
      },
    }
    const message = renderMorning({ ...none, ...many })
    expectMessage(message)
    expect(message.text).toBe('1,234 requests wait for approval, 40 steps are left to do by hand')
    expect(readingOf(message.blocks)).toContain('And 1,224 more.')
    expect(readingOf(message.blocks)).toContain('And 30 more.')
  })
})
