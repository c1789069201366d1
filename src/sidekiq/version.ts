import type { SidekiqProcess } from './processes.ts'

/** Whether we may write to a Sidekiq, and if not, why: a sentence for people. `version` is what it calls itself. */
export type MayWrite = { mayWrite: true; version: string } | { mayWrite: false; isPassing: boolean; why: string }

/**
 * Judges by the living processes. What we write was tried on 6.2.2 and 6.4.1, which do not say their version; 7 and
 * later do, and what is older than 6.2 does not measure its way to Redis. 6.4.2 to 6.5 are known only by what they run:
 * `wasNewer` is whether they ran something when Sidekiq was last seen to run anything.
 */
export function judgeVersion(processes: readonly SidekiqProcess[], wasNewer: boolean): MayWrite {
  if (processes.length === 0) {
    return { mayWrite: false, isPassing: true, why: 'No process of Register’s Sidekiq is running.' }
  }
  const newer = processes.flatMap(({ version }) => version ?? [])[0]
  if (newer !== undefined) {
    return untried(`Register’s Sidekiq is version ${newer}`)
  }
  if (!processes.every(({ measuresRedis }) => measuresRedis)) {
    return untried('Register’s Sidekiq is older than 6.2')
  }
  if (seemsNewer(processes) ?? wasNewer) return untried('Register’s Sidekiq is version 6.4.2 to 6.5')
  return { mayWrite: true, version: '6.2 to 6.4.1' }
}

/**
 * Whether a process keeps what it runs where 6.4.2 and later keep it. Null while none runs anything: nothing else that
 * Sidekiq has in Redis tells 6.4.1 from 6.4.2 (looked for in the sources of 6.2.0 to 6.5.12).
 */
export function seemsNewer(processes: readonly SidekiqProcess[]): boolean | null {
  if (processes.some(({ runsUnder }) => runsUnder === 'work')) return true
  return processes.some(({ runsUnder }) => runsUnder === 'workers') ? false : null
}

function untried(what: string): MayWrite {
  const why = `${what}. The bot reads its jobs, but it was not tried with it, so it starts, retries and removes none.`
  return { mayWrite: false, isPassing: false, why }
}
