import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeBatch,
  encodeBatch,
  kindAt,
  layoutOf,
  rowAt,
  types,
  type Batch,
  type ChangeKind,
  type LogicalType,
  type Schema,
  type Value,
} from './index.ts'

const leaf: fc.Arbitrary<LogicalType> = fc.constantFrom(
  types.boolean(),
  types.tinyint(),
  types.smallint(),
  types.int(),
  types.bigint(),
  types.float(),
  types.double(),
  types.decimal(12, 2),
  types.decimal(38, 10),
  types.string(),
  types.bytes(),
  types.date(),
  types.timestamp(3),
)
const anyType = fc.letrec<{ type: LogicalType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ element: tie('type') }).map(({ element }) => types.array(element)),
    fc
      .array(tie('type'), { minLength: 1, maxLength: 3 })
      .map((fields) => types.row(fields.map((type, i) => ({ name: `f${i}`, type })))),
    tie('type').map((value) => types.map(types.string(false), value)),
  ),
})).type

function valueOf(type: LogicalType): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: present(type) })
}

function present(type: LogicalType): fc.Arbitrary<Value> {
  switch (layoutOf(type)) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'int32':
      return fc.integer()
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'int128':
      return fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })
    case 'float32':
      return fc.float({ noNaN: true })
    case 'float64':
      return fc.double({ noNaN: true })
    case 'bytes':
      return type.kind === 'VARCHAR' ? fc.string().map((s) => s.toWellFormed()) : fc.uint8Array({ maxLength: 20 })
    case 'list':
      return type.kind === 'ARRAY' ? fc.array(valueOf(type.element), { maxLength: 4 }) : fc.constant(null)
    case 'map':
      return type.kind === 'MAP'
        ? fc
            .array(
              fc.tuple(
                fc.string().map((s) => s.toWellFormed()),
                valueOf(type.value),
              ),
              { maxLength: 3 },
            )
            .map((entries) => new Map(entries) as Value)
        : fc.constant(null)
    case 'struct':
      return type.kind === 'ROW' ? fc.tuple(...type.fields.map((f) => valueOf(f.type))) : fc.constant(null)
    case 'none':
      return fc.constant(null)
  }
}

const anyBatch: fc.Arbitrary<{ schema: Schema; rows: Value[][]; kinds: ChangeKind[] }> = fc
  .array(anyType, { minLength: 1, maxLength: 4 })
  .chain((fieldTypes) => {
    const schema = { fields: fieldTypes.map((type, i) => ({ name: `c${i}`, type })) }
    const row = fc.tuple(...fieldTypes.map(valueOf)) as fc.Arbitrary<Value[]>
    return fc.array(fc.tuple(row, fc.constantFrom<ChangeKind>(0, 1, 2, 3)), { maxLength: 20 }).map((rows) => ({
      schema,
      rows: rows.map(([r]) => r),
      kinds: rows.map(([, k]) => k),
    }))
  })

const plain = (batch: Batch): unknown =>
  Array.from({ length: batch.rowCount }, (_, i) => [kindAt(batch, i), rowAt(batch, i)])

test('a batch holds the rows it was built from, and survives its codec', () => {
  fc.assert(
    fc.property(anyBatch, ({ schema, rows, kinds }) => {
      const batch = batchFromRows(schema, rows, kinds)
      checkBatch(batch)
      const expected = rows.map((row, i) => [kinds[i], row])
      assert.deepEqual(plain(batch), expected)
      const decoded = decodeBatch(schema, encodeBatch(batch))
      checkBatch(decoded)
      assert.deepEqual(plain(decoded), expected)
    }),
    { numRuns: 300 },
  )
})

test('ranges of columns, put together again, are the batch', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.nat(), ({ schema, rows, kinds }, a, b) => {
      const batch = batchFromRows(schema, rows, kinds)
      const cuts = [0, a % (rows.length + 1), b % (rows.length + 1), rows.length].toSorted((x, y) => x - y)
      const builder = new BatchBuilder(schema)
      for (let i = 0; i + 1 < cuts.length; i++) {
        const [from, to] = [cuts[i]!, cuts[i + 1]!]
        builder.columns.forEach((column, c) => column.appendRange(batch.columns[c]!, from, to))
        builder.endRows(batch.kinds ? batch.kinds.subarray(from, to) : null, to - from)
      }
      const again = builder.finish()
      checkBatch(again)
      assert.deepEqual(plain(again), plain(batch))
    }),
    { numRuns: 300 },
  )
})

test('whole columns into a builder, alone, twice, and between single rows', () => {
  fc.assert(
    fc.property(anyBatch, fc.constantFrom('alone', 'twice', 'before a row', 'behind a row'), (table, how) => {
      const { schema, rows, kinds } = table
      const batch = batchFromRows(schema, rows, kinds)
      const builder = new BatchBuilder(schema)
      const single = rows.slice(0, 1)
      if (how === 'behind a row') for (const row of single) builder.appendRow(row, kinds[0])
      builder.appendColumns(batch.columns, batch.kinds, rows.length)
      if (how === 'twice') builder.appendColumns(batch.columns, batch.kinds, rows.length)
      if (how === 'before a row') for (const row of single) builder.appendRow(row, kinds[0])
      const more = how === 'twice' ? rows.length : how === 'alone' ? 0 : single.length
      assert.equal(builder.rowCount, rows.length + more)
      const again = builder.finish()
      checkBatch(again)
      const one = plain(batch) as unknown[]
      const expected = how === 'behind a row' ? [...one.slice(0, more), ...one] : [...one, ...one.slice(0, more)]
      assert.deepEqual(plain(again), expected)
      assert.equal(builder.rowCount, 0)
    }),
    { numRuns: 300 },
  )
})

test('damaged bytes of a batch never give more than an error', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.nat(255), ({ schema, rows, kinds }, where, value) => {
      const bytes = encodeBatch(batchFromRows(schema, rows, kinds)).slice()
      bytes[where % bytes.length] = value
      try {
        checkBatch(decodeBatch(schema, bytes))
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof TypeError), String(error))
      }
    }),
  )
})
