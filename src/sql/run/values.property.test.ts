// Laws of the scalar helpers: literals, times, decimals, text order, patterns, row selection.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, encodeText } from '../../base/index.ts'
import {
  batchFromRows,
  checkBatch,
  kindAt,
  rowAt,
  types,
  type LogicalType,
  type Schema,
  type Value,
} from '../../model/index.ts'
import { decimalFromText, divideDecimal, divideHalfUp, formatDecimal, rescale } from './decimal.ts'
import { selectRows } from './select-rows.ts'
import { compareText, formatDouble, formatFloat, likePattern } from './text.ts'
import { addMonths, civilOf, daysOf, formatTimestamp, parseTimestamp } from './time.ts'
import { formatPattern, parsePattern } from './time-pattern.ts'
import { literalOf, literalValue } from './values.ts'

const ms = fc.bigInt({ min: -62_135_596_800_000n, max: 253_402_300_799_999n })

test('a value is the value of its literal', () => {
  const typed: fc.Arbitrary<[Value, LogicalType]> = fc.oneof(
    fc.tuple(fc.integer(), fc.constant(types.int())),
    fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(types.bigint())),
    fc.tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.constant(types.decimal(38, 10))),
    fc.tuple(fc.double({ noNaN: true }), fc.constant(types.double())),
    fc.tuple(fc.string({ unit: 'grapheme' }), fc.constant(types.string())),
    fc.tuple(fc.boolean(), fc.constant(types.boolean())),
    fc.tuple(fc.integer({ min: -719_162, max: 2_932_896 }), fc.constant(types.date())),
    fc.tuple(fc.integer({ min: 0, max: 86_399_999 }), fc.constant(types.time(3))),
    fc.tuple(ms, fc.constant(types.timestamp(3))),
    fc.tuple(fc.uint8Array(), fc.constant(types.bytes())),
  )
  fc.assert(
    fc.property(typed, ([value, type]) => {
      const back = literalValue(literalOf(value, type))
      assert.deepEqual(Object.is(value, -0) ? 0 : back, Object.is(value, -0) ? 0 : value)
    }),
  )
})

test('a date is the date of its civil form, and months go there and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), fc.integer({ min: -600, max: 600 }), (days, months) => {
      const { year, month, day } = civilOf(days)
      assert.equal(daysOf(year, month, day), days)
      const moved = civilOf(addMonths(days, months))
      assert.equal(moved.year * 12 + moved.month, year * 12 + month + months)
      assert.ok(moved.day <= day)
      const date = new Date(Date.UTC(2000, 0, 1))
      date.setTime(days * 86_400_000)
      assert.deepEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()], [year, month, day])
    }),
  )
})

test('a timestamp is read back from its text, also by a pattern', () => {
  fc.assert(
    fc.property(ms, (ticks) => {
      assert.equal(parseTimestamp(formatTimestamp(ticks, 3), 3), ticks)
      const micros = ticks * 1000n + 7n
      assert.equal(parseTimestamp(formatTimestamp(micros, 6), 6), micros)
      const days = Number(ticks >= 0n ? ticks / 86_400_000n : -((-ticks + 86_399_999n) / 86_400_000n))
      const nanos = (ticks - BigInt(days) * 86_400_000n) * 1_000_000n
      const pattern = "yyyy-MM-dd'T'HH:mm:ss.SSS"
      assert.equal(parsePattern(formatPattern(pattern, days, nanos)!, pattern, 3), ticks)
    }),
  )
})

test('decimals: text and back; rounding is to the nearest, ties away from zero; division is within half a unit', () => {
  const unscaled = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
  fc.assert(
    fc.property(unscaled, fc.integer({ min: 0, max: 12 }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (a, scale, b) => {
      assert.equal(decimalFromText(formatDecimal(a, scale), 38, scale), a)
      assert.equal(rescale(rescale(a, scale, scale + 3), scale + 3, scale), a)
      const q = divideHalfUp(a, b)
      const distance = q * b - a
      assert.ok((distance < 0n ? -distance : distance) * 2n <= b)
      const exact = divideDecimal(a, scale, b, 0, 38, 6)
      if (exact !== null) {
        const off = exact * b * 10n ** BigInt(scale) - a * 10n ** 6n
        assert.ok((off < 0n ? -off : off) * 2n <= b * 10n ** BigInt(scale))
      }
    }),
  )
})

test('text is ordered as its UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 5 })
  fc.assert(
    fc.property(text, text, (a, b) =>
      assert.equal(Math.sign(compareText(a, b)), Math.sign(compareBytes(encodeText(a), encodeText(b)))),
    ),
    { numRuns: 500 },
  )
})

test('numbers as text are read back as the same numbers', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => assert.equal(Number(formatDouble(x)), x)),
  )
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) =>
      assert.equal(Math.fround(Number(formatFloat(x))), x),
    ),
  )
  assert.deepEqual([1, 0.001, 1e-4, 1e7, 123_456_789, -0, 1.5e300].map(formatDouble), [
    '1.0',
    '0.001',
    '1.0E-4',
    '1.0E7',
    '1.23456789E8',
    '-0.0',
    '1.5E300',
  ])
})

test('a LIKE pattern of a quoted text matches exactly that text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      const quoted = a.replace(/[%_#]/g, (c) => `#${c}`)
      assert.equal(likePattern(quoted, '#')!.test(b), a === b)
      assert.ok(likePattern(quoted, '#')!.test(a))
      assert.ok(likePattern(`%${quoted}%`, '#')!.test(b + a + b))
    }),
  )
})

test('selected rows are the rows of the set bits, in order, with their kinds', () => {
  const schema: Schema = {
    fields: [
      { name: 'i', type: types.int() },
      { name: 'l', type: types.bigint() },
      { name: 'w', type: types.decimal(30, 2) },
      { name: 's', type: types.string() },
      { name: 'b', type: types.boolean() },
      { name: 'a', type: types.array(types.int()) },
    ],
  }
  const nullable = (a: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.option(a, { nil: null })
  const row = fc.tuple(
    nullable(fc.integer()),
    nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    nullable(fc.bigInt({ min: -(10n ** 29n), max: 10n ** 29n })),
    nullable(fc.string()),
    nullable(fc.boolean()),
    nullable(fc.array(fc.integer())),
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(row, fc.boolean(), fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3)), { maxLength: 40 }),
      (list) => {
        const batch = batchFromRows(
          schema,
          list.map(([r]) => r),
          list.map(([, , kind]) => kind),
        )
        const mask = new Uint8Array((list.length + 7) >> 3)
        list.forEach(([, keep], i) => {
          if (keep) mask[i >> 3]! |= 1 << (i & 7)
        })
        const selected = selectRows(batch, mask)
        checkBatch(selected)
        const kept = list.filter(([, keep]) => keep)
        assert.equal(selected.rowCount, kept.length)
        kept.forEach(([r, , kind], i) => {
          assert.deepEqual(rowAt(selected, i), r)
          assert.equal(kindAt(selected, i), kind)
        })
      },
    ),
  )
})
