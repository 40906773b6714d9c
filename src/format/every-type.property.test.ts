// The law of formats, for every kind of type in every place of every format: what is written is read again, the same, by
// kernels, by generated readers and by plain ones; or the format refuses the type by name when the topic is opened, and then
// both ways. What each refuses is listed here, so that none is lost silently.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeRecords,
  describeType,
  encodeRecordBatch,
  rowAt,
  ticksPerSecond,
  types,
  type LogicalType,
  type RecordInput,
  type Schema,
  type SchemaIds,
  type Value,
} from '../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type DecoderOptions, type TopicFormat } from './index.ts'

const formats = [
  'avro-confluent',
  'debezium-avro-confluent',
  'protobuf-confluent',
  'json-confluent',
  'json',
  'debezium-json',
  'csv',
  'raw',
] as const
type ValueFormat = (typeof formats)[number]

const interval =
  (kind: 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME') =>
  (nullable: boolean): LogicalType => ({ kind, nullable })

/** Every kind, and of those with digits or lengths the ones at which something changes. */
const kinds: readonly ((nullable: boolean) => LogicalType)[] = [
  types.boolean,
  types.tinyint,
  types.smallint,
  types.int,
  types.bigint,
  types.float,
  types.double,
  ...(
    [
      [1, 0],
      [9, 9],
      [10, 2],
      [18, 0],
      [19, 9],
      [38, 0],
      [38, 38],
    ] as const
  ).map(
    ([precision, scale]) =>
      (nullable: boolean) =>
        types.decimal(precision, scale, nullable),
  ),
  (nullable) => types.char(5, nullable),
  (nullable) => types.varchar(40, nullable),
  types.string,
  (nullable) => types.binary(4, nullable),
  types.bytes,
  types.date,
  ...[0, 3].map((precision) => (nullable: boolean) => types.time(precision, nullable)),
  ...[0, 3, 6, 9].map((precision) => (nullable: boolean) => types.timestamp(precision, nullable)),
  ...[0, 3, 6, 9].map((precision) => (nullable: boolean) => types.timestampLtz(precision, nullable)),
  interval('INTERVAL_YEAR_MONTH'),
  interval('INTERVAL_DAY_TIME'),
]

/** Where in a column it lies. */
const places: Readonly<Record<string, (type: LogicalType) => LogicalType>> = {
  'by itself': (type) => type,
  'in a row': (type) =>
    types.row([
      { name: 'x', type },
      { name: 'y', type: types.int() },
    ]),
  'in a row in a row': (type) =>
    types.row([
      {
        name: 'r',
        type: types.row(
          [
            { name: 'x', type },
            { name: 'y', type: types.int() },
          ],
          false,
        ),
      },
    ]),
  'in an array': (type) => types.array(type, false),
  'in an array of arrays': (type) => types.array(types.array(type)),
  'in rows of an array': (type) =>
    types.array(
      types.row([
        { name: 'x', type },
        { name: 'y', type: types.int() },
      ]),
    ),
  'as a map’s value': (type) => types.map(types.string(false), type),
  'as a map’s key': (type) => types.map({ ...type, nullable: false }, types.int(), false),
  'in a map of arrays of rows': (type) =>
    types.map(types.string(false), types.array(types.row([{ name: 'x', type }], false), false), false),
}

// Without what parts elements in CSV, which refuses a value that holds it.
const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 10 }), fc.constantFrom('', '"\\,\n', '😀', 'ü'))
  .map((one) => one.replaceAll(';', ''))
const power = (count: number): bigint => 10n ** BigInt(count) - 1n

function present(type: LogicalType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'BOOLEAN':
      return fc.boolean()
    case 'TINYINT':
      return fc.integer({ min: -128, max: 127 })
    case 'SMALLINT':
      return fc.integer({ min: -32768, max: 32767 })
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return fc.integer()
    case 'BIGINT':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'INTERVAL_DAY_TIME':
      return fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })
    case 'FLOAT':
      return fc.float({ noNaN: true })
    case 'DOUBLE':
      return fc.double({ noNaN: true })
    case 'DECIMAL':
      return fc.bigInt({ min: -power(type.precision), max: power(type.precision) })
    case 'CHAR':
      return fc.string({ minLength: type.length, maxLength: type.length }).map((one) => one.replaceAll(';', '.'))
    case 'VARCHAR':
      return text
    case 'BINARY':
      return fc.uint8Array({ minLength: type.length, maxLength: type.length })
    case 'VARBINARY':
      return fc.uint8Array({ maxLength: 20 })
    case 'DATE':
      return fc.integer({ min: -719162, max: 2932896 })
    case 'TIME':
      return type.precision === 0
        ? fc.integer({ min: 0, max: 86_399 }).map((seconds) => seconds * 1000)
        : fc.integer({ min: 0, max: 86_399_999 })
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      // Years 1 to 9999, or as many as nanoseconds can say.
      const ticks = BigInt(ticksPerSecond(type.precision))
      const [min, max] = ticks > 1_000_000n ? [-9_223_372_036n, 9_223_372_035n] : [-62_135_596_800n, 253_402_300_799n]
      const below = type.precision === 0 ? fc.constant(0n) : fc.bigInt({ min: 0n, max: ticks - 1n })
      return fc.tuple(fc.bigInt({ min, max }), below).map(([seconds, rest]) => seconds * ticks + rest)
    }
    case 'ARRAY':
      return fc.array(valueOf(type.element), { maxLength: 3 })
    case 'MAP':
      return fc
        .uniqueArray(fc.tuple(present(type.key), valueOf(type.value)), {
          maxLength: 3,
          selector: ([key]) =>
            key instanceof Uint8Array ? key.join() : Object.is(key, -0) ? '0' : String(key as bigint),
        })
        .map((entries) => new Map<Value, Value>(entries))
    case 'ROW':
      return fc.tuple(...type.fields.map((field) => valueOf(field.type)))
    default:
      throw new Error(`no values of ${type.kind}`)
  }
}

const valueOf = (type: LogicalType): fc.Arbitrary<Value> =>
  type.nullable
    ? fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: present(type) })
    : present(type)

const formatOf = (schema: Schema, valueFormat: ValueFormat): TopicFormat => ({
  topic: 't',
  schema,
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat,
  primaryKey: null,
  ...(valueFormat === 'csv' ? { csv: { nullLiteral: '\u0001' } } : {}),
})

function idsOf(format: TopicFormat): SchemaIds {
  const registered = schemaTextFor(format)
  return {
    byId: (id) => (registered ? { id, type: registered.type, text: registered.text } : undefined),
    latest: () => undefined,
  }
}

function decode(format: TopicFormat, records: readonly RecordInput[], options: DecoderOptions): unknown {
  const decoder = createDecoder(
    format,
    format.schema.fields.map((_, i) => i),
    idsOf(format),
    options,
  )
  const input = decodeRecords(encodeRecordBatch(records))
  const out = new BatchBuilder(decoder.schema)
  const bad: Parameters<typeof decoder.decode>[4] = []
  assert.equal(decoder.decode(input, 0, input.count, out, bad), input.count)
  const batch = out.finish()
  checkBatch(batch)
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => settled(rowAt(batch, i))), bad }
}

/** Maps have no order in Protobuf. */
function settled(value: Value): Value {
  if (Array.isArray(value)) return (value as readonly Value[]).map(settled)
  if (!(value instanceof Map)) return value
  const entries = [...(value as ReadonlyMap<Value, Value>)].map(([key, one]) => [key, settled(one)] as const)
  return new Map(entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

/** The readers that a format has: kernels, generated ones, plain ones. */
function waysOf(valueFormat: ValueFormat): readonly DecoderOptions[] {
  const plain = { kernelAfter: Number.POSITIVE_INFINITY }
  if (valueFormat.includes('avro')) return [{ kernelAfter: 0 }, plain, { interpret: true }]
  if (valueFormat.includes('json')) return [{ kernelAfter: 0 }, plain]
  return valueFormat === 'protobuf-confluent' ? [plain, { interpret: true }] : [plain]
}

/** What a format does not hold. */
function isRefused({ kind, ...type }: LogicalType, place: string, valueFormat: ValueFormat): boolean {
  const isInterval = kind.startsWith('INTERVAL')
  const isText = kind === 'CHAR' || kind === 'VARCHAR'
  if (valueFormat === 'raw') {
    const kinds = ['DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ']
    return place !== 'by itself' || isInterval || kinds.includes(kind)
  }
  if (valueFormat === 'csv') return isInterval || !['by itself', 'in a row', 'in an array'].includes(place)
  if (place === 'as a map’s key' && valueFormat !== 'protobuf-confluent') return !isText
  if (valueFormat === 'json' || valueFormat === 'debezium-json') return false
  // Kafka Connect's times are milliseconds.
  const isFine = kind.startsWith('TIMESTAMP') && 'precision' in type && type.precision > 3
  return isInterval || (valueFormat === 'json-confluent' && isFine)
}

function refusal(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error))
    return error.code
  }
}

/** undefined: the law holds; else the refusal's code. */
function outcome(type: LogicalType, valueFormat: ValueFormat, name: string): string | undefined {
  const fields = [{ name: 'c', type }, ...(valueFormat === 'raw' ? [] : [{ name: 'z', type: types.int() }])]
  const format = formatOf({ fields }, valueFormat)
  let encoder: ReturnType<typeof createEncoder> | undefined
  const writing = refusal(() => (encoder = createEncoder(format, { schemaId: 1 })))
  const reading = refusal(() => decode(format, [{ key: null, value: new Uint8Array(6), timestampMs: 0 }], {}))
  if (writing !== undefined) {
    assert.equal(
      refusal(() => schemaTextFor(format)) ?? reading,
      writing,
      `${name}: refused where its schema is made, or read`,
    )
    return writing
  }
  assert.equal(reading, undefined, `${name}: what is written is read`)
  const row = fc.tuple(...fields.map((field) => valueOf(field.type)))
  const rows = fc.sample(row, { numRuns: 8, seed: 7 }) as Value[][]
  const records: RecordInput[] = []
  encoder!.encode(batchFromRows(format.schema, rows), 0, rows.length, (_row, _key, value) =>
    records.push({ key: null, value: value && value.slice(), timestampMs: 0 }),
  )
  const expected = { rows: rows.map((one) => settled(one)), bad: [] }
  for (const way of waysOf(valueFormat))
    assert.deepEqual(decode(format, records, way), expected, `${name} ${JSON.stringify(way)}`)
  return undefined
}

for (const valueFormat of formats)
  test(`${valueFormat}: decode(encode(x)) = x of every type in every place, or it is refused by name`, () => {
    for (const [place, wrap] of Object.entries(places))
      kinds.forEach((kind, i) => {
        // Elsewhere one of the two is enough: each kind is somewhere either way.
        const both = place === 'by itself' || place === 'in a row'
        for (const nullable of both ? [true, false] : [(i + place.length) % 2 === 0]) {
          const name = `${describeType(kind(nullable))} ${place}`
          const code = outcome(wrap(kind(nullable)), valueFormat, name)
          assert.equal(code, isRefused(kind(nullable), place, valueFormat) ? 'MR-FORMAT-002' : undefined, name)
        }
      })
  })
