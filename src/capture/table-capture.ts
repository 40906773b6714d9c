// One captured table: its phase (snapshot, stream, stopped), the rows of its events, and its heartbeat rows.
// Invariant: once stopped, nothing more reaches its topic under this topic's name, also after a restart; other tables go on.
import { encodeText, MillraceError, type ErrorCode } from '../base/index.ts'
import { BatchBuilder, changeKind, ticksPerSecond, type SchemaIds, type Value } from '../model/index.ts'
import type { CapturedTable, CapturedTableStatus, CaptureProblem, HeartbeatTable } from './capture-types.ts'
import type { CaptureLimits } from './limits.ts'
import type { LogPlace } from './log-place.ts'
import { UnheldValue } from './mysql/binary-values.ts'
import { formatGtid, type Gtid } from './mysql/gtid-set.ts'
import type { LittleReader } from './mysql/little.ts'
import {
  padRow,
  readRowChange,
  readRowsColumns,
  RowReader,
  skipRowChange,
  type RowEventKind,
} from './mysql/row-event.ts'
import type { TableMap } from './mysql/table-map.ts'
import type { TablePosition } from './position.ts'
import type { SourceTable } from './server-check.ts'
import { isWalkable, type Chunk } from './snapshot-chunk.ts'
import { SnapshotWindow } from './snapshot-window.ts'
import { TableOutput, type Append } from './table-output.ts'

export class TableCapture {
  readonly captured: CapturedTable
  readonly output: TableOutput
  readonly #limits: CaptureLimits
  readonly #heartbeat: HeartbeatTable | undefined
  readonly #scratch: BatchBuilder
  #phase: TablePosition['phase']
  #cursor: readonly string[] | null
  #problem: CaptureProblem | undefined
  #heartbeatMs: number
  #window: SnapshotWindow | undefined
  /** Readers by TABLE_MAP, as long as the dump goes on. */
  #reader: { readonly map: TableMap; readonly rows: RowReader } | undefined
  #rowsInside = 0
  #skipRows = 0
  rowsCommitted = 0

  constructor(options: {
    captured: CapturedTable
    heartbeat: HeartbeatTable | undefined
    position: TablePosition | undefined
    limits: CaptureLimits
    schemaIds?: SchemaIds | undefined
  }) {
    const { captured, position } = options
    this.captured = captured
    this.#heartbeat = options.heartbeat
    this.#limits = options.limits
    this.output = new TableOutput(captured, options.limits, options.schemaIds)
    this.#scratch = new BatchBuilder(captured.format.schema)
    const kept = position?.topic === captured.format.topic ? position : undefined
    this.#phase = kept?.phase ?? 'snapshot'
    this.#cursor = kept?.cursor ?? null
    this.#problem = kept?.problem
    this.#heartbeatMs = kept?.heartbeatMs ?? 0
  }

  get name(): string {
    return this.captured.source
  }
  get phase(): TablePosition['phase'] {
    return this.#phase
  }
  get cursor(): readonly string[] | null {
    return this.#cursor
  }
  get problem(): CaptureProblem | undefined {
    return this.#problem
  }
  get window(): SnapshotWindow | undefined {
    return this.#window
  }

  position(): TablePosition {
    return {
      topic: this.captured.format.topic,
      phase: this.#phase,
      cursor: this.#cursor,
      problem: this.#problem,
      heartbeatMs: this.#heartbeatMs,
    }
  }

  status(): CapturedTableStatus {
    return {
      source: this.name,
      topic: this.captured.format.topic,
      phase: this.#phase,
      rowsCommitted: this.rowsCommitted,
      problem: this.#problem,
    }
  }

  /** A dump begins: table ids of the last one mean nothing, and an open window is read again. */
  connected(table: SourceTable): void {
    this.#reader = undefined
    this.#window = undefined
    if (this.#phase !== 'snapshot') return
    const { schema } = this.captured.format
    const keyColumns = table.primaryKey.map((name) =>
      schema.fields.findIndex((f) => f.name.toLowerCase() === name.toLowerCase()),
    )
    this.#window = new SnapshotWindow({ schema, keyColumns, walkable: isWalkable(table, schema), cursor: this.#cursor })
  }

  /** Binds the row events that follow. */
  tableMap(map: TableMap, gtid: Gtid): void {
    if (this.#phase === 'stopped') return
    const rows = RowReader.for(map, this.captured.format.schema)
    if (typeof rows === 'string') this.stop('MR-CAPTURE-021', gtid, { reason: rows })
    else this.#reader = { map, rows }
  }

  /** A transaction begins. @param skipRows its row changes of this table that are committed already */
  begin(skipRows: number): void {
    this.#rowsInside = 0
    this.#skipRows = skipRows
  }

  /** Row changes of this table met in the transaction that is being read. */
  get rowsInside(): number {
    return this.#rowsInside
  }

  /** The rows of one event. Throws BytesError when the event is damaged; rows before the damage are taken. */
  rowEvent(kind: RowEventKind, body: LittleReader, gtid: Gtid, timestampMs: number): void {
    if (this.#phase === 'stopped' || !this.#reader) return
    const { rows } = this.#reader
    const partial = readRowsColumns(body, kind, rows.columnCount)
    if (partial) return this.stop('MR-CAPTURE-021', gtid, { reason: partial })
    const target = this.#window ? this.#scratch : this.output.builder
    let whole = target.rowCount
    try {
      while (body.remaining > 0) {
        if (this.#rowsInside < this.#skipRows) skipRowChange(body, kind, rows)
        else {
          if (!this.#window && this.output.isFull) {
            this.output.stamp(timestampMs)
            this.output.flush()
          }
          whole = target.rowCount
          readRowChange(body, kind, rows, target)
          whole = target.rowCount
        }
        this.#rowsInside++
      }
    } catch (error) {
      // Rows before the one that failed are changes like any others; the failed one is completed, then cut off.
      if (target.columns.some((column) => column.rowCount > target.rowCount)) padRow(target)
      this.#endEvent(whole, gtid, timestampMs)
      if (!(error instanceof UnheldValue)) throw error
      return this.stop('MR-CAPTURE-022', gtid, { reason: error.message })
    }
    this.#endEvent(whole, gtid, timestampMs)
  }

  #endEvent(rowCount: number, gtid: Gtid, timestampMs: number): void {
    if (!this.#window) {
      this.output.stamp(timestampMs)
      if (rowCount < this.output.builder.rowCount) this.output.flush(rowCount)
    } else {
      this.#window.changes(this.#scratch.finish(), rowCount, gtid, timestampMs, this.output)
      if (this.#window.heldRows > this.#limits.windowRowsMax) this.#window.abandon()
    }
    this.#checkEncoding(gtid)
  }

  #checkEncoding(gtid: Gtid | undefined): void {
    if (this.output.failure) this.stop('MR-CAPTURE-022', gtid, { reason: this.output.failure.message })
  }

  /** What waits for a commit. */
  take(gtid: Gtid | undefined): Append[] {
    const appends = this.output.take()
    this.#checkEncoding(gtid)
    return appends
  }

  openWindow(chunk: Chunk): void {
    this.#window?.open(chunk)
  }

  /** The log was read past the chunk's end. */
  closeWindow(): void {
    if (!this.#window?.chunk) return
    this.#cursor = this.#window.close(this.output)
    this.#checkEncoding(undefined)
    if (this.#cursor !== null) return
    this.#window = undefined
    this.#phase = 'stream'
  }

  /** Ends this table's capture for good, with a coded reason. */
  stop(code: ErrorCode, gtid: Gtid | undefined, details: Readonly<Record<string, string | number>>): void {
    if (this.#phase === 'stopped') return
    const error = new MillraceError(code, {
      details: { table: this.name, gtid: gtid ? formatGtid(gtid) : 'none', ...details },
    })
    this.#phase = 'stopped'
    this.#problem = { code, message: error.message, help: error.help }
    this.#window = undefined
    this.#reader = undefined
  }

  /** Says that all of the source up to `timeMs` is here: an upsert of the heartbeat row. Never goes back. */
  beat(timeMs: number): void {
    const heartbeat = this.#heartbeat
    if (!heartbeat || this.#phase !== 'stream' || timeMs <= this.#heartbeatMs) return
    if (this.output.isFull) this.output.flush()
    const { builder } = this.output
    if (this.#heartbeatMs > 0)
      builder.appendRow(this.#heartbeatRow(heartbeat, this.#heartbeatMs), changeKind.updateBefore)
    builder.appendRow(
      this.#heartbeatRow(heartbeat, timeMs),
      this.#heartbeatMs > 0 ? changeKind.updateAfter : changeKind.insert,
    )
    this.output.stamp(timeMs)
    this.#heartbeatMs = timeMs
  }

  #heartbeatRow(heartbeat: HeartbeatTable, timeMs: number): Value[] {
    return this.captured.format.schema.fields.map(({ name, type }): Value => {
      if (name === heartbeat.timeColumn) {
        const precision = 'precision' in type ? type.precision : 3
        return (BigInt(timeMs) * BigInt(ticksPerSecond(precision))) / 1000n
      }
      const given = heartbeat.row[name]
      if (given === undefined && type.nullable) return null
      switch (type.kind) {
        case 'BOOLEAN':
          return given === true
        case 'CHAR':
        case 'VARCHAR':
          return String(given ?? '')
        case 'BINARY':
        case 'VARBINARY':
          return encodeText(String(given ?? ''))
        case 'BIGINT':
        case 'TIMESTAMP':
        case 'TIMESTAMP_LTZ':
          return BigInt(given ?? 0)
        case 'DECIMAL':
          return BigInt(given ?? 0) * 10n ** BigInt(type.scale)
        default:
          return Number(given ?? 0)
      }
    })
  }
}

/** A problem of the whole source, from any error. @param place where the log was read, when it was */
export function problemOf(error: unknown, source: string, place: LogPlace | undefined): CaptureProblem {
  const coded = error instanceof MillraceError ? error : unreadable(error, source, place)
  return { code: coded.code, message: coded.message, help: coded.help }
}

function unreadable(cause: unknown, source: string, place: LogPlace | undefined): MillraceError {
  const where = place && place.file !== '' ? `${place.file}, after byte ${place.position}` : 'its beginning'
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError('MR-CAPTURE-012', { details: { source, place: where, reason }, cause })
}
