// Bounds are true for every value, whatever is cut: 16 code points, surrogates skipped, -0.0 below 0.0, NaN left out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes } from '../../base/index.ts'
import { batchFromRows, types, type LogicalType, type Value } from '../../model/index.ts'
import { toIcebergSchema } from '../iceberg/types.ts'
import { appendRows, LeafValues } from './leaf-values.ts'
import { shapeOfSchema } from './shape.ts'
import { cutBound, minimalBigEndian, statisticsOf, type LeafStatistics } from './statistics.ts'

function statistics(type: LogicalType, values: readonly Value[]): LeafStatistics {
  const schema = { fields: [{ name: 'a', type }] }
  const batch = batchFromRows(
    schema,
    values.map((v) => [v]),
  )
  const leaf = new LeafValues(shapeOfSchema(schema, toIcebergSchema(schema, { table: 't', key: [] }).fields).leaves[0]!)
  appendRows(leaf, batch.columns[0]!, null, batch.rowCount)
  return statisticsOf(leaf)
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('text bounds contain every text, and an upper bound that cannot be raised is left out', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 0, maxLength: 30 }), { minLength: 1 }), (texts) => {
      const { lower, upper } = statistics(types.string(), texts)
      for (const text of texts) {
        // Unpaired surrogates become U+FFFD in UTF-8, as everywhere.
        assert.ok(compareBytes(lower!.plain, utf8(text)) <= 0)
        if (upper) assert.ok(compareBytes(upper.plain, utf8(text)) >= 0)
      }
      assert.ok([...new TextDecoder().decode(lower!.plain)].length <= 16)
    }),
    { numRuns: 50 },
  )
  assert.equal(cutBound(utf8('\u{10ffff}'.repeat(17)), true, 'upper'), undefined)
  assert.deepEqual(cutBound(utf8(`${'a'.repeat(15)}\ud7ffz`), true, 'upper')!.plain, utf8(`${'a'.repeat(15)}\ue000`))
  assert.deepEqual(cutBound(utf8(`${'a'.repeat(15)}\u{10ffff}z`), true, 'upper')!.plain, utf8(`${'a'.repeat(14)}b`))
  assert.deepEqual(cutBound(new Uint8Array(20).fill(255), false, 'upper'), undefined)
})

test('floating bounds leave NaN out and widen zeros', () => {
  const some = statistics(types.double(), [NaN, 0, 1, null])
  assert.deepEqual([some.nanCount, some.nullCount, some.valueCount], [1, 1, 4])
  assert.deepEqual([...some.lower!.plain], [0, 0, 0, 0, 0, 0, 0, 128])
  const zero = statistics(types.float(), [-0])
  assert.deepEqual([...zero.upper!.plain], [0, 0, 0, 0])
  assert.equal(statistics(types.double(), [NaN]).lower, undefined)
})

test('decimal bounds are minimal big-endian, as Java has them', () => {
  assert.deepEqual(
    [0n, -1n, 127n, 128n, -128n, -129n, 2n ** 63n].map((v) => [...minimalBigEndian(v)]),
    [[0], [255], [127], [0, 128], [128], [255, 127], [0, 128, 0, 0, 0, 0, 0, 0, 0]],
  )
  const wide = statistics(types.decimal(38, 2), [-(2n ** 90n), 5n, 2n ** 100n, 2n ** 64n])
  assert.deepEqual(wide.lower!.single, minimalBigEndian(-(2n ** 90n)))
  assert.deepEqual(wide.upper!.single, minimalBigEndian(2n ** 100n))
})
