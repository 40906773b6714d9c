// A registry with keys in memory, one subject in it, and writers and readers of its topic: for tests of encryption.
import assert from 'node:assert/strict'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type LocalSecret,
  type TopicFormat,
} from '../../format/index.ts'
import {
  batchFromRows,
  BatchBuilder,
  decodeRecords,
  encodeRecordBatch,
  keysTopicName,
  rowAt,
  types,
  type SchemaIds,
  type TopicReader,
  type Value,
} from '../../model/index.ts'
import { createRegistry, schemaIdsFromLog, type Metadata, type Registry, type RuleSet } from '../index.ts'
import type { SchemasRecord } from '../records.ts'
import { memoryTopic } from '../testing.ts'

export const fields = [
  { name: 'id', type: types.bigint(false) },
  { name: 'name', type: types.string() },
  { name: 'photo', type: types.bytes() },
  { name: 'mails', type: types.array(types.string(), true) },
  {
    name: 'home',
    type: types.row([
      { name: 'street', type: types.string() },
      { name: 'city', type: types.string() },
    ]),
  },
  { name: 'notes', type: types.map(types.string(false), types.string()) },
]
export const formatOf = (valueFormat: TopicFormat['valueFormat'] = 'avro-confluent'): TopicFormat => ({
  topic: 't',
  schema: { fields },
  keyColumns: [0],
  keyFormat: 'raw',
  valueFormat,
  primaryKey: null,
})
/** What a rule of the tag PII means here. */
export const metadata: Metadata = {
  tags: { '**.name': ['PII'], '**.photo': ['PII'], '**.mails': ['PII'], '**.street': ['PII'], '**.notes': ['PII'] },
}
export const rows: Value[][] = [
  [
    1n,
    'Ada Lovelace',
    new Uint8Array([1, 2, 3]),
    ['a@x', null, ''],
    ['Long Lane', 'Town'],
    new Map([
      ['k', 'v'],
      ['l', null],
    ]),
  ],
  [2n, null, null, null, null, null],
  [3n, 'Zoë €', new Uint8Array(0), [], [null, 'Town'], new Map()],
]
export const rule = (params: Record<string, string> = {}, more: object = {}): RuleSet => ({
  domainRules: [
    {
      name: 'encryptPII',
      kind: 'TRANSFORM',
      mode: 'WRITEREAD',
      type: 'ENCRYPT',
      tags: ['PII'],
      params: { 'encrypt.kek.name': 'pii', 'encrypt.kms.type': 'local-kms', 'encrypt.kms.key.id': 'k', ...params },
      disabled: false,
      ...more,
    },
  ],
})

export interface World {
  readonly registry: Registry
  readonly id: number
  nowMs: number
  /** Views of the registry with a secret, another one, or none; `tables`: without keys at all. */
  ids(secret: LocalSecret | undefined | 'tables'): SchemaIds
  append(key: Uint8Array, value: Uint8Array): Promise<void>
  /** The registry after a restart with this secret. */
  restarted(secret: LocalSecret, append?: (records: readonly SchemasRecord[]) => Promise<number>): Registry
  /** Appends records of keys. */
  readonly appendKeys: (records: readonly SchemasRecord[]) => Promise<number>
}

export async function world(format: TopicFormat, ruleSet: RuleSet, secret = 's', tags = metadata): Promise<World> {
  const topics = { schemas: memoryTopic(), keys: memoryTopic() }
  const of = (topic: string): TopicReader => (topic === keysTopicName ? topics.keys.reader : topics.schemas.reader)
  const reader: TopicReader = {
    partitionCount: () => 1,
    startOffset: () => 0,
    endOffset: (topic) => of(topic).endOffset(topic, 0),
    read: (topic, _partition, offset, size) => of(topic).read(topic, 0, offset, size),
  }
  const restarted: World['restarted'] = (withSecret, append = topics.keys.append) =>
    createRegistry({ reader, append: topics.schemas.append, keys: { reader, append, secret: withSecret } })
  const registry = restarted(secret)
  const { subject, type, text } = schemaTextFor(format)!
  const { id } = await registry.register(subject, type, text, { metadata: tags, ruleSet })
  const made: World = {
    registry,
    id,
    nowMs: 0,
    restarted,
    appendKeys: topics.keys.append,
    ids: (localSecret) =>
      localSecret === 'tables'
        ? schemaIdsFromLog(reader)
        : schemaIdsFromLog(reader, { localSecret, nowMs: () => made.nowMs }),
    append: async (key, value) => {
      const record = { key, value, timestampMs: made.nowMs }
      await topics.keys.append([record])
    },
  }
  return made
}

export async function write(
  { id, append }: World,
  ids: SchemaIds,
  format: TopicFormat,
  values = rows,
): Promise<Uint8Array[]> {
  const encoder = createEncoder(format, { schemaId: id, schemaIds: ids })
  const out: Uint8Array[] = []
  encoder.encode(batchFromRows(format.schema, values), 0, values.length, (_row, _key, value) =>
    out.push(value!.slice()),
  )
  for (const { topic, key, value } of encoder.takeKeyRecords()) {
    assert.equal(topic, keysTopicName)
    await append(key, value)
  }
  return out
}

export function read(
  ids: SchemaIds,
  format: TopicFormat,
  values: readonly Uint8Array[],
  columns = fields.map((_, i) => i),
) {
  const decoder = createDecoder(format, columns, ids, { kernelAfter: 1 })
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  const records = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
  assert.equal(decoder.decode(records, 0, records.count, out, bad), records.count)
  const batch = out.finish()
  return {
    rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)),
    bad: bad.map(({ index, code, reason }) => `${index} ${code} ${reason}`),
  }
}
