// What a chunk's rows were at L, settled by the changes between L and P: the row before the first such change is its before
// image, or nothing when it was inserted. So each key's history in the topic is exact: first the row as of L, then every
// change after L, in order. Keys of later chunks are passed over, since a later chunk has them.
//
// Why it is exact. A change in L is in the rows, so it is left out. A change outside L may or may not be in the rows, but it
// lies before P, so it is held until P, and the row it found is taken from its own before image, never from the rows.
// A key that no held change touches is the same in the rows as at L.
import { assert, toHex } from '../base/index.ts'
import {
  BatchBuilder,
  changeKind,
  kindAt,
  rowAt,
  valueAt,
  type Batch,
  type Schema,
  type Value,
} from '../model/index.ts'
import type { Gtid } from './mysql/gtid-set.ts'
import type { Chunk } from './snapshot-chunk.ts'

type KeySide = 'done' | 'inside' | 'later'

/** Appends one or two rows of a batch, with kinds, somewhere. */
export interface ChangeSink {
  row(batch: Batch, row: number, kind: 0 | 1 | 2 | 3, timestampMs: number): void
}

export class SnapshotWindow {
  readonly #keyColumns: readonly number[]
  readonly #walkable: boolean
  readonly #schema: Schema
  #cursor: readonly bigint[] | null
  #chunk: Chunk | undefined
  #upTo: readonly bigint[] | null = null
  /** By key: the row as of L, null when there was none. */
  readonly #touched = new Map<string, readonly Value[] | null>()
  readonly #held: BatchBuilder
  readonly #heldTimes: number[] = []

  /** @param cursor the last key of the last finished chunk */
  constructor(options: {
    schema: Schema
    keyColumns: readonly number[]
    walkable: boolean
    cursor: readonly string[] | null
  }) {
    this.#schema = options.schema
    this.#keyColumns = options.keyColumns
    this.#walkable = options.walkable
    this.#cursor = options.cursor?.map(BigInt) ?? null
    this.#held = new BatchBuilder(options.schema)
  }

  /** The chunk whose changes are being gathered. */
  get chunk(): Chunk | undefined {
    return this.#chunk
  }

  get heldRows(): number {
    return this.#held.rowCount
  }

  open(chunk: Chunk): void {
    assert(!this.#chunk && this.#held.rowCount === 0, 'one window at a time')
    this.#chunk = chunk
    this.#upTo = chunk.upTo?.map(BigInt) ?? null
  }

  /** Forgets the chunk and what was held: it is read again. */
  abandon(): void {
    this.#chunk = undefined
    this.#touched.clear()
    this.#held.finish()
    this.#heldTimes.length = 0
  }

  /** Sorts the changes of one transaction: out to `sink`, held, or passed over. */
  changes(batch: Batch, rowCount: number, gtid: Gtid, timestampMs: number, sink: ChangeSink): void {
    for (let row = 0; row < rowCount; row++) {
      if (kindAt(batch, row) !== changeKind.updateBefore) {
        this.#place(batch, row, kindAt(batch, row), gtid, timestampMs, sink)
        continue
      }
      // An update that moves the key is a delete of one key and an insert of another.
      const moved = this.#keyText(batch, row) !== this.#keyText(batch, row + 1)
      this.#place(batch, row, moved ? changeKind.delete : changeKind.updateBefore, gtid, timestampMs, sink)
      this.#place(batch, row + 1, moved ? changeKind.insert : changeKind.updateAfter, gtid, timestampMs, sink)
      row++
    }
  }

  #place(batch: Batch, row: number, kind: 0 | 1 | 2 | 3, gtid: Gtid, timestampMs: number, sink: ChangeSink): void {
    const side = this.#sideOf(batch, row)
    if (side === 'done') sink.row(batch, row, kind, timestampMs)
    if (side !== 'inside' || this.#chunk!.executed.has(gtid)) return
    const key = this.#keyText(batch, row)
    if (!this.#touched.has(key)) this.#touched.set(key, kind === changeKind.insert ? null : rowAt(batch, row))
    this.#held.appendRowFrom(batch, row, kind)
    this.#heldTimes.push(timestampMs)
  }

  /** P was passed: the chunk's rows as of L, then the held changes. @returns the new cursor; null at the table's end */
  close(sink: ChangeSink): readonly string[] | null {
    const chunk = this.#chunk
    assert(chunk, 'a window is open')
    for (let row = 0; row < chunk.rows.rowCount; row++) {
      if (this.#touched.size > 0 && this.#touched.has(this.#keyText(chunk.rows, row))) continue
      sink.row(chunk.rows, row, changeKind.insert, chunk.readMs)
    }
    const before = new BatchBuilder(this.#schema)
    for (const row of this.#touched.values()) if (row) before.appendRow(row)
    const images = before.finish()
    for (let row = 0; row < images.rowCount; row++) sink.row(images, row, changeKind.insert, chunk.readMs)
    const held = this.#held.finish()
    for (let row = 0; row < held.rowCount; row++) sink.row(held, row, kindAt(held, row), this.#heldTimes[row]!)
    this.#heldTimes.length = 0
    this.#touched.clear()
    this.#chunk = undefined
    this.#cursor = this.#upTo
    return chunk.upTo
  }

  #sideOf(batch: Batch, row: number): KeySide {
    if (!this.#walkable) return this.#chunk ? 'inside' : 'later'
    if (this.#cursor && this.#compare(batch, row, this.#cursor) <= 0) return 'done'
    if (!this.#chunk) return 'later'
    return this.#upTo && this.#compare(batch, row, this.#upTo) > 0 ? 'later' : 'inside'
  }

  #compare(batch: Batch, row: number, key: readonly bigint[]): number {
    for (let i = 0; i < key.length; i++) {
      const value = BigInt(valueAt(batch.columns[this.#keyColumns[i]!]!, row) as number | bigint)
      if (value !== key[i]) return value < key[i]! ? -1 : 1
    }
    return 0
  }

  #keyText(batch: Batch, row: number): string {
    return this.#keyColumns
      .map((column) => {
        const value = valueAt(batch.columns[column]!, row)
        return value instanceof Uint8Array ? toHex(value) : String(value)
      })
      .map((text) => `${text.length}:${text}`)
      .join()
  }
}
