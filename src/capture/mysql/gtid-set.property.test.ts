import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GtidSet } from './gtid-set.ts'

const a = '4087a9c6-e871-11f1-99b8-02fc00000001'
const b = '00000000-0000-0000-0000-00000000000b'
const sources = [a, b, `${a}:blue`, `${a}:_2`]

const member = fc.record({ source: fc.constantFrom(...sources), number: fc.integer({ min: 1, max: 30 }) })
const members = fc.array(member, { maxLength: 60 })
const setOf = (list: readonly { source: string; number: number }[]): GtidSet =>
  list.reduce((set, gtid) => set.with(gtid), GtidSet.empty)
const names = (list: readonly { source: string; number: number }[]): Set<string> =>
  new Set(list.map((g) => `${g.source}#${g.number}`))
const all = sources.flatMap((source) => Array.from({ length: 31 }, (_, i) => ({ source, number: i + 1 })))

test('a set has what was added, whatever the order, and its text reads back as the same set', () => {
  fc.assert(
    fc.property(members, (list) => {
      const set = setOf(list)
      const known = names(list)
      for (const gtid of all) assert.equal(set.has(gtid), known.has(`${gtid.source}#${gtid.number}`))
      assert.equal(set.count, known.size)
      const again = GtidSet.parse(set.toString())
      assert.equal(again.toString(), set.toString())
      assert.ok(again.equals(set))
      assert.equal(setOf(list.toReversed()).toString(), set.toString())
    }),
  )
})

test('union, difference and inclusion are those of sets', () => {
  fc.assert(
    fc.property(members, members, (x, y) => {
      const [left, right] = [setOf(x), setOf(y)]
      const [inLeft, inRight] = [names(x), names(y)]
      assert.equal(left.union(right).count, new Set([...inLeft, ...inRight]).size)
      const difference = left.subtract(right)
      for (const gtid of all) {
        const name = `${gtid.source}#${gtid.number}`
        assert.equal(difference.has(gtid), inLeft.has(name) && !inRight.has(name))
      }
      assert.equal(
        left.contains(right),
        [...inRight].every((name) => inLeft.has(name)),
      )
    }),
  )
})

test('a hole is kept: what is missing in between is still to come', () => {
  const set = GtidSet.parse(`${a}:1-7:9-10`)
  assert.equal(set.has({ source: a, number: 8 }), false)
  assert.equal(set.with({ source: a, number: 8 }).toString(), `${a}:1-10`)
  assert.equal(GtidSet.parse(`${a}:1-10`).subtract(set).toString(), `${a}:8`)
})

test('texts as MySQL writes them', () => {
  assert.equal(GtidSet.parse('').isEmpty, true)
  assert.equal(GtidSet.parse(`${a.toUpperCase()}:1-3:tag_a:1,\n${b}:5`).toString(), `${b}:5,${a}:1-3:tag_a:1`)
  for (const text of ['x', `${a}:0`, `${a}:1-x`, 'not-a-uuid:1', `${a}:1:Bad Tag:2`])
    assert.throws(() => GtidSet.parse(text), /GTID set/)
})

test('binary forms as a server accepts them', () => {
  // Both were sent to MySQL 9.7.4, which went on after exactly these transactions.
  const plain = GtidSet.parse(`${a}:1-2`).encode()
  assert.equal(
    plain.toHex(),
    '01000000000000004087a9c6e87111f199b802fc00000001010000000000000001000000000000000300000000000000',
  )
  const tagged = GtidSet.parse(`${a}:1-2:tag_a:1`).encode()
  assert.equal(
    tagged.toHex(),
    '01020000000000014087a9c6e87111f199b802fc00000001000100000000000000010000000000000003000000000000004087a9c6e87111f199b802fc000000010a7461675f61010000000000000001000000000000000200000000000000',
  )
})
