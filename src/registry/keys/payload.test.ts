// Whole values sealed and opened by ENCRYPT_PAYLOAD rules: every format, frames before values and in headers, missing keys, keys
// by person and their erasure, rules that cannot be run.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from '../../format/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  changeKind,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type SchemaIds,
  type TopicReader,
  type Value,
} from '../../model/index.ts'
import { sampleTopic, type RuleSet } from '../index.ts'
import { formatOf, metadata, read, rows, rule, world, write, type World } from './testing-fields.ts'

const payloadRule = (params: Record<string, string> = {}, more: object = {}): RuleSet => ({
  encodingRules: [{ ...rule(params).domainRules![0]!, name: 'all', type: 'ENCRYPT_PAYLOAD', tags: [], ...more }],
})
const formats = ['avro-confluent', 'json-confluent', 'protobuf-confluent', 'debezium-avro-confluent'] as const

/** What a format can carry: JSON has no bytes, Protobuf no NULL in a list. */
function rowsFor(valueFormat: (typeof formats)[number]): Value[][] {
  if (valueFormat === 'protobuf-confluent') return rows.slice(2)
  return rows.map((row) => row.map((value, i) => (valueFormat === 'json-confluent' && i === 2 ? null : value)))
}

function readRecords(
  format: TopicFormat,
  ids: SchemaIds,
  list: readonly RecordInput[],
): { rows: Value[][]; bad: BadRecord[] } {
  const decoder = createDecoder(
    format,
    format.schema.fields.map((_, i) => i),
    ids,
  )
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  const records = decodeRecords(encodeRecordBatch(list))
  assert.equal(decoder.decode(records, 0, records.count, out, bad), records.count)
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

/** Rows of a table that is not the schema's, sealed as if they were. */
async function sealWith({ id, ids, append }: World, format: TopicFormat): Promise<Uint8Array[]> {
  const encoder = createEncoder(format, { schemaId: id, schemaIds: ids('s') })
  const out: Uint8Array[] = []
  encoder.encode(batchFromRows(format.schema, [[1n]]), 0, 1, (_row, _key, value) => out.push(value!.slice()))
  for (const { key, value } of encoder.takeKeyRecords()) await append(key, value)
  return out
}

describe('an ENCRYPT_PAYLOAD rule', () => {
  for (const valueFormat of formats)
    for (const algorithm of ['AES128_GCM', 'AES256_GCM', 'AES256_SIV'])
      for (const days of ['0', '30'])
        test(`${valueFormat}, ${algorithm}, expiry ${days}: the whole value is sealed, and read again`, async () => {
          const format = formatOf(valueFormat)
          const values = rowsFor(valueFormat)
          const place = await world(
            format,
            payloadRule({ 'encrypt.dek.algorithm': algorithm, 'encrypt.dek.expiry.days': days }),
          )
          const written = await write(place, place.ids('s'), format, values)
          const all = Buffer.concat(written)
          for (const clear of ['Ada Lovelace', 'Long Lane', 'Town', 'Zoë'])
            assert.equal(all.includes(clear), false, clear)
          // Behind the frame; of Protobuf also behind the message indexes, as clients have it.
          const head = valueFormat === 'protobuf-confluent' ? 6 : 5
          for (const value of written)
            assert.deepEqual([...value.subarray(0, head)], [0, 0, 0, 0, place.id, 0].slice(0, head))
          // Often enough for kernels to be compiled, which must not see what is sealed.
          const often = Array.from({ length: 4 }, () => written).flat()
          assert.deepEqual(read(place.ids('s'), format, often), {
            rows: Array.from({ length: 4 }, () => values).flat(),
            bad: [],
          })
          assert.deepEqual(
            read(place.ids('s'), format, written, [4, 0]).rows,
            values.map((row) => [row[4], row[0]]),
          )
        })

  test('who has no key, another secret or none reads nothing: what is sealed is never taken for a value', async () => {
    // A schema of one field of bytes that any bytes could be.
    const format: TopicFormat = { ...formatOf(), schema: { fields: [{ name: 'b', type: types.bigint(false) }] } }
    for (const onFailure of [undefined, 'ERROR', 'DLQ', 'NONE', 'ERROR,NONE']) {
      const place = await world(format, payloadRule({}, { onFailure }))
      const values = Array.from({ length: 300 }, (_, i) => [BigInt(i)])
      const written = await write(place, place.ids('s'), format, values)
      for (const secret of ['tables', undefined, 'another'] as const) {
        const { rows: seen, bad } = read(place.ids(secret), format, written, [0])
        assert.deepEqual(seen, [], String(onFailure))
        assert.equal(bad.length, 300)
        for (const one of bad) assert.match(one, /^\d+ MR-FORMAT-012 its value \(rule all\): .*(secret|no keys)/)
      }
    }
  })

  test('what cannot be sealed is not written, whatever onFailure says', async () => {
    const format = formatOf()
    for (const onFailure of [undefined, 'NONE', 'NONE,NONE']) {
      const place = await world(format, payloadRule({}, { onFailure }))
      await assert.rejects(write(place, place.ids(undefined), format), {
        code: 'MR-FORMAT-013',
        message: /whole value/,
      })
    }
  })

  test('with a guid in a header the whole value is sealed; Protobuf’s indexes may stand in the header too', async () => {
    for (const valueFormat of ['avro-confluent', 'json-confluent'] as const) {
      const format = formatOf(valueFormat)
      const place = await world(format, payloadRule())
      const ids = place.ids('s')
      const { guid } = place.registry.state().latest('t-value')!
      const values = rowsFor(valueFormat)
      const encoder = createEncoder(format, { schemaId: place.id, schemaIds: ids, guid })
      const records: RecordInput[] = []
      encoder.encode(batchFromRows(format.schema, values), 0, values.length, (_row, key, value) =>
        records.push({ key, value: value!.slice(), timestampMs: 0, headers: encoder.headers }),
      )
      for (const { key, value } of encoder.takeKeyRecords()) await place.append(key, value)
      assert.deepEqual(readRecords(format, place.ids('s'), records), { rows: values, bad: [] })
    }
    const format = formatOf('protobuf-confluent')
    const place = await world(format, payloadRule())
    const values = rowsFor('protobuf-confluent')
    const { guid } = place.registry.state().latest('t-value')!
    const digits = Buffer.from(guid.replaceAll('-', ''), 'hex')
    const header = { key: '__value_schema_id', value: Uint8Array.from([1, ...digits, 0]) }
    const written = await write(place, place.ids('s'), format, values)
    const records = written.map((value) => ({ key: null, value: value.subarray(6), timestampMs: 0, headers: [header] }))
    assert.deepEqual(readRecords(format, place.ids('s'), records), { rows: values, bad: [] })
  })

  test('damage is that of its record alone, and is told where it lies', async () => {
    const format = formatOf()
    const place = await world(format, payloadRule())
    const written = await write(place, place.ids('s'), format)
    const changed = written[1]!.slice()
    changed[changed.length - 1]! ^= 1
    const short = written[1]!.subarray(0, 9)
    const inClear = (await write(place, place.ids('tables'), format))[0]!
    const { rows: seen, bad } = read(place.ids('s'), format, [written[0]!, changed, short, inClear, written[2]!])
    assert.deepEqual(seen, [rows[0], rows[2]])
    assert.deepEqual(
      bad,
      [1, 2, 3].map((i) => `${i} MR-FORMAT-012 its value (rule all): it was sealed with another key, or is damaged`),
    )
    // What lies in it is told by its place in what was opened: here a text that ends early.
    const narrow = { ...format, schema: { fields: [format.schema.fields[0]!] } }
    const cut = await world(format, payloadRule())
    const [sealed] = await sealWith(cut, narrow)
    assert.match(read(cut.ids('s'), format, [sealed!]).bad[0]!, /^0 MR-FORMAT-006 in the opened value, at byte 1: /)
  })

  for (const valueFormat of formats)
    test(`${valueFormat}: records of a plain schema and of a sealing one, mixed, past where kernels take over`, async () => {
      const format = formatOf(valueFormat)
      const values = rowsFor(valueFormat)
      const place = await world(format, payloadRule())
      const ids = place.ids('s')
      const sealed = await write(place, ids, format, values)
      const { type, text } = schemaTextFor(format)!
      // The same text without rules, under another id.
      const { id } = await place.registry.register('plain', type, text)
      assert.notEqual(id, place.id)
      const plain = await write({ ...place, id }, place.ids('s'), format, values)
      const mixed = [...plain, ...plain, ...plain, ...sealed, ...plain, ...sealed, ...sealed, ...plain, ...plain]
      const all = Array.from({ length: 9 }, () => values).flat()
      assert.deepEqual(read(place.ids('s'), format, mixed), { rows: all, bad: [] })
      const without = read(place.ids('tables'), format, mixed)
      assert.equal(without.rows.length, 6 * values.length)
      assert.equal(without.bad.length, 3 * values.length)
    })

  test('a sample for a plan leaves out what is sealed: it says nothing of whether a new schema reads it', async () => {
    const format = formatOf()
    const place = await world(format, payloadRule())
    const sealed = await write(place, place.ids('s'), format)
    const plain = sealed.map((value) => Uint8Array.from([0, 0, 0, 0, 77, ...value.subarray(5)]))
    const bytes = encodeRecordBatch([...sealed, ...plain].map((value) => ({ key: null, value, timestampMs: 0 })))
    const reader: TopicReader = {
      partitionCount: () => 1,
      startOffset: () => 0,
      endOffset: () => 6,
      read: () => bytes,
    }
    const { sample } = sampleTopic({ reader, topic: 't', schemaIds: place.ids('tables'), recordsMax: 100 })
    assert.deepEqual([...new Set(sample.map(({ schemaId }) => schemaId))], [77])
  })

  test('each record is looked at a few times, however many there are', () => {
    for (const valueFormat of formats) {
      const format = formatOf(valueFormat)
      let asked = 0
      const ids: SchemaIds = { byId: () => (asked++, undefined), latest: () => undefined }
      const value = Uint8Array.from([0, 0, 0, 0, 9, 0, 1, 2, 3])
      const list = Array.from({ length: 1000 }, () => ({ key: null, value, timestampMs: 0 }))
      const { bad } = readRecords(format, ids, list)
      assert.equal(bad.length, 1000)
      assert.ok(asked <= 4000, `${valueFormat}: ${asked}`)
    }
  })

  test('one way only, both kinds of rule at once, and a rule that is for gateways', async () => {
    const format = formatOf()
    const writeOnly = await world(format, payloadRule({}, { mode: 'WRITE' }))
    const sealed = await write(writeOnly, writeOnly.ids('s'), format)
    assert.equal(Buffer.concat(sealed).includes('Town'), false)
    assert.notDeepEqual(read(writeOnly.ids('s'), format, sealed).rows, rows)
    const both = await world(format, { ...rule(), ...payloadRule() }, 's', metadata)
    assert.deepEqual(read(both.ids('s'), format, await write(both, both.ids('s'), format)), { rows, bad: [] })
    for (const [enableAt, isSealed] of [
      ['CLIENT', true],
      ['ALL', true],
      ['GATEWAY', false],
    ] as const) {
      const place = await world(format, { ...rule(), ...payloadRule(), enableAt }, 's', metadata)
      const written = await write(place, place.ids('s'), format)
      assert.equal(Buffer.concat(written).includes('Long Lane'), !isSealed, enableAt)
      assert.deepEqual(read(place.ids('s'), format, written), { rows, bad: [] })
    }
  })

  test('several run in order, and the other way round when reading', async () => {
    const format = formatOf()
    const [one] = payloadRule().encodingRules!
    const second = { ...one!, name: 'again', params: { ...one!.params, 'encrypt.dek.algorithm': 'AES256_SIV' } }
    const place = await world(format, { encodingRules: [one!, second] })
    assert.deepEqual(read(place.ids('s'), format, await write(place, place.ids('s'), format)), { rows, bad: [] })
  })

  for (const [what, ruleSet, reason] of [
    ['an encoding rule of another type', payloadRule({}, { type: 'ZIP', name: 'zip' }), /zip of type ZIP is not run/],
    ['an ENCRYPT rule among encoding rules', payloadRule({}, { type: 'ENCRYPT' }), /of type ENCRYPT is not run/],
    ['an algorithm that is not known', payloadRule({ 'encrypt.dek.algorithm': 'ROT13' }), /ROT13 is not known/],
    [
      'a person’s column that is not there',
      payloadRule({ 'millrace.dek.subject': 'p-{nobody}' }),
      /column nobody, which is not there/,
    ],
    [
      'ENCRYPT_PAYLOAD among domain rules',
      { domainRules: payloadRule().encodingRules! },
      /belongs under encodingRules/,
    ],
  ] as const)
    test(`${what} is refused by name`, async () => {
      const format = formatOf()
      const place = await world(format, ruleSet)
      await assert.rejects(write(place, place.ids('s'), format), { code: 'MR-FORMAT-013', message: reason })
    })

  test('deletes in an upsert topic stay deletes', async () => {
    const format: TopicFormat = { ...formatOf(), primaryKey: [0] }
    const place = await world(format, payloadRule())
    const ids = place.ids('s')
    const values: (Uint8Array | null)[] = []
    const batch = batchFromRows(format.schema, [rows[0]!, rows[0]!])
    const kinds = Uint8Array.of(changeKind.insert, changeKind.delete)
    createEncoder(format, { schemaId: place.id, schemaIds: ids }).encode(
      { ...batch, kinds },
      0,
      2,
      (_row, _key, value) => values.push(value && value.slice()),
    )
    assert.equal(values[1], null)
    assert.equal(Buffer.from(values[0]!).includes('Town'), false)
  })
})

describe('whole values with keys by person', () => {
  test('losing a key makes that person’s records unreadable, in threads that run too', async () => {
    const format = formatOf()
    const place = await world(format, payloadRule({ 'millrace.dek.subject': 'person-{id}' }))
    const ids = place.ids('s')
    const written = await write(place, ids, format)
    const running = place.ids('s')
    assert.deepEqual(read(running, format, written), { rows, bad: [] })
    const person = { kekName: 'pii', subject: 'person-1', algorithm: 'AES256_GCM' } as const
    for (const permanent of [false, true]) await place.registry.keys!.deleteDeks(person, permanent)
    for (const view of [running, place.ids('s')]) {
      const { rows: seen, bad } = read(view, format, written)
      assert.deepEqual(seen, rows.slice(1))
      assert.deepEqual(bad, ['0 MR-FORMAT-012 its value (rule all): its key is not there (any more)'])
    }
    // A new row of the person has a new key.
    const again = await write(place, ids, format, rows.slice(0, 1))
    assert.deepEqual(read(running, format, again), { rows: rows.slice(0, 1), bad: [] })
  })
})
