// decode(encode(x)) = x for every type with nesting, small pages and groups; and hyparquet reads the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { BytesError, concatBytes } from '../../base/index.ts'
import {
  batchFromRows,
  rowAt,
  types,
  type Batch,
  type LogicalType,
  type Schema,
  type Value,
} from '../../model/index.ts'
import { toIcebergSchema } from '../iceberg/types.ts'
import { tablesLimits } from '../limits.ts'
import { bytesAccess, readParquet } from './reader.ts'
import { shapeOfSchema } from './shape.ts'
import { ParquetWriter, type ParquetSummary } from './writer.ts'

const tiny = { ...tablesLimits, rowGroupBytesMax: 400, pageRowsMax: 3, pageBytesMax: 64, dictionaryEntriesMax: 4 }

function write(
  schema: Schema,
  batches: readonly Batch[],
  limits = tablesLimits,
  codec: 'zstd' | 'none' = 'zstd',
): { bytes: Uint8Array; summary: ParquetSummary } {
  const parts: Uint8Array[] = []
  const { fields } = toIcebergSchema(schema, { table: 't', key: [] })
  const writer = new ParquetWriter(shapeOfSchema(schema, fields), {
    write: (b) => void parts.push(b.slice()),
    limits,
    codec,
  })
  for (const batch of batches) writer.append(batch)
  const summary = writer.finish()
  return { bytes: concatBytes(parts), summary }
}

function readRows(schema: Schema, bytes: Uint8Array): Value[][] {
  const rows: Value[][] = []
  readParquet(bytesAccess(bytes), schema, toIcebergSchema(schema, { table: 't', key: [] }).fields, (batch) => {
    for (let i = 0; i < batch.rowCount; i++) rows.push(rowAt(batch, i))
  })
  return rows
}

const leafTypes: fc.Arbitrary<LogicalType> = fc.oneof(
  fc.constantFrom(
    types.boolean(),
    types.tinyint(),
    types.smallint(),
    types.int(),
    types.bigint(),
    types.float(),
    types.double(),
    types.date(),
    types.time(3),
    types.string(),
    types.bytes(),
    types.timestamp(3),
    types.timestamp(6),
    types.timestampLtz(3),
  ),
  fc.integer({ min: 1, max: 38 }).map((p) => types.decimal(p, Math.min(p, 2))),
)
const anyType: fc.Arbitrary<LogicalType> = fc.letrec<{ type: LogicalType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.tuple(leafTypes, fc.boolean()).map(([t, nullable]) => ({ ...t, nullable })),
    fc.tuple(tie('type'), fc.boolean()).map(([element, nullable]) => types.array(element, nullable)),
    fc.tuple(tie('type'), fc.boolean()).map(([value, nullable]) => types.map(types.string(false), value, nullable)),
    fc.tuple(fc.array(tie('type'), { minLength: 1, maxLength: 3 }), fc.boolean()).map(([list, nullable]) =>
      types.row(
        list.map((type, i) => ({ name: `f${i}`, type })),
        nullable,
      ),
    ),
  ),
})).type

function bigints(bits: bigint): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n })
}

function valueOf(type: LogicalType): fc.Arbitrary<Value> {
  const bare = bareValue(type)
  return type.nullable ? fc.option(bare, { freq: 3, nil: null }) : bare
}
function bareValue(type: LogicalType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'BOOLEAN':
      return fc.boolean()
    case 'TINYINT':
      return fc.integer({ min: -128, max: 127 })
    case 'SMALLINT':
      return fc.integer({ min: -32768, max: 32767 })
    case 'INT':
    case 'DATE':
      return fc.integer()
    case 'TIME':
      return fc.integer({ min: 0, max: 86_399_999 })
    case 'BIGINT':
      return bigints(64n)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return bigints(50n)
    case 'DECIMAL':
      return fc.bigInt({ min: -(10n ** BigInt(type.precision)) + 1n, max: 10n ** BigInt(type.precision) - 1n })
    case 'FLOAT':
      return fc.float()
    case 'DOUBLE':
      return fc.double()
    case 'VARCHAR':
      return fc.string({ unit: 'grapheme', maxLength: 24 })
    case 'VARBINARY':
      return fc.uint8Array({ maxLength: 24 })
    case 'ARRAY':
      return fc.array(valueOf(type.element), { maxLength: 4 })
    case 'MAP':
      return fc
        .array(fc.tuple(fc.string({ maxLength: 3 }), valueOf(type.value)), { maxLength: 4 })
        .map((entries) => new Map(entries))
    case 'ROW':
      return fc.tuple(...type.fields.map((f) => valueOf(f.type)))
    default:
      throw new Error(type.kind)
  }
}

const tables = fc
  .array(anyType, { minLength: 1, maxLength: 4 })
  .map((list): Schema => ({ fields: list.map((type, i) => ({ name: `c${i}`, type })) }))
  .chain((schema) =>
    fc.record({
      schema: fc.constant(schema),
      rows: fc.array(fc.tuple(...schema.fields.map((f) => valueOf(f.type))), { maxLength: 40 }),
      split: fc.nat(40),
    }),
  )

test('what is written is read back, whatever the types, with pages and groups of a few rows', () => {
  fc.assert(
    fc.property(tables, fc.boolean(), ({ schema, rows, split }, small) => {
      const batches = [batchFromRows(schema, rows.slice(0, split)), batchFromRows(schema, rows.slice(split))]
      const { bytes, summary } = write(schema, batches, small ? tiny : tablesLimits, small ? 'none' : 'zstd')
      assert.equal(summary.size, bytes.length)
      assert.equal(summary.rowCount, rows.length)
      assert.deepEqual(readRows(schema, bytes), rows)
    }),
    { numRuns: 150 },
  )
})

test('damaged bytes end in BytesError or an equal result, never in a crash or a wild allocation', () => {
  const schema: Schema = {
    fields: [
      { name: 'a', type: types.bigint() },
      { name: 'b', type: types.string() },
      { name: 'c', type: types.array(types.int()) },
    ],
  }
  const rows: Value[][] = Array.from({ length: 30 }, (_, i) => [
    i % 5 === 0 ? null : BigInt(i),
    `text ${i % 3}`,
    [i, null],
  ])
  const { bytes } = write(schema, [batchFromRows(schema, rows)])
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(bytes.length), (at, flip, cut) => {
      const damaged = bytes.slice(0, flip % 4 === 0 ? cut : bytes.length)
      if (at < damaged.length) damaged[at]! ^= flip
      try {
        readRows(schema, damaged)
      } catch (error) {
        assert.ok(error instanceof BytesError || (error as Error).name === 'AssertionError', String(error))
      }
    }),
    { numRuns: 300 },
  )
})

// hyparquet gives decimals as doubles (the unscaled integer times the scale), and missing groups as undefined.
test('hyparquet reads the same values', async () => {
  const schema: Schema = {
    fields: [
      { name: 'id', type: types.bigint(false) },
      { name: 'small', type: types.decimal(9, 2) },
      { name: 'amount', type: types.decimal(12, 2, false) },
      { name: 'flag', type: types.boolean() },
      { name: 'name', type: types.string() },
      { name: 'at', type: types.timestamp(3) },
      { name: 'day', type: types.date() },
      { name: 'tags', type: types.array(types.string()) },
      {
        name: 'pair',
        type: types.row([
          { name: 'x', type: types.int() },
          { name: 'y', type: types.double() },
        ]),
      },
      { name: 'counts', type: types.map(types.string(false), types.bigint()) },
    ],
  }
  const rows: Value[][] = [
    [
      9007199254740993n,
      110n,
      123456789012n,
      true,
      'näme',
      1709208000123n,
      -1,
      ['a', null],
      [1, 2.5],
      new Map([['k', 9n]]),
    ],
    [-1n, null, -5n, null, null, null, null, null, null, null],
    [3n, -999999999n, 0n, false, '', 0n, 0, [], [null, null], new Map()],
  ]
  const { bytes } = write(schema, [batchFromRows(schema, rows)])
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const read = (await parquetReadObjects({ file, compressors })) as Record<string, unknown>[]
  assert.deepEqual(read, [
    {
      id: 9007199254740993n,
      small: 110 * 0.01,
      amount: 123456789012 * 0.01,
      flag: true,
      name: 'näme',
      at: new Date(1709208000123),
      day: new Date(-86400000),
      tags: ['a', null],
      pair: { x: 1, y: 2.5 },
      counts: { k: 9n },
    },
    {
      id: -1n,
      small: null,
      amount: -5 * 0.01,
      flag: null,
      name: null,
      at: null,
      day: null,
      tags: undefined,
      pair: undefined,
      counts: undefined,
    },
    {
      id: 3n,
      small: -999999999 * 0.01,
      amount: 0,
      flag: false,
      name: '',
      at: new Date(0),
      day: new Date(0),
      tags: [],
      pair: { x: null, y: null },
      counts: {},
    },
  ])
})
