// What checks of encryption share: one kind of record in three formats, the official clients that seal and open it, and
// Millrace as one more of them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { installPeer, mustRun, pythonVenv } from '../../peers/index.ts'
import { createDecoder, createEncoder, descriptorOf, parseProto, type TopicFormat } from '../../src/format/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type SchemaIds,
  type Value,
} from '../../src/model/index.ts'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import type { RegistryNode } from './node.ts'

const rule = (name: string, params: object): object => ({
  kind: 'TRANSFORM',
  mode: 'WRITEREAD',
  params: { 'encrypt.kek.name': name, 'encrypt.kms.type': 'local-kms', 'encrypt.kms.key.id': 'key', ...params },
})

/** Seals the fields with the tag PII. @param name of the key that wraps the topic's keys */
export const encryptFields = (name: string, params: object = {}): object => ({
  domainRules: [{ name: 'encryptPII', type: 'ENCRYPT', tags: ['PII'], ...rule(name, params) }],
})

/** Seals whole values. */
export const encryptPayload = (name: string, params: object = {}): object => ({
  encodingRules: [{ name: 'encryptAll', type: 'ENCRYPT_PAYLOAD', ...rule(name, params) }],
})

/**
 * @param scalar of fields of the record @param inner of lists and of the record inside: npm's client seals neither right, and
 * Go's does not look into messages inside messages
 */
function protoText(scalar: string, inner: string): string {
  return `syntax = "proto3";
package shop;

${scalar === '' ? '' : 'import "confluent/meta.proto";\n'}
message Customer {
  int64 id = 1;
  string name = 2${scalar};
  optional string note = 3${scalar};
  bytes photo = 4${scalar};
  repeated string mails = 5${inner};
  Home home = 6;
  string card = 7;

  message Home {
    string street = 1${inner};
    string city = 2;
  }
}
`
}

const personal = ' [(confluent.field_meta).tags = "PII"]'
/** With tags where Python's client alone seals as Java's does. */
export const deepProto = protoText(personal, personal)

const pii = { 'confluent:tags': ['PII'] }
const string = { type: 'string' }
const kinds = {
  /** Tags of each kind: inside the text, on lists and in nested records, and in the metadata. */
  avro: {
    valueFormat: 'avro-confluent',
    schemaType: 'AVRO',
    card: 'shop.Customer.card',
    schema: JSON.stringify({
      type: 'record',
      name: 'Customer',
      namespace: 'shop',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'name', type: 'string', ...pii },
        { name: 'note', type: ['null', 'string'], default: null, ...pii },
        { name: 'photo', type: 'bytes', ...pii },
        { name: 'mails', type: { type: 'array', items: 'string' }, ...pii },
        {
          name: 'home',
          type: {
            type: 'record',
            name: 'Home',
            fields: [
              { name: 'street', type: 'string', ...pii },
              { name: 'city', type: 'string' },
            ],
          },
        },
        { name: 'card', type: 'string' },
      ],
    }),
  },
  json: {
    valueFormat: 'json-confluent',
    schemaType: 'JSON',
    card: '$.card',
    schema: JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Customer',
      type: 'object',
      required: ['id', 'name', 'mails', 'home', 'card'],
      properties: {
        id: { type: 'integer' },
        name: { ...string, ...pii },
        note: { oneOf: [{ type: 'null' }, string], ...pii },
        mails: { type: 'array', items: string, ...pii },
        home: { type: 'object', properties: { street: { ...string, ...pii }, city: string } },
        card: string,
      },
    }),
  },
  protobuf: {
    valueFormat: 'protobuf-confluent',
    schemaType: 'PROTOBUF',
    card: 'shop.Customer.card',
    schema: protoText(personal, ''),
  },
} as const
export type Kind = keyof typeof kinds
export const allKinds = Object.keys(kinds) as Kind[]

export const customers = [
  {
    id: 1,
    name: 'Ada Lovelace',
    note: null,
    photo: Buffer.from([0, 1, 2, 255]).toString('base64'),
    mails: ['ada@example.org', ''],
    home: { street: 'St James’s Square', city: 'London' },
    card: '4111 1111',
  },
  { id: 2, name: '', note: 'Zoë €', photo: '', mails: [], home: { street: 's', city: '' }, card: '0' },
]
type Customer = Omit<(typeof customers)[number], 'photo'> & { readonly photo?: string }

/** Those that a kind can carry: JSON has no bytes, and Go's client takes no empty bytes and lists of Protobuf's. */
export const valuesOf = (kind: Kind): Customer[] =>
  customers.map((customer) => {
    const { photo, ...rest } = customer
    if (kind === 'json') return rest
    const isFull = kind === 'avro' || photo !== ''
    return isFull ? customer : { ...rest, photo: 'AA==', mails: [''] }
  })

function formatOf(topic: string, kind: Kind): TopicFormat {
  const home = [
    { name: 'street', type: types.string(false) },
    { name: 'city', type: types.string(false) },
  ]
  const fields = [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string(false) },
    { name: 'note', type: types.string() },
    ...(kind !== 'json' ? [{ name: 'photo', type: types.bytes(false) }] : []),
    { name: 'mails', type: types.array(types.string(false), false) },
    { name: 'home', type: types.row(home, false) },
    { name: 'card', type: types.string(false) },
  ]
  const { valueFormat } = kinds[kind]
  return { topic, schema: { fields }, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

export const rowsOf = (kind: Kind): Value[][] =>
  valuesOf(kind).map(({ id, name, note, photo, mails, home, card }) => [
    BigInt(id),
    name,
    note,
    ...(photo === undefined ? [] : [new Uint8Array(Buffer.from(photo, 'base64'))]),
    mails,
    [home.street, home.city],
    card,
  ])

export type Client = (
  verb: 'write' | 'read',
  kind: Kind,
  topics: readonly string[],
  secret?: string,
) => Promise<unknown[][]>
export type Clients = Readonly<Record<'python' | 'node' | 'go', Client>>

/** Who write each topic: Python, Node, Go, and we. */
export const writers = 4
export const byAll = <Item>(items: readonly Item[]): Item[] => Array.from({ length: writers }, () => items).flat()

export async function makeClients(node: () => RegistryNode): Promise<Clients> {
  const { python } = await pythonVenv('confluent-kafka')
  const home = await installPeer('schemaregistry-js')
  const go = join(await installPeer('schemaregistry-go'), 'client')
  const here = (name: string): string => join(import.meta.dirname, name)
  const descriptor = Buffer.from(descriptorOf(parseProto(protoText('', ''), []), 'customer.proto')).toString('base64')
  const client = (
    command: string,
    before: readonly string[],
    { env = {}, verbs = { write: 'write', read: 'read' } },
  ): Client => {
    return async (verb, kind, topics, localSecret) => {
      const values = valuesOf(kind)
      const { bootstrap, url } = node()
      const args = [...before, verbs[verb], bootstrap, url, kind, String(values.length * writers), ...topics]
      const input = verb === 'write' ? values.map((value) => `${JSON.stringify(value)}\n`).join('') : ''
      const all = { ...env, LOCAL_SECRET: localSecret, MESSAGE_DESCRIPTOR: descriptor }
      const lines = (await mustRun(command, args, { input, env: all, timeoutMs: 90_000 })).trim().split('\n')
      if (verb === 'write') return []
      const read = lines.map((line) => JSON.parse(line) as object[])
      return kind === 'protobuf' ? read.map((topic) => topic.map(fromProtoJson)) : read
    }
  }
  return {
    python: client(python, [here('encryption.py')], {}),
    node: client(process.execPath, [here('encryption.mjs')], { env: { SCHEMAREGISTRY_HOME: home } }),
    go: client(go, [], { verbs: { write: 'seal', read: 'open' } }),
  }
}

/** Protobuf's JSON has 64-bit integers as text, and leaves out what is absent. */
const fromProtoJson = (value: object): object =>
  'id' in value ? { note: null, ...value, id: Number(value.id) } : value

export async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

/** A topic and its subject, without keys: the first writer makes them. */
export async function makeTopic(
  { log, url }: RegistryNode,
  { topic, kind, schema = kinds[kind].schema }: { topic: string; kind: Kind; schema?: string },
  ruleSet: object,
): Promise<void> {
  assert.equal((await log.createTopic({ name: topic, partitionCount: 1, configs: {} })).ok, true)
  const { schemaType, card } = kinds[kind]
  const metadata = { tags: { [card]: ['PII'] } }
  await post(`${url}/subjects/${topic}-value/versions`, { schemaType, schema, metadata, ruleSet })
}

export const keysOf = ({ reader }: RegistryNode, localSecret?: string, ahead = 0): SchemaIds =>
  schemaIdsFromLog(reader, { localSecret, nowMs: () => Date.now() + ahead })

/** Millrace as a writer. @returns how many keys it made */
export async function writeOurs(node: RegistryNode, topic: string, kind: Kind, schemaIds: SchemaIds): Promise<number> {
  const format = formatOf(topic, kind)
  const { id } = schemaIds.latest(`${topic}-value`)!
  const records: RecordInput[] = []
  const encoder = createEncoder(format, { schemaId: id, schemaIds })
  const rows = rowsOf(kind)
  encoder.encode(batchFromRows(format.schema, rows), 0, rows.length, (_row, key, value) =>
    records.push({ key, value: value!.slice(), timestampMs: 0 }),
  )
  const keys = encoder.takeKeyRecords()
  for (const { topic: to, key, value } of keys) {
    const batch = encodeRecordBatch([{ key, value, timestampMs: Date.now() }])
    assert.equal((await node.log.append(to, 0, batch)).ok, true)
  }
  assert.equal((await node.log.append(topic, 0, encodeRecordBatch(records))).ok, true)
  return keys.length
}

/** Every batch of a topic. */
export function batchesOf({ reader }: RegistryNode, topic: string): Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let next = 0; next < reader.endOffset(topic, 0);) {
    const bytes = reader.read(topic, 0, next, 1).slice()
    batches.push(bytes)
    const { header } = decodeRecords(bytes)
    next = header.baseOffset + header.lastOffsetDelta + 1
  }
  return batches
}

export type Read = { rows: Value[][]; bad: string[] }

export function readOurs(node: RegistryNode, topic: string, kind: Kind, schemaIds: SchemaIds): Read {
  const format = formatOf(topic, kind)
  const columns = format.schema.fields.map((_, i) => i)
  const decoder = createDecoder(format, columns, schemaIds)
  const out = new BatchBuilder(decoder.schema)
  const bad: string[] = []
  for (const batch of batchesOf(node, topic)) {
    const records = decodeRecords(batch)
    const found: Parameters<typeof decoder.decode>[4] = []
    assert.equal(decoder.decode(records, 0, records.count, out, found), records.count)
    bad.push(...found.map(({ code, reason }) => `${code} ${reason}`))
  }
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}
