// The official clients, unchanged: each writes through our registry and our broker, each reads what each of them wrote, and
// the bytes are the same whoever wrote them.
// needs: confluent-kafka, schemaregistry-js, schemaregistry-go
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installPeer, mustRun, pythonVenv } from '../../peers/index.ts'
import { createDecoder, descriptorOf, parseProto, type BadRecord } from '../../src/format/index.ts'
import { BatchBuilder, decodeRecords, rowAt, types, type Value } from '../../src/model/index.ts'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const payments = [
  { id: 1, amount: 12.5, note: null, tags: [], status: 'OPEN', address: { street: 's' } },
  { id: 4503599627370496, amount: -0.25, note: 'ü €', tags: ['a', 'b'], status: 'DONE', address: { street: '' } },
]
const lines = payments.map((payment) => `${JSON.stringify(payment)}\n`).join('')

const formats = {
  avro: {
    type: 'AVRO',
    text: JSON.stringify({
      type: 'record',
      name: 'Payment',
      namespace: 'shop',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'amount', type: 'double' },
        { name: 'note', type: ['null', 'string'], default: null },
        { name: 'tags', type: { type: 'array', items: 'string' } },
        { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['OPEN', 'DONE'] } },
        {
          name: 'address',
          type: { type: 'record', name: 'Address', fields: [{ name: 'street', type: 'string' }] },
        },
      ],
    }),
  },
  json: {
    type: 'JSON',
    text: JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Payment',
      type: 'object',
      additionalProperties: false,
      required: ['id', 'amount', 'status'],
      properties: {
        id: { type: 'integer' },
        amount: { type: 'number' },
        note: { type: ['null', 'string'] },
        tags: { type: 'array', items: { type: 'string' } },
        status: { type: 'string', enum: ['OPEN', 'DONE'] },
        address: { type: 'object', properties: { street: { type: 'string' } } },
      },
    }),
  },
  protobuf: {
    type: 'PROTOBUF',
    text: `syntax = "proto3";
package shop;

message Payment {
  int64 id = 1;
  double amount = 2;
  optional string note = 3;
  repeated string tags = 4;
  Status status = 5;
  Address address = 6;
}

message Address {
  string street = 1;
}

enum Status {
  OPEN = 0;
  DONE = 1;
}
`,
  },
} as const
type Format = keyof typeof formats

type Client = (args: readonly string[], input?: string) => Promise<string>

async function clients(): Promise<Map<string, Client>> {
  const here = (name: string): string => join(import.meta.dirname, name)
  const { python } = await pythonVenv('confluent-kafka')
  const home = await installPeer('schemaregistry-js')
  const go = join(await installPeer('schemaregistry-go'), 'client')
  const file = parseProto(formats.protobuf.text, [])
  const descriptor = Buffer.from(descriptorOf(file, 'payment.proto')).toString('base64')
  const run = (command: string, before: readonly string[], more = {}): Client => {
    const env = { ...more, MESSAGE_DESCRIPTOR: descriptor }
    return (args, input = '') => mustRun(command, [...before, ...args], { input, env, timeoutMs: 60_000 })
  }
  return new Map([
    ['python', run(python, [here('client.py')])],
    ['node', run(process.execPath, [here('client.mjs')], { SCHEMAREGISTRY_HOME: home })],
    ['go', run(go, [])],
  ])
}

const topicOf = (writer: string, format: Format): string => `${writer}-${format}`

/** What we read of it: every column. */
function readTopic(topic: string, format: Format, { reader }: RegistryNode): { rows: Value[][]; bad: BadRecord[] } {
  const fields = [
    { name: 'id', type: types.bigint(false) },
    { name: 'amount', type: types.double(false) },
    { name: 'note', type: types.string() },
    { name: 'tags', type: types.array(types.string(false), false) },
    { name: 'status', type: types.string(false) },
    { name: 'address', type: types.row([{ name: 'street', type: types.string(false) }], false) },
  ]
  const decoder = createDecoder(
    {
      topic,
      schema: { fields },
      keyColumns: null,
      keyFormat: 'raw',
      valueFormat: `${format}-confluent`,
      primaryKey: null,
    },
    fields.map((_, i) => i),
    schemaIdsFromLog(reader),
  )
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  for (let next = 0; next < reader.endOffset(topic, 0);) {
    const records = decodeRecords(reader.read(topic, 0, next, 1 << 20))
    decoder.decode(records, 0, records.count, out, bad)
    next = records.header.baseOffset + records.count
  }
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

const rows: Value[][] = [
  [1n, 12.5, null, [], 'OPEN', ['s']],
  [4503599627370496n, -0.25, 'ü €', ['a', 'b'], 'DONE', ['']],
]

describe('official clients', () => {
  let node: RegistryNode
  let all: Map<string, Client>
  before(async () => {
    all = await clients()
    node = await startRegistryNode(temporaryFolder())
  })
  after(() => node?.stop())

  for (const format of Object.keys(formats) as Format[]) {
    test(`${format}: what one writes the others read`, async () => {
      const { type, text } = formats[format]
      for (const [writer, write] of all) {
        const topic = topicOf(writer, format)
        assert.equal((await node.log.createTopic({ name: topic, partitionCount: 1, configs: {} })).ok, true)
        await node.registry.register(`${topic}-value`, type, text)
        await write(['write', node.bootstrap, node.url, format, topic], lines)
      }
      for (const [reader, readWith] of all)
        for (const writer of all.keys()) {
          const args = ['read', node.bootstrap, node.url, format, topicOf(writer, format), String(payments.length)]
          const read = (await readWith(args)).trim().split('\n')
          assert.deepEqual(
            read.map((line) => JSON.parse(line) as unknown),
            payments,
            `${writer} → ${reader}`,
          )
        }
      assert.deepEqual(node.faults, [])
    })
  }

  test('protobuf: our columns hold the same', () => {
    for (const writer of all.keys())
      assert.deepEqual(readTopic(topicOf(writer, 'protobuf'), 'protobuf', node), { rows, bad: [] }, writer)
  })

  test('avro: one id for all of them, and our columns hold the same, however a client cuts its arrays into blocks', () => {
    const values = [...all].map(([writer]) => {
      const topic = topicOf(writer, 'avro')
      const { rows, bad } = readTopic(topic, 'avro', node)
      assert.deepEqual(bad, [])
      return rows
    })
    assert.deepEqual(values, [rows, rows, rows])
    assert.equal(node.registry.schemaIds.latest('go-avro-value')?.id, 1)
  })
})
