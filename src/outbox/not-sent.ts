// Why a row is not sent now: later, by another sender, or never.

/**
 * What a row waits for that Slack takes only at its own pace. Replies leave their turns to the cards and posts that wait
 * for one: after an outage people see first where each request stands.
 */
export const TURN = 'turn'

/** What a row waits for that this version of the bot cannot read, or has nothing to draw it with. */
export const NEWER = 'a newer version'

/**
 * What this version cannot read is left to a newer one for `ms`. A turn that comes so `late` was nobody's before, as in a pause: the
 * time begins anew, since the newer one must have its turns in it.
 */
export const LEFT_TO_NEWER = { ms: 60 * 60_000, late: 5 * 60_000 }

/** How and why a row is put off. */
export type Postponement = {
  /** A code; never words of another system's. */
  reason?: string
  /** The attempt may have got through; so it is if nothing is said of it. */
  unsure?: boolean
  /**
   * What the row cannot be sent without: `slack`, or `channel:<id>`, or `card:<request>`, or `TURN`. `wakeOutbox` has it sent. `NEWER`
   * waits for another process.
   */
  waitsFor?: string | null
  /** Where the delay grows: its end, in milliseconds. */
  longest?: number
  /** The row was read and not even tried: no attempt is used up. */
  isBlameless?: boolean
  /** No operator can help: waiting has no end, or whoever sends it ends it. */
  isEndless?: boolean
}

/** To be tried again after this many milliseconds; null lets the delay grow with the time that the row has failed. */
export class RetryLater extends Error {
  constructor(
    readonly delay: number | null,
    readonly postponement: Postponement = {},
  ) {
    super(postponement.reason ?? `asked to wait ${delay} ms`)
    this.name = 'RetryLater'
  }
}

/** Another sender has the row by now, and says what becomes of it. */
export class TakenOver extends Error {
  constructor() {
    super('another sender has taken it over')
    this.name = 'TakenOver'
  }
}

/** Sending it again would fail again. */
export class Undeliverable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Undeliverable'
  }
}
