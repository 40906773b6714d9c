// Bytes that were made to hurt: claimed lengths, nesting, numbers, encodings. Each is a bad record with its place, the
// records around it are rows, and the thread's memory does not follow what they claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter, encodeText } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type Schema,
  type SchemaIds,
  type Value,
} from '../model/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type DecoderOptions,
  type TopicFormat,
} from './index.ts'
import { kernelScratch } from './wasm/scratch.ts'

const ways: readonly DecoderOptions[] = [
  { kernelAfter: 0 },
  { kernelAfter: Number.POSITIVE_INFINITY },
  { interpret: true },
]

function formatOf(schema: Schema, valueFormat: TopicFormat['valueFormat']): TopicFormat {
  return { topic: 't', schema, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

function decode(
  format: TopicFormat,
  records: readonly RecordInput[],
  { ids, way, columns }: { ids: SchemaIds; way: DecoderOptions; columns?: readonly number[] },
): { rows: Value[][]; bad: BadRecord[] } {
  const decoder = createDecoder(format, columns ?? format.schema.fields.map((_, i) => i), ids, way)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  const rows: Value[][] = []
  const input = decodeRecords(encodeRecordBatch(records))
  for (let next = 0; next < input.count;) {
    next = decoder.decode(input, next, input.count, out, bad)
    const batch = out.finish()
    checkBatch(batch)
    for (let i = 0; i < batch.rowCount; i++) rows.push(rowAt(batch, i))
  }
  return { rows, bad }
}

const valueOnly = (value: Uint8Array): RecordInput => ({ key: null, value, timestampMs: 0 })

function avroIds(text: string): SchemaIds {
  return {
    byId: (id) => ({ id, type: 'AVRO', text }),
    byGuid: () => ({ id: 1, type: 'AVRO', text }),
    latest: () => undefined,
  }
}

/** A frame and what `write` puts behind it. */
function framed(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter()
  out.raw(Uint8Array.of(0, 0, 0, 0, 1))
  write(out)
  return out.copy()
}

const avroSchema = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'list', type: { type: 'array', items: 'long' } },
    { name: 'names', type: { type: 'map', values: 'string' } },
    { name: 'nothing', type: { type: 'array', items: 'null' } },
    { name: 'tree', type: ['null', { type: 'record', name: 'T', fields: [{ name: 'next', type: ['null', 'T'] }] }] },
  ],
})
const avroTable: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'list', type: types.array(types.bigint()) },
    { name: 'names', type: types.map(types.string(false), types.string()) },
    { name: 'nothing', type: types.array(types.string()) },
  ],
}
const huge = 2_000_000_000n

const avroBombs: Readonly<Record<string, (out: ByteWriter) => void>> = {
  'an array of two billion': (out) => out.varlong(huge),
  'a block of minus two billion with a small size': (out) => {
    out.varlong(-huge)
    out.varlong(4n)
  },
  'a block with a size of 2^60': (out) => {
    out.varlong(-1n)
    out.varlong(1n << 60n)
  },
  'a count of 2^63': (out) => out.varlong(-(1n << 63n)),
  'a varint that does not end': (out) => out.raw(new Uint8Array(12).fill(0x80)),
  'a map of two billion': (out) => {
    out.varlong(0n)
    out.varlong(huge)
  },
  'a key of 2^40 bytes': (out) => {
    out.varlong(0n)
    out.varlong(1n)
    out.varlong(1n << 40n)
  },
  'a negative length': (out) => {
    out.varlong(0n)
    out.varlong(1n)
    out.varlong(-5n)
  },
  'two billion nulls': (out) => {
    out.varlong(0n)
    out.varlong(0n)
    out.varlong(huge)
  },
  'nulls in many blocks': (out) => {
    out.varlong(0n)
    out.varlong(0n)
    for (let i = 0; i < 1000; i++) out.varlong(60_000n)
  },
  'a tree of 100,000 levels': (out) => {
    for (let i = 0; i < 3; i++) out.varlong(0n)
    for (let i = 0; i < 100_000; i++) out.varlong(1n)
    out.varlong(0n)
  },
}

test('Avro: claimed lengths and nesting are bad records; the memory stays', () => {
  const good = framed((out) => {
    for (const n of [7n, 1n, 3n, 0n, 0n, 0n, 0n]) out.varlong(n)
  })
  const ids = avroIds(avroSchema)
  const format = formatOf(avroTable, 'avro-confluent')
  const bytesBefore = kernelScratch().buffer.byteLength
  for (const [name, write] of Object.entries(avroBombs)) {
    const bomb = framed((out) => {
      out.varlong(1n)
      write(out)
    })
    for (const way of ways) {
      for (const columns of [[0, 1, 2, 3], [0]]) {
        const { rows, bad } = decode(format, [good, bomb, good].map(valueOnly), { ids, way, columns })
        assert.equal(rows.length, 2, `${name} ${JSON.stringify(way)}`)
        assert.deepEqual(
          bad.map(({ index, code }) => [index, code]),
          [[1, 'MR-FORMAT-006']],
          name,
        )
        assert.ok(bad[0]!.bytePosition >= 5 && bad[0]!.bytePosition <= bomb.length, name)
      }
    }
  }
  assert.equal(kernelScratch().buffer.byteLength, bytesBefore)
})

test('Avro: what an enum’s symbols become is bounded, though each is one byte', () => {
  const symbols = ['a', 'b'.repeat(60_000)]
  const items = { type: 'enum', name: 'E', symbols }
  const text = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'l', type: { type: 'array', items } }] })
  const table: Schema = { fields: [{ name: 'l', type: types.array(types.string()) }] }
  const bomb = framed((out) => {
    out.varlong(100_000n)
    out.raw(new Uint8Array(100_000).fill(2))
    out.varlong(0n)
  })
  const { rows, bad } = decode(formatOf(table, 'avro-confluent'), [valueOnly(bomb)], { ids: avroIds(text), way: {} })
  assert.deepEqual([rows, bad.map((one) => one.code)], [[], ['MR-FORMAT-006']])
})

const jsonTable: Schema = {
  fields: [
    { name: 'n', type: types.bigint() },
    { name: 'd', type: types.decimal(38, 2) },
    { name: 's', type: types.string() },
    { name: 'l', type: types.array(types.array(types.int())) },
    { name: 'f', type: types.double() },
  ],
}
const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels)
const jsonBombs: Readonly<Record<string, string>> = {
  'arrays in an unread member': `{"x":${deep('[', ']', 100_000)}}`,
  'objects in an unread member': `{"x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
  'arrays in a string column': `{"s":${deep('[', ']', 100_000)}}`,
  'arrays in an array column': `{"l":${deep('[', ']', 100_000)}}`,
  'open brackets only': `{"x":${'['.repeat(100_000)}`,
  'digits of a whole number': `{"n":${'9'.repeat(200_000)}}`,
  'digits of a decimal': `{"d":${'9'.repeat(200_000)}}`,
  'an exponent of a decimal': '{"d":1e999999999}',
  'a negative exponent of a decimal': '{"d":1e-999999999}',
  'digits of a double with a letter': `{"f":${'1'.repeat(100_000)}x}`,
  'a string that does not end': `{"s":"${'x'.repeat(100_000)}`,
  'a key that does not end': `{"${'k'.repeat(100_000)}`,
  'half of a surrogate pair': '{"s":"\\ud800\\u0041"}',
  'a control character': '{"s":"a\u0000b"}',
}

for (const valueFormat of ['json', 'json-confluent', 'debezium-json'] as const) {
  test(`${valueFormat}: nesting, digits and strings that do not end are bad records`, () => {
    const ids: SchemaIds = { byId: (id) => ({ id, type: 'JSON', text: '{}' }), latest: () => undefined }
    const wrap = (json: string): Uint8Array => {
      const body = encodeText(valueFormat === 'debezium-json' ? `{"after":${json},"op":"c"}` : json)
      return valueFormat === 'json-confluent' ? Uint8Array.from([0, 0, 0, 0, 1, ...body]) : body
    }
    const format = formatOf(jsonTable, valueFormat)
    const good = wrap('{"n":1,"d":2.5,"s":"x","l":[[1]],"f":0.5}')
    const bytesBefore = kernelScratch().buffer.byteLength
    for (const [name, json] of Object.entries(jsonBombs)) {
      for (const way of ways) {
        const { rows, bad } = decode(format, [good, wrap(json), good].map(valueOnly), { ids, way })
        assert.equal(rows.length, 2, name)
        assert.equal(bad.length, 1, name)
        assert.equal(bad[0]!.index, 1)
        assert.ok(bad[0]!.bytePosition >= 0 && bad[0]!.bytePosition <= wrap(json).length)
      }
    }
    assert.ok(kernelScratch().buffer.byteLength <= bytesBefore * 2)
  })
}

test('UTF-8 that is none is found, at its byte, in every format', () => {
  const table: Schema = { fields: [{ name: 's', type: types.string() }] }
  // Cut short, overlong, a surrogate, beyond U+10FFFF, a lone continuation; each behind text of several lengths.
  const wrong = [[0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xe2, 0x82], [0xff]]
  for (const size of [0, 1, 7, 14, 15, 16, 17, 31, 33, 100]) {
    for (const bytes of wrong) {
      const text = Uint8Array.from([...encodeText('ä'.repeat(size >> 1) + 'x'.repeat(size & 1)), ...bytes, 0x21])
      const at = text.length - bytes.length - 1
      const json = Uint8Array.from([...encodeText('{"s":"'), ...text, ...encodeText('"}')])
      const avro = framed((out) => {
        out.varlong(1n)
        out.varlong(BigInt(text.length))
        out.raw(text)
      })
      const head = text.length > 63 ? 8 : 7
      const cases = [
        { format: formatOf(table, 'json'), value: json, from: 6 },
        { format: formatOf(table, 'raw'), value: text, from: 0 },
        { format: formatOf(table, 'avro-confluent'), value: avro, from: head },
      ]
      for (const { format, value, from } of cases) {
        for (const way of ways.slice(0, 2)) {
          const { rows, bad } = decode(format, [valueOnly(value)], {
            ids: avroIds(schemaTextFor(formatOf(table, 'avro-confluent'))!.text),
            way,
          })
          assert.deepEqual(rows, [])
          assert.deepEqual(
            bad.map(({ code, bytePosition }) => [code, bytePosition]),
            [['MR-FORMAT-006', from + at]],
            `${format.valueFormat} ${size} ${bytes.join(' ')} ${JSON.stringify(way)}`,
          )
        }
      }
    }
  }
})

test('random bytes and mutated records, with random headers, in every format: never a throw, the same with and without kernels', () => {
  const table: Schema = {
    fields: [
      { name: 'a', type: types.bigint(false) },
      { name: 'b', type: types.array(types.row([{ name: 'x', type: types.string() }])) },
      { name: 'c', type: types.map(types.string(false), types.decimal(10, 2)) },
      { name: 'd', type: types.timestamp(3) },
      { name: 'e', type: types.double() },
    ],
  }
  const seeds: Readonly<Record<string, Uint8Array>> = {
    json: encodeText('{"a":1,"b":[{"x":"yy"},null],"c":{"k":1.25},"d":"2026-01-31 10:00:00.5","e":0.1}'),
    'json-confluent': Uint8Array.from([
      0,
      0,
      0,
      0,
      2,
      ...encodeText('{"a":1,"b":[{"x":"yy"}],"c":{"k":1.25},"d":5,"e":0.1}'),
    ]),
    'debezium-json': encodeText('{"before":null,"after":{"a":1,"b":[{"x":"yy"}],"e":1},"op":"c"}'),
    'avro-confluent': Uint8Array.from([
      0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 4, 121, 121, 0, 2, 2, 2, 107, 2, 2, 125, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
    ]),
    'debezium-avro-confluent': Uint8Array.from([0, 0, 0, 0, 1, 2, 0, 2, 2, 0, 0, 0, 0, 2, 2, 99]),
    // a = 1; b = {value: {value: {x: 'yy'}}}; e = 1
    'protobuf-confluent': Uint8Array.from([
      0, 0, 0, 0, 3, 0, 8, 1, 18, 8, 10, 6, 10, 4, 10, 2, 121, 121, 41, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
    ]),
    csv: encodeText('1,x;y,"2026-01-31 10:00:00.5",0.1'),
    raw: encodeText('Zoë €'),
  }
  const tables: Readonly<Record<string, Schema>> = {
    csv: {
      fields: [
        { name: 'a', type: types.bigint(false) },
        { name: 'b', type: types.array(types.string()) },
        { name: 'd', type: types.timestamp(3) },
        { name: 'e', type: types.double() },
      ],
    },
    raw: { fields: [{ name: 's', type: types.string() }] },
  }
  const header = fc.record({
    key: fc.constantFrom('__value_schema_id', 'x'),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 18 }),
      fc.constant(Uint8Array.of(0, 0, 0, 0, 1)),
      fc.constant(new Uint8Array(17).fill(1)),
    ),
  })
  for (const valueFormat of [
    'json',
    'json-confluent',
    'debezium-json',
    'avro-confluent',
    'debezium-avro-confluent',
    'protobuf-confluent',
    'csv',
    'raw',
  ] as const) {
    const format = formatOf(tables[valueFormat] ?? table, valueFormat)
    const text = schemaTextFor(format)?.text ?? '{}'
    const kinds = ['AVRO', 'JSON', 'PROTOBUF'] as const
    const of = (id: number) => ({ id, type: kinds[id - 1]!, text })
    const ids: SchemaIds = {
      byId: (id) => (id >= 1 && id <= 3 ? of(id) : undefined),
      byGuid: () => of(valueFormat === 'protobuf-confluent' ? 3 : 1),
      latest: () => undefined,
    }
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(30))
      .map(([edits, cut]) => {
        const seed = seeds[valueFormat]!
        const bytes = seed.slice(0, cut < 5 ? seed.length - cut : seed.length)
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte
        return bytes
      })
    const record = fc.record({
      key: fc.constant(null),
      value: fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) }),
      timestampMs: fc.constant(0),
      headers: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(header, { maxLength: 3 }) },
      ),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (records) => {
        const kernels = decode(format, records, { ids, way: { kernelAfter: 0 } })
        assert.deepEqual(kernels, decode(format, records, { ids, way: { kernelAfter: Number.POSITIVE_INFINITY } }))
        if (valueFormat.includes('avro') || valueFormat === 'protobuf-confluent') {
          const plain = decode(format, records, { ids, way: { interpret: true } })
          assert.deepEqual(kernels.rows, plain.rows)
          const named = (bad: readonly BadRecord[]): unknown => bad.map(({ index, code }) => [index, code])
          assert.deepEqual(named(kernels.bad), named(plain.bad))
        }
        assert.ok(kernels.rows.length + kernels.bad.length >= records.length, 'each is a row or is named')
        for (const { index, bytePosition } of kernels.bad)
          assert.ok(bytePosition >= 0 && bytePosition <= records[index]!.value.length)
      }),
      { numRuns: 200 },
    )
  }
})

test('keys of deletes, damaged and made up: a row with the key, or a bad record with its place', () => {
  const fields = [
    { name: 'a', type: types.bigint(false) },
    { name: 'b', type: types.string(false) },
    { name: 'c', type: types.decimal(10, 2) },
    { name: 'd', type: types.timestamp(3) },
    { name: 'e', type: types.int() },
  ]
  const single: readonly Uint8Array[] = [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7), encodeText('Zoë')]
  const joint = encodeText('{"a":1,"b":"Zoë","c":1.25,"d":"2026-01-31 10:00:00.5"}')
  const keys = [
    { keyColumns: [0], seed: single[0]! },
    { keyColumns: [1], seed: single[1]! },
    { keyColumns: [0, 1, 2, 3], seed: joint },
  ]
  for (const { keyColumns, seed } of keys) {
    const format: TopicFormat = {
      ...formatOf({ fields }, 'json'),
      keyColumns,
      keyFormat: keyColumns.length === 1 ? 'raw' : 'json',
      primaryKey: keyColumns,
    }
    const ids: SchemaIds = { byId: () => undefined, latest: () => undefined }
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(20))
      .map(([edits, cut]) => {
        const bytes = seed.slice(0, cut < 5 ? seed.length - cut : seed.length)
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte
        return bytes
      })
    const key = fc.oneof(
      { weight: 4, arbitrary: mutated },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
      { weight: 1, arbitrary: fc.constant(null) },
    )
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 8 }), (list) => {
        const records = list.map((one) => ({ key: one, value: null, timestampMs: 0 }))
        const { rows, bad } = decode(format, records, { ids, way: { kernelAfter: 0 } })
        assert.equal(rows.length + bad.length, list.length)
        for (const { index, bytePosition, reason } of bad) {
          assert.ok(bytePosition >= 0 && bytePosition <= (list[index]?.length ?? 0), reason)
          assert.match(reason, /^key: |its key and its value are null/)
        }
        // What is not of the key is not there.
        for (const row of rows)
          assert.ok(
            row.every((value, i) => keyColumns.includes(i) || value === null),
            JSON.stringify(row.map(String)),
          )
      }),
      { numRuns: 300 },
    )
  }
})

test('records of many megabytes: read, printed and read again; the next ones too', () => {
  const table: Schema = {
    fields: [
      { name: 's', type: types.string() },
      { name: 't', type: types.string() },
    ],
  }
  const format = formatOf(table, 'json')
  const ids: SchemaIds = { byId: () => undefined, latest: () => undefined }
  const rows: Value[][] = [
    ['a', 'b'],
    ['x'.repeat(3 << 20), '"\n'.repeat(400_000)],
    ['y'.repeat(70 << 20), 'ä'],
    ['c', 'd'],
  ]
  const records: RecordInput[] = []
  createEncoder(format, { schemaId: null }).encode(batchFromRows(table, rows), 0, rows.length, (_row, _key, value) =>
    records.push(valueOnly(value!.slice())),
  )
  for (const way of ways.slice(0, 2)) {
    const got = decode(format, records, { ids, way })
    assert.deepEqual(got.bad, [])
    assert.deepEqual(
      got.rows.map((row) => row.map((value) => (value as string).length)),
      rows.map((row) => row.map((value) => (value as string).length)),
    )
    assert.ok(got.rows.every((row, i) => row[0] === rows[i]![0] && row[1] === rows[i]![1]))
  }
})
