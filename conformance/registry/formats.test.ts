// Our formats against Python's reference libraries, on seeded tables: fastavro and Apache's avro read what we write and we read
// what they write, also to a reader's schema; Python's json reads our JSON, and we read it in the styles that it writes.
// needs: confluent-kafka
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { schemaTextFor } from '../../src/format/index.ts'
import { types, type Schema, type Value } from '../../src/model/index.ts'
import { temporaryFolder } from '../harness.ts'
import {
  askPython,
  decode,
  encode,
  formatOf,
  framed,
  fromPython,
  idsOf,
  noIds,
  rowType,
  sampled,
  table,
  toPython,
  ways,
  type Json,
} from './formats-kit.ts'

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
  const ask = (tasks: readonly Json[]): Promise<unknown[]> => askPython(folder, tasks)

  for (const library of ['fastavro', 'avro'])
    test(`${library} reads our Avro, and we read its, for every type`, async () => {
      const format = formatOf(table, 'avro-confluent')
      const rows = sampled(table, 300)
      const { text } = schemaTextFor(format)!
      const schema = plainSchema(text)
      const ours = encode(format, rows).map((value) => Buffer.from(value.subarray(5)).toString('hex'))
      const [read, written] = await ask([
        { do: 'read', library, schema, values: ours },
        { do: 'write', library, schema, values: rows.map((row) => toPython(rowType(table), row)) },
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
