// A single-producer, single-consumer ring of byte frames in shared memory: how threads hand data to one another.
// A frame is contiguous, 8-byte aligned and stays valid until release(). When full, the writer waits: that is the
// backpressure. The same code is stepped in one thread by the simulation, since nothing here blocks by itself.
//
// Layout: Int32[0] = head (bytes read), Int32[1] = tail (bytes written), both modulo 2^32 over a capacity that divides it;
// Int32[2] = 1 while the writer waits for room: waking a thread costs more than most frames do, so it is not rung otherwise;
// from byte 64: data. A frame is int32 length, int32 0, payload padded to 8; length -1 means "go on at the start".
import { assert } from './assert.ts'

const headerBytes = 64

export interface RingShare {
  readonly memory: SharedArrayBuffer
  /** Rung when a frame was written. */
  readonly readerBell: SharedArrayBuffer
  /** Rung when room was made that the writer waits for. */
  readonly writerBell: SharedArrayBuffer
}

/** A counter that one thread waits on and others ring; a worker waits on one bell for all its rings. */
export class Doorbell {
  readonly share: SharedArrayBuffer
  readonly #count: Int32Array

  constructor(share: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.share = share
    this.#count = new Int32Array(share)
  }

  ring(): void {
    Atomics.add(this.#count, 0, 1)
    Atomics.notify(this.#count, 0)
  }

  /** Take this before looking for work, and hand it to wait: a ring in between is then not missed. */
  seen(): number {
    return Atomics.load(this.#count, 0)
  }

  /** Blocks this thread (never the main one) until rung or the time is over. */
  wait(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#count, 0, seen, timeoutMs)
  }

  /** The same without blocking. A timeout costs a timer of the event loop; without one only a ring ends it. */
  async waitAsync(seen: number, timeoutMs?: number): Promise<void> {
    const result = Atomics.waitAsync(this.#count, 0, seen, timeoutMs)
    if (result.async) await result.value
  }
}

/** @param capacity bytes of frames, a power of two from 1 KiB to 1 GiB */
export function createRing(capacity: number, readerBell: Doorbell, writerBell: Doorbell): RingShare {
  assert(capacity >= 1024 && capacity <= 1 << 30 && (capacity & (capacity - 1)) === 0, 'a ring is a power of two')
  return {
    memory: new SharedArrayBuffer(headerBytes + capacity),
    readerBell: readerBell.share,
    writerBell: writerBell.share,
  }
}

const padded = (size: number): number => (size + 7) & ~7

export class RingWriter {
  readonly #state: Int32Array
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #bell: Doorbell
  readonly capacity: number

  constructor(share: RingShare) {
    this.capacity = share.memory.byteLength - headerBytes
    this.#state = new Int32Array(share.memory, 0, 3)
    this.#bytes = new Uint8Array(share.memory, headerBytes)
    this.#words = new Int32Array(share.memory, headerBytes)
    this.#bell = new Doorbell(share.readerBell)
  }

  /** The largest frame that can ever be written. */
  get frameBytesMax(): number {
    return this.capacity / 2 - 8
  }

  /**
   * Writes the parts as one frame. False when there is no room now: try again after the bell of the writer rings.
   * Copies the parts; nothing is kept.
   * @param quiet the reader's bell is not rung: who writes several frames rings it after the last
   */
  tryWrite(parts: readonly Uint8Array[], quiet = false): boolean {
    let size = 0
    for (const part of parts) size += part.length
    assert(size <= this.frameBytesMax, 'a frame fits half the ring')
    const need = 8 + padded(size)
    const tail = this.#state[1]! >>> 0
    let at = tail & (this.capacity - 1)
    const toEnd = this.capacity - at
    const skip = need > toEnd ? toEnd : 0
    if (this.#free(tail) < need + skip) {
      // Said first, then looked again: a reader that made room in between sees that it must ring, or its room is seen here.
      Atomics.store(this.#state, 2, 1)
      if (this.#free(tail) < need + skip) return false
    }
    if (skip > 0) {
      this.#words[at >> 2] = -1
      at = 0
    }
    this.#words[at >> 2] = size
    let to = at + 8
    for (const part of parts) {
      this.#bytes.set(part, to)
      to += part.length
    }
    Atomics.store(this.#state, 1, (tail + skip + need) | 0)
    if (!quiet) this.#bell.ring()
    return true
  }

  #free(tail: number): number {
    const head = Atomics.load(this.#state, 0) >>> 0
    return this.capacity - ((tail - head) >>> 0)
  }
}

export class RingReader {
  readonly #state: Int32Array
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #bell: Doorbell
  readonly #capacity: number
  /** Bytes that the frame handed out takes, until released. */
  #held = 0

  constructor(share: RingShare) {
    this.#capacity = share.memory.byteLength - headerBytes
    this.#state = new Int32Array(share.memory, 0, 3)
    this.#bytes = new Uint8Array(share.memory, headerBytes)
    this.#words = new Int32Array(share.memory, headerBytes)
    this.#bell = new Doorbell(share.writerBell)
  }

  /** The next frame as a view of shared memory, or undefined. Valid until release(), which must come before the next. */
  tryRead(): Uint8Array | undefined {
    assert(this.#held === 0, 'the last frame was released')
    const head = this.#state[0]! >>> 0
    const tail = Atomics.load(this.#state, 1) >>> 0
    if (head === tail) return undefined
    let at = head & (this.#capacity - 1)
    let skipped = 0
    if (this.#words[at >> 2] === -1) {
      skipped = this.#capacity - at
      at = 0
    }
    const size = this.#words[at >> 2]!
    assert(size >= 0 && size <= this.#capacity / 2, 'the frame length is sane')
    this.#held = skipped + 8 + padded(size)
    return this.#bytes.subarray(at + 8, at + 8 + size)
  }

  release(): void {
    assert(this.#held > 0, 'a frame is held')
    const head = this.#state[0]! >>> 0
    Atomics.store(this.#state, 0, (head + this.#held) | 0)
    this.#held = 0
    if (Atomics.load(this.#state, 2) === 0) return
    Atomics.store(this.#state, 2, 0)
    this.#bell.ring()
  }
}
