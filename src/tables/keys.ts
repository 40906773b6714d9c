// Primary keys as bytes, and two tables over them: changes folded by key, and which data file holds a key. Typed arrays and
// open addressing; no object and no string per key.
// Invariant: equal keys have equal bytes; the index holds hashes only, so a hit is a candidate that the file must confirm.
import { assert } from '../base/index.ts'
import type { Batch, Column } from '../model/index.ts'

/** Encodes key columns of a row into a buffer of its own; `bytes[0, length)` and the hashes are valid until the next call. */
export class KeyEncoder {
  readonly #columns: readonly number[]
  bytes = new Uint8Array(256)
  length = 0
  hashLow = 0
  hashHigh = 0
  #view = new DataView(this.bytes.buffer)

  /** @param columns indexes of the key columns in the batches */
  constructor(columns: readonly number[]) {
    this.#columns = columns
  }

  encode(batch: Batch, row: number): void {
    this.length = 0
    for (const index of this.#columns) this.#append(batch.columns[index]!, row)
    let a = 0x9747b28c ^ this.length
    let b = 0x3c6ef372 ^ this.length
    for (let i = 0; i < this.length; i++) {
      const byte = this.bytes[i]!
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte, 0x85ebca6b)
      b = (b << 13) | (b >>> 19)
    }
    this.hashLow = mix(a)
    this.hashHigh = mix(b)
  }

  #append(column: Column, row: number): void {
    const { validity, layout } = column
    const isNull = validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0
    const size = layout === 'bytes' ? column.offsets![row + 1]! - column.offsets![row]! : 0
    this.#reserve(24 + size)
    this.bytes[this.length++] = isNull ? 0 : 1
    if (isNull) return
    const at = this.length
    switch (layout) {
      case 'bool':
        this.bytes[at] = ((column.values as Uint8Array)[row >> 3]! >> (row & 7)) & 1
        this.length++
        return
      case 'bytes':
        this.#view.setInt32(at, size)
        this.bytes.set((column.values as Uint8Array).subarray(column.offsets![row]!, column.offsets![row + 1]!), at + 4)
        this.length += 4 + size
        return
      case 'int64':
        this.#view.setBigInt64(at, (column.values as BigInt64Array)[row]!)
        this.length += 8
        return
      case 'int128':
        this.#view.setBigInt64(at, (column.values as BigInt64Array)[row * 2]!)
        this.#view.setBigInt64(at + 8, (column.values as BigInt64Array)[row * 2 + 1]!)
        this.length += 16
        return
      default:
        assert(
          layout === 'int8' || layout === 'int16' || layout === 'int32' || layout === 'float32' || layout === 'float64',
          'a key column has a plain type',
        )
        this.#view.setFloat64(at, (column.values as Float64Array)[row]!)
        this.length += 8
    }
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more))
    grown.set(this.bytes)
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

function mix(h: number): number {
  h ^= h >>> 16
  h = Math.imul(h, 0x7feb352d)
  h ^= h >>> 15
  h = Math.imul(h, 0x846ca68b)
  return h ^ (h >>> 16)
}

/** Key bytes → a small integer that the owner uses as an index: entries count from 0 in order of first sight. */
export class KeyTable {
  #slots = new Int32Array(1024).fill(-1)
  #low = new Int32Array(256)
  #high = new Int32Array(256)
  #starts = new Int32Array(257)
  #arena = new Uint8Array(8192)
  count = 0

  /** The entry of the encoder's key; added when it is new. */
  put(key: KeyEncoder): number {
    const found = this.find(key)
    if (found >= 0) return found
    if ((this.count + 1) * 2 > this.#slots.length) this.#growSlots()
    if (this.count >= this.#low.length) this.#growEntries()
    const entry = this.count++
    const start = this.#starts[entry]!
    if (start + key.length > this.#arena.length) this.#arena = grownTo(this.#arena, start + key.length)
    this.#arena.set(key.bytes.subarray(0, key.length), start)
    this.#starts[entry + 1] = start + key.length
    this.#low[entry] = key.hashLow
    this.#high[entry] = key.hashHigh
    this.#place(entry)
    return entry
  }

  /** -1 when it is not there. */
  find(key: KeyEncoder): number {
    const mask = this.#slots.length - 1
    for (let slot = key.hashLow & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry < 0) return -1
      if (this.#low[entry] === key.hashLow && this.#high[entry] === key.hashHigh && this.#same(entry, key)) return entry
    }
  }

  hashLow(entry: number): number {
    return this.#low[entry]!
  }
  hashHigh(entry: number): number {
    return this.#high[entry]!
  }

  #same(entry: number, key: KeyEncoder): boolean {
    const start = this.#starts[entry]!
    if (this.#starts[entry + 1]! - start !== key.length) return false
    for (let i = 0; i < key.length; i++) if (this.#arena[start + i] !== key.bytes[i]) return false
    return true
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#low[entry]! & mask
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let entry = 0; entry < this.count; entry++) this.#place(entry)
  }

  #growEntries(): void {
    this.#low = grownTo(this.#low, this.count + 1)
    this.#high = grownTo(this.#high, this.count + 1)
    this.#starts = grownTo(this.#starts, this.count + 2)
  }
}

function grownTo<T extends Int32Array | Uint8Array>(old: T, least: number): T {
  const grown = new (old.constructor as new (size: number) => T)(Math.max(least, old.length * 2))
  grown.set(old)
  return grown
}

const free = -1
const removed = -2

/** Hash of a key → the file that may hold it. Keys with the same hash have an entry each. */
export class KeyIndex {
  #low = new Int32Array(1024)
  #high = new Int32Array(1024)
  #files = new Int32Array(1024).fill(free)
  /** Entries, removed ones included: they take room until the next growth. */
  #used = 0
  count = 0

  insert(low: number, high: number, file: number): void {
    assert(file >= 0, 'a file has a number from 0')
    if ((this.#used + 1) * 2 > this.#files.length) this.#rebuild()
    const mask = this.#files.length - 1
    let slot = low & mask
    while (this.#files[slot]! >= 0) slot = (slot + 1) & mask
    if (this.#files[slot] === free) this.#used++
    this.#low[slot] = low
    this.#high[slot] = high
    this.#files[slot] = file
    this.count++
  }

  /** Calls for every file that may hold the key. */
  candidates(low: number, high: number, visit: (file: number) => void): void {
    const mask = this.#files.length - 1
    for (let slot = low & mask; this.#files[slot] !== free; slot = (slot + 1) & mask) {
      const file = this.#files[slot]!
      if (file >= 0 && this.#low[slot] === low && this.#high[slot] === high) visit(file)
    }
  }

  /** Removes one entry of this hash and file. Asserts that there is one. */
  remove(low: number, high: number, file: number): void {
    const mask = this.#files.length - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      assert(this.#files[slot] !== free, 'the key is in the index')
      if (this.#files[slot] !== file || this.#low[slot] !== low || this.#high[slot] !== high) continue
      this.#files[slot] = removed
      this.count--
      return
    }
  }

  #rebuild(): void {
    const [low, high, files] = [this.#low, this.#high, this.#files]
    let size = 1024
    while (size < this.count * 4) size *= 2
    this.#low = new Int32Array(size)
    this.#high = new Int32Array(size)
    this.#files = new Int32Array(size).fill(free)
    this.#used = 0
    this.count = 0
    for (let slot = 0; slot < files.length; slot++)
      if (files[slot]! >= 0) this.insert(low[slot]!, high[slot]!, files[slot]!)
  }
}
