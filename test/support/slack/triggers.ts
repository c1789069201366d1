/** Trigger ids: one use, three seconds of the test's clock. */
import { randomBytes } from 'node:crypto'
import type { TestClock } from './clock.ts'
import { SlackError } from './slack-error.ts'

const LIFETIME_MS = 3000

interface Trigger {
  user: string
  issuedAt: number
  used: boolean
  inModal: boolean
}

export function createTriggers(clock: TestClock) {
  const triggers = new Map<string, Trigger>()

  return {
    /** `inModal` says the person acted inside a modal, which is what `views.push` needs. */
    issue(user: string, inModal = false): string {
      const id = `${Date.now()}.${triggers.size + 1}.${randomBytes(8).toString('hex')}`
      triggers.set(id, { user, issuedAt: clock.now().getTime(), used: false, inModal })
      return id
    },
    /** Uses a trigger up. Throws `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`. */
    exchange(id: unknown): Trigger {
      const trigger = triggers.get(String(id))
      if (!trigger) throw new SlackError('invalid_trigger_id')
      if (trigger.used) throw new SlackError('exchanged_trigger_id')
      if (clock.now().getTime() - trigger.issuedAt > LIFETIME_MS) throw new SlackError('expired_trigger_id')
      trigger.used = true
      return trigger
    },
  }
}
