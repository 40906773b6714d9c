import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAvroSchema } from '../../format/index.ts'
import { drawAvro } from '../avro/bytes-testing.ts'
import { makeDraw } from '../draw-testing.ts'
import { explainChange, type ChangeInput } from './explain.ts'

const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Payment', fields }, null, 2)
const id = { name: 'id', type: 'string' }
const amount = { name: 'amount', type: 'int' }
const readers: ChangeInput['readers'] = [
  { kind: 'pipeline', name: 'approval_rate', columns: ['amount'] },
  { kind: 'pipeline', name: 'ids', columns: ['id'] },
]
const base = { subject: 'payments-value', type: 'AVRO', oldText: record(id, amount), readers } as const

test('each known reader is told what a change means to it', () => {
  const told = explainChange({ ...base, newText: record(id, { ...amount, type: 'long' }) })
  assert.deepEqual(
    told.readers.map(({ effect, sentences }) => [effect, ...sentences]),
    [['reads', 'pipeline `approval_rate` reads `amount`: amount becomes long from int'], ['untouched']],
  )
  assert.deepEqual(told.backward, [])
  assert.deepEqual(
    told.forward.map(({ rule, places }) => [rule, places?.map(({ text, line }) => `${text} ${line}`)]),
    [['TYPE_MISMATCH', ['old 11', 'new 11']]],
  )
  const gone = explainChange({ ...base, newText: record(id) })
  assert.deepEqual(gone.readers[0]!.effect, 'loses')
  assert.deepEqual(gone.columns, [{ column: 'amount', change: 'removed', reason: 'amount is gone from new records' }])
  const renamed = explainChange({ ...base, newText: record(id, { ...amount, name: 'cents', aliases: ['amount'] }) })
  assert.deepEqual(renamed.columns, [{ column: 'amount', change: 'renamed', reason: 'amount is now called cents' }])
})

test('rows that are in the topic are really read with the new schema, by their writers’ schemas', () => {
  const draw = makeDraw(1)
  const older = record(id)
  const value = (text: string): Uint8Array => drawAvro(parseAvroSchema(text), draw)
  const sample = [
    { partition: 0, offset: 4n, value: value(base.oldText) },
    { partition: 1, offset: 7n, value: value(older), schemaId: 3 },
    { partition: 1, offset: 8n, value: value(older), schemaId: 9 },
    { partition: 1, offset: 9n, value: Uint8Array.of(200), schemaId: 3 },
  ]
  const told = explainChange({
    ...base,
    newText: record(id, { ...amount, type: 'long' }),
    sample,
    writers: new Map([[3, older]]),
  })
  assert.deepEqual(told.rows, {
    read: 4,
    decoded: 1,
    damaged: 2,
    writers: [
      { schemaId: null, read: 1, failed: 0 },
      { schemaId: 3, read: 2, failed: 1 },
      { schemaId: 9, read: 1, failed: 0 },
    ],
    firstFailure: { partition: 1, offset: 7n, reason: 'amount is missing' },
  })
  const all = explainChange({
    ...base,
    newText: record(id, { ...amount, default: 0 }),
    sample: sample.slice(0, 2),
    writers: new Map([[3, older]]),
  })
  assert.deepEqual([all.rows?.decoded, all.rows?.firstFailure], [2, undefined])
})

test('rows in JSON are validated, hostile ones refused with a reason', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const told = explainChange({
    subject: 's-value',
    type: 'JSON',
    oldText: '{"type":"object","properties":{"a":{"type":"integer"}}}',
    newText: '{"type":"object","properties":{"a":{"type":"integer","maximum":5}},"additionalProperties":{"$ref":"#"}}',
    readers: [],
    sample: ['{"a":3}', '{"a":9007199254740993}', '{"a":', `${'{"b":'.repeat(5_000)}1${'}'.repeat(5_000)}`].map(
      (text, i) => ({
        partition: 0,
        offset: BigInt(i),
        value: bytes(text),
      }),
    ),
  })
  assert.deepEqual([told.rows!.decoded, told.rows!.damaged], [1, 2])
  assert.match(told.rows!.firstFailure!.reason, /9007199254740993.* is beyond 5 \(at \/a\)/)
})

test('the lake table follows as far as Iceberg allows', () => {
  const decimal = (precision: number, scale: number): object => ({
    type: 'bytes',
    logicalType: 'decimal',
    precision,
    scale,
  })
  const oldText = record(
    id,
    amount,
    { name: 'rate', type: 'float' },
    { name: 'fee', type: decimal(10, 2) },
    { name: 'note', type: 'string' },
  )
  const follows = explainChange({
    ...base,
    oldText,
    newText: record(
      { ...id, type: ['null', 'string'] },
      { ...amount, type: 'long' },
      { name: 'rate', type: 'double' },
      { name: 'fee', type: decimal(12, 2) },
      { name: 'memo', type: 'string', aliases: ['note'] },
      { name: 'region', type: ['null', 'string'], default: null },
    ),
    lakeTable: 'payments',
  })
  assert.equal(follows.lake!.canFollow, true)
  assert.deepEqual(
    follows.lake!.steps.map(({ action, column }) => `${action} ${column}`),
    ['make-optional id', 'promote amount', 'promote rate', 'promote fee', 'rename memo', 'add region'],
  )
  const refused = explainChange({
    ...base,
    oldText,
    newText: record(
      id,
      { ...amount, type: 'string' },
      { name: 'fee', type: decimal(10, 4) },
      { name: 'x', type: 'int' },
    ),
    lakeTable: 'payments',
  })
  assert.equal(refused.lake!.canFollow, false)
  assert.deepEqual(
    refused.lake!.steps.map(({ action, column }) => `${action} ${column}`),
    ['refused amount', 'refused fee', 'refused x', 'drop rate', 'drop note'],
  )
})

test('of a Debezium envelope the columns are those of the row', () => {
  const envelope = (...fields: object[]): string =>
    JSON.stringify({
      type: 'record',
      name: 'Envelope',
      fields: [
        { name: 'before', type: ['null', { type: 'record', name: 'Value', fields }], default: null },
        { name: 'after', type: ['null', 'Value'], default: null },
        { name: 'op', type: 'string' },
      ],
    })
  const told = explainChange({ ...base, oldText: envelope(id, amount), newText: envelope(id) })
  assert.deepEqual(
    told.columns.map(({ column, change }) => `${change} ${column}`),
    ['removed amount'],
  )
})

test('a text that is no schema is refused by code', () => {
  assert.throws(() => explainChange({ ...base, newText: '{' }), { code: 'MR-REGISTRY-002' })
})
