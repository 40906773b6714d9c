// Kernels against the plain readers: the same rows, and the same bad records with the same reasons and places, whatever the
// bytes are. Records of one table differ in style on purpose, so that what a kernel has learned from one does not fit others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter, decodeText, encodeText } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeRecords,
  encodeRecordBatch,
  kindAt,
  rowAt,
  types,
  type LogicalType,
  type Schema,
  type SchemaIds,
} from '../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from './index.ts'

const noIds: SchemaIds = { byId: () => undefined, latest: () => undefined }

function decodeJson(
  schema: Schema,
  values: readonly Uint8Array[],
  kernelAfter: number,
): { rows: unknown[]; bad: BadRecord[] } {
  const format: TopicFormat = {
    topic: 't',
    schema,
    keyColumns: null,
    keyFormat: 'raw',
    valueFormat: 'json',
    primaryKey: null,
  }
  const decoder = createDecoder(
    format,
    schema.fields.map((_, i) => i),
    noIds,
    { kernelAfter },
  )
  const out = new BatchBuilder(decoder.schema)
  const rows: unknown[] = []
  const bad: BadRecord[] = []
  const records = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
  for (let next = 0; next < records.count;) {
    next = decoder.decode(records, next, records.count, out, bad)
    const batch = out.finish()
    checkBatch(batch)
    for (let i = 0; i < batch.rowCount; i++) rows.push([decoder.rowRecord[i], rowAt(batch, i)])
  }
  return { rows, bad }
}

const pad = (n: unknown, size = 2): string => String(n as number).padStart(size, '0')

function assertSame(schema: Schema, values: readonly Uint8Array[]): void {
  assert.deepEqual(decodeJson(schema, values, 0), decodeJson(schema, values, Number.POSITIVE_INFINITY))
}

const space = fc.constantFrom('', '', '', ' ', '\n\t', '  ')
const digits = (max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`))
const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.double().map(String),
  fc.tuple(digits(20), digits(20)).map(([a, b]) => `${a}.${b}`),
  fc.tuple(digits(3), fc.integer({ min: -30, max: 30 })).map(([a, e]) => `${a}e${e}`),
  fc.constantFrom(
    '0',
    '-0',
    '00',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '0.1',
    '123456789012345678',
    '1234567890123456789',
    '12.345',
  ),
)
const pieces = [
  '\\u00e9',
  '\\u0000',
  '\\ud83d',
  '\\ude00',
  '\\uD83D\\uDE00',
  '\\uFFFF',
  '\\u12',
  '\\n',
  '\\x',
  '\\"',
  '\\/',
  'é',
  '🚀',
  'plain text',
  '\\',
]
const text = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => `"${all.join('')}"`),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((s) => JSON.stringify(s)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((s) => JSON.stringify(s.toWellFormed())),
  fc.constantFrom(
    '""',
    '"x',
    '"\\q"',
    '"\u0001"',
    '"\\u00e9"',
    `"${'y'.repeat(300)}"`,
    '"aaaaaaaaaaaaaaa"',
    '"aaaaaaaaaaaaaaaa"',
  ),
)
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((d) => JSON.stringify(d.toISOString().replace('T', ' ').replace('Z', ''))),
  fc.date({ noInvalidDate: true }).map((d) => JSON.stringify(d.toISOString())),
  fc.tuple(...[9999, 13, 32, 25, 61, 61].map((max) => fc.nat(max)), digits(11)).map(([y, m, d, h, i, s, f]) => {
    return `"${pad(y, 4)}-${pad(m)}-${pad(d)} ${pad(h)}:${pad(i)}:${pad(s)}.${String(f)}"`
  }),
  fc.constantFrom(
    '"2024-02-29"',
    '"2023-02-29"',
    '"1900-02-29"',
    '"2000-02-29 00:00:00"',
    '"12:34:56"',
    '"12:34:56.789"',
    '"24:00:00"',
    '"2024-01-01T00:00:00Z"',
  ),
)
const scalar = fc.oneof(
  number,
  text,
  time,
  fc.constantFrom('null', 'true', 'false', 'nul', '{}', '[]', '{"a":[1,{"b":null}]}'),
)
const names = [
  'n',
  'i',
  'd',
  'm',
  's',
  't',
  'u',
  'day',
  'clock',
  'b',
  'r',
  'l',
  'x',
  'a much longer name than others',
  'ключ',
  'raw',
]

const schema: Schema = {
  fields: [
    { name: 'n', type: types.bigint() },
    { name: 'i', type: types.int() },
    { name: 'd', type: types.double() },
    { name: 'm', type: types.decimal(12, 2) },
    { name: 's', type: types.string() },
    { name: 't', type: types.timestamp(3) },
    { name: 'u', type: types.timestampLtz(9) },
    { name: 'day', type: types.date() },
    { name: 'clock', type: types.time(3) },
    { name: 'b', type: types.boolean() },
    {
      name: 'r',
      type: types.row([
        { name: 's', type: types.string() },
        { name: 'n', type: types.int() },
      ]),
    },
    { name: 'l', type: types.array(types.string()) },
    { name: 'a much longer name than others', type: types.map(types.string(false), types.decimal(25, 3)) },
    { name: 'ключ', type: types.float() },
    { name: 'raw', type: types.bytes() },
  ],
}

/** A text that is mostly right for a column's type. */
function textFor(type: LogicalType): fc.Arbitrary<string> {
  switch (type.kind) {
    case 'VARCHAR':
      return text
    case 'VARBINARY':
      return fc.oneof(
        fc.uint8Array({ maxLength: 50 }).map((bytes) => JSON.stringify(Buffer.from(bytes).toString('base64'))),
        fc.constantFrom(
          '""',
          '"AA"',
          '"AAA="',
          '"AB=="',
          '"AAA"',
          '"A"',
          '"AAAA="',
          '"AAAA=="',
          '"AA=A"',
          '"A-_A"',
          '"AA\\u003d="',
        ),
      )
    case 'BOOLEAN':
      return fc.constantFrom('true', 'false', 'null')
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'DATE':
    case 'TIME':
      return time
    case 'ARRAY':
      return fc.array(textFor(type.element), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`)
    case 'MAP':
      return fc
        .array(fc.tuple(text, textFor(type.value)), { maxLength: 3 })
        .map((all) => `{${all.map((one) => one.join(':')).join(',')}}`)
    case 'ROW':
      return fc
        .array(fc.constantFrom(...type.fields), { maxLength: 3 })
        .chain((fields) =>
          fc
            .tuple(...fields.map((f) => textFor(f.type)))
            .map((all) => `{${all.map((one, i) => `"${fields[i]!.name}":${one}`).join(',')}}`),
        )
    default:
      return number
  }
}

const member = fc.constantFrom(...names).chain((name) => {
  const field = schema.fields.find((one) => one.name === name)
  const value = field
    ? fc.oneof({ weight: 6, arbitrary: textFor(field.type) }, { weight: 1, arbitrary: scalar })
    : scalar
  return fc.tuple(space, space, space, space, value).map(([a, b, c, d, v]) => `${a}"${name}"${b}:${c}${v}${d}`)
})
const record = fc
  .tuple(space, fc.array(member, { maxLength: 8 }), space)
  .map(([a, all, b]) => `${a}{${all.join(',')}}${b}`)

test('JSON: records in any style, order and damage are read alike by kernel and plain reader', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (texts) => {
      assertSame(schema, texts.map(encodeText))
    }),
    { numRuns: 250 },
  )
})

test('JSON: records of one style, with some bytes changed or cut, are read alike', () => {
  const members = names.map((name) => {
    const field = schema.fields.find((one) => one.name === name)
    return (field ? textFor(field.type) : scalar).map((v) => `"${name}":${v}`)
  })
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(34, 44, 58, 92, 123, 125, 128))), {
    maxLength: 3,
  })
  const one = fc.tuple(fc.tuple(...members), edits, fc.nat(60)).map(([all, changes, cut]) => {
    const bytes = encodeText(`{${all.join(',')}}`)
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return cut < 4 ? bytes.slice(0, -cut * 3 - 1) : bytes
  })
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 10 }), (values) => {
      assertSame(schema, values)
    }),
    { numRuns: 250 },
  )
})

test('JSON: doubles are rounded as Number() rounds them', () => {
  const column: Schema = { fields: [{ name: 'd', type: types.double(false) }] }
  const plain = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(digits(19), digits(18)).map(([a, b]) => `${BigInt(a)}.${b}`),
    // Just beside and on the middle between two doubles.
    fc
      .tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 54n }), fc.constantFrom('', '.0', '.5', '.49999', '.50001'))
      .map(([a, b]) => `${a}${b}`),
    fc.double({ min: 0, max: 1, noNaN: true }).map((d) => d.toFixed(17)),
  )
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 50 }), (texts) => {
      const { rows, bad } = decodeJson(
        column,
        texts.map((one) => encodeText(`{"d":${one}}`)),
        0,
      )
      assert.deepEqual({ rows, bad }, { rows: texts.map((one, i) => [i, [Number(one)]]), bad: [] })
    }),
    { numRuns: 200 },
  )
})

/** An envelope as other writers have it: with its source and times, white space, its schema around it. */
function styled(value: Uint8Array, style: number): Uint8Array {
  const json = decodeText(value)
  if (style === 0) return value.slice()
  const more = json.replace(/,"op"/, ',"source":{"db":"shop","pos":[1,{"x":"a\\"b"}]},"ts_ms":17,"op"')
  if (style === 1) return encodeText(more)
  if (style === 2) return encodeText(more.replaceAll('":', '": ').replaceAll(',"', ', "'))
  const wrapped = `{"schema":{"type":"struct","fields":[{"name":"op"}]},"payload":${more}}`
  return encodeText(style === 3 ? wrapped : `{"payload" : ${json}}`)
}

for (const valueFormat of ['debezium-avro-confluent', 'debezium-json'] as const) {
  test(`${valueFormat}: changes of all kinds, damaged ones among them, are read alike; rows know their records`, () => {
    const table: Schema = {
      fields: [
        { name: 'id', type: types.bigint(false) },
        { name: 's', type: types.string() },
        { name: 'l', type: types.array(types.string(false)) },
        { name: 'r', type: types.row([{ name: 'x', type: types.int() }]) },
      ],
    }
    const format: TopicFormat = {
      topic: 't',
      schema: table,
      keyColumns: [0],
      keyFormat: 'raw',
      valueFormat,
      primaryKey: null,
    }
    const ids: SchemaIds = {
      byId: (id) => ({ id, type: 'AVRO', text: schemaTextFor(format)?.text ?? '' }),
      latest: () => undefined,
    }
    const row = fc.tuple(
      fc.bigInt({ min: 0n, max: 9n }),
      fc.option(fc.string({ maxLength: 40 }).map((s) => s.toWellFormed())),
      fc.option(
        fc.array(
          fc.string({ maxLength: 5 }).map((s) => s.toWellFormed()),
          { maxLength: 3 },
        ),
      ),
      fc.option(fc.tuple(fc.option(fc.integer()))),
    )
    const changes = fc.array(fc.tuple(row, fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3)), { minLength: 1, maxLength: 30 })
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { maxLength: 4 })
    const read = (
      values: readonly (Uint8Array | null)[],
      options: { kernelAfter?: number; readerSchema?: string },
    ): unknown => {
      const decoder = createDecoder(format, [3, 0, 2, 1], ids, options)
      const out = new BatchBuilder(decoder.schema)
      const bad: BadRecord[] = []
      const records = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
      // A row that was there before: what follows is numbered behind it.
      out.appendRow([null, 0n, null, null])
      const next = decoder.decode(records, 0, records.count, out, bad)
      const batch = out.finish()
      checkBatch(batch)
      const rows = Array.from({ length: batch.rowCount - 1 }, (_, i) => [
        decoder.rowRecord[i + 1],
        kindAt(batch, i + 1),
        rowAt(batch, i + 1),
      ])
      return { next, rows, bad }
    }
    fc.assert(
      fc.property(changes, edits, fc.array(fc.nat(), { maxLength: 3 }), fc.nat(4), (all, bytes, tombstones, style) => {
        const batch = batchFromRows(
          table,
          all.map(([one]) => one),
          all.map(([, kind]) => kind),
        )
        const values: (Uint8Array | null)[] = []
        createEncoder(format, { schemaId: 1 }).encode(batch, 0, batch.rowCount, (_row, _key, value) =>
          values.push(valueFormat === 'debezium-json' ? styled(value!, style) : value!.slice()),
        )
        for (const [which, at, byte] of bytes) {
          const value = values[which % values.length]!
          value[at % value.length] = byte
        }
        for (const at of tombstones) values.splice(at % values.length, 0, null)
        const kernels = read(values, { kernelAfter: 0 })
        assert.deepEqual(kernels, read(values, { kernelAfter: Number.POSITIVE_INFINITY }))
        if (bytes.length === 0) assert.equal((kernels as { rows: unknown[] }).rows.length, all.length)
      }),
      { numRuns: 300 },
    )
  })
}

const decimal = (type: object): object => ({ logicalType: 'decimal', precision: 38, scale: 4, ...type })
const bytesOf = (n: bigint, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Number((n >> BigInt(8 * (size - 1 - i))) & 255n))

test('Avro: decimals of any size and scale, as bytes and fixed; blocks with their size in bytes', () => {
  const table: Schema = {
    fields: [
      { name: 'a', type: types.decimal(38, 4) },
      { name: 'b', type: types.decimal(12, 2) },
      { name: 'c', type: types.decimal(20, 4) },
      { name: 'l', type: types.array(types.int(false)) },
      { name: 'z', type: types.int(false) },
    ],
  }
  const text = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: decimal({ type: 'bytes' }) },
      { name: 'b', type: decimal({ type: 'bytes' }) },
      { name: 'c', type: decimal({ type: 'fixed', name: 'F', size: 16 }) },
      { name: 'l', type: { type: 'array', items: 'int' } },
      { name: 'gone', type: { type: 'map', values: 'int' } },
      { name: 'z', type: 'int' },
    ],
  })
  const ids: SchemaIds = { byId: (id) => ({ id, type: 'AVRO', text }), latest: () => undefined }
  const format: TopicFormat = {
    topic: 't',
    schema: table,
    keyColumns: null,
    keyFormat: 'raw',
    valueFormat: 'avro-confluent',
    primaryKey: null,
  }
  const power = fc
    .integer({ min: 0, max: 39 })
    .chain((digits) => fc.constantFrom(10n ** BigInt(digits), 10n ** BigInt(digits) - 1n))
  const unscaled = fc
    .oneof(power, fc.bigInt({ min: 0n, max: 2n ** 127n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 8n }))
    .chain((n) => fc.constantFrom(n, -n))
  const record = fc.record({
    a: fc.tuple(unscaled, fc.integer({ min: 1, max: 18 })),
    b: fc.tuple(
      unscaled.map((n) => (n % 10n ** 14n) * 100n),
      fc.integer({ min: 1, max: 17 }),
    ),
    c: unscaled,
    l: fc.array(fc.integer(), { maxLength: 4 }),
    sized: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), (all) => {
      const values = all.map(({ a, b, c, l, sized }) => {
        const out = new ByteWriter()
        out.raw(Uint8Array.of(0, 0, 0, 0, 1))
        for (const [n, size] of [a, b]) {
          out.varint(size)
          out.raw(Uint8Array.from(bytesOf(n, size)))
        }
        out.raw(Uint8Array.from(bytesOf(c, 16)))
        const items = new ByteWriter()
        for (const one of l) items.varint(one)
        if (l.length > 0) out.varint(sized ? -l.length : l.length)
        if (l.length > 0 && sized) out.varint(items.length)
        out.raw(items.copy())
        out.varint(0)
        const entries = new ByteWriter()
        for (const one of l) {
          entries.varint(1)
          entries.uint8(65)
          entries.varint(one)
        }
        if (l.length > 0) out.varint(sized ? -l.length : l.length)
        if (l.length > 0 && sized) out.varint(entries.length)
        out.raw(entries.copy())
        out.varint(0)
        out.varint(7)
        return out.copy()
      })
      const read = (options: object): { rows: unknown[]; bad: BadRecord[] } => {
        const decoder = createDecoder(format, [0, 1, 2, 3, 4], ids, options)
        const out = new BatchBuilder(decoder.schema)
        const bad: BadRecord[] = []
        const records = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
        decoder.decode(records, 0, records.count, out, bad)
        const batch = out.finish()
        return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
      }
      const kernels = read({ kernelAfter: 0 })
      assert.deepEqual(kernels, read({ kernelAfter: Number.POSITIVE_INFINITY }))
      const interpreted = read({ interpret: true })
      assert.deepEqual([kernels.rows, kernels.bad.length], [interpreted.rows, interpreted.bad.length])
    }),
    { numRuns: 500 },
  )
})

for (const valueFormat of ['debezium-json', 'json-confluent'] as const) {
  test(`${valueFormat}: dates and times as numbers and as text are read alike`, () => {
    const fields = [
      types.date(),
      types.time(3),
      types.timestamp(3),
      types.timestamp(6),
      types.timestamp(9),
      types.timestampLtz(3),
      types.timestampLtz(6),
    ].map((type, i) => ({ name: `c${i}`, type }))
    const format: TopicFormat = {
      topic: 't',
      schema: { fields },
      keyColumns: null,
      keyFormat: 'raw',
      valueFormat,
      primaryKey: null,
    }
    const ids: SchemaIds = { byId: (id) => ({ id, type: 'JSON', text: '{}' }), latest: () => undefined }
    const one = fc.oneof(
      time,
      number,
      fc.integer({ min: -100_000, max: 86_400_000 }).map(String),
      fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }).map(String),
      fc.constantFrom(
        'null',
        '"10:00:00"',
        '"2026-01-31"',
        '"2026-01-31T10:00:00Z"',
        '"2026-01-31 10:00:00.123456789"',
      ),
    )
    const record = fc.tuple(...fields.map(() => fc.option(one, { freq: 4, nil: 'null' })))
    const read = (values: readonly Uint8Array[], kernelAfter: number): unknown => {
      const decoder = createDecoder(
        format,
        fields.map((_, i) => i),
        ids,
        { kernelAfter },
      )
      const out = new BatchBuilder(decoder.schema)
      const bad: BadRecord[] = []
      const input = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
      decoder.decode(input, 0, input.count, out, bad)
      const batch = out.finish()
      return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
    }
    fc.assert(
      // One column at a time has a value that may be odd: else hardly a record would be good.
      fc.property(fc.array(fc.tuple(record, fc.nat(fields.length - 1)), { minLength: 1, maxLength: 10 }), (all) => {
        const values = all.map(([texts, only]) => {
          const json = `{${texts.map((value, i) => `"c${i}":${i === only ? value : 'null'}`).join(',')}}`
          if (valueFormat === 'debezium-json') return encodeText(`{"before":null,"after":${json},"op":"c"}`)
          return Uint8Array.from([0, 0, 0, 0, 1, ...encodeText(json)])
        })
        assert.deepEqual(read(values, 0), read(values, Number.POSITIVE_INFINITY))
      }),
      { numRuns: 300 },
    )
  })
}
