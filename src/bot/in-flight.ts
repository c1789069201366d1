import type { App } from '@slack/bolt'

/** Counts what is being answered, so that a shutdown can wait for it: `app.stop()` itself does not. */
export function trackInFlight(app: App) {
  let count = 0
  let refusing = false
  let onDrained: () => void = () => {}
  app.use(async ({ next }) => {
    if (refusing) return // not acknowledged: Slack tells the person, and redelivers events to another process
    count++
    try {
      await next()
    } finally {
      count--
      if (count === 0) onDrained()
    }
  })
  return {
    refuse() {
      refusing = true
    },
    async drained() {
      if (count > 0)
        await new Promise<void>((resolve) => {
          onDrained = resolve
        })
    },
  }
}
