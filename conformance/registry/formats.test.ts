// Our formats against Python's reference libraries, on seeded tables: fastavro reads what we write and we read what it
// writes, also to a reader's schema; Python's json reads our JSON, and we read it in the styles that it writes.
// needs: confluent-kafka
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { pythonVenv } from '../../peers/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type DecoderOptions,
  type TopicFormat,
} from '../../src/format/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type LogicalType,
  type Schema,
  type SchemaIds,
  type Value,
} from '../../src/model/index.ts'
import { seed, temporaryFolder } from '../harness.ts'

type Json = null | boolean | string | number | readonly Json[] | { readonly [key: string]: Json }

const table: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'n', type: types.int() },
    { name: 'small', type: types.smallint() },
    { name: 'f', type: types.float() },
    { name: 'd', type: types.double(false) },
    { name: 'ok', type: types.boolean() },
    { name: 's', type: types.string(false) },
    { name: 'note', type: types.string() },
    { name: 'raw', type: types.bytes() },
    { name: 'amount', type: types.decimal(18, 2) },
    { name: 'wide', type: types.decimal(38, 6) },
    { name: 'day', type: types.date() },
    { name: 'at', type: types.timestamp(3, false) },
    { name: 'l', type: types.array(types.array(types.bigint())) },
    { name: 'm', type: types.map(types.string(false), types.string()) },
    {
      name: 'r',
      type: types.row([
        { name: 'x', type: types.string() },
        { name: 'y', type: types.double(false) },
      ]),
    },
  ],
}

const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((s) => s.toWellFormed()),
)
const digits = (count: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 1n - 10n ** BigInt(count), max: 10n ** BigInt(count) - 1n })

function valueOf(type: LogicalType): fc.Arbitrary<Value> {
  const present = presentOf(type)
  return type.nullable ? fc.oneof(fc.constant(null), present, present) : present
}

function presentOf(type: LogicalType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'BOOLEAN':
      return fc.boolean()
    case 'SMALLINT':
      return fc.integer({ min: -32768, max: 32767 })
    case 'INT':
      return fc.integer()
    case 'DATE':
      return fc.integer({ min: -700_000, max: 2_900_000 })
    case 'BIGINT':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'TIMESTAMP':
      return fc.bigInt({ min: -62135596800000n, max: 253402300799999n })
    case 'FLOAT':
      return fc.float({ noNaN: true, noDefaultInfinity: true })
    case 'DOUBLE':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'DECIMAL':
      return fc.oneof(digits(type.precision), digits(4))
    case 'VARCHAR':
      return word
    case 'VARBINARY':
      return fc.uint8Array({ maxLength: 50 })
    case 'ARRAY':
      return fc.array(valueOf(type.element), { maxLength: 4 })
    case 'MAP':
      return fc.array(fc.tuple(word, valueOf(type.value)), { maxLength: 3 }).map((all) => new Map<Value, Value>(all))
    case 'ROW':
      return fc.tuple(...type.fields.map((field) => valueOf(field.type)))
    default:
      throw new Error(`no values of ${type.kind}`)
  }
}

const sampled = (schema: Schema, count: number): Value[][] =>
  fc.sample(fc.tuple(...schema.fields.map((field) => valueOf(field.type))), {
    numRuns: count,
    seed: seed | 0,
  }) as Value[][]

const doubleHex = (value: number): string => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

/** A value as formats.py has it. */
function toPython(type: LogicalType, value: Value): Json {
  if (value === null) return null
  switch (type.kind) {
    case 'BOOLEAN':
      return value as boolean
    case 'FLOAT':
    case 'DOUBLE':
      return doubleHex(value as number)
    case 'VARCHAR':
      return value as string
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'DECIMAL': {
      const unscaled = BigInt.asUintN(136, value as bigint)
      return unscaled.toString(16).padStart(34, '0')
    }
    case 'ARRAY':
      return (value as readonly Value[]).map((one) => toPython(type.element, one))
    case 'MAP':
      return [...(value as ReadonlyMap<Value, Value>)].map(([key, one]) => [key as string, toPython(type.value, one)])
    case 'ROW':
      return Object.fromEntries(
        type.fields.map((field, i) => [field.name, toPython(field.type, (value as readonly Value[])[i]!)]),
      )
    default:
      return String(value as number)
  }
}

function fromPython(type: LogicalType, json: Json): Value {
  if (json === null) return null
  switch (type.kind) {
    case 'BOOLEAN':
    case 'VARCHAR':
      return json as string
    case 'FLOAT':
    case 'DOUBLE':
      return Buffer.from(json as string, 'hex').readDoubleBE()
    case 'VARBINARY':
      return new Uint8Array(Buffer.from(json as string, 'hex'))
    case 'DECIMAL':
      return BigInt.asIntN((json as string).length * 4, BigInt(`0x${json as string}`))
    case 'SMALLINT':
    case 'INT':
    case 'DATE':
      return Number(json)
    case 'BIGINT':
    case 'TIMESTAMP':
      return BigInt(json as string)
    case 'ARRAY':
      return (json as readonly Json[]).map((one) => fromPython(type.element, one))
    case 'MAP':
      return new Map((json as readonly [string, Json][]).map(([key, one]) => [key, fromPython(type.value, one)]))
    case 'ROW':
      return type.fields.map((field) => fromPython(field.type, (json as { [key: string]: Json })[field.name]!))
    default:
      throw new Error(`no values of ${type.kind}`)
  }
}

const rowType = (schema: Schema): LogicalType => types.row(schema.fields, false)

function formatOf(schema: Schema, valueFormat: TopicFormat['valueFormat']): TopicFormat {
  return { topic: 't', schema, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

function encode(format: TopicFormat, rows: readonly (readonly Value[])[]): Uint8Array[] {
  const values: Uint8Array[] = []
  createEncoder(format, { schemaId: 1 }).encode(
    batchFromRows(format.schema, rows),
    0,
    rows.length,
    (_row, _key, value) => values.push(value!.slice()),
  )
  return values
}

function decode(
  format: TopicFormat,
  values: readonly Uint8Array[],
  ids: SchemaIds,
  options: DecoderOptions,
): Value[][] {
  const decoder = createDecoder(
    format,
    format.schema.fields.map((_, i) => i),
    ids,
    options,
  )
  const out = new BatchBuilder(decoder.schema)
  const input = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
  const rows: Value[][] = []
  for (let next = 0; next < input.count;) {
    next = decoder.decode(input, next, input.count, out, [])
    const batch = out.finish()
    for (let i = 0; i < batch.rowCount; i++) rows.push(rowAt(batch, i))
  }
  return rows
}

const noIds: SchemaIds = { byId: () => undefined, latest: () => undefined }
const idsOf = (schema: unknown): SchemaIds => ({
  ...noIds,
  byId: (id) => ({ id, type: 'AVRO', text: JSON.stringify(schema) }),
})
const ways: readonly DecoderOptions[] = [
  { kernelAfter: 0 },
  { kernelAfter: Number.POSITIVE_INFINITY },
  { interpret: true },
]
const framed = (hex: string): Uint8Array => new Uint8Array(Buffer.from(`0000000001${hex}`, 'hex'))

/** Without logical types, which fastavro would turn into Python's: here the numbers are compared. */
function plainSchema(text: string): Json {
  return JSON.parse(text, (key, value: unknown) => (key === 'logicalType' ? undefined : value)) as Json
}

const record = (fields: readonly Json[]): Json => ({ type: 'record', name: 'R', fields })
const kind = (symbols: readonly string[], more: object = {}): Json => ({
  type: 'enum',
  name: 'K',
  symbols,
  ...more,
})

describe('Python’s reference libraries', () => {
  const folder = temporaryFolder()
  const ask = async (tasks: readonly Json[]): Promise<unknown[]> => {
    const file = join(folder, 'tasks.jsonl')
    writeFileSync(file, tasks.map((task) => JSON.stringify(task)).join('\n'))
    const python = await pythonVenv('confluent-kafka')
    const run = await python.run(join(import.meta.dirname, 'formats.py'), [file], { timeoutMs: 90_000 })
    assert.equal(run.code, 0, run.stderr)
    return run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  }

  test('fastavro reads our Avro, and we read its, for every type', async () => {
    const format = formatOf(table, 'avro-confluent')
    const rows = sampled(table, 300)
    const { text } = schemaTextFor(format)!
    const schema = plainSchema(text)
    const ours = encode(format, rows).map((value) => Buffer.from(value.subarray(5)).toString('hex'))
    const [read, written] = await ask([
      { do: 'read', schema, values: ours },
      { do: 'write', schema, values: rows.map((row) => toPython(rowType(table), row)) },
    ])
    assert.deepEqual(
      (read as readonly Json[]).map((value) => fromPython(rowType(table), value)),
      rows,
    )
    for (const way of ways)
      assert.deepEqual(decode(format, (written as readonly string[]).map(framed), idsOf(JSON.parse(text)), way), rows)
  })

  test('schema resolution gives what fastavro gives', async () => {
    const writer = record([
      { name: 'a', type: 'int' },
      { name: 'old', type: 'long' },
      { name: 'gone', type: { type: 'array', items: { type: 'map', values: 'string' } } },
      { name: 'k', type: kind(['A', 'B', 'C']) },
      { name: 'u', type: ['null', 'int'] },
      { name: 's', type: 'string' },
      { name: 'f', type: 'float' },
    ])
    const reader = record([
      { name: 'f', type: 'double' },
      { name: 'u', type: ['null', 'long'] },
      { name: 'fresh', type: ['long', 'null'], default: 42 },
      { name: 'new', aliases: ['old'], type: 'double' },
      { name: 'a', type: ['null', 'long'] },
      { name: 'k', type: kind(['C', 'A', 'X'], { default: 'X' }) },
      { name: 's', type: 'string' },
      { name: 'word', type: 'string', default: 'dé' },
    ])
    const written: Schema = {
      fields: [
        { name: 'a', type: types.int(false) },
        { name: 'old', type: types.bigint(false) },
        { name: 'gone', type: types.array(types.map(types.string(false), types.string(false), false), false) },
        { name: 'k', type: types.string(false) },
        { name: 'u', type: types.int() },
        { name: 's', type: types.string(false) },
        { name: 'f', type: types.float(false) },
      ],
    }
    const columns: Schema = {
      fields: [
        { name: 'f', type: types.double(false) },
        { name: 'u', type: types.bigint() },
        { name: 'fresh', type: types.bigint() },
        { name: 'new', type: types.double(false) },
        { name: 'a', type: types.bigint() },
        { name: 'k', type: types.string(false) },
        { name: 's', type: types.string(false) },
        { name: 'word', type: types.string(false) },
      ],
    }
    const letters = ['A', 'B', 'C']
    const values = sampled(written, 100).map((row, i) => toPython(rowType(written), row.with(3, letters[i % 3]!)))
    const [bytes] = (await ask([{ do: 'write', schema: writer, values }])) as readonly string[][]
    const [read] = await ask([{ do: 'read', schema: writer, reader, values: bytes! }])
    const expected = (read as readonly Json[]).map((value) => fromPython(rowType(columns), value))
    assert.equal(expected.length, 100)
    for (const way of ways) {
      const options = { ...way, readerSchema: JSON.stringify(reader) }
      assert.deepEqual(
        decode(formatOf(columns, 'avro-confluent'), bytes!.map(framed), idsOf(writer), options),
        expected,
      )
    }
  })

  test('Python’s json reads our JSON, and we read it in all styles', async () => {
    const fields = table.fields.filter(({ name }) => !['f', 'raw', 'day', 'at', 'wide', 'amount'].includes(name))
    const format = formatOf({ fields }, 'json')
    // Zero's sign would not survive the way to Python, which is JSON.
    const rows = sampled({ fields }, 300).map((row) => row.map(unsignedZero))
    const at = (name: string): number => fields.findIndex((field) => field.name === name)
    const ours = encode(format, rows).map((value) => Buffer.from(value).toString())
    const [loaded] = (await ask([{ do: 'loads', values: ours }])) as readonly { [key: string]: Json }[][]
    assert.deepEqual(
      loaded!.map((object) => [object['id'], object['s'], Number(object['d']), object['ok']]),
      rows.map((row) => [String(row[at('id')] as bigint), row[at('s')], row[at('d')], row[at('ok')]]),
    )
    const values = ours.map((one) => JSON.parse(one, exact) as Json)
    const [styled] = (await ask([{ do: 'dumps', values }])) as readonly string[][][]
    const narrow = { fields: fields.filter(({ name }) => name !== 'id' && name !== 'l') }
    const expected = rows.map((row) => row.filter((_, i) => narrow.fields.includes(fields[i]!)))
    for (const texts of styled!) {
      for (const way of ways.slice(0, 2)) {
        const values = texts.map((one) => new Uint8Array(Buffer.from(one)))
        assert.deepEqual(decode(formatOf(narrow, 'json'), values, noIds, way), expected)
      }
    }
  })
})

const unsignedZero = (value: Value): Value =>
  Array.isArray(value) ? (value as readonly Value[]).map(unsignedZero) : Object.is(value, -0) ? 0 : value

/** Numbers beyond a double's whole ones are not what this compares: they travel as text. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value) && Math.abs(value) < 1e21
    ? String(value)
    : value
}
