import { type Command, Redis, type RedisOptions } from 'ioredis'

/** What Redis begins every error with: ERR, NOSCRIPT, READONLY, … */
const CODE = /^[A-Z]{1,40}(?= |$)/

/**
 * A connection to Redis whose errors say only Redis's code. BullMQ keeps the words of an error in Redis as why a job
 * failed, and what the rest of those words quote is not ours to keep.
 */
export class QuietRedis extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const { reject } = command
    command.reject = (error) => reject(withoutWords(error))
    return super.sendCommand(command, stream)
  }

  /** BullMQ makes a second connection like the one that it is given. */
  override duplicate(more: Partial<RedisOptions> = {}): QuietRedis {
    return new QuietRedis({ ...this.options, ...more })
  }
}

function withoutWords(error: Error): Error {
  if (error.name !== 'ReplyError') return error
  const [code = 'ERR'] = CODE.exec(error.message) ?? []
  return Object.assign(error, { message: code, stack: `ReplyError: ${code}` })
}
