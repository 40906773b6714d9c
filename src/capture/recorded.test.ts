// A real server's log, read: every type and odd value, compressed and tagged transactions, XA, statements that hide changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types, type Schema } from '../model/index.ts'
import { capturedTable, changesOf, idOnly, readLog, recorded, streaming } from './test-kit.ts'

const recording = recorded()

const schemaOf = (fields: Record<string, Schema['fields'][number]['type']>): Schema => ({
  fields: Object.entries({ id: types.int(false), ...fields }).map(([name, type]) => ({ name, type })),
})

function rowsOf(fields: Record<string, Schema['fields'][number]['type']>): Map<unknown, Record<string, unknown>> {
  const table = streaming(capturedTable('lab.odd', schemaOf(fields)))
  readLog(recording, table)
  const inserts = changesOf(table.output.builder.finish()).filter(([kind]) => kind === '+I')
  return new Map(inserts.map(([, { id, ...row }]) => [id, row]))
}

test('integers keep their whole range', () => {
  const rows = rowsOf({
    ti: types.tinyint(),
    tu: types.smallint(),
    b1: types.boolean(),
    si: types.smallint(),
    su: types.int(),
    mi: types.int(),
    mu: types.int(),
    ii: types.int(),
    iu: types.bigint(),
    bi: types.bigint(),
    bu: types.decimal(20, 0),
  })
  assert.deepEqual(rows.get(1), {})
  assert.deepEqual(rows.get(2), {
    ti: 127,
    tu: 255,
    b1: true,
    si: 32767,
    su: 65535,
    mi: 8388607,
    mu: 16777215,
    ii: 2147483647,
    iu: 4294967295n,
    bi: 9223372036854775807n,
    bu: 18446744073709551615n,
  })
  assert.deepEqual(rows.get(3), {
    ti: -128,
    tu: 0,
    b1: false,
    si: -32768,
    su: 0,
    mi: -8388608,
    mu: 0,
    ii: -2147483648,
    iu: 0n,
    bi: -9223372036854775808n,
    bu: 0n,
  })
})

test('decimals keep every digit, at the declared scale', () => {
  const rows = rowsOf({
    d1: types.decimal(7, 3),
    d2: types.decimal(20, 9),
    d3: types.decimal(38, 10),
    d4: types.string(),
    d5: types.decimal(10, 0),
  })
  assert.deepEqual(rows.get(2), {
    d1: 999990n,
    d2: 12345678901123456789n,
    d3: 12345678901234567890123456780123456789n,
    d4: '12345678901234567890123456789012345.123456789012345678901234567891',
    d5: 9999999999n,
  })
  assert.deepEqual(rows.get(3), {
    d1: -999990n,
    d2: -1n,
    d3: -12345678901234567890123456780123456789n,
    d4: '-0.000000000000000000000000000001',
    d5: -1n,
  })
})

test('floats keep their bits, also where SELECT rounds their text', () => {
  const rows = rowsOf({ f1: types.float(), f2: types.double() })
  assert.deepEqual(rows.get(2), { f1: Math.fround(3.4028234e38), f2: Number.MAX_VALUE })
  assert.deepEqual(rows.get(3), { f1: 16777216, f2: 5e-324 })
  assert.deepEqual(rows.get(4), { f1: Math.fround(0.1), f2: 0.1 })
})

test('dates and times are exact: fractions, signs, years far off, zero dates as text', () => {
  const rows = rowsOf({
    yr: types.int(),
    dt: types.date(),
    dx: types.string(),
    t0: types.time(0),
    t3: types.time(3),
    t6: types.string(),
    tx: types.string(),
    dt0: types.timestamp(0),
    dt1: types.timestamp(3),
    dt3: types.timestamp(3),
    dt6: types.timestamp(6),
    dtx: types.string(),
    ts0: types.timestampLtz(0),
    ts3: types.timestampLtz(3),
    ts6: types.timestampLtz(6),
  })
  const micros = (iso: string, more: number): bigint => BigInt(Date.parse(iso)) * 1000n + BigInt(more)
  assert.deepEqual(rows.get(2), {
    yr: 2155,
    dt: Date.UTC(9999, 11, 31) / 86400000,
    dx: '9999-12-31',
    t0: 86399000,
    t3: 86399999,
    t6: '838:59:59.000000',
    tx: '838:59:59.00',
    dt0: 253402300799000n,
    dt1: 253402300799900n,
    dt3: 253402300799999n,
    dt6: micros('9999-12-31T23:59:59Z', 999999),
    dtx: '9999-12-31 23:59:59.9999',
    ts0: 2147483647000n,
    ts3: 2147483647499n,
    ts6: 2147483647499999n,
  })
  assert.deepEqual(rows.get(3), {
    yr: 1901,
    dt: Date.parse('1000-01-01T00:00:00Z') / 86400000,
    dx: '0000-00-00',
    t0: 0,
    t3: 1,
    t6: '-838:59:59.000000',
    tx: '-00:00:00.10',
    dt0: BigInt(Date.parse('1000-01-01T00:00:00Z')),
    dt1: -100n,
    dt3: -1n,
    dt6: micros('1000-01-01T00:00:00Z', 1),
    dtx: '2026-00-10 00:00:00.0000',
    ts0: 1000n,
    ts3: 1001n,
    ts6: micros('2026-03-29T01:30:00Z', 1),
  })
  assert.deepEqual(
    [rows.get(4)!['t6'], rows.get(4)!['tx'], rows.get(4)!['yr']],
    ['-00:00:00.000001', '-01:02:03.50', 0],
  )
})

test('texts, labels, bits and bytes', () => {
  const rows = rowsOf({
    bt1: types.boolean(),
    bt9: types.bigint(),
    bt64: types.bytes(),
    c1: types.string(),
    c2: types.string(),
    c3: types.string(),
    v1: types.string(),
    v2: types.string(),
    tx1: types.string(),
    e1: types.string(),
    s1: types.string(),
    by1: types.bytes(),
    by2: types.bytes(),
    by4: types.bytes(),
  })
  assert.deepEqual(rows.get(2), {
    bt1: true,
    bt9: 511n,
    bt64: 'ffffffffffffffff',
    c1: 'ten chars!',
    c2: 'ä'.repeat(100),
    c3: '𝄞'.repeat(255),
    v1: 'grüße',
    v2: 'caf\u00e9€\u0081',
    tx1: 'ñ'.repeat(500),
    e1: 'käse',
    s1: 'a,b,c',
    by1: '0102030405060708',
    by2: '00ff'.repeat(100),
    by4: '',
  })
  // BINARY's trailing zero bytes are not in the log, and are in the value.
  assert.deepEqual(rows.get(3), {
    bt1: false,
    bt9: 0n,
    bt64: '0000000000000000',
    c1: '',
    c2: '',
    c3: 'x',
    v1: '',
    v2: '',
    tx1: '',
    e1: '',
    s1: '',
    by1: '0100000000000000',
    by2: '',
    by4: '00',
  })
})

test('JSON reads as the text that the server gives', () => {
  const rows = rowsOf({ js: types.string() })
  assert.equal(
    rows.get(2)!['js'],
    String.raw`{"a": {"x": "q\"uote\u0001\n"}, "b": [1, -2, 3.5, 1e100, 0.0000001, true, false, null], "ä": "𝄞"}`,
  )
  assert.equal(
    rows.get(4)!['js'],
    '{"i": 70000, "u": 65535, "d1": 1.0, "d2": 1.2345678901234568e20, "d3": 0.1, "d4": 1e15, "d5": 100000000000000.0, "d6": 123456.789, "d7": 0.00001, "d8": 0.000000000000001, "d9": 1.5e-16, "dt": "2026-01-02 03:04:05.000000", "big": 18446744073709551615, "bin": "base64:type15:AQI=", "dec": 12.340, "neg": -9223372036854775808, "date": "2026-01-02", "time": "-01:02:03.500000"}',
  )
  const large = JSON.parse(rows.get(5)!['js'] as string) as unknown[]
  assert.deepEqual([large.length, large.slice(-3)], [2003, [40000, 100000, -40000]])
  assert.deepEqual(
    [6, 7, 8, 9].map((id) => rows.get(id)!['js']),
    ['"top"', '1', 'null', '{}'],
  )
})

test('a value that the declared type cannot hold stops the table before that row', () => {
  const table = streaming(capturedTable('lab.odd', schemaOf({ dx: types.date() })))
  readLog(recording, table)
  assert.equal(table.problem?.code, 'MR-CAPTURE-022')
  assert.match(table.problem!.message, /column dx: 0000-00-00 is no day of the calendar/)
  assert.deepEqual(table.output.rows, 2)
})

test('inserts, updates, deletes, compressed and tagged transactions, and one-phase XA are read in order', () => {
  const table = streaming(capturedTable('lab.odd', schemaOf({ v1: types.string(), c1: types.string() })))
  const log = readLog(recording, table)
  const changes = changesOf(table.output.builder.finish()).slice(9)
  assert.deepEqual(changes.slice(0, 5), [
    ['-U', { id: 4, c1: ' lead' }],
    ['+U', { id: 40, v1: 'changed', c1: ' lead' }],
    ['-D', { id: 1 }],
    ['-U', { id: 2, v1: 'grüße', c1: 'ten chars!' }],
    ['+U', { id: 2, v1: 'grüße', c1: 'squeezed' }],
  ])
  assert.deepEqual(changes.slice(-2), [
    ['+I', { id: 100, v1: 'tagged' }],
    ['+I', { id: 101 }],
  ])
  assert.equal(log.executed.toString(), recording.executed)
  assert.match(recording.executed, /:blue:1$/)
})

test('a two-phase transaction stops the table before any of its rows', () => {
  const table = streaming(capturedTable('lab.odd', idOnly))
  readLog(recording, table)
  assert.deepEqual([table.phase, table.problem?.code], ['stopped', 'MR-CAPTURE-024'])
  assert.equal(changesOf(table.output.builder.finish()).at(-1)![1]['id'], 101)
})

test('a statement that changes rows without row events stops its table, and only that one', () => {
  const other = streaming(capturedTable('lab.other', idOnly))
  readLog(recording, other)
  assert.equal(other.problem?.code, 'MR-CAPTURE-020')
  assert.match(other.problem!.message, /UPDATE changed it without row events/)
  // CREATE TABLE … SELECT wrote its rows as row events in the same transaction.
  assert.equal(other.output.rows, 10)
})

test('a column that is missing in the log is named', () => {
  const table = streaming(capturedTable('lab.odd', schemaOf({ nowhere: types.string() })))
  readLog(recording, table)
  assert.match(table.problem!.message, /there is no column nowhere/)
})
