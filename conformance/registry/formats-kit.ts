// What checks of our formats against Python's reference libraries share: seeded rows of every type, the form in which values
// travel to Python and back, our own encoder and decoder, and the question to formats.py.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { pythonVenv } from '../../peers/index.ts'
import { createDecoder, createEncoder, type DecoderOptions, type TopicFormat } from '../../src/format/index.ts'
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
import { seed } from '../harness.ts'

export type Json = null | boolean | string | number | readonly Json[] | { readonly [key: string]: Json }

export const table: Schema = {
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

export const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((s) => s.toWellFormed()),
)
export const digits = (count: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 1n - 10n ** BigInt(count), max: 10n ** BigInt(count) - 1n })

export function valueOf(type: LogicalType): fc.Arbitrary<Value> {
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

export const sampled = (schema: Schema, count: number): Value[][] =>
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
export function toPython(type: LogicalType, value: Value): Json {
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

export function fromPython(type: LogicalType, json: Json): Value {
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

export const rowType = (schema: Schema): LogicalType => types.row(schema.fields, false)

export function formatOf(schema: Schema, valueFormat: TopicFormat['valueFormat']): TopicFormat {
  return { topic: 't', schema, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

export function encode(format: TopicFormat, rows: readonly (readonly Value[])[]): Uint8Array[] {
  const values: Uint8Array[] = []
  createEncoder(format, { schemaId: 1 }).encode(
    batchFromRows(format.schema, rows),
    0,
    rows.length,
    (_row, _key, value) => values.push(value!.slice()),
  )
  return values
}

export function decode(
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

export const noIds: SchemaIds = { byId: () => undefined, latest: () => undefined }
export const idsOf = (schema: unknown): SchemaIds => ({
  ...noIds,
  byId: (id) => ({ id, type: 'AVRO', text: JSON.stringify(schema) }),
})
export const ways: readonly DecoderOptions[] = [
  { kernelAfter: 0 },
  { kernelAfter: Number.POSITIVE_INFINITY },
  { interpret: true },
]
export const framed = (hex: string): Uint8Array => new Uint8Array(Buffer.from(`0000000001${hex}`, 'hex'))

/** Asks formats.py: one answer for each task. @param folder where the tasks are written */
export async function askPython(folder: string, tasks: readonly Json[]): Promise<unknown[]> {
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
