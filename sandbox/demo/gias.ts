// The demo's GIAS: the demo's own schools, each as its story needs it, among enough others to pass for all of England.
import { type GiasSimulator, type SimulatedSchool, startGiasSimulator } from '../gias/index.ts'
import { schools } from '../register/seed/organisations.ts'

/** The bot takes no extract for whole that has fewer than 10,000 schools. */
const OTHERS = 10_500
const OPENED = '2004-09-01'

export async function startDemoGias(port: number): Promise<GiasSimulator> {
  return startGiasSimulator({ port, schools: demoSchools(new Date()) })
}

/** Open, but for one that is about to close, one that is closed, and one that is still to open. */
function demoSchools(now: Date): SimulatedSchool[] {
  const nextYear = now.getUTCFullYear() + 1
  const stories: Record<string, Partial<SimulatedSchool>> = {
    '900002': { status: 3, closeDate: `${nextYear}-08-31` },
    '900003': { openDate: '2021-09-01' },
    '900004': { openDate: '2021-09-01' },
    '900011': { status: 2, closeDate: '2021-07-31' },
    '900012': { status: 4, openDate: `${nextYear}-09-01` },
  }
  const own = schools.map(({ urn, name }) => ({ urn, name, status: 1, openDate: OPENED, ...stories[urn] }))
  const others = Array.from({ length: OTHERS }, (_, n) => {
    const urn = String(800_001 + n)
    return { urn, name: `Demo Other School ${urn}`, status: 1, openDate: OPENED }
  })
  return [...own, ...others]
}
