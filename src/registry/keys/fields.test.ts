// Fields encrypted and decrypted by the rule set of a subject: every format, nested fields, nulls, missing keys, keys by
// person and their erasure, keys that are renewed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from '../../format/index.ts'
import {
  batchFromRows,
  BatchBuilder,
  changeKind,
  decodeRecords,
  encodeRecordBatch,
  types,
  type Value,
} from '../../model/index.ts'
import type { Metadata } from '../index.ts'
import { dekRecord } from './key-records.ts'
import { formatOf, metadata, read, rows, rule, world, write, type World } from './testing-fields.ts'

describe('an ENCRYPT rule', () => {
  for (const valueFormat of [
    'avro-confluent',
    'json-confluent',
    'protobuf-confluent',
    'debezium-avro-confluent',
  ] as const)
    for (const algorithm of ['AES128_GCM', 'AES256_GCM', 'AES256_SIV'])
      test(`${valueFormat}, ${algorithm}: what is written is sealed, and read again`, async () => {
        const format = formatOf(valueFormat)
        // JSON has no bytes, and Protobuf no NULL in a list.
        const own = rows.map((row) =>
          row.map((value, i) => (valueFormat === 'json-confluent' && i === 2 ? null : value)),
        )
        const values = valueFormat === 'protobuf-confluent' ? own.slice(2) : own
        const place = await world(format, rule({ 'encrypt.dek.algorithm': algorithm }))
        const written = await write(place, place.ids('s'), format, values)
        const all = Buffer.concat(written)
        // Each with a letter that base64 has not.
        for (const secret of ['Ada Lovelace', 'a@x', 'Long Lane', 'Zoë'])
          assert.equal(all.includes(secret), false, secret)
        if (valueFormat !== 'protobuf-confluent') assert.equal(all.includes('Town'), true)
        // Twice, so that readers have met the schema before; and some of the columns, in another order.
        const twice = [...written, ...written]
        assert.deepEqual(read(place.ids('s'), format, twice), { rows: [...values, ...values], bad: [] })
        assert.deepEqual(
          read(place.ids('s'), format, written, [4, 0]).rows,
          values.map((row) => [row[4], row[0]]),
        )
      })

  test('without keys at all the fields stay sealed, as in lake tables', async () => {
    const format = formatOf()
    const place = await world(format, rule())
    const written = await write(place, place.ids('s'), format)
    const { rows: seen, bad } = read(place.ids('tables'), format, written)
    assert.deepEqual(bad, [])
    assert.match(String(seen[0]![1]), /^[A-Za-z0-9+/]+=*$/)
    assert.deepEqual(seen[1], rows[1])
  })

  test('without the secret, or with another one, records fail or stay sealed as onFailure says', async () => {
    const format = formatOf()
    for (const [onFailure, fails] of [
      [undefined, true],
      ['ERROR', true],
      ['DLQ', true],
      ['NONE', false],
      ['ERROR,NONE', false],
      ['NONE,ERROR', true],
    ] as const) {
      const place = await world(format, rule({}, { onFailure }))
      const written = await write(place, place.ids('s'), format, rows.slice(0, 1))
      for (const secret of [undefined, 'another']) {
        const { rows: seen, bad } = read(place.ids(secret), format, written)
        assert.equal(bad.length, fails ? 1 : 0, String(onFailure))
        if (fails) assert.match(bad[0]!, /^0 MR-FORMAT-012 .*secret/)
        else assert.match(String(seen[0]![1]), /^[A-Za-z0-9+/]+=*$/)
      }
    }
  })

  test('what cannot be sealed is not written in clear', async () => {
    const format = formatOf()
    const place = await world(format, rule())
    await assert.rejects(write(place, place.ids(undefined), format), { code: 'MR-FORMAT-013' })
    assert.equal((await write(place, place.ids('s'), format)).length, 3)
  })

  test('a value that was not sealed, or was changed, fails its record alone', async () => {
    const format = formatOf()
    const place = await world(format, rule())
    const ids = place.ids('s')
    const sealed = await write(place, ids, format)
    const clear: Uint8Array[] = []
    const encoder = createEncoder(format, { schemaId: place.id })
    encoder.encode(batchFromRows(format.schema, rows), 0, 1, (_row, _key, value) => clear.push(value!.slice()))
    const { rows: seen, bad } = read(ids, format, [sealed[0]!, clear[0]!, sealed[2]!])
    assert.deepEqual(seen, [rows[0], rows[2]])
    assert.equal(bad.length, 1)
    assert.match(bad[0]!, /^1 MR-FORMAT-012 /)
  })

  test('one way only: WRITE seals, READ opens', async () => {
    const format = formatOf()
    const place = await world(format, rule({}, { mode: 'WRITE' }))
    const written = await write(place, place.ids('s'), format)
    assert.notDeepEqual(read(place.ids('s'), format, written).rows, rows)
    const other = await world(format, rule({}, { mode: 'READ', onFailure: 'NONE' }))
    assert.deepEqual(read(other.ids('tables'), format, await write(other, other.ids('s'), format)).rows, rows)
  })
})

const tagged = (...paths: string[]): Metadata => ({ tags: Object.fromEntries(paths.map((path) => [path, ['PII']])) })
const encoderFor = async (format: TopicFormat, tags: Metadata, ruleSet = rule()): Promise<unknown> => {
  const place = await world(format, ruleSet, 's', tags)
  return createEncoder(format, { schemaId: place.id, schemaIds: place.ids('s') })
}

describe('what would be written in clear is refused', () => {
  for (const valueFormat of [
    'avro-confluent',
    'json-confluent',
    'protobuf-confluent',
    'debezium-avro-confluent',
  ] as const)
    test(`${valueFormat}: a tagged number, unless the rule says NONE`, async () => {
      const format = { ...formatOf(valueFormat), keyColumns: [1] }
      const refusal = { code: 'MR-FORMAT-013', message: /id.*only text and bytes/ }
      await assert.rejects(encoderFor(format, tagged('**.id')), refusal)
      await assert.rejects(encoderFor(format, tagged('**.id'), rule({}, { tags: [] })), refusal)
      await encoderFor(format, tagged('**.id'), rule({}, { onFailure: 'NONE,ERROR' }))
    })

  test('a tagged column of the key', async () => {
    const format = { ...formatOf(), keyColumns: [1] }
    await assert.rejects(encoderFor(format, tagged('**.name')), {
      code: 'MR-FORMAT-013',
      message: /name.*record’s key/,
    })
  })

  test('a rule in small letters is the same rule', async () => {
    const format = formatOf()
    const place = await world(format, rule({}, { type: 'encrypt' }))
    const written = await write(place, place.ids('s'), format)
    assert.equal(Buffer.concat(written).includes('Ada Lovelace'), false)
    assert.deepEqual(read(place.ids('s'), format, written).rows, rows)
  })

  for (const [params, reason] of [
    [{ 'encrypt.dek.algorithm': 'AES256' }, /AES256 is not known/],
    [{ 'encrypt.dek.expiry.days': 'soon' }, /no number of days/],
    [{ 'encrypt.kek.name': '' }, /names no key/],
  ] as const)
    test(`${JSON.stringify(params)}: neither sealed nor opened`, async () => {
      const format = formatOf()
      const place = await world(format, rule(params))
      await assert.rejects(write(place, place.ids('s'), format), reason)
      const { bad } = read(place.ids('s'), format, await write(place, place.ids('tables'), format, rows.slice(0, 1)))
      assert.match(bad[0]!, /^0 MR-FORMAT-012 /)
    })

  test('a KEK of the name that is another key than the rule’s', async () => {
    const format = formatOf()
    const place = await world(format, rule())
    const other = await place.registry.register('t-value', 'AVRO', schemaTextFor(format)!.text, {
      metadata,
      ruleSet: rule({ 'encrypt.kms.key.id': 'another' }),
    })
    await assert.rejects(write({ ...place, id: other.id }, place.ids('s'), format), /not what its rule says/)
  })
})

test('two rules for the same tags are one, two for different tags are both', async () => {
  const format = formatOf()
  const [first] = rule().domainRules!
  const second = { ...first!, name: 'again', params: { ...first!.params, 'encrypt.kek.name': 'other' } }
  const place = await world(format, { domainRules: [first!, second] })
  const written = await write(place, place.ids('s'), format)
  assert.deepEqual(place.registry.keys!.state().kekNames(false), ['pii'], 'no key of a rule that never runs')
  assert.deepEqual(read(place.ids('s'), format, written).rows, rows)
  assert.equal(read(place.ids('tables'), format, written).rows[0]![1]!.toString().length, 56)
  const both: Metadata = { tags: { '**.name': ['PII', 'NAME'] } }
  const twice = await world(format, { domainRules: [first!, { ...second, tags: ['NAME'] }] }, 's', both)
  const sealed = await write(twice, twice.ids('s'), format)
  assert.deepEqual(read(twice.ids('s'), format, sealed).rows, rows)
  assert.equal(read(twice.ids('tables'), format, sealed).rows[0]![1]!.toString().length, 112)
})

test('a column of a width takes what is sealed, which is longer, and its text again', async () => {
  const narrow = [
    { name: 'name', type: types.varchar(5) },
    { name: 'photo', type: types.bytes() },
  ]
  const format: TopicFormat = { ...formatOf(), schema: { fields: narrow }, keyColumns: null }
  const values: Value[][] = [
    ['Ada', new Uint8Array([1])],
    ['Zoë', null],
  ]
  const place = await world(format, rule())
  const written = await write(place, place.ids('s'), format, values)
  assert.deepEqual(read(place.ids('s'), format, written, [0, 1]), { rows: values, bad: [] })
  const { rows: seen, bad } = read(place.ids('tables'), format, written, [0, 1])
  assert.deepEqual(bad, [])
  assert.equal(seen[0]![0]!.toString().length, 44)
})

describe('keys by person', () => {
  const params = { 'millrace.dek.subject': 'customer-{id}' }

  test('each person has one, and losing it makes that person’s data unreadable, in threads that run too', async () => {
    const format = formatOf()
    const place = await world(format, rule(params))
    const ids = place.ids('s')
    const written = await write(place, ids, format)
    const { keys } = place.registry
    assert.deepEqual(keys!.state().dekSubjects('pii', false), ['customer-1', 'customer-3'])
    assert.deepEqual(read(ids, format, written), { rows, bad: [] })
    // Columns without the person's are enough.
    assert.deepEqual(read(ids, format, written, [1]).rows, [['Ada Lovelace'], [null], ['Zoë €']])
    const decoder = createDecoder(format, [1], ids)
    const decode = (): string[] => {
      const bad: BadRecord[] = []
      const records = decodeRecords(encodeRecordBatch(written.map((value) => ({ key: null, value, timestampMs: 0 }))))
      decoder.decode(records, 0, 3, new BatchBuilder(decoder.schema), bad)
      return bad.map((one) => `${one.index} ${one.code}`)
    }
    assert.deepEqual(decode(), [])
    const person = { kekName: 'pii', subject: 'customer-1', algorithm: 'AES256_GCM' } as const
    await keys!.deleteDeks(person, false)
    assert.deepEqual(decode(), [])
    await keys!.deleteDeks(person, true)
    assert.deepEqual(decode(), ['0 MR-FORMAT-012'])
    // New data of the person have a new key.
    const again = await write(place, place.ids('s'), format, rows.slice(0, 1))
    assert.deepEqual(read(ids, format, again), { rows: rows.slice(0, 1), bad: [] })
    assert.deepEqual(decode(), ['0 MR-FORMAT-012'])
  })

  test('writers who do not know of each other do not lose each other’s keys', async () => {
    const format = formatOf()
    const place = await world(format, rule(params))
    const [a, b] = [place.ids('s'), place.ids('s')]
    const encoders = [a, b].map((ids) => createEncoder(format, { schemaId: place.id, schemaIds: ids }))
    const out: Uint8Array[] = []
    for (const encoder of encoders)
      encoder.encode(batchFromRows(format.schema, rows), 0, 3, (_row, _key, value) => out.push(value!.slice()))
    const records = encoders.map((encoder) => encoder.takeKeyRecords())
    assert.deepEqual(
      records.map((list) => list.length),
      [2, 2],
    )
    for (const { key, value } of records.flat()) await place.append(key, value)
    assert.deepEqual(read(place.ids('s'), format, out), { rows: [...rows, ...rows], bad: [] })
    assert.deepEqual(
      encoders.map((encoder) => encoder.takeKeyRecords()),
      [[], []],
    )
  })

  test('a writer that made a key does not use it again once it was lost', async () => {
    const format = formatOf()
    const place = await world(format, rule(params))
    const ids = place.ids('s')
    const encoder = createEncoder(format, { schemaId: place.id, schemaIds: ids })
    const out: Uint8Array[] = []
    const encode = async (row: number): Promise<void> => {
      encoder.encode(batchFromRows(format.schema, rows), row, row + 1, (_row, _key, value) => out.push(value!.slice()))
      for (const { key, value } of encoder.takeKeyRecords()) await place.append(key, value)
    }
    await encode(0)
    // Another person's row in between: the first one's key was seen.
    await encode(2)
    const person = { kekName: 'pii', subject: 'customer-1', algorithm: 'AES256_GCM' } as const
    await place.registry.keys!.deleteDeks(person, false)
    await place.registry.keys!.deleteDeks(person, true)
    await encode(0)
    const { rows: seen, bad } = read(ids, format, out)
    assert.deepEqual(seen, [rows[2], rows[0]])
    assert.equal(bad.length, 1)
  })

  test('nor when nothing was written between its making and its end', async () => {
    const format = formatOf()
    const place = await world(format, rule(params))
    const ids = place.ids('s')
    const encoder = createEncoder(format, { schemaId: place.id, schemaIds: ids })
    const out: Uint8Array[] = []
    const encode = async (): Promise<void> => {
      encoder.encode(batchFromRows(format.schema, rows), 0, 1, (_row, _key, value) => out.push(value!.slice()))
      for (const { key, value } of encoder.takeKeyRecords()) await place.append(key, value)
    }
    await encode()
    const person = { kekName: 'pii', subject: 'customer-1', algorithm: 'AES256_GCM' } as const
    await place.registry.keys!.deleteDeks(person, false)
    await place.registry.keys!.deleteDeks(person, true)
    await encode()
    const { rows: seen, bad } = read(ids, format, out)
    assert.deepEqual(seen, [rows[0]])
    assert.equal(bad.length, 1)
  })

  test('what is written of a person between the two deletions goes with the key, and keeps nobody from the second', async () => {
    const format = formatOf()
    const place = await world(format, rule(params))
    const keys = place.registry.keys!
    const ids = place.ids('s')
    const written = await write(place, ids, format, rows.slice(0, 1))
    const person = { kekName: 'pii', subject: 'customer-1', algorithm: 'AES256_GCM' } as const
    await keys.deleteDeks(person, false)
    written.push(...(await write(place, ids, format, rows.slice(0, 1))))
    assert.deepEqual(read(ids, format, written).bad, [])
    assert.equal(keys.state().deks('pii', 'customer-1', 'AES256_GCM', true).length, 1, 'no key beside it')
    await keys.deleteDeks(person, true)
    assert.equal(read(ids, format, written).bad.length, 2)
  })

  test('deletes in an upsert topic need no key, and a column that is not there is refused', async () => {
    const format: TopicFormat = { ...formatOf(), primaryKey: [0] }
    const place = await world(format, rule(params))
    const encoder = createEncoder(format, { schemaId: place.id, schemaIds: place.ids('s') })
    const batch = batchFromRows(format.schema, rows)
    const kinds = new Uint8Array(3).fill(changeKind.delete)
    const values: (Uint8Array | null)[] = []
    encoder.encode({ ...batch, kinds }, 0, 3, (_row, _key, value) => values.push(value))
    assert.deepEqual(values, [null, null, null])
    const wrong = await world(format, rule({ 'millrace.dek.subject': 'x-{nobody}' }))
    assert.throws(() => createEncoder(format, { schemaId: wrong.id, schemaIds: wrong.ids('s') }), /column nobody/)
  })
})

describe('a key that is there and cannot be opened', () => {
  const encode = (place: World, secret: string, format: TopicFormat): (() => void) => {
    const encoder = createEncoder(format, { schemaId: place.id, schemaIds: place.ids(secret) })
    return () => {
      try {
        encoder.encode(batchFromRows(format.schema, rows), 0, 1, () => {})
      } finally {
        assert.deepEqual(encoder.takeKeyRecords(), [])
      }
    }
  }
  const wanted = { code: 'MR-FORMAT-013', message: /secret of this node does not open key .* of KEK pii/ }

  test('is never taken for missing or expired: nothing is made beside it, and nothing is written', async () => {
    const format = formatOf()
    const cases: Record<string, string>[] = [
      { 'encrypt.dek.expiry.days': '30' },
      { 'millrace.dek.subject': 'customer-{id}' },
      { 'millrace.dek.subject': 'customer-{id}', 'encrypt.dek.expiry.days': '30' },
    ]
    for (const params of cases) {
      const place = await world(format, rule(params))
      await write(place, place.ids('s'), format)
      for (const day of [0, 31]) {
        place.nowMs = day * 86_400_000
        assert.throws(encode(place, 'another', format), wanted, JSON.stringify(params))
      }
    }
  })

  test('keeps also keys of persons who have none yet from being made with another secret', async () => {
    const format = formatOf()
    const place = await world(format, rule({ 'millrace.dek.subject': 'customer-{id}' }))
    await write(place, place.ids('s'), format, rows.slice(1))
    assert.throws(encode(place, 'another', format), wanted)
    assert.equal(place.registry.closedKey([rule()]), undefined)
  })

  test('is said of a folder’s rules before anything is made; one that opens is enough', async () => {
    const format = formatOf()
    const place = await world(format, rule({ 'encrypt.dek.expiry.days': '30' }))
    const other = place.restarted('another')
    const closed = other.closedKey([rule()])
    assert.deepEqual([closed?.subject, closed?.version, closed?.kekName], ['t-value', 1, 'pii'])
    assert.equal(other.closedKey([rule({ 'encrypt.kek.name': 'else' })]), undefined)
    assert.equal(place.restarted('s').closedKey([rule()]), undefined)
    await assert.rejects(other.register('u-value', 'AVRO', '"bytes"', { ruleSet: rule() }), /does not open key t-value/)
    // Junk that somebody wrote beside them does not keep a node from starting.
    const { key, value } = dekRecord(
      { kekName: 'pii', subject: 'x', algorithm: 'AES256_GCM', version: 1 },
      {
        kekName: 'pii',
        subject: 'x',
        algorithm: 'AES256_GCM',
        version: 1,
        encryptedKeyMaterial: 'anBn',
        deleted: false,
      },
    )
    await place.append(key, value!)
    assert.equal(place.restarted('s').closedKey([rule()]), undefined)
  })
})

test('keys that expire are renewed, and what older ones sealed is read', async () => {
  const format = formatOf()
  const place = await world(format, rule({ 'encrypt.dek.expiry.days': '30' }))
  const first = await write(place, place.ids('s'), format)
  const versions = (): number => place.registry.keys!.state().deks('pii', 't-value', 'AES256_GCM', false).length
  assert.equal(versions(), 1)
  place.nowMs = 31 * 86_400_000
  const second = await write(place, place.ids('s'), format)
  assert.equal(versions(), 2)
  assert.deepEqual(read(place.ids('s'), format, [...first, ...second]).rows, [...rows, ...rows])
})

test('keys by person that expire: the newest is found again, and is not renewed at each row', async () => {
  const format = formatOf()
  const place = await world(format, rule({ 'millrace.dek.subject': 'customer-{id}', 'encrypt.dek.expiry.days': '30' }))
  const keysNow = (): number => place.registry.keys!.state().deks('pii', 'customer-1', 'AES256_GCM', false).length
  const written = await write(place, place.ids('s'), format)
  for (const [day, wanted] of [
    [29, 1],
    [31, 2],
    [40, 2],
    [62, 3],
    [70, 3],
  ] as const) {
    place.nowMs = day * 86_400_000
    written.push(...(await write(place, place.ids('s'), format, rows.slice(0, 1))))
    assert.equal(keysNow(), wanted, `day ${day}`)
  }
  const { rows: seen, bad } = read(place.ids('s'), format, written)
  assert.deepEqual([seen.length, bad], [8, []])
})
