// Loopback ports, below the range the system hands out by itself, so that one can be kept from run to run.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** A port nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomInt(15_000, 30_000)
    if (await isPortFree(port)) return port
  }
  throw new Error('No free port found on 127.0.0.1 between 15000 and 30000.')
}

/** Whether one could listen on the port, on loopback and on every interface. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'))
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
