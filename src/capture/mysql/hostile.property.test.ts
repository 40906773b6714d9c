// Bytes that lie end in a BytesError or an UnheldValue, never in a crash, a hang or a large allocation.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BytesError } from '../../base/index.ts'
import { BatchBuilder, types, type Field, type LogicalType } from '../../model/index.ts'
import { recorded } from '../test-kit.ts'
import { UnheldValue } from './binary-values.ts'
import {
  eventBody,
  eventType,
  headerBytes,
  readEventHeader,
  readGtid,
  readHeartbeatV2,
  readQuery,
  readRotate,
  readTaggedGtid,
  readTransactionPayload,
} from './events.ts'
import { readJson } from './json-value.ts'
import { LittleReader } from './little.ts'
import { readRowChange, readRowsColumns, readRowsHeader, RowReader } from './row-event.ts'
import { mismatchOf, type SourceColumn } from './source-column.ts'
import { readTableMap } from './table-map.ts'

const recording = recorded()
const ofType = (type: number): Uint8Array[] => recording.events.filter((event) => event[4] === type)
const charsetOf = (collation: number): string => recording.charsets[collation] ?? '?'

function survives(run: () => void): void {
  try {
    run()
  } catch (error) {
    assert.ok(
      error instanceof BytesError || error instanceof UnheldValue,
      `unexpected: ${String(error)} ${(error as Error).stack}`,
    )
  }
}

/** Some bytes of an event changed, and perhaps its end cut. */
const damaged = (events: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...events),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(100),
    )
    .map(([event, changes, cut]) => {
      const bytes = event.slice(0, Math.max(headerBytes, event.length - (cut < 30 ? cut : 0)))
      for (const [at, value] of changes)
        if (bytes.length > headerBytes) bytes[headerBytes + (at % (bytes.length - headerBytes))] = value
      return bytes
    })

const candidates: readonly LogicalType[] = [
  types.int(),
  types.smallint(),
  types.bigint(),
  types.decimal(38, 10),
  types.decimal(20, 0),
  types.float(),
  types.double(),
  types.string(),
  types.bytes(),
  types.date(),
  types.time(3),
  types.timestamp(6),
  types.timestampLtz(6),
]

function fieldOf(column: SourceColumn): Field[] {
  const type = candidates.find((candidate) => mismatchOf(column, candidate) === undefined)
  return type ? [{ name: column.name, type }] : []
}

test('damaged table maps and rows', () => {
  const maps = ofType(eventType.tableMap)
  const writes = ofType(eventType.writeRows)
  fc.assert(
    fc.property(damaged(maps), damaged(writes), fc.boolean(), (map, rows, keepMap) => {
      survives(() => {
        const table = readTableMap(
          new LittleReader(keepMap ? maps[0]! : map, headerBytes, (keepMap ? maps[0]! : map).length - 4),
          charsetOf,
        )
        const names = new Set<string>()
        const fields = table.columns.flatMap(fieldOf).filter((field) => !names.has(field.name) && names.add(field.name))
        const reader = RowReader.for(table, { fields })
        if (typeof reader === 'string') return
        const body = new LittleReader(rows, headerBytes, rows.length - 4)
        readRowsHeader(body)
        if (readRowsColumns(body, 'insert', reader.columnCount)) return
        const out = new BatchBuilder({ fields })
        while (body.remaining > 0) readRowChange(body, 'insert', reader, out)
      })
    }),
    { numRuns: 2000 },
  )
})

test('damaged framing events', () => {
  const all = recording.events.filter((event) => event[4] !== eventType.tableMap && event[4] !== eventType.writeRows)
  fc.assert(
    fc.property(damaged(all), (event) => {
      for (const read of [readGtid, readTaggedGtid, readQuery, readRotate, readHeartbeatV2, readTransactionPayload])
        survives(() => void read(new LittleReader(event, headerBytes)))
      survives(() => void readEventHeader(event))
      survives(() => void eventBody(event, true))
    }),
    { numRuns: 500 },
  )
})

test('a changed byte is found by the checksum', () => {
  const [event] = ofType(eventType.writeRows)
  const changed = event!.slice()
  changed[headerBytes + 20]! ^= 1
  assert.throws(() => eventBody(changed, true), BytesError)
  assert.ok(eventBody(event!, true).remaining > 0)
})

test('JSON of any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(() => void readJson(bytes))),
    { numRuns: 3000 },
  )
  // An array that contains itself would never end.
  survives(() => void readJson(Uint8Array.of(2, 1, 0, 7, 0, 2, 0, 0)))
})
