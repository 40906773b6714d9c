// Names of Avro schemas: what is registered anew is checked strictly, what topics hold already is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, decodeRecords, encodeRecordBatch, rowAt, types } from '../../model/index.ts'
import { createDecoder, parseAvroSchema, type BadRecord } from '../index.ts'

const text = JSON.stringify({
  type: 'record',
  name: 'ключ',
  namespace: 'my-company.events',
  fields: [
    { name: 'größe', type: 'long' },
    { name: 'toString', type: { type: 'enum', name: 'E', symbols: ['ä'] } },
  ],
})

test('letters of any script, namespaces of any text: read, generated code and walked schema alike', () => {
  const schema = {
    fields: [
      { name: 'größe', type: types.bigint() },
      { name: 'toString', type: types.string() },
    ],
  }
  const format = { topic: 't', schema, keyColumns: null, keyFormat: 'raw', primaryKey: null } as const
  for (const way of [{}, { kernelAfter: 0 }, { interpret: true }]) {
    const ids = { byId: (id: number) => ({ id, type: 'AVRO', text }) as const, latest: () => undefined }
    const decoder = createDecoder({ ...format, valueFormat: 'avro-confluent' }, [0, 1], ids, way)
    const out = new BatchBuilder(decoder.schema)
    const bad: BadRecord[] = []
    const value = new Uint8Array([0, 0, 0, 0, 1, 14, 0])
    decoder.decode(decodeRecords(encodeRecordBatch([{ key: null, value, timestampMs: 0 }])), 0, 1, out, bad)
    assert.deepEqual([rowAt(out.finish(), 0), bad], [[7n, 'ä'], []])
  }
})

test('a new schema has names of ASCII letters; no schema has names of other signs', () => {
  assert.throws(() => parseAvroSchema(text, [], undefined, true), { code: 'MR-FORMAT-001' })
  for (const name of ['a b', '1a', 'a-b', '', 'n.', "a'b"])
    assert.throws(() => parseAvroSchema(JSON.stringify({ type: 'record', name, fields: [] })), {
      code: 'MR-FORMAT-001',
    })
})
