// Cuts a stream of chunks into frames: an int32 length and so many bytes. Invariant: memory is only what has arrived, at most
// doubled; a length that cannot be is found before anything is kept for it. Reference: Kafka's protocol guide.
import { BytesError } from '../../base/index.ts'
import { apis } from '../wire/index.ts'
import type { Lease, SlabPool } from './slabs.ts'

export interface Frame {
  /** Without the length. */
  readonly bytes: Uint8Array
  /** Holds the bytes where they are the pool's: released once nothing looks at them. */
  readonly lease: Lease | undefined
}

/** Below it a frame is at most what one read of the socket brings. */
const largeBytesMin = 64 << 10

export class FrameAssembler {
  /** Longest frame that is taken; may grow as the peer is trusted more. */
  frameBytesMax: number
  readonly #slabs: SlabPool | undefined
  readonly #length = new Uint8Array(4)
  #lengthFilled = 0
  /** Bytes of the frame under way; -1 before that is known. */
  #wanted = -1
  #bytes: Uint8Array = new Uint8Array(0)
  #filled = 0
  #lease: Lease | undefined

  /** @param slabs for produce requests; without it all memory is fresh */
  constructor(frameBytesMax: number, slabs?: SlabPool) {
    this.frameBytesMax = frameBytesMax
    this.#slabs = slabs
  }

  /** The length of the frame under way, where it is one that must have room before the rest of it is read; else 0. */
  get largeBytes(): number {
    return this.#wanted >= largeBytesMin ? this.#wanted : 0
  }

  /** How much of the frame under way is there. */
  get receivedBytes(): number {
    return this.#filled
  }

  /**
   * Copies a chunk and gives the frames that are whole now. Throws BytesError on a length below 0 or above the maximum;
   * nothing may follow then.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      if (this.#wanted < 0) {
        while (this.#lengthFilled < 4 && at < chunk.length) this.#length[this.#lengthFilled++] = chunk[at++]!
        if (this.#lengthFilled < 4) return frames
        this.#wanted = this.#judge(new DataView(this.#length.buffer).getInt32(0), at)
      }
      const take = Math.min(this.#wanted - this.#filled, chunk.length - at)
      if (take > 0) this.#keep(chunk.subarray(at, at + take))
      at += take
      if (this.#filled < this.#wanted) return frames
      frames.push({ bytes: this.#bytes.subarray(0, this.#wanted), lease: this.#lease })
      this.#lengthFilled = 0
      this.#wanted = -1
      this.#bytes = new Uint8Array(0)
      this.#filled = 0
      this.#lease = undefined
    }
  }

  #judge(length: number, at: number): number {
    if (length < 0 || length > this.frameBytesMax) throw new BytesError(`a frame of ${length} bytes`, at)
    return length
  }

  #keep(part: Uint8Array): void {
    const size = this.#filled + part.length
    if (size > this.#bytes.length) this.#grow(size, part)
    this.#bytes.set(part, this.#filled)
    this.#filled = size
  }

  #grow(least: number, part: Uint8Array): void {
    const before = this.#lease
    const size = Math.min(this.#wanted, Math.max(least, this.#bytes.length) * 2)
    // A produce request's bytes are copied into the log as soon as it is served.
    const isLeased = this.#slabs && size >= this.#slabs.bytesMin && this.#isProduce(part)
    this.#lease = isLeased ? this.#slabs.lease() : undefined
    const grown = this.#lease?.take(size) ?? new Uint8Array(size)
    grown.set(this.#bytes.subarray(0, this.#filled))
    this.#bytes = grown
    before?.release()
  }

  /** By the key in the first two bytes. @param part comes next */
  #isProduce(part: Uint8Array): boolean {
    const byte = (i: number): number => (i < this.#filled ? this.#bytes[i]! : (part[i - this.#filled] ?? 0xff))
    return ((byte(0) << 8) | byte(1)) === apis.produce.key
  }
}
