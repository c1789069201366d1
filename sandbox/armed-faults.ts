/** Faults on demand, for whichever simulation: what the next requests should suffer, in the order in which they were added. */
export function armedFaults<Fault extends { times?: number }>() {
  let armed: { fault: Fault; left: number }[] = []

  return {
    add(fault: Fault): void {
      armed.push({ fault, left: fault.times ?? 1 })
    },
    clear(): void {
      armed = []
    },
    /** The first armed fault that fits a request, used up by one; null for none. */
    takeFirst(fits: (fault: Fault) => boolean): Fault | null {
      const match = armed.find(({ fault, left }) => left > 0 && fits(fault))
      if (!match) return null
      match.left -= 1
      return match.fault
    },
  }
}
