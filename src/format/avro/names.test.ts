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

test('a new record without a namespace is not named from inside of one before it is complete; what is complete is', () => {
  const inner = (type: unknown): unknown => ({ type: 'record', name: 'n.Inner', fields: [{ name: 'up', type }] })
  const around = (name: string, ...fields: unknown[]): string =>
    JSON.stringify({ type: 'record', name, fields: fields.map((type, i) => ({ name: `f${i}`, type })) })
  const parse = (of: string, isNew: boolean): string => parseAvroSchema(of, [around('Known')], undefined, isNew).kind
  const recursive = around('Root', inner(['null', 'Root']))
  assert.equal(parse(recursive, false), 'record')
  assert.throws(() => parse(recursive, true), /it means n\.Root here/)
  const symbols = { type: 'enum', name: 'E', symbols: ['A'] }
  for (const right of [
    around('n.Root', inner(['null', 'Root'])),
    around('Root', ['null', 'Root']),
    around('Root', symbols, inner('E')),
    around('Root', inner('Known')),
  ])
    assert.equal(parse(right, true), 'record')
})

test('the name of a primitive type as a whole schema is in quotes, in new schemas', () => {
  assert.equal(parseAvroSchema('"int"', [], undefined, true).kind, 'int')
  assert.equal(parseAvroSchema(' int\n').kind, 'int')
  for (const bare of ['int', ' string ', 'null'])
    assert.throws(() => parseAvroSchema(bare, [], undefined, true), { code: 'MR-FORMAT-001' })
})
