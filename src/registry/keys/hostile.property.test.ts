// Sealed records that somebody changed, cut or made up: fields and whole values, in every format, with keys of a topic, keys that
// expire and keys of persons. Never a throw; each record is a row or is named; and what is read of a sealed column is always
// something that was sealed with the key, never anything else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDecoder, type BadRecord } from '../../format/index.ts'
import { BatchBuilder, checkBatch, decodeRecords, encodeRecordBatch, rowAt, type Value } from '../../model/index.ts'
import { formatOf, rows, rule, world, write } from './testing-fields.ts'
import type { RuleSet } from '../index.ts'

const wholeOf = (ruleSet: RuleSet): RuleSet => ({
  encodingRules: ruleSet.domainRules!.map((one) => ({ ...one, type: 'ENCRYPT_PAYLOAD', tags: [] })),
})
const ruleSets = [
  ['fields', rule()],
  ['fields, keys that expire', rule({ 'encrypt.dek.expiry.days': '30' })],
  ['fields, keys of persons', rule({ 'millrace.dek.subject': 'p-{id}' })],
  ['fields, deterministic', rule({ 'encrypt.dek.algorithm': 'AES256_SIV' })],
  ['whole values', wholeOf(rule())],
  ['whole values, keys of persons', wholeOf(rule({ 'millrace.dek.subject': 'p-{id}' }))],
] as const

/** Every text and all bytes that were sealed. */
const sealedOnce = new Set<string>()
const collect = (value: Value): void => {
  if (typeof value === 'string') sealedOnce.add(value)
  else if (value instanceof Uint8Array) sealedOnce.add(Buffer.from(value).toString('latin1'))
  else if (Array.isArray(value)) (value as readonly Value[]).forEach(collect)
  else if (value instanceof Map) (value as ReadonlyMap<Value, Value>).forEach(collect)
}
rows.forEach(collect)

for (const [what, ruleSet] of ruleSets)
  for (const valueFormat of [
    'avro-confluent',
    'json-confluent',
    'protobuf-confluent',
    'debezium-avro-confluent',
  ] as const)
    test(`${what}, ${valueFormat}: changed bytes never throw, and never become another text`, async () => {
      const format = formatOf(valueFormat)
      const place = await world(format, ruleSet)
      const ids = place.ids('s')
      const own = rows
        .map((row) => row.map((value, i) => (valueFormat === 'json-confluent' && i === 2 ? null : value)))
        .filter((row) => valueFormat !== 'protobuf-confluent' || row[0] === 3n)
      const sealed = await write(place, ids, format, own)
      const decoder = createDecoder(format, [0, 1, 2], ids, { kernelAfter: 1 })
      const mutated = fc
        .record({
          of: fc.constantFrom(...sealed),
          edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
          cut: fc.option(fc.nat(), { freq: 3 }),
          extra: fc.uint8Array({ maxLength: 6 }),
        })
        .map(({ of, edits, cut, extra }) => {
          const bytes = Uint8Array.from([...of.slice(0, cut === null ? of.length : cut % of.length), ...extra])
          for (const [at, byte] of edits) if (bytes.length > 5) bytes[5 + (at % (bytes.length - 5))] = byte
          return bytes
        })
      const madeUp = fc.uint8Array({ maxLength: 80 }).map((body) => Uint8Array.from([0, 0, 0, 0, place.id, ...body]))
      const value = fc.oneof({ weight: 5, arbitrary: mutated }, { weight: 1, arbitrary: madeUp })
      fc.assert(
        fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
          const out = new BatchBuilder(decoder.schema)
          const bad: BadRecord[] = []
          const records = decodeRecords(
            encodeRecordBatch(values.map((one) => ({ key: null, value: one, timestampMs: 0 }))),
          )
          assert.equal(decoder.decode(records, 0, records.count, out, bad), records.count)
          for (const { index, bytePosition } of bad)
            assert.ok(bytePosition >= 0 && bytePosition <= values[index]!.length)
          const batch = out.finish()
          checkBatch(batch)
          assert.ok(batch.rowCount + bad.length >= values.length, 'each is a row or is named')
          for (let i = 0; i < batch.rowCount; i++)
            for (const one of rowAt(batch, i).slice(1)) {
              if (one === null) continue
              const text = one instanceof Uint8Array ? Buffer.from(one).toString('latin1') : (one as string)
              assert.ok(sealedOnce.has(text), JSON.stringify(text))
            }
        }),
        { numRuns: 60 },
      )
    })
