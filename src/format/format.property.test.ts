import assert from 'node:assert/strict'
import { test } from 'node:test'
import avsc from 'avsc'
import fc from 'fast-check'
import { ByteWriter, decodeText, encodeText } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  changeKind,
  checkBatch,
  decodeRecords,
  encodeRecordBatch,
  kindAt,
  layoutOf,
  rowAt,
  types,
  type Batch,
  type ChangeKind,
  type LogicalType,
  type RecordInput,
  type Schema,
  type SchemaIds,
  type Value,
} from '../model/index.ts'
import { formatDecimal } from './decimal.ts'
import { makeJsonRowWriter } from './json/write.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type DecoderOptions,
  type TopicFormat,
} from './index.ts'

const leaf: fc.Arbitrary<LogicalType> = fc
  .boolean()
  .chain((nullable) =>
    fc.constantFrom(
      types.boolean(nullable),
      types.tinyint(nullable),
      types.smallint(nullable),
      types.int(nullable),
      types.bigint(nullable),
      types.float(nullable),
      types.double(nullable),
      types.decimal(12, 2, nullable),
      types.decimal(38, 10, nullable),
      types.decimal(11, 9, nullable),
      types.decimal(20, 0, nullable),
      types.string(nullable),
      types.bytes(nullable),
      types.date(nullable),
      types.time(3, nullable),
      types.timestamp(3, nullable),
      types.timestamp(6, nullable),
      types.timestamp(9, nullable),
      types.timestampLtz(3, nullable),
    ),
  )
const anyType = fc.letrec<{ type: LogicalType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('type'), fc.boolean()).map(([element, nullable]) => types.array(element, nullable)),
    fc.tuple(fc.array(tie('type'), { minLength: 1, maxLength: 3 }), fc.boolean()).map(([fields, nullable]) =>
      types.row(
        fields.map((type, i) => ({ name: `f${i}`, type })),
        nullable,
      ),
    ),
    fc.tuple(tie('type'), fc.boolean()).map(([value, nullable]) => types.map(types.string(false), value, nullable)),
  ),
})).type

const valueOf = (type: LogicalType): fc.Arbitrary<Value> =>
  type.nullable
    ? fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: present(type) })
    : present(type)

// Well-formed text with what escapes and encodings stumble over.
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"\\\n\u0001', '\uFEFFx', '\u2028', '😀', 'x'.repeat(100)),
)

const power = (digits: number): bigint => 10n ** BigInt(digits) - 1n

function present(type: LogicalType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'DECIMAL':
      return fc.bigInt({ min: -power(type.precision), max: power(type.precision) })
    case 'DATE':
      return fc.integer({ min: -719528, max: 2932896 })
    case 'TIME':
      return fc.integer({ min: 0, max: 86_399_999 })
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      // Years 1 to 9999 in every unit that can say them.
      return type.precision > 6
        ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        : fc.bigInt({ min: -62135596800000n, max: 253402300799999n })
    case 'FLOAT':
      return fc.float()
    case 'DOUBLE':
      return fc.double()
    case 'VARCHAR':
      return text
    case 'ARRAY':
      return fc.array(valueOf(type.element), { maxLength: 4 })
    case 'MAP':
      return fc
        .array(fc.tuple(text, valueOf(type.value)), { maxLength: 3 })
        .map((entries) => new Map<Value, Value>(entries))
    case 'ROW':
      return fc.tuple(...type.fields.map((field) => valueOf(field.type)))
    default:
      break
  }
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
    default:
      return fc.uint8Array({ maxLength: 60 })
  }
}

interface Table {
  readonly schema: Schema
  readonly rows: readonly (readonly Value[])[]
}

const anyTable: fc.Arbitrary<Table> = fc.array(anyType, { minLength: 1, maxLength: 5 }).chain((fieldTypes) => {
  const schema = { fields: fieldTypes.map((type, i) => ({ name: `c${i}`, type })) }
  return fc.record({
    schema: fc.constant(schema),
    rows: fc.array(fc.tuple(...fieldTypes.map(valueOf)), { maxLength: 8 }),
  })
})

const formatOf = (schema: Schema, valueFormat: TopicFormat['valueFormat']): TopicFormat => ({
  topic: 't',
  schema,
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat,
  primaryKey: null,
})

function idsOf(...texts: string[]): SchemaIds {
  return {
    byId: (id) => (id >= 1 && id <= texts.length ? { id, type: 'AVRO', text: texts[id - 1]! } : undefined),
    latest: () => undefined,
  }
}

function encodeAll(format: TopicFormat, batch: Batch): RecordInput[] {
  const records: RecordInput[] = []
  createEncoder(format, { schemaId: 1 }).encode(batch, 0, batch.rowCount, (_row, key, value) =>
    records.push({ key: key?.slice() ?? null, value: value?.slice() ?? null, timestampMs: 0 }),
  )
  return records
}

function decodeAll(
  format: TopicFormat,
  records: readonly RecordInput[],
  ids: SchemaIds,
  columns = format.schema.fields.map((_, i) => i),
  options: DecoderOptions = {},
): { rows: unknown[]; bad: BadRecord[] } {
  // Kernels from the first record on, unless a test wants it otherwise; what they leave, the plain readers read.
  const decoder = createDecoder(format, columns, ids, { kernelAfter: 0, ...options })
  const rows: unknown[] = []
  const bad: BadRecord[] = []
  if (records.length === 0) return { rows, bad }
  const columnsOfRecords = decodeRecords(encodeRecordBatch(records))
  const out = new BatchBuilder(decoder.schema)
  let next = 0
  while (next < columnsOfRecords.count) {
    next = decoder.decode(columnsOfRecords, next, columnsOfRecords.count, out, bad)
    const batch = out.finish()
    checkBatch(batch)
    for (let i = 0; i < batch.rowCount; i++) rows.push([kindAt(batch, i), rowAt(batch, i)])
  }
  return { rows, bad }
}

const inserts = (rows: readonly (readonly Value[])[]): unknown[] => rows.map((row) => [changeKind.insert, [...row]])

for (const valueFormat of ['avro-confluent', 'json', 'debezium-avro-confluent', 'debezium-json'] as const) {
  test(`${valueFormat}: decode(encode(x)) = x for every type, nested too`, () => {
    fc.assert(
      fc.property(anyTable, ({ schema, rows }) => {
        const format = formatOf(schema, valueFormat)
        const records = encodeAll(format, batchFromRows(schema, rows))
        const registered = schemaTextFor(format)
        const ids = idsOf(...(registered ? [registered.text] : []))
        assert.deepEqual(decodeAll(format, records, ids), { rows: inserts(rows), bad: [] })
      }),
      { numRuns: 150 },
    )
  })
}

test('JSON: the kernel prints what the plain writer prints', () => {
  fc.assert(
    fc.property(anyTable, fc.nat(), ({ schema, rows }, cut) => {
      const batch = batchFromRows(schema, rows)
      const from = cut % (rows.length + 1)
      const plain = makeJsonRowWriter(schema)
      const expected = Array.from({ length: rows.length - from }, (_, i) => {
        const out = new ByteWriter()
        plain(out, batch.columns, from + i)
        return decodeText(out.copy())
      })
      const printed: string[] = []
      createEncoder(formatOf(schema, 'json'), { schemaId: null }).encode(
        batch,
        from,
        rows.length,
        (_row, _key, value) => printed.push(decodeText(value!)),
      )
      assert.deepEqual(printed, expected)
    }),
    { numRuns: 400 },
  )
})

const named = (bad: BadRecord[]): unknown => bad.map(({ index, code }) => [index, code])

test('the interpreter and the generated reader agree, on any columns and on any damage', () => {
  fc.assert(
    fc.property(anyTable, fc.nat(), fc.nat(255), fc.array(fc.nat(), { maxLength: 3 }), (table, where, byte, picks) => {
      const { schema, rows } = table
      const format = formatOf(schema, 'avro-confluent')
      const ids = idsOf(schemaTextFor(format)!.text)
      const records = encodeAll(format, batchFromRows(schema, rows))
      const columns = [...new Set(picks.map((pick) => pick % schema.fields.length))]
      records.forEach(({ value }) => {
        if (value!.length > 5) value![5 + (where % (value!.length - 5))] = byte
      })
      const generated = decodeAll(format, records, ids, columns)
      const interpreted = decodeAll(format, records, ids, columns, { interpret: true })
      const plain = decodeAll(format, records, ids, columns, { kernelAfter: Number.POSITIVE_INFINITY })
      assert.deepEqual(generated.rows, interpreted.rows)
      assert.deepEqual(named(generated.bad), named(interpreted.bad))
      assert.deepEqual(generated, plain)
    }),
    { numRuns: 300 },
  )
})

test('avsc reads what the Avro encoder writes, and the decoder reads what avsc writes', () => {
  fc.assert(
    fc.property(anyTable, ({ schema, rows }) => {
      const format = formatOf(schema, 'avro-confluent')
      const { text: schemaText } = schemaTextFor(format)!
      const type = avsc.Type.forSchema(JSON.parse(schemaText), { typeHook: typeHook as never })
      const records = encodeAll(format, batchFromRows(schema, rows))
      // avsc keeps maps as objects, where this key is none.
      fc.pre(!records.some(({ value }) => Buffer.from(value!).includes('__proto__')))
      const again = records.map(({ value }) => {
        const read = type.fromBuffer(Buffer.from(value!.subarray(5)))
        const written = type.toBuffer(read)
        // Not the same bytes: avsc keeps maps as objects, whose number-like keys change their order.
        assert.equal(written.length, value!.subarray(5).length)
        return { key: null, value: new Uint8Array([0, 0, 0, 0, 1, ...written]), timestampMs: 0 }
      })
      assert.deepEqual(decodeAll(format, again, idsOf(schemaText)).rows, inserts(rows))
    }),
    { numRuns: 100 },
  )
})

const typeHook = (node: unknown): avsc.Type | undefined =>
  node === 'long' || (node as { type?: unknown }).type === 'long' ? longType : undefined

const longType = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64LE(value)
    return buffer
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

test('hostile bytes give bad records with a place, never a throw', () => {
  const schema: Schema = {
    fields: [
      { name: 'a', type: types.bigint(false) },
      { name: 'b', type: types.array(types.row([{ name: 'x', type: types.string() }])) },
      { name: 'c', type: types.map(types.string(false), types.decimal(10, 2)) },
      { name: 'd', type: types.timestamp(3) },
    ],
  }
  for (const valueFormat of ['avro-confluent', 'json', 'debezium-avro-confluent', 'debezium-json'] as const) {
    const format = { ...formatOf(schema, valueFormat) }
    const ids = idsOf(schemaTextFor(format)?.text ?? '"null"')
    const good = encodeAll(
      format,
      batchFromRows(schema, [
        [1n, [['x'], [null]], new Map([['k', 5n]]), 0n],
        [-(2n ** 63n), null, null, null],
      ]),
    )
    const mutated = fc.tuple(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
    )
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      mutated.map(([{ value }, edits, cut]) => {
        const bytes = value!.slice(0, value!.length - (cut % 4))
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte
        return bytes
      }),
    )
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 8 }), (values) => {
        const records = values.map((value) => ({ key: null, value, timestampMs: 0 }))
        const { rows, bad } = decodeAll(format, records, ids)
        for (const { index, bytePosition } of bad)
          assert.ok(bytePosition >= 0 && bytePosition <= values[index]!.length, `${bytePosition}`)
        assert.ok(rows.length + bad.length >= values.length)
      }),
      { numRuns: 400 },
    )
  }
})

test('keys: an upsert topic’s changes come back by key, deletes with the key columns only', () => {
  const keyType = fc.constantFrom(types.bigint(false), types.string(false), types.int(false))
  fc.assert(
    fc.property(
      fc.array(keyType, { minLength: 1, maxLength: 2 }).chain((keyTypes) => {
        const fields = [...keyTypes, types.string()].map((type, i) => ({ name: `c${i}`, type }))
        const row = fc.tuple(...fields.map((field) => valueOf(field.type)))
        const kind = fc.constantFrom<ChangeKind>(0, 1, 2, 3)
        return fc.record({
          schema: fc.constant({ fields }),
          rows: fc.array(fc.tuple(row, kind), { maxLength: 8 }),
          valueFormat: fc.constantFrom('json' as const, 'avro-confluent' as const),
        })
      }),
      ({ schema, rows, valueFormat }) => {
        const keys = schema.fields.slice(0, -1).map((_, i) => i)
        const format: TopicFormat = {
          ...formatOf(schema, valueFormat),
          keyColumns: keys,
          keyFormat: keys.length === 1 ? 'raw' : 'json',
          primaryKey: keys,
        }
        const batch = batchFromRows(
          schema,
          rows.map(([row]) => row),
          rows.map(([, kind]) => kind),
        )
        const expected = rows.flatMap(([row, kind]) => {
          if (kind === changeKind.updateBefore) return []
          if (kind === changeKind.delete) return [[changeKind.delete, [...row.slice(0, -1), null]]]
          return [[changeKind.updateAfter, [...row]]]
        })
        const ids = idsOf(schemaTextFor(format)?.text ?? '"null"')
        assert.deepEqual(decodeAll(format, encodeAll(format, batch), ids), { rows: expected, bad: [] })
      },
    ),
    { numRuns: 100 },
  )
})

test('decimals in JSON text: the short way and the exact one agree', () => {
  const schema: Schema = { fields: [{ name: 'd', type: types.decimal(20, 4) }] }
  const digits = fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n })
  fc.assert(
    fc.property(digits, fc.nat(8), (unscaled, scale) => {
      const value = encodeText(`{"d":${formatDecimal(unscaled, scale, true)}}`)
      const { rows, bad } = decodeAll(formatOf(schema, 'json'), [{ key: null, value, timestampMs: 0 }], idsOf())
      const factor = 10n ** BigInt(Math.abs(4 - scale))
      const half = unscaled < 0n ? -(factor / 2n) : factor / 2n
      const expected = scale <= 4 ? unscaled * factor : (unscaled + half) / factor
      if (expected > -(10n ** 20n) && expected < 10n ** 20n)
        assert.deepEqual({ rows, bad }, { rows: [[0, [expected]]], bad: [] })
      else assert.deepEqual([rows, bad.map((b) => b.code)], [[], ['MR-FORMAT-009']])
    }),
    { numRuns: 500 },
  )
})

test('JSON numbers and text agree with JSON.parse where a double can say them', () => {
  const schema: Schema = {
    fields: [
      { name: 'n', type: types.double() },
      { name: 's', type: types.string() },
    ],
  }
  const format = formatOf(schema, 'json')
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: 'binary' }), (n, s) => {
      const value = encodeText(JSON.stringify({ s: s.toWellFormed(), extra: [{ s: 1 }, null], n }, null, 1))
      const { rows, bad } = decodeAll(format, [{ key: null, value, timestampMs: 0 }], idsOf())
      const parsed = JSON.parse(JSON.stringify({ n, s: s.toWellFormed() })) as { n: number; s: string }
      assert.deepEqual({ rows, bad }, { rows: [[0, [parsed.n, parsed.s]]], bad: [] })
    }),
  )
})
