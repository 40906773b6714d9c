// The key tables against Map: the same answers after any sequence of changes, growth and removal included.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchFromRows, types, type Schema } from '../model/index.ts'
import { KeyEncoder, KeyIndex, KeyTable } from './keys.ts'

const schema: Schema = {
  fields: [
    { name: 'a', type: types.string(false) },
    { name: 'b', type: types.int(false) },
    { name: 'c', type: types.decimal(38, 0, false) },
  ],
}

test('a key table finds exactly the keys that were put, and tells neighbours apart', () => {
  const key = fc.tuple(
    fc.string({ maxLength: 3 }),
    fc.integer({ min: -2, max: 2 }),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  )
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      const batch = batchFromRows(schema, keys)
      const encoder = new KeyEncoder([0, 1, 2])
      const table = new KeyTable()
      const expected = new Map<string, number>()
      keys.forEach((values, row) => {
        encoder.encode(batch, row)
        const name = JSON.stringify(values.map(String))
        assert.equal(table.find(encoder), expected.get(name) ?? -1)
        if (!expected.has(name)) expected.set(name, expected.size)
        assert.equal(table.put(encoder), expected.get(name))
      })
      assert.equal(table.count, expected.size)
    }),
  )
})

test('key parts do not run into one another', () => {
  const encoder = new KeyEncoder([0, 1])
  const two: Schema = {
    fields: [
      { name: 'a', type: types.string(false) },
      { name: 'b', type: types.string(false) },
    ],
  }
  const batch = batchFromRows(two, [
    ['ab', 'c'],
    ['a', 'bc'],
  ])
  const bytes = [0, 1].map((row) => {
    encoder.encode(batch, row)
    return encoder.bytes.slice(0, encoder.length)
  })
  assert.notDeepEqual(bytes[0], bytes[1])
})

test('an index holds as many entries as were inserted and not removed, equal hashes included', () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: -3, max: 3 }), fc.nat(2), fc.nat(3))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000 }), (steps) => {
      const index = new KeyIndex()
      const expected = new Map<string, number>()
      for (const [add, low, high, file] of steps) {
        const name = `${low}/${high}/${file}`
        const count = expected.get(name) ?? 0
        if (add) index.insert(low, high, file)
        else if (count > 0) index.remove(low, high, file)
        else continue
        expected.set(name, count + (add ? 1 : -1))
      }
      for (let low = -3; low <= 3; low++) {
        for (let high = 0; high <= 2; high++) {
          const found = [0, 0, 0, 0]
          index.candidates(low, high, (file) => void found[file]!++)
          assert.deepEqual(
            found,
            [0, 1, 2, 3].map((file) => expected.get(`${low}/${high}/${file}`) ?? 0),
          )
        }
      }
    }),
    { numRuns: 40 },
  )
})
