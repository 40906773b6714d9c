// Unchanged serializers of PyPI's confluent-kafka through our registry and our broker: what they write we read into
// columns, what we write they read; the registry goes on with the same ids after a restart.
// needs: confluent-kafka
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pythonVenv } from '../../peers/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type TopicFormat,
} from '../../src/format/index.ts'
import { BatchBuilder, batchFromRows, decodeRecords, encodeRecordBatch, rowAt, types } from '../../src/model/index.ts'
import type { RecordInput, Schema, SchemaIds, TopicReader, Value } from '../../src/model/index.ts'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const orders: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'amount', type: types.decimal(12, 2) },
    { name: 'note', type: types.string() },
    { name: 'at', type: types.timestamp(3, false) },
    { name: 'tags', type: types.array(types.string()) },
    { name: 'source', type: types.string() },
  ],
}

function format(topic: string, valueFormat: TopicFormat['valueFormat'], schema: Schema): TopicFormat {
  return { topic, schema, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

const written = format('written', 'avro-confluent', { fields: orders.fields.slice(0, 4) })
const rows: Value[][] = [
  [1n, 1234n, null, 1_772_366_400_500n],
  [-9_007_199_254_740_993n, null, 'ü', 0n],
]

async function writeOurs(node: RegistryNode): Promise<void> {
  const { subject, type, text } = schemaTextFor(written)!
  const { id } = await node.registry.register(subject, type, text)
  const records: RecordInput[] = []
  createEncoder(written, { schemaId: id }).encode(batchFromRows(written.schema, rows), 0, 2, (_row, key, value) =>
    records.push({ key, value: value!.slice(), timestampMs: 0 }),
  )
  assert.equal((await node.log.createTopic({ name: 'written', partitionCount: 1, configs: {} })).ok, true)
  assert.equal((await node.log.append('written', 0, encodeRecordBatch(records))).ok, true)
}

function readTopic(topic: TopicFormat, reader: TopicReader, ids: SchemaIds): { rows: Value[][]; bad: BadRecord[] } {
  const columns = topic.schema.fields.map((_, i) => i)
  const decoder = createDecoder(topic, columns, ids)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  for (let next = 0; next < reader.endOffset(topic.topic, 0);) {
    const records = decodeRecords(reader.read(topic.topic, 0, next, 1 << 20))
    assert.equal(decoder.decode(records, 0, records.count, out, bad), records.count)
    next = records.header.baseOffset + records.count
  }
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

describe('confluent-kafka', () => {
  const folder = temporaryFolder()
  let node: RegistryNode
  before(async () => {
    node = await startRegistryNode(folder)
  })
  after(() => node?.stop())

  test('its Avro and JSON serializers go there and back, and its registry client sees what Confluent’s would show', async () => {
    await writeOurs(node)
    const python = await pythonVenv('confluent-kafka')
    const script = join(import.meta.dirname, 'serdes.py')
    const run = await python.run(script, [node.bootstrap, node.url], { timeoutMs: 90_000 })
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(JSON.parse(run.stdout), {
      avro: true,
      json: true,
      millrace: [
        { id: '1', amount: '12.34', note: null, at: '2026-03-01T12:00:00.500000+00:00' },
        { id: '-9007199254740993', amount: 'None', note: 'ü', at: '1970-01-01T00:00:00+00:00' },
      ],
      subjects: ['events-value', 'orders-value', 'written-value'],
      latest: [1, 2, 'orders-value', 'AVRO'],
      'same id': true,
      lookup: 1,
      compatible: false,
      refused: [409, 40901],
      'version 2': true,
      versions: [1, 2],
      references: [['shop.Address', 'address', 1]],
      'with reference': [{ home: { street: 's' } }],
      associations: [['users-value', 'value', 'topic-1']],
      associated: [{ home: { street: 'r' } }],
      left: [],
      level: ['FULL', 'BACKWARD'],
      deleted: [1],
      'for good': [1],
      gone: [404, 40401],
    })
    assert.deepEqual(node.faults, [])
  })

  test('what it wrote comes into columns, exactly', () => {
    assert.deepEqual(
      readTopic(format('orders', 'avro-confluent', orders), node.reader, schemaIdsFromLog(node.reader)),
      {
        rows: [
          [2n ** 62n, 1234n, null, 1_772_366_400_500n, [], 'WEB'],
          [-1n, -1n, 'ü', 1_772_366_400_500n, ['a', 'b'], 'APP'],
        ],
        bad: [],
      },
    )
    const users: Schema = {
      fields: [{ name: 'home', type: types.row([{ name: 'street', type: types.string(false) }]) }],
    }
    const topic = format('users', 'avro-confluent', users)
    assert.deepEqual(readTopic(topic, node.reader, schemaIdsFromLog(node.reader)), { rows: [[['s']]], bad: [] })
  })

  test('after a restart the same ids name the same schemas', async () => {
    const describeAll = (): unknown => {
      const state = node.registry.state()
      return state.subjects(true).map((subject) => [state.versions(subject, true), state.config(subject)])
    }
    const earlier = describeAll()
    await node.stop()
    node = await startRegistryNode(folder)
    assert.deepEqual(describeAll(), earlier)
    const { subject, type, text } = schemaTextFor(written)!
    assert.deepEqual(await node.registry.register(subject, type, text), { id: 1, version: 1 })
  })
})
