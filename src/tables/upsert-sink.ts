// Rows of an upsert table, by copy-on-write: pending changes are folded by key; at the commit every data file that holds a
// changed key is rewritten without it and with its new version, and new keys go to a small file or a new one.
// Invariants: a key is in at most one row of the current files; the index names for every key its file and is changed only
// when the commit has landed; what the index says is confirmed in the file, as hashes may meet.
// Cost: a commit rewrites the files that its keys fall into, each at most the target size. Memory: pending rows, the index
// (24 bytes a key at most half full), one file.
import { assert, MillraceError } from '../base/index.ts'
import { changeKind, type Batch } from '../model/index.ts'
import { readDataFile, removeUnlisted, writeFiles } from './append-sink.ts'
import type { DataFile } from './iceberg/manifest.ts'
import { KeyEncoder, KeyIndex, KeyTable } from './keys.ts'
import type { Lake } from './lake-files.ts'
import type { FileChange, LakeTable } from './lake-table.ts'
import type { TablesLimits } from './limits.ts'
import type { RowSink } from './sink.ts'
import type { TableShape } from './table-shape.ts'

interface Plan {
  /** Per folded key: the file that holds it now, -1 when none does. */
  readonly foundIn: Int32Array
  /** Files to rewrite, with the bit per row that says it goes. */
  readonly rewrites: Map<number, Uint8Array>
  /** The file that takes the new keys too; -1: a new file. */
  readonly open: number
}
/** What committed() does to the index and the list of files. */
interface Prepared {
  readonly plan: Plan
  readonly files: Map<number, DataFile | undefined>
  readonly added: readonly DataFile[]
  /** Entries of new keys, by the file that they went to. */
  readonly newKeys: readonly { readonly file: number; readonly entries: readonly number[] }[]
}

export class UpsertSink implements RowSink {
  readonly #lake: Lake
  readonly #table: LakeTable
  readonly #shape: TableShape
  readonly #limits: TablesLimits
  readonly #key: KeyEncoder
  /** Keys of batches that hold only the key's columns. */
  readonly #storedKey: KeyEncoder
  #index = new KeyIndex()
  /** By file number; undefined where a file has gone. */
  #files: (DataFile | undefined)[] = []

  #batches: Batch[] = []
  #folded = new KeyTable()
  /** Per folded key: batch × 2^16 + row of its last version, or -1 when it was deleted. */
  #last = new Float64Array(256)
  #prepared: Prepared | undefined
  pendingRows = 0
  pendingBytes = 0

  /** Reads the key columns of all current files. @throws MillraceError MR-TABLES-005, MR-TABLES-009 */
  constructor(options: { lake: Lake; table: LakeTable; shape: TableShape; limits: TablesLimits }) {
    this.#lake = options.lake
    this.#table = options.table
    this.#shape = options.shape
    this.#limits = options.limits
    this.#key = new KeyEncoder(options.shape.key)
    this.#storedKey = new KeyEncoder(options.shape.key.map((_, i) => i))
    this.rebuild()
  }

  /** Builds the index from the table's files; pending rows stay. */
  rebuild(): void {
    this.#index = new KeyIndex()
    this.#files = this.#table.files.map((f) => f.file)
    this.#files.forEach((file, number) => {
      readDataFile(
        this.#lake,
        this.#shape,
        file!,
        (batch) => {
          for (let row = 0; row < batch.rowCount; row++) {
            this.#storedKey.encode(batch, row)
            this.#index.insert(this.#storedKey.hashLow, this.#storedKey.hashHigh, number)
          }
        },
        true,
      )
      this.#checkKeys(this.#index.count)
    })
  }

  #checkKeys(count: number): void {
    const limit = this.#limits.indexKeysMax
    if (count > limit) throw new MillraceError('MR-TABLES-009', { details: { table: this.#shape.fullName, limit } })
  }

  get keyCount(): number {
    return this.#index.count
  }

  add(batch: Batch): void {
    const number = this.#batches.length
    let bytes = 0
    for (const column of batch.columns) bytes += (column.values?.byteLength ?? 0) + (column.offsets?.byteLength ?? 0)
    this.#batches.push(batch)
    for (let row = 0; row < batch.rowCount; row++) {
      this.#key.encode(batch, row)
      const entry = this.#folded.put(this.#key)
      if (entry >= this.#last.length) this.#last = grown(this.#last)
      // A row taken back goes; when it comes again with the same key, the later change wins.
      const kind = batch.kinds ? batch.kinds[row]! : changeKind.insert
      const stays = kind === changeKind.insert || kind === changeKind.updateAfter
      this.#last[entry] = stays ? number * 65536 + row : -1
    }
    this.pendingRows += batch.rowCount
    this.pendingBytes += bytes
    this.#checkKeys(this.#index.count + this.#folded.count)
  }

  prepare(): FileChange {
    const plan = this.#plan()
    const files = new Map<number, DataFile | undefined>()
    const added: DataFile[] = []
    const newKeys: { file: number; entries: number[] }[] = []
    const removed = new Set<string>()
    try {
      const byFile = this.#changedByFile(plan)
      for (const [file, gone] of plan.rewrites) {
        const fresh = file === plan.open ? byFile.fresh : []
        const written = this.#rewrite(file, gone, [...(byFile.updates.get(file) ?? []), ...fresh])
        // A rewritten file stays one file, so that its number goes on to hold the same keys.
        assert(written.length <= 1, 'a rewritten file is one file')
        added.push(...written)
        files.set(file, written[0])
        removed.add(this.#files[file]!.path)
        if (fresh.length > 0) newKeys.push({ file, entries: fresh })
      }
      if (plan.open < 0 && byFile.fresh.length > 0) this.#writeFresh(byFile.fresh, added, files, newKeys)
    } catch (error) {
      removeUnlisted(this.#lake, this.#table, added)
      throw error
    }
    this.#prepared = { plan, files, added, newKeys }
    const operation = removed.size === 0 ? 'append' : added.length === 0 ? 'delete' : 'overwrite'
    return { operation, added, removed }
  }

  /** Finds the file of every changed key, confirmed by the file's own key columns. */
  #plan(): Plan {
    const { count } = this.#folded
    const foundIn = new Int32Array(count).fill(-1)
    const touched = new Set<number>()
    for (let entry = 0; entry < count; entry++) {
      this.#index.candidates(
        this.#folded.hashLow(entry),
        this.#folded.hashHigh(entry),
        (file) => void touched.add(file),
      )
    }
    const rewrites = new Map<number, Uint8Array>()
    for (const file of [...touched].toSorted((a, b) => a - b)) {
      const gone = new Uint8Array(this.#files[file]!.rowCount)
      let any = false
      readDataFile(
        this.#lake,
        this.#shape,
        this.#files[file]!,
        (batch, firstRow) => {
          for (let row = 0; row < batch.rowCount; row++) {
            this.#storedKey.encode(batch, row)
            const entry = this.#folded.find(this.#storedKey)
            if (entry < 0) continue
            assert(foundIn[entry]! < 0, 'a key is in one row only')
            foundIn[entry] = file
            gone[firstRow + row] = 1
            any = true
          }
        },
        true,
      )
      if (any) rewrites.set(file, gone)
    }
    return { foundIn, rewrites, open: this.#openFile(foundIn, rewrites) }
  }

  /** Chooses the file that takes new keys: a small one, rather one that is rewritten anyway. It is rewritten then. */
  #openFile(foundIn: Int32Array, rewrites: Map<number, Uint8Array>): number {
    let hasNew = false
    for (let entry = 0; entry < foundIn.length && !hasNew; entry++)
      hasNew = foundIn[entry] === -1 && this.#last[entry]! >= 0
    if (!hasNew || this.pendingBytes > this.#limits.fileBytesTarget / 2) return -1
    const isSmall = (file: number): boolean =>
      this.#files[file] !== undefined && this.#files[file].size < this.#limits.fileBytesTarget / 8
    const numbers = this.#files.map((_, file) => file).filter(isSmall)
    const open = numbers.find((file) => rewrites.has(file)) ?? numbers[0] ?? -1
    if (open >= 0 && !rewrites.has(open)) rewrites.set(open, new Uint8Array(this.#files[open]!.rowCount))
    return open
  }

  #changedByFile(plan: Plan): { updates: Map<number, number[]>; fresh: number[] } {
    const updates = new Map<number, number[]>()
    const fresh: number[] = []
    for (let entry = 0; entry < this.#folded.count; entry++) {
      if (this.#last[entry]! < 0) continue
      const file = plan.foundIn[entry]!
      if (file < 0) fresh.push(entry)
      else if (updates.has(file)) updates.get(file)!.push(entry)
      else updates.set(file, [entry])
    }
    return { updates, fresh }
  }

  #rewrite(number: number, gone: Uint8Array, entries: readonly number[]): DataFile[] {
    const unlimited = { ...this.#limits, fileBytesTarget: Infinity }
    return writeFiles(this.#lake, this.#table, this.#shape, unlimited, (write) => {
      readDataFile(this.#lake, this.#shape, this.#files[number]!, (batch, firstRow) =>
        write(batch, keptRows(gone, firstRow, batch.rowCount)),
      )
      this.#writeEntries(entries, write)
    })
  }

  /** New keys into new files, each up to the target size. */
  #writeFresh(
    entries: readonly number[],
    added: DataFile[],
    files: Map<number, DataFile | undefined>,
    newKeys: { file: number; entries: number[] }[],
  ): void {
    let next = this.#files.length
    const rowsMax = Math.max(
      1,
      Math.floor((entries.length * this.#limits.fileBytesTarget) / Math.max(1, this.pendingBytes)),
    )
    for (let from = 0; from < entries.length; from += rowsMax) {
      const part = entries.slice(from, from + rowsMax)
      const unlimited = { ...this.#limits, fileBytesTarget: Infinity }
      const [file] = writeFiles(this.#lake, this.#table, this.#shape, unlimited, (write) =>
        this.#writeEntries(part, write),
      )
      added.push(file!)
      files.set(next, file)
      newKeys.push({ file: next++, entries: part })
    }
  }

  /** The last version of each key, in the order in which the rows came. */
  #writeEntries(entries: readonly number[], write: (batch: Batch, rows: Int32Array | null) => void): void {
    const places = Float64Array.from(entries, (entry) => this.#last[entry]!).toSorted()
    let from = 0
    while (from < places.length) {
      const batch = Math.floor(places[from]! / 65536)
      let to = from + 1
      while (to < places.length && Math.floor(places[to]! / 65536) === batch) to++
      write(
        this.#batches[batch]!,
        Int32Array.from(places.subarray(from, to), (place) => place % 65536),
      )
      from = to
    }
  }

  committed(): void {
    const prepared = this.#prepared
    assert(prepared, 'a change was prepared')
    for (const [file, data] of prepared.files) this.#files[file] = data
    for (let entry = 0; entry < this.#folded.count; entry++) {
      const file = prepared.plan.foundIn[entry]!
      if (file >= 0 && this.#last[entry]! < 0)
        this.#index.remove(this.#folded.hashLow(entry), this.#folded.hashHigh(entry), file)
    }
    for (const { file, entries } of prepared.newKeys) {
      for (const entry of entries) this.#index.insert(this.#folded.hashLow(entry), this.#folded.hashHigh(entry), file)
    }
    this.#prepared = undefined
    this.#clear()
  }

  #clear(): void {
    this.#batches = []
    this.#folded = new KeyTable()
    this.pendingRows = 0
    this.pendingBytes = 0
  }

  failed(): void {
    if (this.#prepared) removeUnlisted(this.#lake, this.#table, this.#prepared.added)
    this.#prepared = undefined
  }
}

function grown(old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const next = new Float64Array(old.length * 2)
  next.set(old)
  return next
}

/** Rows of a batch that stay; null when all do. */
function keptRows(gone: Uint8Array, firstRow: number, rowCount: number): Int32Array | null {
  const rows = new Int32Array(rowCount)
  let n = 0
  for (let row = 0; row < rowCount; row++) if (gone[firstRow + row] === 0) rows[n++] = row
  return n === rowCount ? null : rows.subarray(0, n)
}
