import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type Field,
  type LogicalType,
  type RecordInput,
  type RegisteredSchema,
  type Schema,
  type Value,
} from '../../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from '../index.ts'

const formatOf = (fields: readonly Field[], topic = 't'): TopicFormat => ({
  topic,
  schema: { fields },
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: 'protobuf-confluent',
  primaryKey: null,
})

type Schemas = Readonly<Record<number, Omit<RegisteredSchema, 'id'>>>

/** Rows and bad records, the same from both readers. */
function decode(
  schemas: Schemas,
  fields: readonly Field[],
  values: readonly (Uint8Array | null)[],
): [Value[][], BadRecord[]] {
  const records = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
  const ids = { byId: (id: number) => schemas[id] && { id, ...schemas[id] }, latest: () => undefined }
  const [fast, plain] = [false, true].map((interpret): [Value[][], BadRecord[]] => {
    const decoder = createDecoder(
      formatOf(fields),
      fields.map((_, i) => i),
      ids,
      { interpret },
    )
    const out = new BatchBuilder(decoder.schema)
    const bad: BadRecord[] = []
    decoder.decode(records, 0, records.count, out, bad)
    const batch = out.finish()
    return [Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad]
  })
  assert.deepEqual(fast, plain)
  return fast!
}

const hex = (text: string): number[] => [...Buffer.from(text.replaceAll(/\s+/g, ''), 'hex')]
const ascii = (text: string): string => Buffer.from(text).toString('hex')
const record = (body: string, indexes = '00', id = 1): Uint8Array =>
  Uint8Array.from([0, 0, 0, 0, id, ...hex(indexes), ...hex(body)])

/** One record of one message M; its row, or what is bad about it. */
function one(message: string, fields: readonly Field[], body: string, head = 'syntax = "proto3";'): Value[] | string {
  const [rows, bad] = decode({ 1: { type: 'PROTOBUF', text: `${head} message M { ${message} }` } }, fields, [
    record(body),
  ])
  const [found] = bad
  return found ? `${found.code.slice(-3)} ${found.bytePosition}: ${found.reason}` : rows[0]!
}

const f = (name: string, type: LogicalType): Field => ({ name, type })
const proto2 = 'syntax = "proto2";'

test('one field on the wire, as its column', () => {
  const cases: [message: string, type: LogicalType, body: string, expected: Value | string][] = [
    // Varints: https://protobuf.dev/programming-guides/encoding/#varints
    ['int32 a = 1;', types.int(), '08 96 01', 150],
    ['int32 a = 1;', types.int(), '', 0],
    ['optional int32 a = 1;', types.int(), '', null],
    ['optional int32 a = 1;', types.int(), '08 00', 0],
    ['int32 a = 1;', types.int(), '08 ff ff ff ff ff ff ff ff ff 01', -1],
    ['int32 a = 1;', types.int(), '08 ff ff ff ff 0f', -1],
    ['int32 a = 1;', types.int(), '08 80 80 80 80 10', 0],
    ['int32 a = 1;', types.int(), '08 81 80 80 80 80 80 80 80 80 00', 1],
    ['int32 a = 1;', types.int(), '08 81 80 80 80 80 80 80 80 80 80 00', '006 7: a varint has more than ten bytes'],
    ['int32 a = 1;', types.int(), '88 80 00 05', 5],
    ['int64 a = 1;', types.bigint(), '08 ff ff ff ff ff ff ff ff 7f', 2n ** 63n - 1n],
    ['int64 a = 1;', types.bigint(), '08 80 80 80 80 80 80 80 80 80 01', -(2n ** 63n)],
    ['uint32 a = 1;', types.bigint(), '08 ff ff ff ff 0f', 4294967295n],
    ['uint32 a = 1;', types.int(), '08 ff ff ff ff 07', 2147483647],
    ['uint32 a = 1;', types.int(), '08 ff ff ff ff 0f', '009 7: a lies outside of its column’s range'],
    [
      'uint64 a = 1;',
      types.bigint(),
      '08 ff ff ff ff ff ff ff ff ff 01',
      '009 7: a lies outside of its column’s range',
    ],
    ['uint64 a = 1;', types.decimal(20, 0), '08 ff ff ff ff ff ff ff ff ff 01', 2n ** 64n - 1n],
    [
      'uint64 a = 1;',
      types.decimal(19, 0),
      '08 ff ff ff ff ff ff ff ff ff 01',
      '009 7: a has more digits than its column',
    ],
    ['int64 a = 1;', types.decimal(6, 2), '08 05', 500n],
    ['sint32 a = 1;', types.int(), '08 03', -2],
    ['sint32 a = 1;', types.int(), '08 fe ff ff ff 0f', 2147483647],
    ['sint64 a = 1;', types.bigint(), '08 ff ff ff ff ff ff ff ff ff 01', -(2n ** 63n)],
    ['int32 a = 1;', types.tinyint(), '08 7f', 127],
    ['int32 a = 1;', types.tinyint(), '08 80 01', '009 7: a lies outside of its column’s range'],
    ['int32 a = 1;', types.smallint(), '08 ff ff 01', 32767],
    ['int32 a = 1;', types.bigint(), '08 05', 5n],
    ['int32 a = 1;', types.double(), '08 ff ff ff ff ff ff ff ff ff 01', -1],
    ['fixed32 a = 1;', types.bigint(), '0d ff ff ff ff', 4294967295n],
    ['sfixed32 a = 1;', types.int(), '0d ff ff ff ff', -1],
    ['fixed64 a = 1;', types.bigint(), '09 01 00 00 00 00 00 00 00', 1n],
    ['sfixed64 a = 1;', types.bigint(), '09 ff ff ff ff ff ff ff ff', -1n],
    ['float a = 1;', types.float(), '0d 00 00 80 3f', 1],
    ['float a = 1;', types.double(), '0d 00 00 80 3f', 1],
    ['double a = 1;', types.double(), '09 00 00 00 00 00 00 00 80', -0],
    ['bool a = 1;', types.boolean(), '08 01', true],
    ['bool a = 1;', types.boolean(), '08 80 01', true],
    ['bool a = 1;', types.boolean(), '08 80 80 80 80 80 80 80 80 80 01', true],
    ['string a = 1;', types.string(), `0a 02 c3a9`, 'é'],
    ['string a = 1;', types.string(), `0a 02 c328`, '006 8: a is not UTF-8'],
    ['string a = 1;', types.string(), `0a 03 eda080`, '006 8: a is not UTF-8'],
    ['string a = 1;', types.string(), `0a 64 ${ascii('x'.repeat(99))}ff`, '006 107: a is not UTF-8'],
    ['bytes a = 1;', types.bytes(), '0a 02 c328', Uint8Array.of(0xc3, 0x28)],
    // Damage.
    ['int32 a = 1;', types.int(), '08', '006 7: it ends early'],
    ['int32 a = 1;', types.int(), '08 80', '006 8: it ends early'],
    ['string a = 1;', types.string(), '0a 05 61', '006 7: a length of 5, 1 bytes left'],
    ['string a = 1;', types.string(), '0a ff ff ff ff 07 61', '006 7: a length of 2147483647, 1 bytes left'],
    [
      'string a = 1;',
      types.string(),
      '0a ff ff ff ff ff ff ff ff ff 01',
      '006 7: a length of 18446744073709551615, 0 bytes left',
    ],
    ['fixed64 a = 1;', types.bigint(), '09 01 00', '006 9: it ends early'],
    ['int32 a = 1;', types.int(), '00 01', '006 6: a field has no valid number'],
    ['int32 a = 1;', types.int(), '0e 01', '006 6: wire type 6 is none'],
    ['int32 a = 1;', types.int(), '0c', '006 7: a group ends that did not begin'],
    ['int32 a = 1;', types.int(), 'ff ff ff ff ff ff 01 05', '006 6: a field has no valid number'],
    // Unknown fields of each wire type are stepped over.
    ['int32 a = 1;', types.int(), '10 05 08 07 19 0102030405060708 22 02 6161 2d 01020304', 7],
    ['int32 a = 1;', types.int(), '13 08 01 1b 08 02 1c 14 08 07', 7],
    ['int32 a = 1;', types.int(), '13 08 01', '006 9: a group is not closed'],
    ['int32 a = 1;', types.int(), '13 08 01 1c', '006 9: a group is closed by another’s end'],
    ['int32 a = 1;', types.int(), '13'.repeat(70), '006 71: it is nested deeper than 64'],
    // Another wire type than the field's is an unknown field.
    ['int32 a = 1;', types.int(), '0d 01020304', 0],
    ['string a = 1;', types.string(), '08 05', ''],
    // The last one counts.
    ['int32 a = 1;', types.int(), '08 05 08 06', 6],
    ['string a = 1;', types.string(), '0a 01 61 0a 02 6262', 'bb'],
    // Lists, packed and not: https://protobuf.dev/programming-guides/encoding/#packed
    ['repeated int32 a = 1;', types.array(types.int()), '0a 03 01 02 03', [1, 2, 3]],
    ['repeated int32 a = 1;', types.array(types.int()), '08 01 08 02', [1, 2]],
    ['repeated int32 a = 1;', types.array(types.int()), '08 01 0a 02 02 03 08 04', [1, 2, 3, 4]],
    ['repeated int32 a = 1 [packed = false];', types.array(types.int()), '0a 03 01 02 03', [1, 2, 3]],
    ['repeated int32 a = 1;', types.array(types.int()), '', null],
    ['repeated int32 a = 1;', types.array(types.int(), false), '', []],
    ['repeated int32 a = 1;', types.array(types.int()), '0a 00', null],
    ['repeated int32 a = 1;', types.array(types.int()), '0a 02 01 80', '006 10: it ends early'],
    ['repeated fixed32 a = 1;', types.array(types.bigint()), '0a 05 0100000002', '006 13: it ends early'],
    ['repeated string a = 1;', types.array(types.string()), '0a 00 0a 01 61', ['', 'a']],
    ['repeated bool a = 1;', types.array(types.boolean()), '0a 03 01 00 80', '006 11: it ends early'],
    // Maps: https://protobuf.dev/programming-guides/encoding/#maps
    ['map<string, int32> a = 1;', types.map(types.string(), types.int()), '0a 05 0a 01 61 10 05', new Map([['a', 5]])],
    ['map<string, int32> a = 1;', types.map(types.string(), types.int()), '0a 05 10 05 0a 01 61', new Map([['a', 5]])],
    ['map<string, int32> a = 1;', types.map(types.string(), types.int()), '0a 00', new Map([['', 0]])],
    ['map<string, int32> a = 1;', types.map(types.string(), types.int()), '0a 02 10 05', new Map([['', 5]])],
    [
      'map<string, int32> a = 1;',
      types.map(types.string(), types.int()),
      '0a 05 0a 01 61 10 05 0a 03 0a 01 62 0a 05 0a 01 61 10 07',
      new Map([
        ['a', 7],
        ['b', 0],
      ]),
    ],
    [
      'map<int32, int32> a = 1;',
      types.map(types.int(), types.int()),
      '0a 02 08 01 0a 04 08 01 10 02',
      new Map([[1, 2]]),
    ],
    ['map<string, int32> a = 1;', types.map(types.string(), types.int()), '', null],
    ['map<string, int32> a = 1;', types.map(types.string(), types.int(), false), '', new Map()],
  ]
  for (const [message, type, body, expected] of cases) {
    const got = one(message, [f('a', type)], body)
    assert.deepEqual(
      got,
      typeof expected === 'string' && /^\d{3} \d/.test(expected) ? expected : [expected],
      `${message} ${body}`,
    )
  }
})

test('what is absent and may not be', () => {
  assert.equal(
    one('optional int32 a = 1;', [f('a', types.int(false))], '10 01'),
    '009 8: a is absent and may not be null',
  )
  assert.equal(
    one('M a = 1;', [f('a', types.row([f('b', types.int())], false))], ''),
    '009 6: a is absent and may not be null',
  )
  assert.equal(
    one('required int32 a = 1; optional int32 b = 2;', [f('b', types.int())], '10 01', proto2),
    '006 8: a is required and absent',
  )
  assert.deepEqual(
    one('required int32 a = 1; optional int32 b = 2 [default = 9];', [f('b', types.int())], '08 01', proto2),
    [null],
  )
  const nothing = one('int32 a = 1;', [f('b', types.int(false))], '')
  assert.equal(nothing, '005 5: schema 1: b is not in M and may not be null')
  assert.deepEqual(one('int32 a = 1;', [f('b', types.int())], '08 01'), [null])
})

test('oneofs hold one member: the last', () => {
  const message = 'oneof o { int32 a = 1; string b = 2; M c = 3; }'
  const fields = [f('a', types.int()), f('b', types.string()), f('c', types.row([f('a', types.int())]))]
  assert.deepEqual(one(message, fields, '08 05'), [5, null, null])
  assert.deepEqual(one(message, fields, '08 05 12 01 61'), [null, 'a', null])
  assert.deepEqual(one(message, fields, '12 01 61 08 05'), [5, null, null])
  assert.deepEqual(one(message, fields, '1a 02 08 07 08 00'), [0, null, null])
  assert.deepEqual(one(message, fields, '08 00'), [0, null, null])
  // A member that nobody reads still takes the place of the others.
  assert.deepEqual(one(message, fields.slice(0, 1), '08 05 12 01 61'), [null])
  assert.deepEqual(one(message, fields.slice(0, 1), '12 01 61 08 05'), [5])
})

test('messages that occur twice are merged', () => {
  const message = 'M m = 1; int32 a = 2; repeated int32 r = 3; optional string s = 4;'
  const row = types.row([f('a', types.int()), f('r', types.array(types.int())), f('s', types.string())])
  assert.deepEqual(one(message, [f('m', row)], '0a 07 10 05 1a 01 01 22 00 0a 04 10 06 18 02'), [[6, [1, 2], '']])
  assert.deepEqual(one(message, [f('m', row)], '0a 00'), [[0, null, null]])
  assert.deepEqual(one(message, [f('m', row)], ''), [null])
  assert.equal(one(message, [f('m', row)], '0a 02 10'), '006 7: a length of 2, 1 bytes left')
  assert.equal(one(message, [f('m', row)], '0a 01 10'), '006 9: it ends early')
})

test('enums: names, numbers, numbers without a name', () => {
  const color =
    'enum C { RED = 0; GREEN = 1; FAR = 300; ALSO_GREEN = 1; option allow_alias = true; } C a = 1; repeated C r = 2;'
  const text = [f('a', types.string()), f('r', types.array(types.string()))]
  assert.deepEqual(one(color, text, ''), ['RED', null])
  assert.deepEqual(one(color, text, '08 01'), ['GREEN', null])
  assert.deepEqual(one(color, text, '08 ac 02 12 04 01 07 ac 02'), ['FAR', ['GREEN', '7', 'FAR']])
  assert.deepEqual(one(color, text, '08 ff ff ff ff ff ff ff ff ff 01'), ['-1', null])
  assert.deepEqual(one(color, [f('a', types.int()), f('r', types.array(types.bigint()))], '08 07 12 01 01'), [7, [1n]])
  // Of a closed enum unknown numbers are unknown fields: https://protobuf.dev/programming-guides/enum/
  const closed = 'enum C { RED = 1; GREEN = 2; } optional C a = 1; repeated C r = 2; oneof o { C x = 3; int32 y = 4; }'
  const fields = [...text, f('x', types.string()), f('y', types.int())]
  assert.deepEqual(one(closed, fields, '08 02 08 07 10 01 10 07 10 02 20 05 18 07', proto2), [
    'GREEN',
    ['RED', 'GREEN'],
    null,
    5,
  ])
  assert.deepEqual(one(closed, text, '08 07', proto2), [null, null])
  assert.deepEqual(one(closed, text, '12 03 01 07 02', proto2), [null, ['RED', 'GREEN']])
})

test('well-known types are the columns they mean', () => {
  const head = `syntax = "proto3"; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/wrappers.proto"; import "google/type/date.proto"; import "google/type/timeofday.proto";
    import "google/type/decimal.proto"; import "confluent/type/decimal.proto";`
  const cases: [type: string, column: LogicalType, body: string, expected: Value | string][] = [
    [
      'google.protobuf.Timestamp',
      types.timestamp(3),
      '0a 0a 08 01 10 ff c9 b5 ee 01 ',
      '006 7: a length of 10, 8 bytes left',
    ],
    ['google.protobuf.Timestamp', types.timestamp(3), '0a 08 08 01 10 ff c9 b5 ee 01', 1499n],
    ['google.protobuf.Timestamp', types.timestampLtz(9), '0a 08 10 ff c9 b5 ee 01 08 01', 1499999999n],
    ['google.protobuf.Timestamp', types.timestamp(6), '0a 0b 08 ff ff ff ff ff ff ff ff ff 01', -1000000n],
    ['google.protobuf.Timestamp', types.timestamp(3), '0a 00', 0n],
    ['google.protobuf.Timestamp', types.timestamp(3), '', null],
    [
      'google.protobuf.Timestamp',
      types.timestamp(3),
      '0a 06 10 80 94 eb dc 03',
      '009 8: a lies outside of the years 1 to 9999',
    ],
    [
      'google.protobuf.Timestamp',
      types.timestamp(3),
      '0a 07 08 80 ab a1 b3 fc 07',
      '009 8: a lies outside of the years 1 to 9999',
    ],
    ['google.protobuf.Timestamp', types.timestamp(9), '0a 06 08 80 e8 92 a6 22', 9206805504n * 1_000_000_000n],
    [
      'google.protobuf.Timestamp',
      types.timestamp(9),
      '0a 06 08 80 c8 af a0 25',
      '009 8: a lies outside of its column’s range',
    ],
    [
      'google.protobuf.Timestamp',
      types.row([f('seconds', types.bigint()), f('nanos', types.int())]),
      '0a 02 08 01',
      [1n, 0],
    ],
    ['google.protobuf.Duration', { kind: 'INTERVAL_DAY_TIME', nullable: true }, '0a 08 08 01 10 80 ca b5 ee 01', 1500n],
    [
      'google.protobuf.Duration',
      { kind: 'INTERVAL_DAY_TIME', nullable: true },
      '0a 0d 08 01 10 80 b6 ca 91 fe ff ff ff ff 01',
      '009 8: a is no duration',
    ],
    ['google.protobuf.Int64Value', types.bigint(), '0a 02 08 05', 5n],
    ['google.protobuf.Int64Value', types.bigint(), '0a 00', 0n],
    ['google.protobuf.Int64Value', types.bigint(), '', null],
    ['google.protobuf.StringValue', types.string(), '0a 03 0a 01 61', 'a'],
    ['google.protobuf.BoolValue', types.boolean(false), '', '009 6: a is absent and may not be null'],
    ['google.type.Date', types.date(), '0a 07 08 e8 0f 10 02 18 1d', 19782],
    ['google.type.Date', types.date(), '0a 07 08 e7 0f 10 02 18 1d', '009 8: a is no day of a calendar'],
    ['google.type.Date', types.date(), '0a 05 08 e8 0f 10 02', '009 8: a is no day of a calendar'],
    ['google.type.TimeOfDay', types.time(3), '0a 06 08 17 10 3b 18 3b', 86399000],
    ['google.type.TimeOfDay', types.time(3), '0a 02 08 18', '009 8: a is no time of the day'],
    ['google.type.Decimal', types.decimal(6, 2), `0a 07 0a 05 ${ascii('12.50')}`, 1250n],
    ['google.type.Decimal', types.decimal(6, 2), `0a 04 0a 02 ${ascii('1x')}`, '009 10: a is no decimal'],
    ['confluent.type.Decimal', types.decimal(6, 2), '0a 06 0a 02 04d2 10 02', 1234n],
    ['confluent.type.Decimal', types.decimal(6, 2), '0a 06 10 02 0a 02 fb2e', -1234n],
    ['confluent.type.Decimal', types.decimal(6, 2), '0a 04 0a 02 04d2', 123400n],
    [
      'confluent.type.Decimal',
      types.decimal(6, 2),
      '0a 06 0a 02 04d2 10 03',
      '009 10: a has more digits after the point than its column',
    ],
    ['confluent.type.Decimal', types.decimal(6, 2), '0a 06 0a 02 04ce 10 03', 123n],
    [
      'confluent.type.Decimal',
      types.decimal(3, 2),
      '0a 06 0a 02 04d2 10 02',
      '009 10: a has more digits than its column',
    ],
    [
      'confluent.type.Decimal',
      types.decimal(6, 2),
      '0a 15 0a 11 00ffffffffffffffffffffffffffffffff 10 02',
      '009 10: a has more than 38 digits',
    ],
    ['confluent.type.Decimal', types.decimal(38, 2), '0a 13 0a 0f 0000000000000000000000000004d2 10 02', 1234n],
    [
      'confluent.type.Decimal',
      types.decimal(6, 2),
      '0a 07 0a 01 01 10 ff ff 7f',
      '009 10: a has more digits after the point than its column',
    ],
    ['confluent.type.Decimal', types.decimal(6, 2), '0a 00', 0n],
  ]
  for (const [type, column, body, expected] of cases) {
    const got = one(`${type} a = 1;`, [f('a', column)], body, head)
    assert.deepEqual(
      got,
      typeof expected === 'string' && /^\d{3} \d/.test(expected) ? expected : [expected],
      `${type} ${body}`,
    )
  }
})

test('types that no column of the kind holds are refused by name', () => {
  const refused = (message: string, type: LogicalType): Value[] | string => one(message, [f('a', type)], '')
  assert.equal(refused('string a = 1;', types.int()), '005 5: schema 1: a: string cannot be read as INT')
  assert.equal(refused('int64 a = 1;', types.int()), '005 5: schema 1: a: int64 cannot be read as INT')
  assert.equal(
    refused('repeated int32 a = 1;', types.int()),
    '005 5: schema 1: a: repeated int32 cannot be read as INT',
  )
  assert.equal(
    refused('int32 a = 1;', types.array(types.int())),
    '005 5: schema 1: a: int32 cannot be read as ARRAY<INT>',
  )
  assert.equal(
    refused('map<string, int32> a = 1;', types.array(types.int())),
    '005 5: schema 1: a: map M.AEntry cannot be read as ARRAY<INT>',
  )
  assert.equal(refused('M a = 1;', types.string()), '005 5: schema 1: a: M cannot be read as STRING')
  assert.equal(
    refused('M a = 1; int32 b = 2;', types.row([f('b', types.string())])),
    '005 5: schema 1: a.b: int32 cannot be read as STRING',
  )
})

test('groups and delimited messages are read where they are wanted', () => {
  const group = 'optional group Item = 1 { optional int32 n = 2; } optional int32 z = 3;'
  const fields = [f('item', types.row([f('n', types.int())])), f('z', types.int())]
  assert.deepEqual(one(group, fields, '0b 10 05 0c 18 07', proto2), [[5], 7])
  assert.deepEqual(one(group, fields, '0b 10 05 0c 0b 0c 18 07', proto2), [[5], 7])
  assert.deepEqual(one(group, fields, '18 07', proto2), [null, 7])
  assert.deepEqual(one(group, fields.slice(1), '0b 10 05 0c 18 07', proto2), [7])
  const delimited = 'M m = 1 [features.message_encoding = DELIMITED]; int32 n = 2;'
  assert.deepEqual(one(delimited, [f('m', types.row([f('n', types.int())]))], '0b 10 05 0c', 'edition = "2023";'), [
    [5],
  ])
})

test('message indexes choose the message', () => {
  const text = 'syntax = "proto3"; message A { int32 x = 1; message B { int32 x = 2; } } message C { int32 x = 3; }'
  const read = (indexes: string, body: string): [Value[][], string[]] => {
    const [rows, bad] = decode({ 1: { type: 'PROTOBUF', text } }, [f('x', types.int())], [record(body, indexes)])
    return [rows, bad.map(({ code, bytePosition, reason }) => `${code.slice(-3)} ${bytePosition}: ${reason}`)]
  }
  assert.deepEqual(read('00', '08 05'), [[[5]], []])
  assert.deepEqual(read('02 00', '08 05'), [[[5]], []])
  assert.deepEqual(read('02 02', '18 05'), [[[5]], []])
  assert.deepEqual(read('04 00 00', '10 05'), [[[5]], []])
  assert.deepEqual(read('02 04', '18 05'), [[], ['006 5: schema 1 has no message at [2]']])
  assert.deepEqual(read('04 02 00', '18 05'), [[], ['006 5: schema 1 has no message at [1, 0]']])
  assert.deepEqual(read('02 01', '18 05'), [[], ['006 6: message index -1']])
  assert.deepEqual(read('01', '18 05'), [[], ['006 5: it has -1 message indexes']])
  assert.deepEqual(read('fe ff ff ff 0f', ''), [[], ['006 5: it has 2147483647 message indexes']])
  assert.deepEqual(read('04 00', ''), [[], ['006 7: it ends early']])
  assert.deepEqual(read('80', ''), [[], ['006 6: it ends early']])
})

test('frames: no id, unknown ids, schemas of another kind, schemas that cannot be read', () => {
  const schemas: Schemas = {
    2: { type: 'AVRO', text: '"int"' },
    3: { type: 'PROTOBUF', text: 'syntax = "proto3"; message M { nope a = 1; }' },
    4: {
      type: 'PROTOBUF',
      text: 'syntax = "proto3"; import "o.proto"; message M { o.O o = 1; }',
      references: ['syntax = "proto3"; package o; message O { int32 a = 1; }'],
      referenceNames: ['o.proto'],
    },
  }
  const fields = [f('o', types.row([f('a', types.int())]))]
  const [rows, bad] = decode(schemas, fields, [
    Uint8Array.of(),
    Uint8Array.of(1, 0, 0, 0, 4, 0),
    record('', '00', 1),
    record('', '00', 2),
    record('', '00', 3),
    record('0a 02 08 05', '00', 4),
    null,
  ])
  assert.deepEqual(rows, [[[5]]])
  assert.deepEqual(
    bad.map(({ index, code, bytePosition, reason }) => `${index} ${code.slice(-3)} ${bytePosition}: ${reason}`),
    [
      '0 003 0: it has 0 bytes',
      '1 003 0: its guid ends early, after 5 bytes',
      '2 004 1: no schema has the id 1',
      '3 005 1: schema 2 is AVRO, not Protobuf',
      '4 005 1: schema 3: The schema cannot be read: 1:32: there is no type nope.',
      '6 010 0: topic t has no primary key',
    ],
  )
})

test('an id or guid in a header brings the message indexes with it', () => {
  const text = 'syntax = "proto3"; message A { int32 x = 1; } message B { int32 x = 2; }'
  const guid = '00010203-0405-0607-0809-0a0b0c0d0e0f'
  const bytes = [...Array(16).keys()]
  const header = (...value: number[]): RecordInput['headers'] => [
    { key: '__value_schema_id', value: Uint8Array.from(value) },
  ]
  const records: Partial<RecordInput>[] = [
    { value: Uint8Array.of(8, 5), headers: header(1, ...bytes, 0) },
    { value: Uint8Array.of(16, 6), headers: header(1, ...bytes, 2, 2) },
    { value: Uint8Array.of(16, 7), headers: header(0, 0, 0, 0, 1, 2, 2) },
    { value: Uint8Array.of(1, ...bytes, 2, 2, 16, 8) },
    { value: Uint8Array.of(8, 5), headers: header(1, ...bytes) },
    { value: Uint8Array.of(8, 5), headers: header(1, ...bytes, 0, 0) },
    { value: Uint8Array.of(8, 9), headers: header(1, ...bytes, 0) },
  ]
  const input = decodeRecords(
    encodeRecordBatch(records.map((one) => ({ key: null, value: null, timestampMs: 0, ...one }))),
  )
  const schema = { id: 1, type: 'PROTOBUF', text } as const
  const ids = {
    byId: () => schema,
    byGuid: (one: string) => (one === guid ? schema : undefined),
    latest: () => undefined,
  }
  const decoder = createDecoder(formatOf([f('x', types.int())]), [0], ids)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  decoder.decode(input, 0, input.count, out, bad)
  const batch = out.finish()
  assert.deepEqual(
    Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)),
    [[5], [6], [7], [8], [9]],
  )
  assert.deepEqual(
    bad.map(({ index, code, reason }) => `${index} ${code.slice(-3)} ${reason}`),
    ['4 006 it ends early', '5 003 header __value_schema_id: bytes after its message indexes'],
  )
})

test('lists and maps are bounded, whatever the bytes claim', () => {
  const many = Uint8Array.from([0, 0, 0, 0, 1, 0, 0x0a, 0x81, 0x80, 0x40, ...new Uint8Array((1 << 20) + 1).fill(1)])
  const schemas: Schemas = {
    1: { type: 'PROTOBUF', text: 'syntax = "proto3"; message M { repeated int32 a = 1; map<int32, M> m = 2; }' },
  }
  const [rows, bad] = decode(schemas, [f('a', types.array(types.int()))], [many])
  assert.deepEqual(rows, [])
  assert.equal(bad[0]!.reason, 'a has more than 1048576 elements')
  assert.equal(bad[0]!.code, 'MR-FORMAT-006')
})

test('the derived schema, as Confluent’s Flink derives it', () => {
  const schema: Schema = {
    fields: [
      f('id', types.bigint(false)),
      f('note', types.varchar(20)),
      f('tags', types.array(types.string(false), false)),
      f('maybe', types.array(types.int())),
      f('at', types.timestamp(3, false)),
      f('who', types.row([f('name', types.string(false))])),
      f('by_key', types.map(types.string(false), types.bigint(), false)),
    ],
  }
  const meta = (...params: [string, string][]): string =>
    `[(confluent.field_meta) = {\n    params: [\n${[...params, ['flink.version', '1']]
      .map(([key, value]) => `      {\n        key: "${key}",\n        value: "${value}"\n      }`)
      .join(',\n')}\n    ]\n  }]`
  const deep = (text: string): string => text.replaceAll('\n', '\n  ')
  assert.deepEqual(schemaTextFor(formatOf(schema.fields, 'payments')), {
    subject: 'payments-value',
    type: 'PROTOBUF',
    text: `syntax = "proto3";

import "confluent/meta.proto";
import "google/protobuf/timestamp.proto";

message Row {
  int64 id = 1;
  optional string note = 2 ${meta(['flink.maxLength', '20'])};
  repeated string tags = 3;
  optional maybeRepeatedWrapper maybe = 4 ${meta(['flink.wrapped', 'true'])};
  .google.protobuf.Timestamp at = 5 ${meta(['flink.type', 'timestamp'], ['flink.precision', '3'], ['flink.notNull', 'true'])};
  optional who_Row who = 6;
  repeated ByKeyEntry by_key = 7;

  message maybeRepeatedWrapper {
    repeated valueElementWrapper value = 1 ${deep(meta(['flink.wrapped', 'true']))};
${'  '}
    message valueElementWrapper {
      optional int32 value = 1;
    }
  }
  message who_Row {
    string name = 1;
  }
  message ByKeyEntry {
    string key = 1;
    optional int64 value = 2;
  }
}
`,
  })
  const refused = [f('a b', types.int()), f('i', { kind: 'INTERVAL_DAY_TIME', nullable: true } as LogicalType)]
  for (const field of refused) assert.throws(() => schemaTextFor(formatOf([field])), { code: 'MR-FORMAT-002' })
})

test('what a column may not hold is refused when it is written', () => {
  const write = (type: LogicalType, value: Value): string => {
    const format = formatOf([f('a', type)])
    const batch = batchFromRows(format.schema, [[value]])
    let out = ''
    createEncoder(format, { schemaId: 258 }).encode(batch, 0, 1, (_row, _key, bytes) => {
      out = Buffer.from(bytes!).toString('hex')
    })
    return out
  }
  assert.equal(write(types.int(false), 0), '000000010200')
  assert.equal(write(types.int(), 0), '0000000102000800')
  assert.equal(write(types.int(), -1), '00000001020008ffffffffffffffffff01')
  assert.equal(write(types.string(), 'é'), '0000000102000a02c3a9')
  assert.throws(() => write(types.int(false), null), { code: 'MR-FORMAT-008' })
  assert.throws(() => write(types.timestamp(3), 253402300800000n), { code: 'MR-FORMAT-008' })
  assert.throws(() => write(types.map(types.string(false), types.int()), new Map<Value, Value>([[null, 1]])), {
    code: 'MR-FORMAT-008',
  })
  assert.throws(() => write(types.array(types.int(false)), [null]), { code: 'MR-FORMAT-008' })
})
