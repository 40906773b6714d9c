// One keyed slot of an operator's state: its keys in a hash table, its values wherever the operator keeps them, and what
// changed since the last epoch. The slot alone knows what must go into the epoch's segment.
// Invariant: after seal() the segments written so far hold exactly the live entries.
import { assert, ByteReader, ByteWriter } from '../../base/index.ts'
import { lookedThroughAtOnce } from '../limits.ts'
import { hashWords, type KeyRows } from '../rows/binary-row.ts'
import type { SlotOwner } from '../../sql/index.ts'
import type { Erasure } from './erasure.ts'
import { compareWords, KeyTable } from './key-table.ts'

/** How an operator keeps the value of an entry. */
export interface EntryCodec {
  /** Room for entries below `capacity`; existing ones keep their values. */
  ensure(capacity: number): void
  /** The entry is new (or gone): it starts empty. */
  reset(entry: number): void
  encode(entry: number, writer: ByteWriter): void
  /** Replaces the entry's value. */
  decode(entry: number, reader: ByteReader): void
  /** After recovery, when every entry is there: rebuilds what is derived. */
  restored?(slot: StateSlot): void
  /** Forgets what is an erased person's, by the slot's owners, a piece at a time; slots that have owners have it. */
  forget?(slot: StateSlot, erasure: Erasure): Steps
}

/** Work that is done a piece at a time. */
export type Steps = Generator<undefined, void>

const live = 1
const dirty = 2
const stored = 4

/** Writes the changed entries of one slot, sorted by key group and key. */
export interface SectionWriter {
  put(group: number, key: Uint8Array, value: Uint8Array): void
  remove(group: number, key: Uint8Array): void
}

export class StateSlot {
  readonly id: string
  readonly layoutVersion: number
  readonly table = new KeyTable()
  /** True when the last findOrAdd made the entry. */
  added = false
  /** Whose values it holds that were sealed; empty: nobody's. */
  readonly owners: readonly SlotOwner[]
  readonly #codec: EntryCodec
  #flags = new Uint8Array(64)
  #groups = new Uint8Array(64)
  #changed: number[] = []
  #liveCount = 0
  /** Keys of removed entries are overwritten when the epoch is sealed. */
  #wipes = false

  constructor(id: string, layoutVersion: number, codec: EntryCodec, owners: readonly SlotOwner[] = []) {
    this.id = id
    this.layoutVersion = layoutVersion
    this.#codec = codec
    this.owners = owners
    codec.ensure(this.table.capacity)
  }

  /** Live entries. */
  get size(): number {
    return this.#liveCount
  }
  get changedCount(): number {
    return this.#changed.length
  }

  isLive(entry: number): boolean {
    return this.table.has(entry) && (this.#flags[entry]! & live) !== 0
  }

  find(keys: KeyRows, row: number): number {
    const entry = this.table.find(keys.words, keys.starts[row]!, keys.starts[row + 1]!, keys.hashes[row]!)
    return entry >= 0 && (this.#flags[entry]! & live) !== 0 ? entry : -1
  }

  /** The entry of a key, made and marked changed when it is not there; see `added`. */
  findOrAdd(keys: KeyRows, row: number): number {
    const from = keys.starts[row]!
    const to = keys.starts[row + 1]!
    const hash = keys.hashes[row]!
    let entry = this.table.find(keys.words, from, to, hash)
    if (entry >= 0 && (this.#flags[entry]! & live) !== 0) {
      this.added = false
      return entry
    }
    if (entry < 0) entry = this.#insert(keys.words, from, to, hash, keys.groups[row]!)
    this.#codec.reset(entry)
    this.#flags[entry]! |= live
    this.#liveCount++
    this.touch(entry)
    this.added = true
    return entry
  }

  #insert(words: Int32Array, from: number, to: number, hash: number, group: number): number {
    const entry = this.table.insert(words, from, to, hash)
    if (this.#flags.length < this.table.capacity) {
      const flags = new Uint8Array(this.table.capacity)
      flags.set(this.#flags)
      this.#flags = flags
      const groups = new Uint8Array(this.table.capacity)
      groups.set(this.#groups)
      this.#groups = groups
      this.#codec.ensure(this.table.capacity)
    }
    this.#flags[entry] = 0
    this.#groups[entry] = group
    return entry
  }

  /** The entry's value changed. */
  touch(entry: number): void {
    if ((this.#flags[entry]! & dirty) !== 0) return
    this.#flags[entry]! |= dirty
    this.#changed.push(entry)
  }

  /** The entry is gone. Its number stays taken until the epoch is sealed, so that a key may come back in the same epoch. */
  remove(entry: number): void {
    this.touch(entry)
    this.#flags[entry]! &= ~live
    this.#liveCount--
    this.#codec.reset(entry)
  }

  /** As remove, for good: the key is overwritten once the epoch has it. */
  forget(entry: number): void {
    this.remove(entry)
    this.#wipes = true
  }

  /** Forgets what is an erased person's. undefined: it can hold nothing of them, and never did */
  forgetErased(erasure: Erasure): Steps | undefined {
    if (!this.owners.some((owner) => erasure.concerns(owner))) return undefined
    assert(this.#codec.forget !== undefined, `state slot ${this.id} can forget`)
    return this.#codec.forget(this, erasure)
  }

  /** Live entries, in no order that means anything. */
  forEach(visit: (entry: number) => void): void {
    for (let e = 0; e < this.table.entryEnd; e++) if (this.table.has(e) && (this.#flags[e]! & live) !== 0) visit(e)
  }

  /** The same in pieces, between which nothing changes. */
  *lookThrough(visit: (entry: number) => void): Steps {
    for (let e = 0; e < this.table.entryEnd; e++) {
      if (this.isLive(e)) visit(e)
      if ((e + 1) % lookedThroughAtOnce === 0) yield
    }
  }

  groupOf(entry: number): number {
    return this.#groups[entry]!
  }

  /** Orders entries by key group, then key bytes: the order of segments, and the one in which windows fire. */
  compare(a: number, b: number): number {
    const d = this.#groups[a]! - this.#groups[b]!
    if (d !== 0) return d
    const t = this.table
    return compareWords(t.words, t.starts[a]!, t.lengths[a]!, t.words, t.starts[b]!, t.lengths[b]!)
  }

  /** Hands over what changed since the last seal, in order, and forgets removed entries. */
  seal(writer: SectionWriter): void {
    const changed = this.#changed
    this.#changed = []
    changed.sort((a, b) => this.compare(a, b))
    const value = new ByteWriter(256)
    const { table } = this
    const keyOf = (entry: number): Uint8Array =>
      new Uint8Array(table.words.buffer, table.starts[entry]! * 4, table.lengths[entry]! * 4)
    for (const entry of changed) {
      const flags = this.#flags[entry]!
      if ((flags & live) !== 0) {
        value.reset()
        this.#codec.encode(entry, value)
        writer.put(this.#groups[entry]!, keyOf(entry), value.finish())
        this.#flags[entry] = live | stored
      } else if ((flags & stored) !== 0) writer.remove(this.#groups[entry]!, keyOf(entry))
    }
    for (const entry of changed) {
      if ((this.#flags[entry]! & live) !== 0) continue
      this.#flags[entry] = 0
      if (this.#wipes) table.wipe(entry)
      table.remove(entry)
    }
    this.#wipes = false
  }

  /** One entry of a segment, oldest segment first; value null: removed. */
  restore(group: number, key: Uint8Array, value: ByteReader | null): void {
    const words = wordsOf(key)
    const hash = hashWords(words, 0, words.length)
    let entry = this.table.find(words, 0, words.length, hash)
    if (value === null) {
      if (entry < 0) return
      this.#codec.reset(entry)
      this.#liveCount--
      this.table.remove(entry)
      this.#flags[entry] = 0
      return
    }
    if (entry < 0) {
      entry = this.#insert(words, 0, words.length, hash, group)
      this.#liveCount++
    }
    this.#codec.reset(entry)
    this.#codec.decode(entry, value)
    this.#flags[entry] = live | stored
  }

  restored(): void {
    this.#codec.restored?.(this)
  }
}

/** Key bytes as words, copied: segments do not align them. */
function wordsOf(key: Uint8Array): Int32Array {
  const words = new Int32Array(key.length >> 2)
  new Uint8Array(words.buffer).set(key)
  return words
}
