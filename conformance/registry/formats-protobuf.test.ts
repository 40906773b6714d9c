// Our Protobuf and CSV against Python's reference libraries, on seeded rows: Google's protobuf reads what we write, to the same
// values and without a field that it does not know, and we read what it writes, of every type of the language; Python's csv
// reads our lines, and we read its in each of its ways to quote.
// needs: confluent-kafka
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { descriptorOf, parseProto, schemaTextFor } from '../../src/format/index.ts'
import { types, type LogicalType, type Schema, type SchemaIds, type Value } from '../../src/model/index.ts'
import { seed, temporaryFolder } from '../harness.ts'
import {
  askPython,
  decode,
  digits,
  encode,
  formatOf,
  noIds,
  rowType,
  sampled,
  table,
  toPython,
  ways,
  word,
  type Json,
} from './formats-kit.ts'

type Message = { readonly [field: string]: Json }

/** Descriptors in base64 of a text and of what it imports, those that others import first. */
function filesOf(text: string): string[] {
  const found = new Map<string, string>()
  const visit = (file: ReturnType<typeof parseProto>): void => {
    if (found.has(file.path)) return
    for (const one of file.dependencies) visit(one)
    found.set(file.path, Buffer.from(descriptorOf(file)).toString('base64'))
  }
  visit(parseProto(text, []))
  return [...found.values()]
}

const idsOf = (text: string): SchemaIds => ({ ...noIds, byId: (id) => ({ id, type: 'PROTOBUF', text }) })
const framed = (hex: string): Uint8Array => new Uint8Array(Buffer.from(`000000000100${hex}`, 'hex'))

const whole = (min: number, max: number): fc.Arbitrary<Json> => fc.integer({ min, max }).map(String)
const wide = (min: bigint, max: bigint): fc.Arbitrary<Json> => fc.bigInt({ min, max }).map(String)
const hex = (value: number): string => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}
const [i32, i64] = [whole(-(2 ** 31), 2 ** 31 - 1), wide(-(2n ** 63n), 2n ** 63n - 1n)]
const [u32, u64] = [whole(0, 2 ** 32 - 1), wide(0n, 2n ** 64n - 1n)]

/** Each scalar of the language: its column, values as they travel, and what such a value is in a row. */
const scalars: readonly (readonly [string, LogicalType, fc.Arbitrary<Json>, (json: Json) => Value])[] = [
  [
    'double',
    types.double(),
    fc.double({ noNaN: true }).map(hex),
    (json) => Buffer.from(json as string, 'hex').readDoubleBE(),
  ],
  [
    'float',
    types.float(),
    fc.float({ noNaN: true }).map(hex),
    (json) => Buffer.from(json as string, 'hex').readDoubleBE(),
  ],
  ['int32', types.int(), i32, Number],
  ['int64', types.bigint(), i64, (json) => BigInt(json as string)],
  ['uint32', types.bigint(), u32, (json) => BigInt(json as string)],
  ['uint64', types.decimal(20, 0), u64, (json) => BigInt(json as string)],
  ['sint32', types.int(), i32, Number],
  ['sint64', types.bigint(), i64, (json) => BigInt(json as string)],
  ['fixed32', types.bigint(), u32, (json) => BigInt(json as string)],
  ['fixed64', types.decimal(20, 0), u64, (json) => BigInt(json as string)],
  ['sfixed32', types.int(), i32, Number],
  ['sfixed64', types.bigint(), i64, (json) => BigInt(json as string)],
  ['bool', types.boolean(), fc.boolean(), (json) => json as boolean],
  ['string', types.string(), word, (json) => json as string],
  [
    'bytes',
    types.bytes(),
    fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    (json) => new Uint8Array(Buffer.from(json as string, 'hex')),
  ],
  ['Color', types.string(), fc.constantFrom('RED', 'GREEN', 'FAR', 'BELOW'), (json) => json as string],
]
const shapes = [
  ['f', '', 0],
  ['o', 'optional ', 100],
  ['r', 'repeated ', 200],
] as const
const everything = `syntax = "proto3";
package wide;
message Wide {
${shapes.flatMap(([letter, label, base]) => scalars.map(([name], i) => `  ${label}${name} ${letter}_${name} = ${base + i + 1};`)).join('\n')}
${scalars
  .slice(2)
  .map(([name], i) => (name === 'bytes' || name === 'Color' ? '' : `  map<${name}, string> m_${name} = ${300 + i};`))
  .join('\n')}
  repeated int32 loose = 400 [packed = false];
  oneof choice { int32 left = 401; string right = 402; Inner middle = 403; }
  Inner inner = 404;
  message Inner { int64 a = 1; optional string b = 2; Inner deeper = 3; }
}
enum Color { RED = 0; GREEN = 1; FAR = 100000; BELOW = -3; }
`
const maps = scalars.slice(2).filter(([name]) => name !== 'bytes' && name !== 'Color')
const innerColumns = types.row([
  { name: 'a', type: types.bigint() },
  { name: 'b', type: types.string() },
  { name: 'deeper', type: types.row([{ name: 'b', type: types.string() }]) },
])
const wideSchema: Schema = {
  fields: [
    ...shapes.flatMap(([letter]) =>
      scalars.map(([name, type]) => ({ name: `${letter}_${name}`, type: letter === 'r' ? types.array(type) : type })),
    ),
    ...maps.map(([name, type]) => ({
      name: `m_${name}`,
      type: types.map({ ...type, nullable: false }, types.string()),
    })),
    { name: 'loose', type: types.array(types.int()) },
    { name: 'left', type: types.int() },
    { name: 'right', type: types.string() },
    { name: 'middle', type: innerColumns },
    { name: 'inner', type: innerColumns },
  ],
}

const some = (arbitrary: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.option(arbitrary)
const inner: fc.Arbitrary<Json> = fc.record({
  a: i64,
  b: some(word),
  deeper: some(fc.record({ a: i64, b: some(word) })),
})
const message: fc.Arbitrary<Message> = fc
  .tuple(
    fc.record(
      Object.fromEntries(
        scalars.flatMap(([name, , values]) => [
          [`f_${name}`, values],
          [`o_${name}`, some(values)],
          [`r_${name}`, fc.array(values, { maxLength: 4 })],
        ]),
      ),
    ),
    fc.record(
      Object.fromEntries(
        maps.map(([name, , values]) => [
          `m_${name}`,
          fc.uniqueArray(fc.tuple(values, word), { maxLength: 3, selector: ([key]) => String(key) }),
        ]),
      ),
    ),
    fc.record({ loose: fc.array(i32, { maxLength: 4 }), inner: some(inner) }),
    fc.oneof(
      fc.constant({}),
      i32.map((left) => ({ left })),
      word.map((right) => ({ right })),
      inner.map((middle) => ({ middle })),
    ),
  )
  .map((parts) => Object.assign({}, ...parts) as Message)

/** What a message is in our columns: lists and maps that are empty are not there. */
function rowOf(value: Message): Value[] {
  const toInner = (json: Json | undefined): Value => {
    if (json === undefined || json === null) return null
    const { a, b, deeper } = json as { a: string; b: string | null; deeper: { b: string | null } | null }
    return [BigInt(a), b, deeper === null ? null : [deeper.b]]
  }
  const list = <Item, Made>(items: readonly Item[], make: (item: Item) => Made): Made[] | null =>
    items.length === 0 ? null : items.map(make)
  return [
    ...shapes.flatMap(([letter]) =>
      scalars.map(([name, , , make]): Value => {
        const json = value[`${letter}_${name}`]!
        if (letter === 'r') return list(json as Json[], make)
        return json === null ? null : make(json)
      }),
    ),
    ...maps.map(([name, , , make]): Value => {
      const pairs = list(value[`m_${name}`] as [Json, string][], ([key, text]) => [make(key), text] as const)
      return pairs && new Map<Value, Value>(pairs)
    }),
    list(value['loose'] as Json[], Number),
    value['left'] === undefined ? null : Number(value['left']),
    (value['right'] as string | undefined) ?? null,
    toInner(value['middle']),
    toInner(value['inner']),
  ]
}

/** Maps have no order. */
const settled = (row: readonly Value[]): Value[] =>
  row.map((value) =>
    value instanceof Map ? new Map([...value].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))) : value,
  )

describe('Python’s reference libraries', () => {
  const folder = temporaryFolder()
  const ask = (tasks: readonly Json[]): Promise<unknown[]> => askPython(folder, tasks)

  test('protobuf reads what we write, for every type, and we read what it makes of it', async () => {
    // Of lists and maps, those that need no wrapper around each element.
    const fields = table.fields.map(({ name, type }) => {
      if (name === 'l') return { name, type: types.array(types.array(types.bigint(false), false)) }
      if (name === 'm') return { name, type: types.map(types.string(false), types.string(false)) }
      return { name, type }
    })
    const schema: Schema = { fields }
    const format = formatOf(schema, 'protobuf-confluent')
    const { text } = schemaTextFor(format)!
    const rows = sampled(schema, 300)
    const values = encode(format, rows).map((value) => Buffer.from(value.subarray(6)).toString('hex'))
    const [read] = (await ask([{ do: 'proto_read', files: filesOf(text), message: 'Row', values }])) as [
      Message,
      string,
    ][][]
    const plain = ['id', 'n', 'small', 'f', 'd', 'ok', 's', 'note', 'raw', 'r']
    const columns = { fields: fields.filter(({ name }) => plain.includes(name)) }
    assert.deepEqual(
      read!.map(([message]) => Object.fromEntries(plain.map((name) => [name, message[name]!]))),
      rows.map((row) =>
        toPython(
          rowType(columns),
          row.filter((_, i) => plain.includes(fields[i]!.name)),
        ),
      ),
    )
    const theirs = read!.map(([, bytes]) => framed(bytes))
    for (const way of ways) assert.deepEqual(decode(format, theirs, idsOf(text), way).map(settled), rows.map(settled))
  })

  test('we read what protobuf writes, of every type of the language', async () => {
    const values = fc.sample(message, { numRuns: 300, seed: seed | 0 })
    const [written] = (await ask([
      { do: 'proto_write', files: filesOf(everything), message: 'wide.Wide', values },
    ])) as string[][]
    const expected = values.map(rowOf).map(settled)
    const format = formatOf(wideSchema, 'protobuf-confluent')
    for (const way of ways)
      assert.deepEqual(decode(format, written!.map(framed), idsOf(everything), way).map(settled), expected)
  })

  test('csv reads our lines, and we read its in all its ways to quote', async () => {
    const schema: Schema = {
      fields: [
        { name: 'id', type: types.bigint(false) },
        { name: 's', type: types.string() },
        { name: 'n', type: types.int() },
        { name: 'amount', type: types.decimal(18, 2) },
        { name: 'ok', type: types.boolean() },
        { name: 't', type: types.string() },
      ],
    }
    const format = formatOf(schema, 'csv')
    // An empty text is NULL where nothing else says so; Python's reader would take a bare carriage return for a line's end.
    const text = word.filter((one) => one !== '' && !/[\0\r\n\u2028\u2029\u0085]/.test(one))
    const row = fc.tuple(i64, text, i32, digits(18).map(String), fc.boolean(), text)
    const drawn = fc.sample(row, { numRuns: 300, seed: seed | 0 })
    const rows = drawn.map(([id, s, n, amount, ok, t]): Value[] => [
      BigInt(id as string),
      s,
      Number(n),
      BigInt(amount),
      ok,
      t,
    ])
    const ours = encode(format, rows).map((value) => Buffer.from(value).toString())
    const [read] = (await ask([{ do: 'csv_read', values: ours }])) as string[][][]
    assert.deepEqual(
      read!.map(([id, s, n, , ok, t]) => [id, s, n, ok, t]),
      drawn.map(([id, s, n, , ok, t]) => [id, s, n, String(ok), t]),
    )
    // What it read of us it writes again, in its own ways.
    const [styles] = (await ask([{ do: 'csv_write', values: read! }])) as string[][][]
    for (const lines of styles!) {
      const values = lines.map((line) => new Uint8Array(Buffer.from(line)))
      assert.deepEqual(decode(format, values, noIds, {}), rows)
    }
  })
})
