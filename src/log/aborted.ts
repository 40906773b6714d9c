// The aborted transactions of all partitions in shared memory, so that readers in any thread leave out what was aborted.
// Entries are only added, until so many are gone (their records deleted) that all are written anew under a new version.
//
// Race it prevents: a reader that saw a partition's end asks for what was aborted below it. Entries are published before
// the end is, so it finds them; the version is odd while all are written anew, and the reader then looks again.
import { assert } from '../base/index.ts'
import { abortedBytesMax } from './limits.ts'
import type { LogState } from './state.ts'
import type { AbortedTransaction } from './transactions.ts'

const headerBytes = 16
/** Float64: slot of the partition, then the fields of AbortedTransaction. */
const entryWords = 5
const entryBytes = entryWords * 8
const readAttemptsMax = 1_000_000

/** Memory for it; grows as needed. */
export const createAborted = (): SharedArrayBuffer =>
  new SharedArrayBuffer(headerBytes + 64 * entryBytes, { maxByteLength: abortedBytesMax })

/** Entries that fit at most. */
export const abortedCountMax = Math.floor((abortedBytesMax - headerBytes) / entryBytes)

/** The writing side. */
export class AbortedPublisher {
  readonly #memory: SharedArrayBuffer
  readonly #head: Int32Array
  #count = 0

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
    this.#head = new Int32Array(memory, 0, 2)
  }

  /** Entries published, those that are gone included. */
  get count(): number {
    return this.#count
  }

  add(slot: number, entry: AbortedTransaction): void {
    this.#write(slot, entry)
    Atomics.store(this.#head, 1, this.#count)
  }

  /** Writes all of the state anew. O(aborted transactions). */
  replace(state: LogState): void {
    Atomics.add(this.#head, 0, 1)
    this.#count = 0
    for (const topic of state.byId.values())
      for (const { slot, aborted } of topic.partitions) for (const entry of aborted) this.#write(slot, entry)
    Atomics.store(this.#head, 1, this.#count)
    Atomics.add(this.#head, 0, 1)
  }

  #write(slot: number, { producerId, firstOffset, lastOffset, stableOffset }: AbortedTransaction): void {
    const at = headerBytes + this.#count * entryBytes
    const memory = this.#memory
    assert(at + entryBytes <= memory.maxByteLength, 'the aborted transactions fit their reserved memory')
    if (at + entryBytes > memory.byteLength)
      memory.grow(Math.min(memory.maxByteLength, Math.max(at + entryBytes, memory.byteLength * 2)))
    new Float64Array(memory, at, entryWords).set([slot, producerId, firstOffset, lastOffset, stableOffset])
    this.#count++
  }
}

const none: readonly AbortedTransaction[] = []

/** The reading side; keeps what it has read, by partition. */
export class AbortedReader {
  readonly #memory: SharedArrayBuffer
  readonly #head: Int32Array
  #version = 0
  #count = 0
  readonly #bySlot = new Map<number, AbortedTransaction[]>()

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
    this.#head = new Int32Array(memory, 0, 2)
  }

  /** In order of their last offsets. Do not change it. */
  of(slot: number): readonly AbortedTransaction[] {
    this.#refresh()
    return this.#bySlot.get(slot) ?? none
  }

  #refresh(): void {
    const head = this.#head
    for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
      const version = Atomics.load(head, 0)
      if (version & 1) continue
      if (version !== this.#version) {
        this.#bySlot.clear()
        this.#count = 0
        this.#version = version
      }
      const count = Atomics.load(head, 1)
      if (count === this.#count) return
      const fresh = new Float64Array(
        this.#memory,
        headerBytes + this.#count * entryBytes,
        Math.max(0, count - this.#count) * entryWords,
      ).slice()
      if (Atomics.load(head, 0) !== version) continue
      for (let at = 0; at < fresh.length; at += entryWords) this.#take(fresh, at)
      this.#count = count
      return
    }
    // The writer died in the middle of it: what was read before stays true.
  }

  #take(words: Float64Array, at: number): void {
    const [slot, producerId, firstOffset, lastOffset, stableOffset] = words.subarray(at, at + entryWords)
    const entry = {
      producerId: producerId!,
      firstOffset: firstOffset!,
      lastOffset: lastOffset!,
      stableOffset: stableOffset!,
    }
    const known = this.#bySlot.get(slot!)
    if (known) known.push(entry)
    else this.#bySlot.set(slot!, [entry])
  }
}

/** Those of a partition that have records in [from, to). O(log n + found). */
export function abortedBetween(all: readonly AbortedTransaction[], from: number, to: number): AbortedTransaction[] {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (all[middle]!.lastOffset < from) low = middle + 1
    else high = middle
  }
  const found: AbortedTransaction[] = []
  for (let i = low; i < all.length; i++) {
    const one = all[i]!
    if (one.firstOffset < to) found.push(one)
    if (one.stableOffset >= to) break
  }
  return found
}
