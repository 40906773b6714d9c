import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalAvro } from './avro/canonical.ts'
import { decimalText, doubleText, javaDouble, javaFloat } from './canonical-json.ts'
import { canonicalJsonSchema } from './json/schema.ts'
import { normalAvro } from './normal/avro.ts'
import { normalText } from './normal/normal.ts'

test('numbers of JSON Schemas are printed as BigDecimal.toString does', () => {
  const texts: [string, string][] = [
    ['5', '5'],
    ['-0', '0'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e3', '1E+3'],
    ['1E10', '1E+10'],
    ['1e-8', '1E-8'],
    ['0.0000001', '1E-7'],
    ['0.000001', '0.000001'],
    ['-0.0', '0.0'],
    ['0.00', '0.00'],
    ['0e3', '0E+3'],
    ['0e-7', '0E-7'],
    ['1e0', '1'],
    ['2.50', '2.50'],
    ['123e-2', '1.23'],
    ['-1.5e3', '-1.5E+3'],
    ['3.4028235e38', '3.4028235E+38'],
    ['9.727837981879871e+26', '9.727837981879871E+26'],
    ['1e99999999999', '1e99999999999'],
  ]
  for (const [written, printed] of texts) assert.equal(decimalText(written), printed)
})

test('numbers of Avro schemas are printed as Double.toString does', () => {
  const texts: [string, string][] = [
    ['5', '5'],
    ['-0', '0'],
    ['9007199254740993', '9007199254740993'],
    ['1e3', '1000.0'],
    ['1E10', '1.0E10'],
    ['100000000.0', '1.0E8'],
    ['9999999.0', '9999999.0'],
    ['1e7', '1.0E7'],
    ['0.001', '0.001'],
    ['0.0001', '1.0E-4'],
    ['1e-8', '1.0E-8'],
    ['-0.0', '-0.0'],
    ['2.50', '2.5'],
    ['-123456.789', '-123456.789'],
    ['1e21', '1.0E21'],
    ['1e400', '1e400'],
  ]
  for (const [written, printed] of texts) assert.equal(doubleText(written), printed)
  assert.deepEqual([javaFloat(123456.789), javaFloat(0.1), javaFloat(16777217)], ['123456.79', '0.1', '1.6777216E7'])
})

test('what is printed means the number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.equal(Number(javaDouble(value)), value)
      assert.equal(Number(decimalText(`${value}`)) + 0, value + 0)
      const float = javaFloat(value)
      if (float !== undefined) assert.equal(Math.fround(Number(float)), Math.fround(value))
    }),
  )
})

test('members of a JSON Schema keep their order, also where their names are whole numbers', () => {
  const text = '{"title":"\\"7\\":","b":{"properties":{"b":{},"10":{"9":1},"2":[]}},"1":{"__proto__":{"a":1}}}'
  assert.equal(canonicalJsonSchema(text), text)
  assert.equal(canonicalJsonSchema('{"2" : 1, "1":2,"2":3}'), '{"2":3,"1":2}')
  assert.equal(canonicalJsonSchema('{"\ue000":1,"2":"\ue000"}'), '{"2":"\ue000","\ue000":1}')
  assert.equal(normalText('JSON', '{"b":1,"9":{"2":1,"10":1},"10":0}', []), '{"10":0,"9":{"10":1,"2":1},"b":1}')
})

test('an Avro schema: aliases once, a number written as text is one; normal: defaults of floats have a point', () => {
  const record = (field: string): string => `{"type":"record","name":"R","fields":[{"name":"f",${field}}]}`
  assert.equal(
    canonicalAvro(record('"type":"double","default":"1.5","aliases":["a","a"]')),
    record('"type":"double","default":1.5,"aliases":["a"]'),
  )
  assert.equal(canonicalAvro(record('"type":"double","default":"NaN"')), record('"type":"double","default":"NaN"'))
  const normal = (field: string): string => normalText('AVRO', record(field), [])
  assert.equal(normal('"type":"double","default":5'), record('"type":"double","default":5.0'))
  assert.equal(normal('"type":["float","null"],"default":0.3'), record('"type":["float","null"],"default":0.3'))
  const list = '"type":{"type":"array","items":"double"},"default"'
  assert.equal(normal(`${list}:[1,2]`), record(`${list}:[1.0,2.0]`))
  const map = '"type":{"type":"map","values":"float"},"default"'
  assert.equal(normal(`${map}:{"b":1,"a":2}`), record(`${map}:{"a":2.0,"b":1.0}`))
  assert.equal(normal('"type":"long","default":5'), record('"type":"long","default":5'))
  // A default of another branch than the first is kept, where Confluent's normal form loses it.
  assert.equal(normal('"type":["null","double"],"default":5'), record('"type":["null","double"],"default":5'))
  const decimal = '{"type":"bytes","logicalType":"decimal","precision":9,"scale":0}'
  assert.equal(normalText('AVRO', decimal, []), decimal)
  assert.match(normalAvro(decimal, []), /"scale":0/)
})
