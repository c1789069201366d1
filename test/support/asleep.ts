// A sender that sleeps after it was told that it still has its row, and before it sends.

/** `isHeld` answers, when woken, that the row is still the sender's; every later time another one has it. */
export function createSleeper() {
  let fellAsleep = () => {}
  let wake = () => {}
  const isAsleep = new Promise<void>((resolve) => {
    fellAsleep = resolve
  })
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  let asked = 0
  const isHeld = async (): Promise<boolean> => {
    fellAsleep()
    await woken
    return asked++ === 0
  }
  return { isHeld, isAsleep, wake: () => wake() }
}

/** The same question of the sender that has it by then: answered once the sleeper was woken and is done. */
export async function after(wake: () => void, asleep: Promise<unknown>): Promise<boolean> {
  wake()
  await asleep
  return true
}
