import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeText } from '../../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type Field,
  type LogicalType,
  type Schema,
  type Value,
} from '../../model/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type CsvOptions,
  type TopicFormat,
} from '../index.ts'

const formatOf = (fields: readonly Field[], csv: Partial<CsvOptions> = {}): TopicFormat => ({
  topic: 't',
  schema: { fields },
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: 'csv',
  primaryKey: null,
  csv,
})
const ids = { byId: () => undefined, latest: () => undefined }

function decode(
  fields: readonly Field[],
  values: readonly (string | Uint8Array)[],
  csv: Partial<CsvOptions> = {},
  columns: readonly number[] = fields.map((_, i) => i),
): { rows: Value[][]; bad: string[] } {
  if (values.length === 0) return { rows: [], bad: [] }
  const records = decodeRecords(
    encodeRecordBatch(
      values.map((value) => ({
        key: null,
        value: typeof value === 'string' ? encodeText(value) : value,
        timestampMs: 0,
      })),
    ),
  )
  const decoder = createDecoder(formatOf(fields, csv), columns, ids)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  decoder.decode(records, 0, records.count, out, bad)
  const batch = out.finish()
  checkBatch(batch)
  return {
    rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)),
    bad: bad.map(({ code, bytePosition, reason }) => `${code.slice(-3)} ${bytePosition}: ${reason}`),
  }
}

function encode(schema: Schema, rows: readonly (readonly Value[])[], csv: Partial<CsvOptions> = {}): Uint8Array[] {
  const values: Uint8Array[] = []
  createEncoder(formatOf(schema.fields, csv), { schemaId: null }).encode(
    batchFromRows(schema, rows),
    0,
    rows.length,
    (_r, _k, value) => values.push(value!.slice()),
  )
  return values
}

const f = (name: string, type: LogicalType): Field => ({ name, type })
const text = [f('a', types.string()), f('b', types.string())]

test('fields, quotes and escapes', () => {
  const cases: [line: string, csv: Partial<CsvOptions>, expected: Value[] | string][] = [
    ['x,y', {}, ['x', 'y']],
    ['x,', {}, ['x', '']],
    [',', {}, ['', '']],
    [' x , y ', {}, [' x ', ' y ']],
    ['"x","y"', {}, ['x', 'y']],
    ['"a,b","c""d"', {}, ['a,b', 'c"d']],
    ['"""","""""', {}, '006 5: a quoted field is not closed'],
    ['"""",""""""', {}, ['"', '""']],
    ['"line\nline",é', {}, ['line\nline', 'é']],
    ['x,y\n', {}, ['x', 'y']],
    ['x,y\r\n', {}, ['x', 'y']],
    ['x,y\nz,w', {}, '006 3: a record is one line'],
    ['x,a"b"', {}, ['x', 'a"b"']],
    ['x, "b"', {}, ['x', ' "b"']],
    ['"x"z,y', {}, '006 3: something follows a quoted field'],
    ['"x,y', {}, '006 0: a quoted field is not closed'],
    ['x', {}, '006 1: it has 1 fields, 2 wanted'],
    ['', {}, '006 0: it has 1 fields, 2 wanted'],
    ['x,y,z', {}, '006 3: it has more than 2 fields'],
    ['x,y,', {}, '006 3: it has more than 2 fields'],
    ['x|y', { fieldDelimiter: '|' }, ['x', 'y']],
    ['x\ty', { fieldDelimiter: '\\t' }, ['x', 'y']],
    ["'a,b','it''s'", { quoteCharacter: "'" }, ['a,b', "it's"]],
    ['"x",y', { quoteCharacter: null }, ['"x"', 'y']],
    ['a\\,b,c\\\\d', { escapeCharacter: '\\' }, ['a,b', 'c\\d']],
    ['"a\\"b","c\\n"', { escapeCharacter: '\\' }, ['a"b', 'c\n']],
    ['x,y\\', { escapeCharacter: '\\' }, '006 3: an escape stands at the end'],
    ['null,x', { nullLiteral: 'null' }, [null, 'x']],
    ['"null",', { nullLiteral: 'null' }, [null, '']],
    [',x', { nullLiteral: '' }, [null, 'x']],
  ]
  for (const [line, csv, expected] of cases) {
    const { rows, bad } = decode(text, [line], csv)
    assert.deepEqual(bad.length > 0 ? bad[0] : rows[0], expected, `${JSON.stringify(line)} ${JSON.stringify(csv)}`)
  }
})

test('comments are no rows where they are allowed', () => {
  assert.deepEqual(decode(text, ['# x,y', 'x,y', '#'], { allowComments: true }), { rows: [['x', 'y']], bad: [] })
  assert.deepEqual(decode(text, ['#x,y']).rows, [['#x', 'y']])
  // A value that looks like one is quoted.
  const [line] = encode({ fields: text }, [['#x', '']], {
    allowComments: true,
    quoteCharacter: '!',
    fieldDelimiter: ' ',
  })
  assert.equal(new TextDecoder().decode(line), '!#x! ')
})

test('values of each type', () => {
  const cases: [type: LogicalType, field: string, expected: Value | string][] = [
    [types.boolean(), 'true', true],
    [types.boolean(), ' FALSE ', false],
    [types.boolean(), 'yes', '009 2: a is no BOOLEAN'],
    [types.int(), '2147483647', 2147483647],
    [types.int(), '2147483648', '009 2: a is no INT'],
    [types.int(), ' -7 ', -7],
    [types.int(), '+7', 7],
    [types.int(), '1.0', '009 2: a is no INT'],
    [types.int(), '', null],
    [types.int(false), '', '009 2: a is null and may not be'],
    [types.tinyint(), '-129', '009 2: a is no TINYINT'],
    [types.smallint(), '-32768', -32768],
    [types.bigint(), '-9223372036854775808', -(2n ** 63n)],
    [types.bigint(), '9223372036854775808', '009 2: a is no BIGINT'],
    [types.bigint(), '9007199254740993', 9007199254740993n],
    [types.double(), '1e3', 1000],
    [types.double(), '-0.0', -0],
    [types.double(), 'NaN', Number.NaN],
    [types.double(), '-Infinity', Number.NEGATIVE_INFINITY],
    [types.double(), '0x10', '009 2: a is no DOUBLE'],
    [types.float(), '0.1', Math.fround(0.1)],
    [types.decimal(6, 2), '12.5', 1250n],
    [types.decimal(6, 2), '1.005', 101n],
    [types.decimal(6, 2), '12345.5', '009 2: a has more digits than its column'],
    [types.decimal(6, 2), '1,5', '006 3: it has more than 2 fields'],
    [types.date(), '2026-02-28', 20512],
    [types.date(), '2026-02-29', '009 2: a is no DATE'],
    [types.time(3), '10:00:00.5', 36000500],
    [types.timestamp(3), '1970-01-01 00:00:01.5', 1500n],
    [types.timestamp(3), '1970-01-01T00:00:01', 1000n],
    [types.timestampLtz(3), '1970-01-01 00:00:01Z', 1000n],
    [types.timestampLtz(3), '1970-01-01 00:00:01', '009 2: a is no TIMESTAMP_LTZ'],
    [types.bytes(), 'AAE=', Uint8Array.of(0, 1)],
    [types.bytes(), '!', '009 2: a is no base64'],
    [types.array(types.int()), '1;2;;3', [1, 2, null, 3]],
    [types.array(types.string()), '', []],
    [types.array(types.string()), 'x; y', ['x', ' y']],
    [types.array(types.int()), '1;x', '009 2: a[] is no INT'],
    [types.row([f('x', types.int()), f('y', types.string())]), '1;z', [1, 'z']],
    [types.row([f('x', types.int()), f('y', types.string())]), '1', '009 2: a has 1 parts, 2 wanted'],
  ]
  for (const [type, field, expected] of cases) {
    const { rows, bad } = decode([f('k', types.int()), f('a', type)], [`5,${field}`.replace('5,', '5,')], {})
    assert.deepEqual(bad.length > 0 ? bad[0] : rows[0]![1], expected, `${type.kind} ${field}`)
  }
  const { bad } = decode(text, [Uint8Array.of(0x78, 0x2c, 0xff)])
  assert.deepEqual(bad, ['006 2: b is not UTF-8'])
})

test('only wanted columns are converted', () => {
  const fields = [f('a', types.int()), f('b', types.int()), f('c', types.string())]
  assert.deepEqual(decode(fields, ['x,7,y'], {}, [1]), { rows: [[7]], bad: [] })
  assert.deepEqual(decode(fields, ['1,"2,3",z'], {}, [2, 0]), { rows: [['z', 1]], bad: [] })
})

test('what is written, as Flink writes it', () => {
  const schema: Schema = {
    fields: [
      f('id', types.bigint(false)),
      f('name', types.string()),
      f('amount', types.decimal(12, 2)),
      f('at', types.timestamp(3)),
      f('tags', types.array(types.string())),
    ],
  }
  const lines = encode(schema, [
    [1n, 'plain', 1250n, 1500n, ['a', 'b']],
    [2n, 'has space', null, null, []],
    [3n, 'say "x"', -1n, null, null],
    [4n, 'x'.repeat(25), 0n, null, null],
  ]).map((line) => new TextDecoder().decode(line))
  assert.deepEqual(lines, [
    '1,plain,12.50,"1970-01-01 00:00:01.5",a;b',
    '2,"has space",,,',
    '3,"say ""x""",-0.01,,',
    `4,"${'x'.repeat(25)}",0.00,,`,
  ])
})

test('what CSV cannot hold is refused by name', () => {
  const type = (one: LogicalType): void => void createDecoder(formatOf([f('a', one)]), [0], ids)
  for (const one of [
    types.map(types.string(), types.int()),
    types.array(types.array(types.int())),
    types.row([f('x', types.array(types.int()))]),
  ])
    assert.throws(() => type(one), { code: 'MR-FORMAT-002' })
  for (const csv of [
    { fieldDelimiter: '' },
    { fieldDelimiter: '||' },
    { quoteCharacter: ',' },
    { fieldDelimiter: '\n' },
    { arrayElementDelimiter: '' },
  ])
    assert.throws(() => createDecoder(formatOf(text, csv), [0], ids), { code: 'MR-FORMAT-011' })
  const strings = { fields: text }
  assert.throws(() => encode(strings, [['n/a', 'x']], { nullLiteral: 'n/a' }), { code: 'MR-FORMAT-008' })
  assert.throws(() => encode(strings, [['a,b', 'x']], { quoteCharacter: null }), { code: 'MR-FORMAT-008' })
  assert.throws(() => encode({ fields: [f('a', types.array(types.string()))] }, [[['x;y']]]), { code: 'MR-FORMAT-008' })
  assert.throws(() => encode({ fields: [f('a', types.int(false))] }, [[null]]), { code: 'MR-FORMAT-008' })
  assert.equal(schemaTextFor(formatOf(text)), undefined)
})

const plain: fc.Arbitrary<LogicalType> = fc.constantFrom(
  types.boolean(),
  types.tinyint(),
  types.int(),
  types.bigint(),
  types.float(),
  types.double(),
  types.decimal(12, 2),
  types.decimal(38, 10),
  types.string(),
  types.bytes(),
  types.date(),
  types.time(3),
  types.timestamp(9),
  types.timestampLtz(6),
)

function present(type: LogicalType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'BOOLEAN':
      return fc.boolean()
    case 'TINYINT':
      return fc.integer({ min: -128, max: 127 })
    case 'INT':
      return fc.integer()
    case 'BIGINT':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'FLOAT':
      return fc.float()
    case 'DOUBLE':
      return fc.double()
    case 'DECIMAL':
      return fc.bigInt({ min: -(10n ** BigInt(type.precision)) + 1n, max: 10n ** BigInt(type.precision) - 1n })
    case 'VARCHAR':
      return fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', ',', '\n', '\r', '#', ' ', '\\', "''", ';'))
    case 'VARBINARY':
      return fc.uint8Array({ maxLength: 30 })
    case 'DATE':
      return fc.integer({ min: -719162, max: 2932896 })
    case 'TIME':
      return fc.integer({ min: 0, max: 86_399_999 })
    case 'ARRAY':
      return fc.array(present(type.element), { minLength: 2, maxLength: 4 })
    case 'ROW':
      return fc.tuple(...type.fields.map((one) => present(one.type)))
    default:
      return fc.bigInt({ min: -62135596800000n, max: 253402300799000n })
  }
}

const options: fc.Arbitrary<Partial<CsvOptions>> = fc.record(
  {
    fieldDelimiter: fc.constantFrom(',', '|', '\t', ' '),
    quoteCharacter: fc.constantFrom('"', "'"),
    escapeCharacter: fc.constantFrom(null, '\\'),
    allowComments: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('decode(encode(rows)) = rows', () => {
  const column = fc.oneof(
    plain,
    plain.filter(({ kind }) => kind !== 'VARCHAR' && kind !== 'VARBINARY').map((type) => types.array(type)),
    fc
      .array(
        plain.filter(({ kind }) => kind !== 'VARCHAR' && kind !== 'VARBINARY'),
        { minLength: 2, maxLength: 3 },
      )
      .map((list) => types.row(list.map((type, i) => f(`x${i}`, type)))),
  )
  const table = fc.array(column, { minLength: 1, maxLength: 5 }).chain((columns) =>
    fc.record({
      schema: fc.constant<Schema>({ fields: columns.map((type, i) => f(`c${i}`, type)) }),
      rows: fc.array(fc.tuple(...columns.map((type) => fc.option(present(type), { nil: null }))), { maxLength: 4 }),
      csv: options,
      keep: fc.array(fc.boolean(), { minLength: columns.length, maxLength: columns.length }),
    }),
  )
  fc.assert(
    fc.property(table, ({ schema, rows, csv, keep }) => {
      const withNull = { ...csv, nullLiteral: '\u0001null' }
      const values = encode(schema, rows, withNull)
      assert.deepEqual(decode(schema.fields, values, withNull), { rows, bad: [] })
      const columns = keep.flatMap((kept, i) => (kept ? [i] : []))
      assert.deepEqual(
        decode(schema.fields, values, withNull, columns).rows,
        rows.map((row) => columns.map((i) => row[i]!)),
      )
    }),
    { numRuns: 400 },
  )
})

test('hostile bytes give rows or bad records, never a throw', () => {
  const fields = [
    f('a', types.int()),
    f('b', types.string()),
    f('c', types.array(types.double())),
    f('d', types.timestamp(3)),
  ]
  const pieces = fc.array(fc.constantFrom('"', ',', ';', '\\', '\n', '1', 'x', '#', ' ', '""', '1970-01-01 00:00:00'), {
    maxLength: 12,
  })
  const values = fc.array(
    fc.oneof(
      pieces.map((list) => list.join('')),
      fc.uint8Array({ maxLength: 30 }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(values, options, (list, csv) => {
      const { rows, bad } = decode(fields, list, { ...csv, allowComments: false })
      assert.equal(rows.length + bad.length, list.length)
    }),
    { numRuns: 600 },
  )
})
