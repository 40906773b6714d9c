// Row events (v2) of one captured table, decoded by the TABLE_MAP before them straight into a batch of the table's schema.
// Invariant: a row is appended whole or not at all, as far as the batch goes on being used: see padRow.
// Reference: MySQL source docs, "Rows_event".
import { BytesError } from '../../base/index.ts'
import { changeKind, type BatchBuilder, type Schema } from '../../model/index.ts'
import { UnheldValue, valueReader, valueSkipper, type ReadValue, type SkipValue } from './binary-values.ts'
import type { LittleReader } from './little.ts'
import { describeSource, mismatchOf } from './source-column.ts'
import type { TableMap } from './table-map.ts'

interface ColumnStep {
  /** Index of the table's column that takes it; -1 for none. */
  readonly target: number
  readonly read: ReadValue
  readonly skip: SkipValue
}

/** Reads the rows of one TABLE_MAP as one schema. */
export class RowReader {
  readonly #steps: readonly ColumnStep[]
  readonly #names: readonly string[]

  private constructor(steps: readonly ColumnStep[], names: readonly string[]) {
    this.#steps = steps
    this.#names = names
  }

  /** @returns a text with the reason when the map's columns cannot be read as the schema */
  static for(map: TableMap, schema: Schema): RowReader | string {
    if (!map.named) return 'the log does not name columns: SET PERSIST binlog_row_metadata = FULL'
    const indexes = new Map(schema.fields.map((field, i) => [field.name.toLowerCase(), i]))
    const missing = new Set(indexes.keys())
    const steps: ColumnStep[] = []
    for (const column of map.columns) {
      const target = indexes.get(column.name.toLowerCase()) ?? -1
      missing.delete(column.name.toLowerCase())
      const field = schema.fields[target]
      const reason = field ? mismatchOf(column, field.type) : undefined
      if (reason) return `column ${column.name} is ${describeSource(column)}: ${reason}`
      const skip = valueSkipper(column)
      steps.push({ target, skip, read: field ? valueReader(column, field.type) : (r) => skip(r) })
    }
    if (missing.size > 0) return `there is no column ${[...missing].join(', ')}`
    return new RowReader(
      steps,
      map.columns.map((c) => c.name),
    )
  }

  get columnCount(): number {
    return this.#steps.length
  }

  /** Appends one image without ending the row. Throws UnheldValue with the column's name, BytesError on damage. */
  image(reader: LittleReader, out: BatchBuilder): void {
    const steps = this.#steps
    const nulls = reader.advance((steps.length + 7) >> 3)
    for (let i = 0; i < steps.length; i++) {
      const { target, read, skip } = steps[i]!
      const isNull = (reader.bytes[nulls + (i >> 3)]! & (1 << (i & 7))) !== 0
      if (target < 0) {
        if (!isNull) skip(reader)
      } else if (isNull) out.columns[target]!.appendNull()
      else this.#value(i, read, reader, out)
    }
  }

  #value(i: number, read: ReadValue, reader: LittleReader, out: BatchBuilder): void {
    try {
      read(reader, out.columns[this.#steps[i]!.target]!)
    } catch (error) {
      if (error instanceof UnheldValue) throw new UnheldValue(`column ${this.#names[i]}: ${error.message}`)
      throw error
    }
  }

  skipImage(reader: LittleReader): void {
    const steps = this.#steps
    const nulls = reader.advance((steps.length + 7) >> 3)
    for (let i = 0; i < steps.length; i++) {
      if ((reader.bytes[nulls + (i >> 3)]! & (1 << (i & 7))) === 0) steps[i]!.skip(reader)
    }
  }
}

export type RowEventKind = 'insert' | 'update' | 'delete'

/** The header of a row event: which TABLE_MAP it belongs to; the reader then stands at its rows. */
export function readRowsHeader(body: LittleReader): { tableId: number; endOfStatement: boolean } {
  const tableId = body.uint48()
  const flags = body.uint16()
  body.advance(body.uint16() - 2)
  return { tableId, endOfStatement: (flags & 1) !== 0 }
}

/** Width and present columns; only whole images are read. @returns a reason when images are partial */
export function readRowsColumns(body: LittleReader, kind: RowEventKind, columnCount: number): string | undefined {
  const width = body.packed()
  if (width !== columnCount) throw new BytesError(`rows of ${width} columns, the table map has ${columnCount}`, body.at)
  const size = (width + 7) >> 3
  const bitmaps = [body.take(size), ...(kind === 'update' ? [body.take(size)] : [])]
  for (const bitmap of bitmaps) {
    for (let i = 0; i < width; i++) {
      if ((bitmap[i >> 3]! & (1 << (i & 7))) === 0)
        return 'the log holds partial rows: SET PERSIST binlog_row_image = FULL'
    }
  }
  return undefined
}

/** Reads one row change: one or two rows of the batch. */
export function readRowChange(body: LittleReader, kind: RowEventKind, rows: RowReader, out: BatchBuilder): void {
  rows.image(body, out)
  if (kind === 'update') {
    out.endRow(changeKind.updateBefore)
    rows.image(body, out)
    out.endRow(changeKind.updateAfter)
  } else out.endRow(kind === 'insert' ? changeKind.insert : changeKind.delete)
}

export function skipRowChange(body: LittleReader, kind: RowEventKind, rows: RowReader): void {
  rows.skipImage(body)
  if (kind === 'update') rows.skipImage(body)
}

/** After a value failed in the middle of a row: completes the row, so that the batch can be finished and cut before it. */
export function padRow(out: BatchBuilder): void {
  for (const column of out.columns) if (column.rowCount === out.rowCount) column.appendNull()
  out.endRow(changeKind.insert)
}
