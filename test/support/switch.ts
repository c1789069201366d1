// A way to a server that leads elsewhere after a failover, as a load balancer or a moved name does: new connections go to
// the new place, and those that are there stay where they are.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export async function startSwitch(port: number) {
  const state = { port, isFrozen: false }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const target = connect(state.port, '127.0.0.1')
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket)
      socket.on('data', (chunk) => state.isFrozen || other.write(chunk))
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    /** Has new connections lead to another port. */
    turnTo(port: number) {
      state.port = port
    },
    /** What is behind it says nothing any more, and closes nothing; or it is there again, for what is said from then on. */
    freeze(isFrozen = true) {
      state.isFrozen = isFrozen
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
