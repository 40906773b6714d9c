import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromPlainValue, toPlainValue, types, type LogicalType, type Value } from './index.ts'

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const cases: readonly [LogicalType, fc.Arbitrary<Value>][] = [
  [types.bigint(), long],
  [types.decimal(12, 2), fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n })],
  [types.decimal(38, 38), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
  [types.timestamp(3), fc.bigInt({ min: -62135596800000n, max: 253402300799999n })],
  [types.timestamp(9), long],
  [types.date(), fc.integer({ min: -700000, max: 2900000 })],
  [types.bytes(), fc.uint8Array()],
  [types.array(types.int()), fc.array(fc.option(fc.integer(), { nil: null }))],
]

for (const [type, values] of cases) {
  test(`a person's form of ${type.kind} is read back exactly`, () => {
    fc.assert(
      fc.property(values, (value) => {
        assert.deepEqual(fromPlainValue(JSON.parse(JSON.stringify(toPlainValue(value, type))), type), value)
      }),
    )
  })
}

test('what does not fit the type is refused with a reason', () => {
  const refusals: readonly [unknown, LogicalType, RegExp][] = [
    ['1.5', types.bigint(), /not a whole number/],
    ['9223372036854775808', types.bigint(), /does not fit 64 bits/],
    ['1.234', types.decimal(5, 2), /more than 2 digits/],
    ['12345.00', types.decimal(5, 2), /does not fit DECIMAL/],
    ['yesterday', types.timestamp(3), /not a timestamp/],
    ['maybe', types.boolean(), /not true or false/],
  ]
  for (const [plain, type, reason] of refusals) assert.throws(() => fromPlainValue(plain, type), reason)
})

test('times have the digits of their precision', () => {
  assert.equal(toPlainValue(1250n, types.timestamp(3)), '1970-01-01 00:00:01.250')
  assert.equal(toPlainValue(-1n, types.timestamp(3)), '1969-12-31 23:59:59.999')
  assert.equal(toPlainValue(1000n, types.timestamp(0)), '1970-01-01 00:00:01')
  assert.equal(toPlainValue(-5n, types.decimal(4, 2)), '-0.05')
})
