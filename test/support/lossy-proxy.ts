// A database connection that can be lost at the worst moment: Postgres has committed, and we never hear of it.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Where the connection is lost: just before a write's COMMIT reaches Postgres, or once Postgres has answered it. */
export type Loss = 'before-commit' | 'after-commit'

/**
 * Stands between a bot and its database. `loseNext` cuts the connection that commits the next write; with `forGood`, no
 * later connection is let through until `mend`. `lost` counts what was cut.
 */
export async function startLossyProxy(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const state: { loss: Loss | null; forGood: boolean; closed: boolean; lost: number } = {
    loss: null,
    forGood: false,
    closed: false,
    lost: 0,
  }

  const server = createServer((client) => {
    if (state.closed) return client.destroy()
    const database = connect(Number(target.port), target.hostname)
    let wrote = false
    let cutAtAnswer = false
    const cut = () => {
      state.lost++
      state.closed = state.forGood
      for (const socket of state.forGood ? sockets : [client, database]) socket.destroy()
    }
    client.on('data', (chunk) => {
      wrote ||= ['INSERT INTO', 'UPDATE "', 'append_ledger'].some((word) => chunk.includes(word))
      if (state.loss && wrote && chunk.includes('COMMIT')) {
        const { loss } = state
        state.loss = null
        if (loss === 'before-commit') return cut()
        cutAtAnswer = true
      }
      database.write(chunk)
    })
    database.on('data', (chunk) => (cutAtAnswer ? cut() : client.write(chunk)))
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url: url.toString(),
    /** Null lets everything through again. */
    loseNext(loss: Loss | null, { forGood = false } = {}) {
      Object.assign(state, { loss, forGood })
    },
    mend() {
      state.closed = false
    },
    get lost() {
      return state.lost
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
