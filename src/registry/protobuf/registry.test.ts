import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { BatchBuilder, decodeRecords, encodeRecordBatch, rowAt, types } from '../../model/index.ts'
import { createDecoder, descriptorOf, parseProto } from '../../format/index.ts'
import { schemaIdsFromLog } from '../index.ts'
import { withDoor } from '../testing-door.ts'

const proto = (schema: string, more: object = {}): object => ({ schema, schemaType: 'PROTOBUF', ...more })
const money = 'syntax = "proto3"; package m; message Money { string currency = 1; int64 units = 2; }'
const payment = `syntax = "proto3"; // in euros, mostly
  package p; import "money.proto"; message Payment { m.Money amount = 2; int64 id = 1; }`
const references = [{ name: 'money.proto', subject: 'money', version: 1 }]
const canonicalPayment = `syntax = "proto3";
package p;

import "money.proto";

message Payment {
  m.Money amount = 2;
  int64 id = 1;
}
`

test('Protobuf: one text for all spellings, references by the names of imports', () =>
  withDoor(async ({ call }) => {
    assert.deepEqual(await call('GET', '/schemas/types'), [200, ['JSON', 'PROTOBUF', 'AVRO']])
    assert.deepEqual(await call('POST', '/subjects/money/versions', proto(money)), [200, { id: 1 }])
    const [status, missing] = await call('POST', '/subjects/pay-value/versions', proto(payment))
    assert.equal(status, 422)
    assert.deepEqual(missing, {
      error_code: 42201,
      message:
        'Invalid schema of type PROTOBUF, details: 2:21: "money.proto" is not among the references and is none of the built-in files; 2:54: there is no type m.Money',
    })
    assert.deepEqual(await call('POST', '/subjects/pay-value/versions', proto(payment, { references })), [
      200,
      { id: 2 },
    ])
    assert.deepEqual(await call('GET', '/subjects/pay-value/versions/latest'), [
      200,
      { subject: 'pay-value', version: 1, id: 2, schemaType: 'PROTOBUF', references, schema: canonicalPayment },
    ])
    // Spelled otherwise, and as a descriptor.
    const spelled = payment.replaceAll(/\s+/g, ' ').replace('// in euros, mostly', '')
    assert.deepEqual(await call('POST', '/subjects/pay-value/versions', proto(spelled, { references })), [
      200,
      { id: 2 },
    ])
    const file = parseProto(payment, [{ name: 'money.proto', text: money }])
    const descriptor = Buffer.from(descriptorOf(file)).toString('base64')
    const registered = { ...proto(descriptor, { references }), normalize: true }
    const [, normal] = (await call('POST', '/subjects/other/versions?normalize=true', registered)) as [
      number,
      { id: number },
    ]
    assert.deepEqual(await call('POST', '/subjects/other/versions?normalize=true', proto(payment, { references })), [
      200,
      { id: normal.id },
    ])
    assert.deepEqual(await call('GET', `/schemas/ids/${normal.id}/schema`), [
      200,
      canonicalPayment.replace('  m.Money amount = 2;\n  int64 id = 1;', '  int64 id = 1;\n  .m.Money amount = 2;'),
    ])
  }))

test('Protobuf: format=serialized answers the descriptor', () =>
  withDoor(async ({ call }) => {
    await call('POST', '/subjects/money/versions', proto(money))
    const [, answer] = (await call('GET', '/schemas/ids/1?format=serialized')) as [
      number,
      { schema: string; schemaType: string },
    ]
    assert.equal(answer.schemaType, 'PROTOBUF')
    const described = fromBinary(FileDescriptorProtoSchema, Buffer.from(answer.schema, 'base64'))
    assert.equal(described.package, 'm')
    assert.deepEqual(
      described.messageType.map(({ name, field }) => [name, field.map((f) => f.name)]),
      [['Money', ['currency', 'units']]],
    )
  }))

test("Protobuf: format=ignore_extensions answers without extensions and custom options, the registry's own stay", () =>
  withDoor(async ({ call }) => {
    const text = `syntax = "proto2";
import "google/protobuf/descriptor.proto";
import "confluent/meta.proto";
option java_package = "x";
option (note) = "file";
message M {
  option (confluent.message_meta) = { doc: "kept" };
  optional int32 a = 1 [deprecated = true, (mark) = 5];
  extensions 100 to 200;
  extend M { optional int32 inner = 101; }
}
extend google.protobuf.FileOptions { optional string note = 50001; }
extend google.protobuf.FieldOptions { optional int32 mark = 50001; }
`
    await call('POST', '/subjects/s/versions', proto(text))
    const [, answer] = (await call('GET', '/schemas/ids/1?format=ignore_extensions')) as [number, { schema: string }]
    assert.equal(
      answer.schema,
      `syntax = "proto2";

import "google/protobuf/descriptor.proto";
import "confluent/meta.proto";

option java_package = "x";

message M {
  option (confluent.message_meta) = {
    doc: "kept"
  };

  optional int32 a = 1 [deprecated = true];
}
`,
    )
    assert.equal((await call('POST', '/subjects/other/versions', proto(answer.schema)))[0], 200)
  }))

test('Protobuf: a change that breaks is refused with rule and places', () =>
  withDoor(async ({ call }) => {
    const v1 = 'syntax = "proto3";\nmessage M {\n  int32 a = 1;\n}\n'
    const wider = v1.replace('int32', 'int64')
    const other = v1.replace('int32', 'string')
    await call('POST', '/subjects/s/versions', proto(v1))
    assert.deepEqual(await call('POST', '/compatibility/subjects/s/versions/latest', proto(wider)), [
      200,
      { is_compatible: true },
    ])
    const [, checked] = (await call(
      'POST',
      '/compatibility/subjects/s/versions/latest?verbose=true',
      proto(other),
    )) as [number, { is_compatible: boolean; messages: string[] }]
    assert.equal(checked.is_compatible, false)
    assert.match(
      checked.messages[0]!,
      /^\{errorType:'FIELD_SCALAR_KIND_CHANGED', description:'a = 1: int32 became string.*additionalInfo:'\/M\/a', places:'new 4:10 \/M\/a, old 4:9 \/M\/a', remedy:/,
    )
    const [status, refused] = (await call('POST', '/subjects/s/versions', proto(other))) as [
      number,
      { error_code: number },
    ]
    assert.deepEqual([status, refused.error_code], [409, 40901])
    assert.deepEqual(await call('POST', '/subjects/s/versions', proto(wider)), [200, { id: 2 }])
    // Another type of schema never follows.
    assert.equal((await call('POST', '/subjects/s/versions', { schema: '"int"' }))[0], 409)
  }))

test('Protobuf: decoders in other threads see references by name', () =>
  withDoor(async ({ call, topic }) => {
    await call('POST', '/subjects/money/versions', proto(money))
    await call('POST', '/subjects/pay-value/versions', proto(payment, { references }))
    const fields = [
      { name: 'id', type: types.bigint() },
      { name: 'amount', type: types.row([{ name: 'units', type: types.bigint() }]) },
    ]
    const format = {
      topic: 'pay',
      schema: { fields },
      keyColumns: null,
      keyFormat: 'raw',
      valueFormat: 'protobuf-confluent',
      primaryKey: null,
    } as const
    const decoder = createDecoder(format, [0, 1], schemaIdsFromLog(topic.reader))
    const value = Uint8Array.from([0, 0, 0, 0, 2, 0, 8, 7, 18, 2, 16, 9])
    const records = decodeRecords(encodeRecordBatch([{ key: null, value, timestampMs: 0 }]))
    const out = new BatchBuilder(decoder.schema)
    const bad: unknown[] = []
    decoder.decode(records, 0, 1, out, bad as never)
    assert.deepEqual(bad, [])
    assert.deepEqual(rowAt(out.finish(), 0), [7n, [9n]])
  }))
