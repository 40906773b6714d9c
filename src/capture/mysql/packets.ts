// MySQL's packet frames (3-byte length, sequence) on a socket that mysql2 has logged in, and the request that starts a dump by GTID.
// Payloads of 16 MiB and more arrive as several frames and are joined. Reference: MySQL source docs, "MySQL Packets", "COM_BINLOG_DUMP_GTID".
import { ByteWriter, concatBytes } from '../../base/index.ts'
import type { GtidSet } from './gtid-set.ts'

const frameBytesMax = 0xffffff

/** Cuts a byte stream into payloads. A payload is a view of the chunk where it lies in one, else a copy. */
export class PacketReader {
  #chunks: Uint8Array[] = []
  #size = 0
  /** Frames of a payload that goes on in the next one. */
  #parts: Uint8Array[] = []

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  /** The next whole payload, or undefined. */
  next(): Uint8Array | undefined {
    for (;;) {
      if (this.#size < 4) return undefined
      const header = this.#peek(4)
      const length = header[0]! | (header[1]! << 8) | (header[2]! << 16)
      if (this.#size < 4 + length) return undefined
      const frame = this.#peek(4 + length).subarray(4)
      this.#drop(4 + length)
      if (length === frameBytesMax) {
        this.#parts.push(frame)
        continue
      }
      if (this.#parts.length === 0) return frame
      const whole = concatBytes([...this.#parts, frame])
      this.#parts = []
      return whole
    }
  }

  /** The first `size` bytes, contiguous; joins chunks only when they must be. */
  #peek(size: number): Uint8Array {
    const first = this.#chunks[0]!
    if (first.length >= size) return first.subarray(0, size)
    let have = 0
    let count = 0
    while (have < size) have += this.#chunks[count++]!.length
    const joined = concatBytes(this.#chunks.slice(0, count))
    this.#chunks.splice(0, count, joined)
    return joined.subarray(0, size)
  }

  #drop(size: number): void {
    this.#size -= size
    let left = size
    while (left > 0) {
      const first = this.#chunks[0]!
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left)
        return
      }
      left -= first.length
      this.#chunks.shift()
    }
  }
}

/**
 * The frame of COM_BINLOG_DUMP_GTID: send every transaction that is not in `known`, from the oldest log that holds one.
 * @param serverId 1..2^32-1, unlike any other server or replica: a twin evicts the other
 */
export function dumpRequest(known: GtidSet, serverId: number): Uint8Array {
  const set = known.encode()
  const out = new ByteWriter()
  const size = 23 + set.length
  little(out, size, 3)
  out.uint8(0)
  out.uint8(0x1e)
  // Flag 4: the set says from where. No file name; position 4 is a file's first event.
  little(out, 4, 2)
  little(out, serverId, 4)
  little(out, 0, 4)
  little(out, 4, 8)
  little(out, set.length, 4)
  out.raw(set)
  return out.copy()
}

function little(out: ByteWriter, value: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) out.uint8(i < 4 ? (value >>> (8 * i)) & 255 : 0)
}

/** An error packet's code and text. */
export function readErrorPacket(payload: Uint8Array): { code: number; message: string } {
  const code = payload[1]! | (payload[2]! << 8)
  const text = new TextDecoder().decode(payload.subarray(payload[3] === 0x23 ? 9 : 3))
  return { code, message: text }
}
