import assert from 'node:assert/strict'
import { test } from 'node:test'
import avsc from 'avsc'
import {
  BatchBuilder,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type LogicalType,
  type SchemaIds,
} from '../../model/index.ts'
import { createDecoder, type BadRecord, type DecoderOptions } from '../index.ts'

type Json = unknown

interface Case {
  readonly name: string
  readonly writer: Json
  readonly reader?: Json
  readonly columns: Readonly<Record<string, LogicalType>>
  readonly written: readonly unknown[]
  /** Rows, or what is bad. */
  readonly rows?: readonly (readonly unknown[])[]
  readonly bad?: readonly string[]
}

const record = (fields: readonly Json[], name = 'R', more: object = {}): Json => ({
  type: 'record',
  name,
  fields,
  ...more,
})
const field = (name: string, type: Json, more: object = {}): Json => ({ name, type, ...more })
const bytes = (...all: number[]): Buffer => Buffer.from(all)

const cases: Case[] = [
  {
    name: 'promotions: int to long, float and double, long to double, float to double',
    writer: record([field('a', 'int'), field('b', 'int'), field('c', 'long'), field('d', 'float'), field('e', 'int')]),
    reader: record([
      field('a', 'long'),
      field('b', 'double'),
      field('c', 'double'),
      field('d', 'double'),
      field('e', 'float'),
    ]),
    columns: { a: types.bigint(), b: types.double(), c: types.double(), d: types.double(), e: types.float() },
    written: [{ a: -5, b: 7, c: 2 ** 40, d: 0.5, e: 3 }],
    rows: [[-5n, 7, 2 ** 40, 0.5, 3]],
  },
  {
    name: 'string and bytes are each other',
    writer: record([field('a', 'string'), field('b', 'bytes')]),
    reader: record([field('a', 'bytes'), field('b', 'string')]),
    columns: { a: types.bytes(), b: types.string() },
    written: [{ a: 'ä', b: Buffer.from('é') }],
    rows: [[new Uint8Array([0xc3, 0xa4]), 'é']],
  },
  {
    name: 'no demotion',
    writer: record([field('a', 'long')]),
    reader: record([field('a', 'int')]),
    columns: { a: types.int() },
    written: [{ a: 1 }],
    bad: ['MR-FORMAT-005 schema 1: a: long cannot be read as int'],
  },
  {
    name: 'another order, fields that the reader has not, aliases of fields',
    writer: record([field('gone', record([field('x', 'string')], 'Gone')), field('amt', 'int'), field('id', 'long')]),
    reader: record([field('id', 'long'), field('amount', 'long', { aliases: ['amt'] })]),
    columns: { amount: types.bigint(false), id: types.bigint(false) },
    written: [{ gone: { x: 'y' }, amt: 3, id: 9 }],
    rows: [[3n, 9n]],
  },
  {
    name: 'defaults of all kinds',
    writer: record([field('id', 'long')]),
    reader: record([
      field('id', 'long'),
      field('currency', 'string', { default: 'EUR' }),
      field('n', 'int', { default: -1 }),
      field('big', 'long', { default: 5 }),
      field('d', 'double', { default: 0.25 }),
      field('ok', 'boolean', { default: true }),
      field('raw', 'bytes', { default: '\u00ff\u0001' }),
      field('amount', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, { default: '\u0001\u0000' }),
      field('note', ['null', 'string'], { default: null }),
      field('tags', { type: 'array', items: 'string' }, { default: ['a', 'b'] }),
      field('place', record([field('x', 'int'), field('y', 'int', { default: 2 })], 'Place'), { default: { x: 1 } }),
      field('kind', { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }, { default: 'B' }),
      field('later', ['null', 'long'], { default: 7 }),
    ]),
    columns: {
      id: types.bigint(),
      currency: types.string(false),
      n: types.int(false),
      big: types.bigint(false),
      d: types.double(false),
      ok: types.boolean(false),
      raw: types.bytes(false),
      amount: types.decimal(6, 2, false),
      note: types.string(),
      tags: types.array(types.string()),
      place: types.row([
        { name: 'x', type: types.int() },
        { name: 'y', type: types.int() },
      ]),
      kind: types.string(false),
      later: types.bigint(),
    },
    written: [{ id: 1 }],
    rows: [[1n, 'EUR', -1, 5n, 0.25, true, new Uint8Array([255, 1]), 256n, null, ['a', 'b'], [1, 2], 'B', 7n]],
  },
  {
    name: 'a reader’s field without default that the writer has not',
    writer: record([field('id', 'long')]),
    reader: record([field('id', 'long'), field('must', 'string')]),
    columns: { id: types.bigint(), must: types.string() },
    written: [{ id: 1 }],
    bad: ["MR-FORMAT-005 schema 1: must is not in the writer's schema and has no default in the reader's"],
  },
  {
    name: 'the same field, not read: no matter',
    writer: record([field('id', 'long')]),
    reader: record([field('id', 'long'), field('must', 'string')]),
    columns: { id: types.bigint() },
    written: [{ id: 1 }],
    rows: [[1n]],
  },
  {
    name: 'unions on both sides; a branch that the reader has not is bad where it is met',
    writer: record([field('v', ['null', 'int', 'string']), field('w', 'int'), field('x', ['null', 'long'])]),
    reader: record([field('v', ['null', 'long']), field('w', ['null', 'long']), field('x', 'long')]),
    columns: { v: types.bigint(), w: types.bigint(), x: types.bigint() },
    written: [
      { v: { int: 4 }, w: 1, x: { long: 5 } },
      { v: null, w: 2, x: { long: 6 } },
      { v: { string: 'no' }, w: 3, x: { long: 7 } },
      { v: null, w: 4, x: null },
    ],
    rows: [
      [4n, 1n, 5n],
      [null, 2n, 6n],
    ],
    bad: [
      'MR-FORMAT-009 v: string cannot be read as union of null, long',
      'MR-FORMAT-009 x: null cannot be read as long',
    ],
  },
  {
    name: 'enum: another order, a default for symbols that are new; none without it',
    writer: record([
      field('k', { type: 'enum', name: 'n.Kind', symbols: ['NEW', 'B', 'A'] }),
      field('l', { type: 'enum', name: 'Other', symbols: ['X', 'Y'] }),
    ]),
    reader: record([
      field('k', { type: 'enum', name: 'Kind', symbols: ['A', 'B', 'UNKNOWN'], default: 'UNKNOWN' }),
      field('l', { type: 'enum', name: 'Other', symbols: ['X'] }),
    ]),
    columns: { k: types.string(), l: types.string() },
    written: [
      { k: 'NEW', l: 'X' },
      { k: 'A', l: 'X' },
      { k: 'B', l: 'Y' },
    ],
    rows: [
      ['UNKNOWN', 'X'],
      ['A', 'X'],
    ],
    bad: ['MR-FORMAT-009 l: the reader knows no such symbol and has no default'],
  },
  {
    name: 'named types used again, records of other names, aliases of names, fixed of one size',
    writer: record([
      field('a', record([field('x', 'int')], 'a.Point')),
      field('b', 'a.Point'),
      field('h', { type: 'fixed', name: 'Hash', size: 2 }),
    ]),
    reader: record(
      [
        field('a', record([field('x', 'long')], 'Spot')),
        field('b', ['null', 'Spot']),
        field('h', { type: 'fixed', name: 'Digest', aliases: ['Hash'], size: 2 }),
      ],
      'Elsewhere',
    ),
    columns: {
      a: types.row([{ name: 'x', type: types.bigint() }]),
      b: types.row([{ name: 'x', type: types.bigint() }]),
      h: types.bytes(),
    },
    written: [{ a: { x: 1 }, b: { x: 2 }, h: bytes(1, 2) }],
    rows: [[[1n], [2n], new Uint8Array([1, 2])]],
  },
  {
    name: 'fixed of another size, and of another name',
    writer: record([field('h', { type: 'fixed', name: 'Hash', size: 2 })]),
    reader: record([field('h', { type: 'fixed', name: 'Hash', size: 3 })]),
    columns: { h: types.bytes() },
    written: [{ h: bytes(1, 2) }],
    bad: ['MR-FORMAT-005 schema 1: h: fixed Hash cannot be read as fixed Hash'],
  },
  {
    name: 'recursive types are read as deep as the columns are',
    writer: record([field('v', 'int'), field('next', ['null', 'Node'])], 'Node'),
    reader: record([field('v', 'long'), field('next', ['null', 'Node'], { default: null })], 'Node'),
    columns: { v: types.bigint(), next: types.row([{ name: 'v', type: types.bigint() }]) },
    written: [{ v: 1, next: { Node: { v: 2, next: { Node: { v: 3, next: null } } } } }],
    rows: [[1n, [2n]]],
  },
  {
    name: 'a recursive type where the column is no row',
    writer: record([field('v', 'int'), field('next', ['null', 'Node'])], 'Node'),
    columns: { v: types.bigint(), next: types.string() },
    written: [{ v: 1, next: { Node: { v: 2, next: null } } }],
    bad: ['MR-FORMAT-009 next: record Node cannot be read as STRING'],
  },
  {
    name: 'logical types: uuid as text and as sixteen bytes, duration as bytes, decimal as fixed, times in three units',
    writer: record([
      field('u', { type: 'string', logicalType: 'uuid' }),
      field('v', { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' }),
      field('d', { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' }),
      field('m', { type: 'fixed', name: 'M', size: 4, logicalType: 'decimal', precision: 8, scale: 3 }),
      field('t', { type: 'long', logicalType: 'timestamp-micros' }),
      field('l', { type: 'long', logicalType: 'local-timestamp-nanos' }),
      field('day', { type: 'int', logicalType: 'date' }),
      field('clock', { type: 'long', logicalType: 'time-micros' }),
    ]),
    columns: {
      u: types.string(),
      v: types.string(),
      d: types.bytes(),
      m: types.decimal(8, 3),
      t: types.timestampLtz(3),
      l: types.timestamp(9),
      day: types.date(),
      clock: types.time(3),
    },
    written: [
      {
        u: 'e7a2b0c4-0000-4000-8000-000000000001',
        v: bytes(...Array.from({ length: 16 }, (_, i) => i * 17)),
        d: bytes(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0),
        m: bytes(0xff, 0xff, 0xff, 0x85),
        t: -1,
        l: 1_700_000_000_123_456,
        day: 20_000,
        clock: 3_600_000_001,
      },
    ],
    rows: [
      [
        'e7a2b0c4-0000-4000-8000-000000000001',
        '00112233-4455-6677-8899-aabbccddeeff',
        new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]),
        -123n,
        -1n,
        1_700_000_000_123_456n,
        20_000,
        3_600_000,
      ],
    ],
  },
]

const ways: readonly DecoderOptions[] = [
  { kernelAfter: 0 },
  { kernelAfter: Number.POSITIVE_INFINITY },
  { interpret: true },
]

for (const one of cases) {
  test(`resolution: ${one.name}`, () => {
    const ids: SchemaIds = {
      byId: (id) => ({ id, type: 'AVRO', text: JSON.stringify(one.writer) }),
      latest: () => undefined,
    }
    const type = avsc.Type.forSchema(one.writer as avsc.Schema, { wrapUnions: true })
    const records = one.written.map((value) => ({
      key: null,
      value: Uint8Array.from([0, 0, 0, 0, 1, ...type.toBuffer(value)]),
      timestampMs: 0,
    }))
    const schema = { fields: Object.entries(one.columns).map(([name, column]) => ({ name, type: column })) }
    const format = {
      topic: 't',
      schema,
      keyColumns: null,
      keyFormat: 'raw',
      valueFormat: 'avro-confluent',
      primaryKey: null,
    } as const
    for (const way of ways) {
      const options = one.reader ? { ...way, readerSchema: JSON.stringify(one.reader) } : way
      const decoder = createDecoder(
        format,
        schema.fields.map((_, i) => i),
        ids,
        options,
      )
      const out = new BatchBuilder(decoder.schema)
      const bad: BadRecord[] = []
      const input = decodeRecords(encodeRecordBatch(records))
      decoder.decode(input, 0, input.count, out, bad)
      const batch = out.finish()
      const rows = Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i))
      assert.deepEqual(rows, one.rows ?? [], JSON.stringify(way))
      if (way.interpret) assert.equal(bad.length, one.bad?.length ?? 0)
      else
        assert.deepEqual(
          bad.map(({ code, reason }) => `${code} ${reason}`),
          one.bad ?? [],
        )
    }
  })
}
