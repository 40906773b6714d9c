// The log as transactions: which events belong to which GTID, which tables they touch, and where a transaction ends.
// Invariant: a GTID joins `executed` only when all its changes were handed to the tables. What may hide changes of a captured
// table stops that table, by name; nothing is passed over in silence.
import { BytesError, compareBytes } from '../base/index.ts'
import { hasReached, LogPlaceTracker, type LogPlace } from './log-place.ts'
import {
  artificialFlag,
  eventBody,
  eventType,
  headerBytes,
  ignorableFlag,
  readEventHeader,
  readFormatDescription,
  readGtid,
  readHeartbeatV2,
  readQuery,
  readRotate,
  readTaggedGtid,
  readTransactionPayload,
  readXaPrepare,
  type EventHeader,
  type GtidEvent,
} from './mysql/events.ts'
import { formatGtid, type Gtid, type GtidSet } from './mysql/gtid-set.ts'
import { LittleReader } from './mysql/little.ts'
import { readRowsHeader, type RowEventKind } from './mysql/row-event.ts'
import { meaningOf } from './mysql/statement.ts'
import { readTableMap, readTableName } from './mysql/table-map.ts'
import type { InsidePosition } from './position.ts'
import type { TableCapture } from './table-capture.ts'

interface Transaction {
  readonly gtid: Gtid
  readonly timestampMs: number
  /** BEGIN was seen: it ends with COMMIT or XID. Else its first statement is all of it. */
  open: boolean
  readonly touched: Set<TableCapture>
  /** A two-phase transaction's row events, until it is known whether it committed in one phase. */
  xa: Uint8Array[] | undefined
  xaBytes: number
}

const rowKinds: Record<number, RowEventKind> = {
  [eventType.writeRows]: 'insert',
  [eventType.updateRows]: 'update',
  [eventType.deleteRows]: 'delete',
}

/** Events that hold no changes. */
const silentTypes: ReadonlySet<number> = new Set([
  eventType.stop,
  eventType.intvar,
  eventType.rand,
  eventType.userVar,
  eventType.ignorable,
  eventType.rowsQuery,
  eventType.previousGtids,
  eventType.transactionContext,
  eventType.viewChange,
])

export class LogStream {
  readonly #tables: ReadonlyMap<string, TableCapture>
  readonly #charsetOf: (collation: number) => string
  readonly #heldBytesMax: number
  readonly #tracker = new LogPlaceTracker()
  /** Captured tables by the ids of this dump; undefined: another table. */
  readonly #ids = new Map<number, TableCapture | undefined>()
  readonly #mapBytes = new Map<TableCapture, Uint8Array>()
  #checksum = true
  #transaction: Transaction | undefined
  #executed: GtidSet
  #resume: InsidePosition | undefined
  #inner: Uint8Array[] = []
  #innerNext = 0
  #readUntilMs = 0

  constructor(options: {
    tables: ReadonlyMap<string, TableCapture>
    executed: GtidSet
    inside: InsidePosition | undefined
    charsetOf: (collation: number) => string
    heldBytesMax: number
  }) {
    this.#tables = options.tables
    this.#executed = options.executed
    this.#resume = options.inside
    this.#charsetOf = options.charsetOf
    this.#heldBytesMax = options.heldBytesMax
  }

  /** Transactions whose changes are all with the tables. */
  get executed(): GtidSet {
    return this.#executed
  }
  /** The transaction that is being read. */
  get current(): Gtid | undefined {
    return this.#transaction?.gtid
  }
  /** Where the last event ended. */
  get place(): LogPlace {
    return this.#tracker.place
  }

  /** Was all before this place read, inner events of compressed transactions included? */
  hasReached(end: LogPlace): boolean {
    return this.#inner.length === 0 && hasReached(this.#tracker.place, end)
  }
  get readUntilMs(): number {
    return this.#readUntilMs
  }

  /** Where it stands inside the transaction that is being read. */
  inside(): InsidePosition | undefined {
    if (!this.#transaction) return this.#resume
    const rows = [...this.#tables.values()]
      .filter((t) => t.rowsInside > 0)
      .map((t): [string, number] => [t.name, t.rowsInside])
    return { gtid: this.#transaction.gtid, rows: Object.fromEntries(rows) }
  }

  /** Handles one event of `next`, or one inside a compressed transaction. False when there is none. */
  step(next: () => Uint8Array | undefined): boolean {
    if (this.#innerNext < this.#inner.length) {
      const event = this.#inner[this.#innerNext++]!
      if (this.#innerNext === this.#inner.length) {
        this.#inner = []
        this.#innerNext = 0
      }
      this.#event(event, false)
      return true
    }
    const event = next()
    if (!event) return false
    this.#event(event, this.#checksum)
    return true
  }

  #event(event: Uint8Array, checksum: boolean): void {
    const header = readEventHeader(event)
    if (header.type === eventType.formatDescription) {
      this.#checksum = readFormatDescription(event).checksum
      this.#ids.clear()
      this.#mapBytes.clear()
      return
    }
    const body = eventBody(event, checksum)
    if (header.type === eventType.rotate) {
      const { file, position } = readRotate(body)
      this.#tracker.rotate(file, position)
      return
    }
    if (header.type === eventType.heartbeatV2) {
      const { file, position } = readHeartbeatV2(body)
      if (file === this.#tracker.place.file) this.#tracker.rotate(file, position)
      return
    }
    this.#handle(header, body)
    // After the event's effects: who waits for a place may act on it. Made-up events have no place of their own.
    if ((header.flags & artificialFlag) === 0) this.#tracker.advance(header.endPosition)
  }

  #handle(header: EventHeader, body: LittleReader): void {
    const kind = rowKinds[header.type]
    const holds = this.#transaction?.xa && (kind || header.type === eventType.tableMap)
    if (holds) return this.#hold(body)
    if (kind) return this.#rows(kind, body)
    switch (header.type) {
      case eventType.heartbeat:
        return
      case eventType.tableMap:
        return this.#tableMap(body)
      case eventType.gtid:
        return this.#begin(readGtid(body), header)
      case eventType.taggedGtid:
        return this.#begin(readTaggedGtid(body), header)
      case eventType.query:
        return this.#query(body)
      case eventType.xid:
        return this.#end()
      case eventType.xaPrepare:
        this.#decide(readXaPrepare(body).onePhase)
        return this.#end()
      case eventType.transactionPayload:
        this.#inner = readTransactionPayload(body)
        return
      case eventType.partialUpdateRows:
      case eventType.writeRowsV1:
      case eventType.updateRowsV1:
      case eventType.deleteRowsV1:
        return this.#foreignRows(header, body)
      case eventType.executeLoadQuery:
      case eventType.beginLoadQuery:
        return this.#stopAll('a LOAD DATA statement instead of its rows')
      case eventType.incident:
        this.#stopAll('an incident: the server could not write all changes')
        return this.#end()
      case eventType.anonymousGtid:
        return this.#stopAll('transactions without GTID')
      default:
        if (silentTypes.has(header.type) || (header.flags & ignorableFlag) !== 0) return
        this.#stopAll(`an event of unknown type ${header.type}`)
    }
  }

  /** Keeps a row event of a two-phase transaction: it may never be committed. */
  #hold(body: LittleReader): void {
    const transaction = this.#transaction!
    transaction.xaBytes += body.end
    if (transaction.xaBytes > this.#heldBytesMax)
      return this.#stopAll('a two-phase (XA) transaction that is too large to hold')
    transaction.xa!.push(body.bytes.slice(0, body.end))
  }

  /** The end of a two-phase transaction's first phase. In one phase it is committed; else nobody knows yet. */
  #decide(onePhase: boolean): void {
    const transaction = this.#transaction
    const held = transaction?.xa ?? []
    if (transaction) transaction.xa = undefined
    for (const bytes of held) {
      const type = bytes[4]!
      const body = new LittleReader(bytes, headerBytes)
      if (type === eventType.tableMap) this.#tableMap(body)
      else if (onePhase) this.#rows(rowKinds[type]!, body)
      else this.#ids.get(readRowsHeader(body).tableId)?.stop('MR-CAPTURE-024', this.current, {})
    }
  }

  #begin(event: GtidEvent, header: EventHeader): void {
    // A group that was neither opened nor closed holds nothing of ours.
    if (this.#transaction) this.#end()
    const timestampMs =
      event.committedMicros > 0 ? Math.floor(event.committedMicros / 1000) : header.timestampSeconds * 1000
    this.#transaction = { gtid: event.gtid, timestampMs, open: false, touched: new Set(), xa: undefined, xaBytes: 0 }
    const resumed = this.#resume && formatGtid(this.#resume.gtid) === formatGtid(event.gtid) ? this.#resume : undefined
    this.#resume = undefined
    for (const table of this.#tables.values()) table.begin(resumed?.rows[table.name] ?? 0)
  }

  #end(): void {
    const transaction = this.#transaction
    if (!transaction) return
    this.#executed = this.#executed.with(transaction.gtid)
    this.#readUntilMs = Math.max(this.#readUntilMs, transaction.timestampMs)
    this.#transaction = undefined
  }

  #query(body: LittleReader): void {
    const { database, statement } = readQuery(body)
    const meaning = meaningOf(statement, database)
    const transaction = this.#transaction
    switch (meaning.kind) {
      case 'begin':
      case 'xa-begin':
        if (!transaction) return
        transaction.open = true
        if (meaning.kind === 'xa-begin') transaction.xa = []
        return
      case 'commit':
        return this.#end()
      case 'rollback':
        // Only what cannot be rolled back is logged before it.
        this.#stopTouched('a rolled back transaction with changes')
        return this.#end()
      case 'changes':
        for (const [where, name] of meaning.tables) this.#changed(where, name, meaning.verb)
        break
      case 'harmless':
        break
    }
    if (transaction && !transaction.open) this.#end()
  }

  /** @param name null: all tables of the database */
  #changed(database: string, name: string | null, verb: string): void {
    for (const table of this.#tables.values()) {
      const [tableDatabase, tableName] = table.name.toLowerCase().split('.')
      if (tableDatabase !== database.toLowerCase()) continue
      if (name === null || tableName === name.toLowerCase()) table.stop('MR-CAPTURE-020', this.current, { verb })
    }
  }

  #tableMap(body: LittleReader): void {
    const start = body.at
    const { id, database, table } = readTableName(body)
    const captured = this.#tables.get(`${database}.${table}`)
    this.#ids.set(id, captured)
    if (!captured || !this.#transaction) return
    const bytes = body.bytes.subarray(start, body.end)
    const known = this.#mapBytes.get(captured)
    if (known && compareBytes(known, bytes) === 0) return
    body.at = start
    captured.tableMap(readTableMap(body, this.#charsetOf), this.#transaction.gtid)
    this.#mapBytes.set(captured, bytes.slice())
  }

  #rows(kind: RowEventKind, body: LittleReader): void {
    const { tableId } = readRowsHeader(body)
    if (!this.#ids.has(tableId)) throw new BytesError(`rows of table id ${tableId}, which has no table map`, body.at)
    const table = this.#ids.get(tableId)
    const transaction = this.#transaction
    if (!table || !transaction) return
    transaction.touched.add(table)
    table.rowEvent(kind, body, transaction.gtid, transaction.timestampMs)
  }

  #foreignRows(header: EventHeader, body: LittleReader): void {
    const table = this.#ids.get(body.uint48())
    const what =
      header.type === eventType.partialUpdateRows
        ? "partial JSON updates: SET PERSIST binlog_row_value_options = ''"
        : 'row events of an old format'
    table?.stop('MR-CAPTURE-023', this.current, { what })
  }

  #stopTouched(what: string): void {
    for (const table of this.#transaction?.touched ?? []) table.stop('MR-CAPTURE-023', this.current, { what })
  }

  #stopAll(what: string): void {
    for (const table of this.#tables.values()) table.stop('MR-CAPTURE-023', this.current, { what })
  }
}
