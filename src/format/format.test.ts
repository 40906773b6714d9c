import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import avsc from 'avsc'
import { encodeText } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  batchRowsMax,
  changeKindNames,
  decodeRecords,
  encodeRecordBatch,
  kindAt,
  rowAt,
  types,
  type ChangeKind,
  type Schema,
  type SchemaIds,
  type Value,
} from '../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from './index.ts'

const users: Schema = {
  fields: [
    { name: 'user_id', type: types.bigint(false) },
    { name: 'country', type: types.string() },
    { name: 'limit', type: types.decimal(12, 2) },
    { name: 'updated_at', type: types.timestamp(3, false) },
  ],
}

function format(valueFormat: TopicFormat['valueFormat'], schema = users, more: Partial<TopicFormat> = {}): TopicFormat {
  return { topic: 'users', schema, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null, ...more }
}

const noIds: SchemaIds = { byId: () => undefined, latest: () => undefined }
const idsOf = (...texts: string[]): SchemaIds => ({
  byId: (id) => (id <= texts.length ? { id, type: 'AVRO', text: texts[id - 1]! } : undefined),
  latest: () => undefined,
})
const framed = (id: number, body: Uint8Array): Uint8Array => new Uint8Array([0, 0, 0, 0, id, ...body])

interface Decoded {
  readonly rows: unknown[]
  readonly bad: BadRecord[]
}

function decode(
  topic: TopicFormat,
  records: readonly { key?: Uint8Array | null; value: Uint8Array | null }[],
  ids = noIds,
  columns = topic.schema.fields.map((_, i) => i),
): Decoded {
  const decoder = createDecoder(topic, columns, ids)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  const input = decodeRecords(
    encodeRecordBatch(records.map((r) => ({ key: r.key ?? null, value: r.value, timestampMs: 0 }))),
  )
  assert.equal(decoder.decode(input, 0, records.length, out, bad), records.length)
  const batch = out.finish()
  const rows = Array.from({ length: batch.rowCount }, (_, i) => [
    changeKindNames[kindAt(batch, i)],
    decoder.rowRecord[i],
    ...rowAt(batch, i),
  ])
  return { rows, bad }
}

function encode(topic: TopicFormat, rows: readonly (readonly Value[])[], kinds?: readonly ChangeKind[]): unknown[] {
  const records: unknown[] = []
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))
  createEncoder(topic, { schemaId: 7 }).encode(
    batchFromRows(topic.schema, rows, kinds),
    0,
    rows.length,
    (row, key, value) => records.push([row, text(key), text(value)]),
  )
  return records
}

test('schema texts are those that Flink derives', () => {
  const nested: Schema = {
    fields: [
      { name: 'id', type: types.bigint(false) },
      { name: 'address', type: types.row([{ name: 'street', type: types.string(false) }]) },
      { name: 'tags', type: types.array(types.string()) },
      { name: 'day', type: types.date() },
      { name: 'amounts', type: types.map(types.string(false), types.decimal(10, 2, false), false) },
    ],
  }
  assert.deepEqual(schemaTextFor(format('avro-confluent', nested)), {
    subject: 'users-value',
    type: 'AVRO',
    text:
      '{"type":"record","name":"record","namespace":"org.apache.flink.avro.generated","fields":[' +
      '{"name":"id","type":"long"},' +
      '{"name":"address","type":["null",{"type":"record","name":"record_address","fields":[{"name":"street","type":"string"}]}],"default":null},' +
      '{"name":"tags","type":["null",{"type":"array","items":["null","string"]}],"default":null},' +
      '{"name":"day","type":["null",{"type":"int","logicalType":"date"}],"default":null},' +
      '{"name":"amounts","type":{"type":"map","values":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}}}]}',
  })
  assert.equal(
    schemaTextFor(format('debezium-avro-confluent', { fields: [users.fields[0]!, users.fields[3]!] }))?.text,
    '["null",{"type":"record","name":"record","namespace":"org.apache.flink.avro.generated","fields":[' +
      '{"name":"before","type":["null",{"type":"record","name":"record_before","fields":[{"name":"user_id","type":"long"},' +
      '{"name":"updated_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}],"default":null},' +
      '{"name":"after","type":["null",{"type":"record","name":"record_after","fields":[{"name":"user_id","type":"long"},' +
      '{"name":"updated_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}],"default":null},' +
      '{"name":"op","type":["null","string"],"default":null}]}]',
  )
  assert.equal(schemaTextFor(format('json')), undefined)
})

test('what a format cannot hold is refused when the topic is opened', () => {
  const interval: Schema = { fields: [{ name: 'i', type: { kind: 'INTERVAL_DAY_TIME', nullable: true } }] }
  assert.throws(() => createEncoder(format('avro-confluent', interval), { schemaId: 1 }), { code: 'MR-FORMAT-002' })
  assert.throws(() => createDecoder(format('raw'), [0], noIds), { code: 'MR-FORMAT-011' })
  assert.throws(() => createDecoder(format('json', users, { primaryKey: [0] }), [0], noIds), { code: 'MR-FORMAT-011' })
  assert.throws(() => createDecoder(format('json', users, { keyColumns: [0, 1] }), [0], noIds), {
    code: 'MR-FORMAT-011',
  })
})

test('an evolved writer: fields by name, added ones NULL, removed ones skipped, promoted types', () => {
  const writer = {
    type: 'record',
    name: 'anything',
    fields: [
      { name: 'gone', type: { type: 'array', items: { type: 'map', values: ['null', 'double'] } } },
      { name: 'updated_at', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'user_id', type: 'int' },
      { name: 'country', type: { type: 'enum', name: 'c', symbols: ['DE', 'FR'] } },
    ],
  }
  const type = avsc.Type.forSchema(writer as avsc.Schema)
  const body = type.toBuffer({ gone: [{ a: 1 }, {}], updated_at: 1_500_999, user_id: 5, country: 'FR' })
  const topic = format('avro-confluent')
  const ids = idsOf(JSON.stringify(writer))
  assert.deepEqual(decode(topic, [{ value: framed(1, body) }], ids), {
    rows: [['+I', 0, 5n, 'FR', null, 1500n]],
    bad: [],
  })
  assert.deepEqual(decode(topic, [{ value: framed(1, body) }], ids, [3, 0]).rows, [['+I', 0, 1500n, 5n]])
  assert.deepEqual(decode(topic, [{ value: framed(1, body) }], ids, []).rows, [['+I', 0]])
})

test('bad records say what is wrong and where; the others are rows', () => {
  const writer = schemaTextFor(format('avro-confluent'))!.text
  const ids = idsOf(writer, '"string"', '{"type":"record","name":"r","fields":[{"name":"user_id","type":"string"}]}')
  const type = avsc.Type.forSchema(JSON.parse(writer))
  const good = type.toBuffer({ user_id: 1, country: 'DE', limit: null, updated_at: 2 })
  const values = [
    framed(1, good),
    new Uint8Array([0, 0]),
    new Uint8Array([1, 0, 0, 0, 1, 2]),
    framed(9, good),
    framed(2, good),
    framed(3, good),
    framed(1, good.subarray(0, 3)),
    framed(1, new Uint8Array([...good, 0])),
    framed(1, new Uint8Array([2, 2, 4, 0xff, 0x41, 0, 0])),
    framed(1, new Uint8Array([2, 6])),
    framed(1, good),
  ]
  const { rows, bad } = decode(format('avro-confluent'), [...values.map((value) => ({ value })), { value: null }], ids)
  assert.deepEqual(rows, [
    ['+I', 0, 1n, 'DE', null, 2n],
    ['+I', 10, 1n, 'DE', null, 2n],
  ])
  assert.deepEqual(
    bad.map(({ index, code, reason, bytePosition }) => `${index} ${code} ${bytePosition} ${reason}`),
    [
      '1 MR-FORMAT-003 0 it has 2 bytes',
      '2 MR-FORMAT-003 0 its guid ends early, after 5 bytes',
      '3 MR-FORMAT-004 1 no schema has the id 9',
      '4 MR-FORMAT-005 1 schema 2: the schema is string, not a record',
      "5 MR-FORMAT-005 1 schema 3: updated_at is not in the writer's schema and may not be null",
      '6 MR-FORMAT-006 7 a length of 2, 0 bytes left',
      `7 MR-FORMAT-006 ${5 + good.length} bytes after its end`,
      '8 MR-FORMAT-006 8 country is not UTF-8',
      '9 MR-FORMAT-006 7 index 3 of 2',
      '11 MR-FORMAT-010 0 topic users has no primary key',
    ],
  )
})

test('a cut Avro record is told to end early, whatever bytes the next record puts behind it', () => {
  const writer = schemaTextFor(format('avro-confluent'))!.text
  const good = avsc.Type.forSchema(JSON.parse(writer)).toBuffer({
    user_id: 1,
    country: 'DE',
    limit: null,
    updated_at: 2,
  })
  for (let length = 0; length < good.length; length++) {
    const cut = { value: framed(1, good.subarray(0, length)) }
    const { rows, bad } = decode(format('avro-confluent'), [cut, { value: framed(1, good) }, cut], idsOf(writer))
    assert.equal(rows.length, 1, `${length} bytes`)
    assert.deepEqual(
      bad.map(({ index }) => index),
      [0, 2],
    )
    for (const { reason, bytePosition } of bad) {
      assert.match(reason, /^(it ends early|a length of .* bytes left)$/, `${length} bytes: ${reason}`)
      assert.ok(bytePosition <= 5 + length)
    }
  }
})

test('bombs: lengths and counts that the bytes do not back cost nothing', () => {
  const schema: Schema = {
    fields: [
      { name: 'list', type: types.array(types.row([{ name: 'x', type: types.int() }])) },
      { name: 'text', type: types.string() },
    ],
  }
  const writer = {
    type: 'record',
    name: 'r',
    fields: [
      {
        name: 'list',
        type: { type: 'array', items: { type: 'record', name: 'e', fields: [{ name: 'x', type: 'null' }] } },
      },
      { name: 'text', type: 'string' },
    ],
  }
  const ids = idsOf(JSON.stringify(writer))
  const twoBillion = [0xfe, 0xff, 0xff, 0xff, 0x0f]
  const { rows, bad } = decode(
    format('avro-confluent', schema),
    [
      { value: framed(1, new Uint8Array([...twoBillion, 0, 0])) },
      { value: framed(1, new Uint8Array([0, ...twoBillion, 65])) },
      { value: framed(1, new Uint8Array([4, 0, 2, 65])) },
      { value: framed(1, new Uint8Array([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])) },
    ],
    ids,
  )
  assert.deepEqual(rows, [['+I', 2, [[null], [null]], 'A']])
  assert.deepEqual(
    bad.map(({ index, code }) => [index, code]),
    [
      [0, 'MR-FORMAT-006'],
      [1, 'MR-FORMAT-006'],
      [3, 'MR-FORMAT-006'],
    ],
  )
  const deep = encodeText(`{"list":${'['.repeat(100_000)}`)
  assert.deepEqual(
    decode(format('json', { fields: [schema.fields[1]!] }), [{ value: deep }]).bad.map((b) => [b.code, b.reason]),
    [['MR-FORMAT-006', 'it is nested deeper than 200']],
  )
})

test('a batch that is full ends the call; a Debezium update is not torn', () => {
  const topic = format('debezium-json', { fields: [{ name: 'id', type: types.int() }] })
  const update = { key: null, value: encodeText('{"before":{"id":1},"after":{"id":2},"op":"u"}'), timestampMs: 0 }
  const insert = { key: null, value: encodeText('{"before":null,"after":{"id":0},"op":"c"}'), timestampMs: 0 }
  const input = decodeRecords(encodeRecordBatch([insert, ...Array.from({ length: 1500 }, () => update)]))
  const decoder = createDecoder(topic, [0], noIds)
  const out = new BatchBuilder(decoder.schema)
  const sizes: number[] = []
  for (let next = 0; next < input.count;) {
    next = decoder.decode(input, next, input.count, out, [])
    sizes.push(out.finish().rowCount)
  }
  assert.deepEqual(sizes, [batchRowsMax - 1, 3001 - (batchRowsMax - 1)])
})

test('JSON: conversions as Flink has them, exact numbers, the last of repeated keys', () => {
  const schema: Schema = {
    fields: [
      { name: 'n', type: types.bigint() },
      { name: 'd', type: types.decimal(20, 2) },
      { name: 's', type: types.string() },
      { name: 't', type: types.timestamp(3) },
      { name: 'b', type: types.boolean() },
      { name: 'y', type: types.bytes() },
    ],
  }
  const value = encodeText(
    ' {"x":{"n":[1,{}]}, "n":"9223372036854775807","n" : 9007199254740993 ,"d":123456789012345678.125,' +
      '"s":{"a": [1, "x y\\""] },"t":"2026-01-01 00:00:01.5","b":"TRUE","y":"AAEC"} ',
  )
  const { rows, bad } = decode(format('json', schema), [
    { value },
    { value: encodeText('{"s":12.50,"\\u006e":-1,"t":null}') },
  ])
  assert.deepEqual(bad, [])
  assert.deepEqual(rows, [
    [
      '+I',
      0,
      9007199254740993n,
      12345678901234567813n,
      '{"a":[1,"x y\\""]}',
      1767225601500n,
      true,
      new Uint8Array([0, 1, 2]),
    ],
    ['+I', 1, -1n, null, '12.50', null, null, null],
  ])
})

test('JSON: what is no JSON or does not fit its column is bad', () => {
  const schema: Schema = {
    fields: [
      { name: 'i', type: types.int() },
      { name: 'd', type: types.decimal(3, 1) },
      { name: 't', type: types.timestamp(3) },
      { name: 'b', type: types.boolean() },
    ],
  }
  const texts = [
    '',
    '[]',
    '{"i":1',
    '{"i":1}x',
    '{"i":01}',
    '{"i":1.5}',
    '{"i":2147483648}',
    '{"d":100}',
    '{"d":"x"}',
    '{"t":"2026-02-30 00:00:00"}',
    '{"t":1}',
    '{"b":"yes"}',
    '{"i":[1]}',
    '{"x":tru}',
    '{"x":"\\ud800"}',
    '{"i" 1}',
    '{"i":1,}',
  ]
  const { rows, bad } = decode(
    format('json', schema),
    texts.map((text) => ({ value: encodeText(text) })),
  )
  assert.deepEqual(rows, [])
  assert.deepEqual(
    bad.map(({ code, bytePosition, reason }) => `${code.slice(-1)} ${bytePosition} ${reason}`),
    [
      '6 0 no JSON object',
      '6 0 no JSON object',
      '6 6 it ends early',
      '6 7 something follows its end',
      '6 5 a number that begins with 0',
      "9 5 i is no integer of its column's range",
      "9 5 i is no integer of its column's range",
      '9 5 d has more digits than its column',
      '9 5 d is no decimal',
      '9 5 t is no timestamp like 2026-01-31 10:00:00',
      '9 5 t is no timestamp like 2026-01-31 10:00:00',
      '9 5 b is neither true nor false',
      '9 5 i is no plain value',
      '6 5 no JSON value',
      '6 6 half of a surrogate pair',
      "6 5 ':' is missing",
      '6 7 a key is missing',
    ],
  )
})

/** The value of a sample record, byte for byte as Debezium's JSON converter would send it: big integers kept. */
function sample(name: string): Uint8Array {
  const text = readFileSync(new URL(`samples/debezium-${name}.json`, import.meta.url), 'utf8')
  const start = text.indexOf('"value":') + '"value":'.length
  const end = text.includes('"headers":') ? text.lastIndexOf('"headers":') : text.length
  return encodeText(text.slice(start, text.lastIndexOf('}', end) + 1))
}

test('Debezium’s own envelopes in JSON, without and with their schema', () => {
  const kinds: Schema = {
    fields: [
      { name: 'id', type: types.int(false) },
      { name: 'big', type: types.bigint() },
      { name: 'at_local', type: types.timestamp(6) },
      { name: 'at_utc', type: types.timestampLtz(3) },
      { name: 'day', type: types.date() },
      { name: 'doc', type: types.string() },
      { name: 'raw', type: types.bytes() },
      { name: 'ratio', type: types.double() },
      {
        name: 'place',
        type: types.row([
          { name: 'x', type: types.double() },
          { name: 'srid', type: types.int() },
        ]),
      },
    ],
  }
  const topic = format('debezium-json', kinds)
  const first = [
    1,
    -1n,
    1772323199123456n,
    1772315999123n,
    20512,
    '{"a":"ä","b":[1,2.5,null]}',
    new Uint8Array([0, 255, 16, 128, 0, 0, 0, 0]),
    0.1,
    [1, null],
  ]
  const second = [
    1,
    -1n,
    1772323199123456n,
    null,
    20512,
    '{"a":null,"b":[1,2.5,null]}',
    new Uint8Array([0, 255, 16, 128, 0, 0, 0, 0]),
    0.1,
    [1, null],
  ]
  const records = [
    { value: sample('insert') },
    { value: sample('update') },
    { value: sample('delete') },
    { value: null },
  ]
  assert.deepEqual(decode(topic, records), {
    rows: [
      ['+I', 0, ...first],
      ['-U', 1, ...first],
      ['+U', 1, ...second],
      ['-D', 2, ...second],
    ],
    bad: [],
  })
  const text: Schema = { fields: [kinds.fields[0]!, { name: 'amount', type: types.decimal(16, 4) }] }
  const withSchema = decode(format('debezium-json', text), [{ value: sample('snapshot-with-schema') }])
  assert.deepEqual(withSchema.bad, [])
  assert.equal((withSchema.rows[0] as unknown[])[0], '+I')
})

test('Debezium’s own envelope in Avro: connect.name gives the units, further fields are skipped', () => {
  const value = {
    type: 'record',
    name: 'Value',
    fields: [
      { name: 'user_id', type: 'long' },
      {
        name: 'limit',
        type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 1 }],
        default: null,
      },
      { name: 'updated_at', type: { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' } },
    ],
  }
  const envelope = {
    type: 'record',
    name: 'Envelope',
    namespace: 'sample.users',
    fields: [
      { name: 'before', type: ['null', value], default: null },
      { name: 'after', type: ['null', 'Value'], default: null },
      {
        name: 'source',
        type: {
          type: 'record',
          name: 'Source',
          fields: [
            { name: 'file', type: 'string' },
            { name: 'pos', type: 'long' },
          ],
        },
      },
      { name: 'op', type: 'string' },
      { name: 'ts_ms', type: ['null', 'long'], default: null },
    ],
  }
  const type = avsc.Type.forSchema(envelope as avsc.Schema, { wrapUnions: false })
  const row = (id: number, limit: number[] | null): unknown => ({
    user_id: id,
    limit: limit && Buffer.from(limit),
    updated_at: 1_999_999,
  })
  const record = (op: string, before: unknown, after: unknown): { value: Uint8Array } => ({
    value: framed(1, type.toBuffer({ before, after, source: { file: 'f', pos: 4 }, op, ts_ms: null })),
  })
  const { rows, bad } = decode(
    format('debezium-avro-confluent'),
    [
      record('r', null, row(1, [25])),
      record('u', row(1, [25]), row(1, [255])),
      record('c', row(9, null), row(2, null)),
      record('d', row(1, null), null),
      record('u', null, row(1, null)),
      record('t', null, null),
      { value: null },
    ],
    idsOf(JSON.stringify(envelope)),
  )
  assert.deepEqual(rows, [
    ['+I', 0, 1n, null, 250n, 1999n],
    ['-U', 1, 1n, null, 250n, 1999n],
    ['+U', 1, 1n, null, -10n, 1999n],
    ['+I', 2, 2n, null, null, 1999n],
    ['-D', 3, 1n, null, null, 1999n],
  ])
  assert.deepEqual(
    bad.map(({ index, code }) => [index, code]),
    [
      [4, 'MR-FORMAT-009'],
      [5, 'MR-FORMAT-006'],
    ],
  )
})

test('encoders: what a change becomes in each kind of topic', () => {
  const schema: Schema = {
    fields: [
      { name: 'id', type: types.bigint(false) },
      { name: 's', type: types.string() },
    ],
  }
  const rows: Value[][] = [
    [1n, 'a'],
    [1n, 'a'],
    [1n, 'b'],
    [2n, 'x'],
    [3n, 'y'],
    [1n, 'b'],
  ]
  const kinds: ChangeKind[] = [0, 1, 2, 1, 2, 3]
  const key = (n: number): string => `\0\0\0\0\0\0\0${String.fromCharCode(n)}`
  const keyed = { keyColumns: [0], primaryKey: [0] }
  assert.deepEqual(encode(format('json', schema, keyed), rows, kinds), [
    [0, key(1), '{"id":1,"s":"a"}'],
    [2, key(1), '{"id":1,"s":"b"}'],
    [4, key(3), '{"id":3,"s":"y"}'],
    [5, key(1), null],
  ])
  assert.deepEqual(encode(format('debezium-json', schema, { keyColumns: [0] }), rows, kinds), [
    [0, key(1), '{"before":null,"after":{"id":1,"s":"a"},"op":"c"}'],
    [2, key(1), '{"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b"},"op":"u"}'],
    [3, key(2), '{"before":{"id":2,"s":"x"},"after":null,"op":"d"}'],
    [4, key(3), '{"before":null,"after":{"id":3,"s":"y"},"op":"c"}'],
    [5, key(1), '{"before":{"id":1,"s":"b"},"after":null,"op":"d"}'],
  ])
  assert.throws(() => encode(format('json', schema), rows, kinds), { code: 'MR-FORMAT-007' })
  assert.throws(() => encode(format('avro-confluent', schema), [[null, 'x']]), { code: 'MR-FORMAT-008' })
  const both = { keyColumns: [1, 0], keyFormat: 'json' } as const
  assert.deepEqual(encode(format('json', schema, both), [[5n, null]]), [[0, '{"s":null,"id":5}', '{"id":5,"s":null}']])
})

test('JSON text as Flink prints it', () => {
  const schema: Schema = {
    fields: [
      { name: 'd', type: types.decimal(12, 8) },
      { name: 't', type: types.timestamp(3) },
      { name: 'z', type: types.timestampLtz(6) },
      { name: 'day', type: types.date() },
      { name: 'time', type: types.time(3) },
      { name: 'f', type: types.float() },
      { name: 'y', type: types.bytes() },
      { name: 'm', type: types.map(types.string(false), types.array(types.boolean())) },
    ],
  }
  const row: Value[] = [
    150000000n,
    1767225601000n,
    -1n,
    -1,
    3_600_050,
    Math.fround(0.1),
    new Uint8Array([255]),
    new Map([['k"', [true, null]]]),
  ]
  assert.deepEqual(encode(format('json', schema), [row, [1n, 1500n, null, null, null, Number.NaN, null, null]]), [
    [
      0,
      null,
      '{"d":1.50000000,"t":"2026-01-01 00:00:01","z":"1969-12-31 23:59:59.999999Z","day":"1969-12-31","time":"01:00:00.05","f":0.1,"y":"/w==","m":{"k\\"":[true,null]}}',
    ],
    [1, null, '{"d":1E-8,"t":"1970-01-01 00:00:01.5","z":null,"day":null,"time":null,"f":"NaN","y":null,"m":null}'],
  ])
})
