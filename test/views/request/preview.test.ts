import { describe, expect, it } from 'vitest'
import { fixRoute as playbook } from '../../../src/playbooks/fix-route/index.ts'
import { MODALS } from '../../../src/views/kit/ids.ts'
import { renderBlocked, renderChecking, renderNothingToDo, renderPreview } from '../../../src/views/request/preview.ts'
import { sight } from '../alert/sights.ts'
import { changeRequest, check, REGISTER } from '../builders.ts'
import { expectView, readingOf } from '../shown.ts'

function preview(given: Parameters<typeof changeRequest>[0] = {}) {
  return renderPreview({
    changeRequest: changeRequest({ status: 'unsent', ...given }),
    playbook,
    registerUrl: REGISTER,
  })
}

it('waits without anything to submit', () => {
  for (const view of [renderChecking(playbook), renderChecking(null)]) {
    expect(view.submit).toBeUndefined()
    expect(readingOf(view)).toContain('Checking…')
    expectView(view)
  }
})

describe('the preview', () => {
  it('says that nothing has changed, and offers to ask for approval of this one request', () => {
    const view = preview()
    expectView(view)
    expect(view.callback_id).toBe(MODALS.preview)
    expect(view.submit?.text).toBe('Ask for approval')
    expect(JSON.parse(view.private_metadata ?? '')).toEqual({ changeRequest: '12', digest: 'd1'.repeat(32) })
    expect(readingOf(view)).toContain('Not sent yet. Nothing has changed.')
  })

  it('shows warnings before what holds, every column before and after, and manual steps ready to copy', () => {
    const read = readingOf(preview())
    expect(read.indexOf('⚠️ Warning: Found state.')).toBeGreaterThan(0)
    expect(read.indexOf('✅ The provider is right. Found provider.')).toBeGreaterThan(
      read.indexOf('⚠️ Warning: Found state.'),
    )
    expect(read).toContain('*Training route*\nfrom Provider-led (postgrad) to School direct (salaried)')
    expect(read).toMatch(/\*Emptied \(5\), each with its value before\*\n[\s\S]*Course start date: 1 September 2021\n/)
    expect(read).not.toContain('to empty')
    expect(read).toContain('To do by hand: Ask for the route to be changed in DTTP')
    expect(read).toContain('```Please change it.\nThanks```')
  })

  it('counts an open alert that is about something else among the warnings', () => {
    const about = (alerts: Parameters<typeof renderPreview>[0]['alerts'], checks = [check('holds', 'provider')]) =>
      readingOf(
        renderPreview({
          changeRequest: changeRequest({ status: 'unsent', checks }),
          playbook,
          registerUrl: REGISTER,
          ...(alerts ? { alerts } : {}),
        }),
      )
    expect(about([])).toContain('Nothing stands in the way')
    expect(about([sight()])).toContain('Read 1 warning first')
    expect(about([sight()], [check('warns', 'state')])).toContain('Read 2 warnings first')
  })

  it('cannot be sent once it was, or once its details are removed', () => {
    expect(preview({ status: 'pending' }).submit).toBeUndefined()
    const purged = preview({ plan: null, checks: null, form: null })
    expect(purged.submit).toBeUndefined()
    expectView(purged)
  })
})

describe('a change that is not possible', () => {
  const checks = [check('holds', 'trainee'), check('blocks', 'provider', 'Choose another route.')]

  it('says first what stands in the way and what to do instead, and offers nothing to submit', () => {
    const view = renderBlocked({ playbook, checks, trainee: { id: '5', slug: 'abcdef' }, registerUrl: REGISTER })
    expectView(view)
    expect(view.submit).toBeUndefined()
    const read = readingOf(view)
    expect(read).toContain('⛔ Not possible: Choose another route.*\nCheck: The provider is right')
    expect(read).toContain('Nothing has changed.')
    expect(read.indexOf('✅')).toBeGreaterThan(read.indexOf('⛔'))
  })

  it('asks to try again where something could not be checked', () => {
    const read = readingOf(renderBlocked({ playbook, checks: [check('unchecked', 'school', 'GIAS did not answer.')] }))
    expect(read).toContain('Check: The school is right')
    expect(read).toContain('Try again in a few minutes.')
  })
})

it('says that there is nothing to do', () => {
  const view = renderNothingToDo({ playbook, checks: [check('holds', 'trainee')] })
  expectView(view)
  expect(view.submit).toBeUndefined()
  expect(readingOf(view)).toContain('There is nothing to do')
})
