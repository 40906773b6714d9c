// A hash table from key words to small entry numbers: open addressing, linear probing, keys in one growing array. Operators
// keep what they know of an entry in arrays indexed by its number. No JavaScript object per key.
// Invariant: an entry number is stable until remove(); then it may be given out again.
import { assert } from '../../base/index.ts'
import { tableEntriesMax, tableSlotsMin } from '../limits.ts'

export class KeyTable {
  /** Key words of all entries, with gaps of removed ones; replaced when it grows. */
  words = new Int32Array(1024)
  /** Where an entry's key begins in `words`, and how long it is. */
  starts = new Int32Array(tableSlotsMin)
  lengths = new Int32Array(tableSlotsMin)
  hashes = new Int32Array(tableSlotsMin)
  #slots = new Int32Array(tableSlotsMin)
  #mask = tableSlotsMin - 1
  #used = 0
  #dead = 0
  #entries = 0
  #free: number[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Every entry number is below this. */
  get capacity(): number {
    return this.starts.length
  }

  /** Entry numbers given out so far, removed ones included. */
  get entryEnd(): number {
    return this.#entries
  }

  /** The entry of key words [from, to), or -1. */
  find(words: Int32Array, from: number, to: number, hash: number): number {
    const length = to - from
    const slots = this.#slots
    const mine = this.words
    for (let s = hash & this.#mask; ; s = (s + 1) & this.#mask) {
      const entry = slots[s]! - 1
      if (entry < 0) return -1
      if (this.hashes[entry] !== hash || this.lengths[entry] !== length) continue
      const start = this.starts[entry]!
      let i = 0
      while (i < length && mine[start + i] === words[from + i]) i++
      if (i === length) return entry
    }
  }

  /** Adds a key that is not there. The words are copied. */
  insert(words: Int32Array, from: number, to: number, hash: number): number {
    // Two thirds full at most: linear probing stays short.
    if ((this.#size + 1) * 3 > this.#slots.length * 2) this.#growSlots()
    const entry = this.#free.pop() ?? this.#newEntry()
    const length = to - from
    if (this.#used + length > this.words.length) this.#makeRoom(length)
    this.words.set(words.subarray(from, to), this.#used)
    this.starts[entry] = this.#used
    this.lengths[entry] = length
    this.hashes[entry] = hash
    this.#used += length
    this.#size++
    this.#place(entry)
    return entry
  }

  /** Overwrites the key: the entry is removed next. */
  wipe(entry: number): void {
    const start = this.starts[entry]!
    this.words.fill(0, start, start + Math.max(0, this.lengths[entry]!))
  }

  remove(entry: number): void {
    const slots = this.#slots
    let s = this.hashes[entry]! & this.#mask
    while (slots[s] !== entry + 1) {
      assert(slots[s] !== 0, 'the entry is in the table')
      s = (s + 1) & this.#mask
    }
    // Moves later entries of the run back, so that no probe breaks off early.
    let hole = s
    for (let next = (s + 1) & this.#mask; slots[next] !== 0; next = (next + 1) & this.#mask) {
      const home = this.hashes[slots[next]! - 1]! & this.#mask
      if (((next - home) & this.#mask) >= ((next - hole) & this.#mask)) {
        slots[hole] = slots[next]!
        hole = next
      }
    }
    slots[hole] = 0
    this.#dead += this.lengths[entry]!
    this.lengths[entry] = -1
    this.#free.push(entry)
    this.#size--
  }

  /** True when the number names an entry now. */
  has(entry: number): boolean {
    return entry < this.#entries && this.lengths[entry]! >= 0
  }

  #newEntry(): number {
    const entry = this.#entries++
    assert(entry < tableEntriesMax, 'a table holds at most tableEntriesMax entries')
    if (entry === this.starts.length) {
      const capacity = this.starts.length * 2
      this.starts = extended(this.starts, new Int32Array(capacity))
      this.lengths = extended(this.lengths, new Int32Array(capacity))
      this.hashes = extended(this.hashes, new Int32Array(capacity))
    }
    return entry
  }

  #place(entry: number): void {
    let s = this.hashes[entry]! & this.#mask
    while (this.#slots[s] !== 0) s = (s + 1) & this.#mask
    this.#slots[s] = entry + 1
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    this.#mask = this.#slots.length - 1
    for (let e = 0; e < this.#entries; e++) if (this.lengths[e]! >= 0) this.#place(e)
  }

  #makeRoom(length: number): void {
    const live = this.#used - this.#dead
    // Squeezes the gaps out when they are a third or more; else grows by half.
    const target =
      this.#dead * 3 >= this.#used && live + length <= this.words.length
        ? this.words.length
        : Math.max(Math.ceil(this.words.length * 1.5), this.#used + length)
    const grown = new Int32Array(target)
    let at = 0
    for (let e = 0; e < this.#entries; e++) {
      const n = this.lengths[e]!
      if (n < 0) continue
      const start = this.starts[e]!
      grown.set(this.words.subarray(start, start + n), at)
      this.starts[e] = at
      at += n
    }
    this.words = grown
    this.#used = at
    this.#dead = 0
  }
}

/** Copies a typed array into a larger one. */
export function extended<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

/** Compares two keys of words: by unsigned bytes in memory order, a shorter prefix first. */
export function compareWords(
  a: Int32Array,
  aFrom: number,
  aLength: number,
  b: Int32Array,
  bFrom: number,
  bLength: number,
): number {
  const n = Math.min(aLength, bLength)
  for (let i = 0; i < n; i++) {
    const x = a[aFrom + i]!
    const y = b[bFrom + i]!
    if (x !== y) return (swapped(x) >>> 0) - (swapped(y) >>> 0)
  }
  return aLength - bLength
}

const swapped = (x: number): number => ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)

/** Byte strings by entry number, in one growing array. */
export class BytesHeap {
  #bytes = new Uint8Array(4096)
  #starts = new Float64Array(tableSlotsMin)
  #lengths = new Int32Array(tableSlotsMin).fill(-1)
  #used = 0
  #dead = 0

  get bytes(): Uint8Array {
    return this.#bytes
  }
  start(entry: number): number {
    return this.#starts[entry]!
  }
  /** -1 when the entry has none. */
  length(entry: number): number {
    return entry < this.#lengths.length ? this.#lengths[entry]! : -1
  }
  end(entry: number): number {
    return this.#starts[entry]! + this.#lengths[entry]!
  }
  /** A view, valid until the next put; empty when there is none. */
  get(entry: number): Uint8Array {
    const length = Math.max(0, this.length(entry))
    const start = length === 0 ? 0 : this.#starts[entry]!
    return this.#bytes.subarray(start, start + length)
  }

  put(entry: number, bytes: Uint8Array): void {
    if (entry >= this.#lengths.length) this.#growIndex(entry)
    this.clear(entry)
    if (this.#used + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#used)
    this.#starts[entry] = this.#used
    this.#lengths[entry] = bytes.length
    this.#used += bytes.length
  }

  /** As clear; the bytes are overwritten at once, and not only when their room is needed. */
  wipe(entry: number): void {
    const length = this.length(entry)
    if (length > 0) this.#bytes.fill(0, this.#starts[entry]!, this.#starts[entry]! + length)
    this.clear(entry)
  }

  clear(entry: number): void {
    const length = this.length(entry)
    if (length < 0) return
    this.#dead += length
    this.#lengths[entry] = -1
  }

  #growIndex(entry: number): void {
    const size = Math.max(entry + 1, this.#lengths.length * 2)
    this.#starts = extended(this.#starts, new Float64Array(size))
    this.#lengths = extended(this.#lengths, new Int32Array(size).fill(-1))
  }

  #makeRoom(size: number): void {
    const live = this.#used - this.#dead
    const target =
      this.#dead * 3 >= this.#used && live + size <= this.#bytes.length
        ? this.#bytes.length
        : Math.max(Math.ceil(this.#bytes.length * 1.5), this.#used + size)
    const grown = new Uint8Array(target)
    let at = 0
    for (let e = 0; e < this.#lengths.length; e++) {
      const n = this.#lengths[e]!
      if (n < 0) continue
      const start = this.#starts[e]!
      grown.set(this.#bytes.subarray(start, start + n), at)
      this.#starts[e] = at
      at += n
    }
    this.#bytes = grown
    this.#used = at
    this.#dead = 0
  }
}
