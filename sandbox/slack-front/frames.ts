// WebSocket frames as a server sends them: whole texts, not masked and not compressed.
import { Transform, type TransformCallback } from 'node:stream'

const TEXT = 0x81 // the last frame of a message, of text

/** Passes a server's frames on, with every whole text as `change` makes it. */
export class ChangedTexts extends Transform {
  private held: Buffer = Buffer.alloc(0)

  constructor(private readonly change: (text: string) => string) {
    super()
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.held = Buffer.concat([this.held, chunk])
    for (let size = sizeOf(this.held); size && this.held.length >= size.all; size = sizeOf(this.held)) {
      const frame = this.held.subarray(0, size.all)
      this.push(frame[0] === TEXT ? encode(this.change(frame.subarray(size.head).toString())) : frame)
      this.held = this.held.subarray(size.all)
    }
    done()
  }
}

/** How long the frame at the beginning is, and its head; null if not even that can be told yet. */
function sizeOf(bytes: Buffer): { head: number; all: number } | null {
  const short = (bytes[1] ?? 0) & 0x7f
  const head = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < head) return null
  const length = head === 10 ? Number(bytes.readBigUInt64BE(2)) : head === 4 ? bytes.readUInt16BE(2) : short
  return { head, all: head + length }
}

function encode(text: string): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.from([TEXT, length]), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = TEXT
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}
