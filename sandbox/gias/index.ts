/**
 * A small, strict GIAS: the daily extract of the schools it is given, with all its columns, in its encoding and under
 * its names. There is one of today and one of yesterday; it fails on demand. For the demo and for tests.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { renderExtract, type SimulatedSchool, toWindows1252 } from './extract.ts'
import { createFaults } from './faults.ts'
import { createGiasServer, PATH, type Recorded } from './server.ts'

export type { SimulatedSchool } from './extract.ts'
export type { Fault } from './faults.ts'

export type GiasSimulatorOptions = {
  /** A free one unless given. */
  port?: number
  schools: readonly SimulatedSchool[]
  now?: () => Date
}

export type GiasSimulator = Awaited<ReturnType<typeof startGiasSimulator>>

/** Starts it on 127.0.0.1. */
export async function startGiasSimulator({ port = 0, now = () => new Date(), ...given }: GiasSimulatorOptions) {
  const requests: Recorded[] = []
  const faults = createFaults()
  let schools = given.schools
  let file: Buffer | null = null
  const extract = (): Buffer => {
    file ??= toWindows1252(renderExtract(schools))
    return file
  }
  const server = createGiasServer({ faults, requests, now, schools: () => schools, extract })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    /** For the client; `{yyyymmdd}` in it stands for the day. */
    url: `${origin}${PATH}{yyyymmdd}.csv`,
    setSchools(next: readonly SimulatedSchool[]): void {
      schools = next
      file = null
    },
    /** The size of the extract in bytes. */
    bytes: () => extract().length,
    faults,
    /** Everything that was asked, oldest first, faults included. */
    requests: requests as readonly Recorded[],
    async stop(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
