// Field encryption with Confluent's clients, unchanged: each of them and we write, each and we read, with the keys that
// whoever came first made in our DEK registry; a key that was deleted for good makes its data unreadable for all of them.
// needs: confluent-kafka, schemaregistry-js
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installPeer, mustRun, pythonVenv } from '../../peers/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type TopicFormat,
} from '../../src/format/index.ts'
import {
  batchFromRows,
  BatchBuilder,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type SchemaIds,
  type Value,
} from '../../src/model/index.ts'
import { schemaIdsFromLog, type RuleSet } from '../../src/registry/index.ts'
import { runsAll, temporaryFolder } from '../harness.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const secret = 'a secret of the tests'
const formats = { avro: 'avro-confluent', json: 'json-confluent' } as const
type Format = keyof typeof formats
/** Reads or writes lines: JSON of rows on one side, base64 of values on the other. */
type Side = (verb: 'write' | 'read', topic: string, format: Format, lines: readonly string[]) => Promise<string[]>

const algorithms = ['AES128_GCM', 'AES256_GCM', 'AES256_SIV'] as const

const rules = (algorithm: string, days: number, tags: readonly string[] = ['PII']): RuleSet => ({
  domainRules: [
    {
      name: 'encryptPII',
      kind: 'TRANSFORM',
      mode: 'WRITEREAD',
      type: 'ENCRYPT',
      tags,
      params: {
        'encrypt.kek.name': 'pii',
        'encrypt.kms.type': 'local-kms',
        'encrypt.kms.key.id': 'our-key',
        'encrypt.dek.algorithm': algorithm,
        ...(days > 0 ? { 'encrypt.dek.expiry.days': String(days) } : {}),
      },
      onFailure: 'ERROR,ERROR',
      disabled: false,
    },
  ],
})

const formatOf = (topic: string, format: Format): TopicFormat => ({
  topic,
  schema: {
    fields: [
      { name: 'id', type: types.int(false) },
      { name: 'name', type: types.string(false) },
      ...(format === 'avro' ? [{ name: 'photo', type: types.bytes(false) }] : []),
      { name: 'city', type: types.string(false) },
    ],
  },
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: formats[format],
  primaryKey: null,
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const lineOf = (row: Record<string, unknown>): string =>
  JSON.stringify(row, (_name, value: unknown) => (value instanceof Uint8Array ? { base64: base64(value) } : value))

/** What we do with the same lines, as an encoder and a decoder of a pipeline do. */
function ours(node: RegistryNode, ids: SchemaIds): Side {
  return async (verb, topic, format, lines) => {
    const own = formatOf(topic, format)
    const names = own.schema.fields.map(({ name }) => name)
    if (verb === 'read') return readOurs(own, ids, lines)
    const rows = lines.map((line): Value[] => {
      const row = JSON.parse(line) as Record<string, Value & { base64?: string }>
      return names.map((name) =>
        name === 'photo' ? new Uint8Array(Buffer.from(row[name]!.base64!, 'base64')) : row[name]!,
      )
    })
    const { id } = node.registry.schemaIds.latest(`${topic}-value`)!
    const out: string[] = []
    const encoder = createEncoder(own, { schemaId: id, schemaIds: ids })
    encoder.encode(batchFromRows(own.schema, rows), 0, rows.length, (_row, _key, value) => out.push(base64(value!)))
    for (const { topic: to, key, value } of encoder.takeKeyRecords()) {
      const batch = encodeRecordBatch([{ key, value, timestampMs: Date.now() }])
      assert.equal((await node.log.append(to, 0, batch)).ok, true)
    }
    return out
  }
}

function readOurs(own: TopicFormat, ids: SchemaIds, lines: readonly string[]): string[] {
  const decoder = createDecoder(
    own,
    own.schema.fields.map((_, i) => i),
    ids,
  )
  const values = lines.map((line) => ({ key: null, value: Buffer.from(line, 'base64'), timestampMs: 0 }))
  const records = decodeRecords(encodeRecordBatch(values))
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  decoder.decode(records, 0, records.count, out, bad)
  const batch = out.finish()
  const read = new Map<number, string>(bad.map(({ index, code }) => [index, JSON.stringify({ error: code })]))
  for (let row = 0; row < batch.rowCount; row++) {
    const values = rowAt(batch, row)
    const entries = own.schema.fields.map(({ name }, i) => [name, values[i]] as const)
    read.set(decoder.rowRecord[row]!, lineOf(Object.fromEntries(entries)))
  }
  return lines.map((_, i) => read.get(i)!)
}

const people = [
  { id: 1, name: 'Ada', photo: new Uint8Array([0, 1, 255]), city: 'Town' },
  { id: 2, name: 'Zoë €', photo: new Uint8Array(0), city: '' },
]
const linesOf = (format: Format): string[] =>
  people.map(({ photo, ...person }) => lineOf(format === 'avro' ? { ...person, photo } : person))

describe('field encryption with official clients', () => {
  let node: RegistryNode
  const sides = new Map<string, Side>()
  before(async () => {
    node = await startRegistryNode(temporaryFolder(), secret)
    const here = (name: string): string => join(import.meta.dirname, name)
    const { python } = await pythonVenv('confluent-kafka')
    const home = await installPeer('schemaregistry-js')
    const program =
      (command: string, script: string, env: Record<string, string>): Side =>
      async (verb, topic, format, lines) => {
        const args = [here(script), verb, node.url, format, topic]
        const input = lines.map((line) => `${line}\n`).join('')
        const out = await mustRun(command, args, { input, env: { ...env, LOCAL_SECRET: secret }, timeoutMs: 60_000 })
        return out.trim().split('\n')
      }
    sides.set('python', program(python, 'encryption.py', {}))
    sides.set('node', program(process.execPath, 'encryption.mjs', { SCHEMAREGISTRY_HOME: home }))
    sides.set('millrace', ours(node, schemaIdsFromLog(node.reader, { localSecret: secret, nowMs: () => Date.now() })))
  })
  after(() => node?.stop())

  /** Registers without making keys, so that the first writer does, whoever it is. */
  async function register(topic: string, format: Format, ruleSet: RuleSet): Promise<void> {
    const { subject, type, text } = schemaTextFor(formatOf(topic, format))!
    await node.registry.submit(subject, {
      type,
      text,
      references: [],
      metadata: { tags: { '**.name': ['PII'], '**.photo': ['PII'] } },
      ruleSet,
    })
  }
  const parsed = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line) as unknown)

  const cases = (['avro', 'json'] as const).flatMap((format) =>
    algorithms.flatMap((algorithm) => [0, 30].map((days) => ({ format, algorithm, days }))),
  )
  // Each case starts a dozen programs.
  const some = runsAll ? cases : cases.filter((_, i) => [1, 4, 8].includes(i))
  for (const { format, algorithm, days } of some)
    test(`${format}, ${algorithm}${days > 0 ? `, keys for ${days} days` : ''}: what one seals the others open`, async () => {
      const lines = linesOf(format)
      for (const [first, write] of sides) {
        const topic = `${first}-${format}-${algorithm}-${days}`
        await register(topic, format, rules(algorithm, days))
        if (first === 'millrace') {
          // As at the start of a folder: keys of the subject are made when its schema is registered.
          const { subject, type, text } = schemaTextFor(formatOf(topic, format))!
          await node.registry.register(subject, type, text)
        }
        const written = await write('write', topic, format, lines)
        assert.equal(
          written.some((line) => Buffer.from(line, 'base64').includes('Ada')),
          false,
        )
        for (const [reader, read] of sides)
          assert.deepEqual(parsed(await read('read', topic, format, written)), parsed(lines), `${first} → ${reader}`)
        // The others write with the key that the first one made.
        for (const [second, writeToo] of sides)
          if (second !== first) {
            const more = await writeToo('write', topic, format, lines)
            assert.deepEqual(parsed(await write('read', topic, format, more)), parsed(lines), `${second} → ${first}`)
          }
      }
      assert.deepEqual(node.faults, [])
    })

  test('a key that was deleted for good leaves nothing to read, for any of them', async () => {
    await register('lost', 'avro', rules('AES256_GCM', 0))
    const written = await sides.get('python')!('write', 'lost', 'avro', linesOf('avro'))
    for (const query of ['', '?permanent=true']) {
      const path = `${node.url}/dek-registry/v1/keks/pii/deks/lost-value${query}`
      assert.equal((await fetch(path, { method: 'DELETE' })).status, 204)
    }
    for (const [reader, read] of sides)
      for (const seen of parsed(await read('read', 'lost', 'avro', written)))
        assert.deepEqual(Object.keys(seen as object), ['error'], reader)
  })
})
