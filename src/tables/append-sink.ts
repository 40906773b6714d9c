// Rows of an append table: written into data files as they come, finished at the commit. When many small files have gathered,
// they are merged into one, in their order.
// Invariant: a row is in exactly one file of the next commit; only inserts are taken.
import { BytesError, MillraceError } from '../base/index.ts'
import { changeKind, type Batch } from '../model/index.ts'
import { DataFileWriter } from './data-file-writer.ts'
import { pathOf, withFile, type Lake } from './lake-files.ts'
import type { FileChange, LakeTable, LiveFile } from './lake-table.ts'
import type { DataFile } from './iceberg/manifest.ts'
import type { TablesLimits } from './limits.ts'
import { readParquet } from './parquet/index.ts'
import type { RowSink } from './sink.ts'
import type { TableShape } from './table-shape.ts'

export class AppendSink implements RowSink {
  readonly #lake: Lake
  readonly #table: LakeTable
  readonly #shape: TableShape
  readonly #limits: TablesLimits
  #batches: Batch[] = []
  #prepared: DataFile[] = []
  pendingRows = 0
  pendingBytes = 0

  constructor(options: { lake: Lake; table: LakeTable; shape: TableShape; limits: TablesLimits }) {
    this.#lake = options.lake
    this.#table = options.table
    this.#shape = options.shape
    this.#limits = options.limits
  }

  add(batch: Batch): void {
    const kinds = batch.kinds?.subarray(0, batch.rowCount)
    if (kinds?.some((kind) => kind !== changeKind.insert)) {
      throw new MillraceError('MR-TABLES-011', {
        details: { table: this.#shape.fullName, topic: this.#shape.topic, reason: 'it changes or deletes a row' },
      })
    }
    this.#batches.push(batch)
    this.pendingRows += batch.rowCount
    this.pendingBytes += batchBytesOf(batch)
  }

  prepare(): FileChange {
    this.#prepared = writeFiles(this.#lake, this.#table, this.#shape, this.#limits, (write) => {
      for (const batch of this.#batches) write(batch, null)
    })
    return { operation: 'append', added: this.#prepared, removed: new Set() }
  }

  committed(): void {
    this.#batches = []
    this.#prepared = []
    this.pendingRows = 0
    this.pendingBytes = 0
  }

  failed(): void {
    removeUnlisted(this.#lake, this.#table, this.#prepared)
    this.#prepared = []
  }

  /**
   * Merges small files when there are many. One step merges at most a target file's worth.
   * @returns the change to commit, or undefined when there is nothing to do
   */
  compact(): FileChange | undefined {
    const small = this.#table.files.filter((f) => f.file.size < this.#limits.fileBytesTarget / 4)
    if (small.length < this.#limits.smallFilesMax) return undefined
    const chosen: LiveFile[] = []
    let size = 0
    for (const live of small) {
      if (size > 0 && size + live.file.size > this.#limits.fileBytesTarget) break
      chosen.push(live)
      size += live.file.size
    }
    if (chosen.length < 2) return undefined
    this.#prepared = writeFiles(this.#lake, this.#table, this.#shape, this.#limits, (write) => {
      for (const { file } of chosen) readDataFile(this.#lake, this.#shape, file, (batch) => write(batch, null))
    })
    return { operation: 'replace', added: this.#prepared, removed: new Set(chosen.map((f) => f.file.path)) }
  }

  /** A merge was committed; pending rows are untouched. */
  compacted(): void {
    this.#prepared = []
  }
}

function batchBytesOf(batch: Batch): number {
  let size = 0
  const visit = (column: Batch['columns'][number]): void => {
    size += (column.validity?.byteLength ?? 0) + (column.values?.byteLength ?? 0) + (column.offsets?.byteLength ?? 0)
    column.children.forEach(visit)
  }
  batch.columns.forEach(visit)
  return size
}

/** Removes files of a failed commit, but none that the table has: a commit whose answer was lost may have landed. */
export function removeUnlisted(lake: Lake, table: LakeTable, files: readonly DataFile[]): void {
  const listed = new Set(table.files.map((f) => f.file.path))
  for (const file of files) if (!listed.has(file.path)) lake.disk.remove(pathOf(lake, file.path)!)
}

type WriteRows = (batch: Batch, rows: Int32Array | null) => void

/** Writes rows into as many files as the target size asks for; none when there are no rows. All are removed when it fails. */
export function writeFiles(
  lake: Lake,
  table: LakeTable,
  shape: TableShape,
  limits: TablesLimits,
  produce: (write: WriteRows) => void,
): DataFile[] {
  const done: DataFile[] = []
  let writer: DataFileWriter | undefined
  try {
    produce((batch, rows) => {
      if ((rows ? rows.length : batch.rowCount) === 0) return
      writer ??= new DataFileWriter(lake, table.newDataPath(), shape.parquet, limits)
      writer.append(batch, rows)
      if (writer.size < limits.fileBytesTarget) return
      done.push(writer.finish())
      writer = undefined
    })
    if (writer) done.push(writer.finish())
    return done
  } catch (error) {
    for (const file of done) lake.disk.remove(pathOf(lake, file.path)!)
    writer?.abandon()
    throw error
  }
}

/** Reads all rows of a data file of ours. @throws MillraceError MR-TABLES-005 when it is damaged */
export function readDataFile(
  lake: Lake,
  shape: TableShape,
  file: DataFile,
  visit: (batch: Batch, firstRow: number) => void,
  keyOnly = false,
): void {
  const path = pathOf(lake, file.path)
  try {
    if (path === undefined) throw new BytesError('it lies outside of the lake', 0)
    withFile(lake.disk, path, (access) =>
      readParquet(access, keyOnly ? shape.keySchema : shape.schema, shape.fields, visit),
    )
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause
    throw new MillraceError('MR-TABLES-005', {
      details: { table: shape.fullName, file: path ?? file.path, reason: cause.message },
      cause,
    })
  }
}
