// What no writer should send, in every format: an id that nobody knows, a record that ends early, a bomb of nesting, a list of
// two billion, text that is no UTF-8. That record is bad, with its place; those around it are rows; the memory stays.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter, encodeText } from '../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  checkBatch,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type Schema,
  type SchemaIds,
  type SchemaType,
  type Value,
} from '../model/index.ts'
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type DecoderOptions,
  type TopicFormat,
} from './index.ts'
import { kernelScratch } from './wasm/scratch.ts'

const formats = [
  'avro-confluent',
  'debezium-avro-confluent',
  'protobuf-confluent',
  'json-confluent',
  'json',
  'debezium-json',
  'csv',
  'raw',
] as const
type ValueFormat = (typeof formats)[number]
const framedFormats = formats.slice(0, 4)

const text = 'Zoë €, née "x"'
const table: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 's', type: types.string() },
    { name: 'l', type: types.array(types.string(false), false) },
  ],
}
const row: Value[] = [7n, text, ['a', 'bc']]
const schemaOf = (format: ValueFormat): Schema => (format === 'raw' ? { fields: [table.fields[1]!] } : table)
const rowOf = (format: ValueFormat): Value[] => (format === 'raw' ? [text] : row)

function formatOf(valueFormat: ValueFormat): TopicFormat {
  return {
    topic: 't',
    schema: schemaOf(valueFormat),
    keyColumns: null,
    keyFormat: 'raw',
    valueFormat,
    primaryKey: null,
  }
}

/** What is registered for a format, under the id 1; under 2 a schema of the same fields and one that has no end of nesting. */
function idsOf(format: ValueFormat, nested?: string): SchemaIds {
  const registered = schemaTextFor(formatOf(format))
  const type: SchemaType = registered?.type ?? 'AVRO'
  return {
    byId(id) {
      if (id === 1 && registered) return { id, type, text: registered.text }
      return id === 2 && nested !== undefined ? { id, type, text: nested } : undefined
    },
    byGuid: () => undefined,
    latest: () => undefined,
  }
}

const waysOf = (format: ValueFormat): readonly DecoderOptions[] =>
  format === 'csv' || format === 'raw'
    ? [{}]
    : [{ kernelAfter: 0 }, { kernelAfter: Number.POSITIVE_INFINITY }, { interpret: true }]

const good = (format: ValueFormat): Uint8Array => {
  const values: Uint8Array[] = []
  createEncoder(formatOf(format), { schemaId: 1 }).encode(
    batchFromRows(schemaOf(format), [rowOf(format)]),
    0,
    1,
    (_row, _key, value) => values.push(value!.slice()),
  )
  return values[0]!
}

/** Decodes a record among good ones, every column of it and one alone. @returns how it was bad; undefined: it was a row */
function verdictOf(
  format: ValueFormat,
  record: Partial<RecordInput> & { value: Uint8Array },
  nested?: string,
): BadRecord | undefined {
  const plain: RecordInput = { key: null, value: good(format), timestampMs: 0 }
  const records = [plain, plain, { ...plain, ...record }, plain]
  const all = schemaOf(format).fields.map((_, i) => i)
  const verdicts = waysOf(format).map((way) => {
    const decoder = createDecoder(formatOf(format), all, idsOf(format, nested), way)
    const input = decodeRecords(encodeRecordBatch(records))
    const out = new BatchBuilder(decoder.schema)
    const bad: BadRecord[] = []
    assert.equal(decoder.decode(input, 0, input.count, out, bad), input.count)
    const batch = out.finish()
    checkBatch(batch)
    const rows = Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i))
    assert.deepEqual([rows[0], rows[1], rows.at(-1)], [rowOf(format), rowOf(format), rowOf(format)], 'those around it')
    assert.equal(rows.length + bad.length, 4, 'it is a row or bad')
    const [verdict] = bad
    if (!verdict) return undefined
    assert.equal(verdict.index, 2, 'which one it is')
    assert.ok(verdict.bytePosition >= 0 && verdict.bytePosition <= record.value.length, 'where in it')
    assert.notEqual(verdict.reason, '')
    return verdict
  })
  for (const one of verdicts) assert.equal(one?.code, verdicts[0]?.code, 'the same by every reader')
  return verdicts[0]
}

for (const format of formats) {
  test(`${format}: a good record is a row`, () => {
    assert.equal(verdictOf(format, { value: good(format) }), undefined)
  })

  test(`${format}: a record that ends early is bad, or what is there is a whole record`, () => {
    const whole = good(format)
    // Of Protobuf, CSV and raw text a beginning can be a record: fields behind it are absent.
    const mayBeWhole = format === 'protobuf-confluent' || format === 'csv' || format === 'raw'
    const codes = new Set<string>()
    for (let size = 0; size < whole.length; size++) {
      const verdict = verdictOf(format, { value: whole.subarray(0, size) })
      if (!verdict) assert.ok(mayBeWhole, `${size} of ${whole.length} bytes were read as a row`)
      else codes.add(verdict.code)
    }
    for (const code of codes) assert.match(code, /^MR-FORMAT-00[369]$/)
    assert.ok(codes.size > 0, 'some of them are bad')
  })

  test(`${format}: text that is no UTF-8 is bad, at its byte`, () => {
    const whole = Buffer.from(good(format))
    const at = whole.indexOf(encodeText('Zoë')) + 2
    const value = Uint8Array.from(whole)
    value[at] = 0xff
    const verdict = verdictOf(format, { value })!
    assert.deepEqual([verdict.code, verdict.bytePosition], ['MR-FORMAT-006', at])
  })
}

for (const format of framedFormats) {
  test(`${format}: an id and a guid that nobody knows, and no frame at all`, () => {
    const value = good(format)
    value[4] = 77
    const unknown = verdictOf(format, { value })!
    assert.deepEqual([unknown.code, unknown.bytePosition], ['MR-FORMAT-004', 1])
    assert.match(unknown.reason, /77/)
    const body = good(format).subarray(5)
    const header = { key: '__value_schema_id', value: Uint8Array.from([1, ...new Uint8Array(16).fill(9)]) }
    const guid = verdictOf(format, { value: body, headers: [header] })!
    assert.equal(guid.code, 'MR-FORMAT-004')
    assert.match(guid.reason, /09090909-0909/)
    assert.equal(verdictOf(format, { value: Uint8Array.of(9, ...good(format).subarray(1)) })!.code, 'MR-FORMAT-003')
    for (const short of [[], [0], [0, 0, 0, 0]])
      assert.equal(verdictOf(format, { value: Uint8Array.from(short) })!.code, 'MR-FORMAT-003')
  })
}

const written = (write: (out: ByteWriter) => void, id = 1): Uint8Array => {
  const out = new ByteWriter()
  out.raw(Uint8Array.of(0, 0, 0, 0, id))
  write(out)
  return out.copy()
}
const varint = (out: ByteWriter, value: bigint): void => {
  for (; value > 127n; value >>= 7n) out.uint8(Number(value & 127n) | 128)
  out.uint8(Number(value))
}
const billions = 2_000_000_000n

/** A list that claims two billion elements, or as many bytes. JSON, CSV and raw text claim nothing. */
const claims: Partial<Record<ValueFormat, (out: ByteWriter) => void>> = {
  'avro-confluent': (out) => {
    // id, s, then the array's block.
    out.varlong(7n)
    out.varlong(0n)
    out.varlong(billions)
    out.raw(Uint8Array.of(2, 97))
  },
  'debezium-avro-confluent': (out) => {
    // The envelope, no before, an after.
    for (const branch of [1n, 0n, 1n]) out.varlong(branch)
    out.varlong(7n)
    out.varlong(0n)
    out.varlong(billions)
    out.raw(Uint8Array.of(2, 97))
  },
  'protobuf-confluent': (out) => {
    out.raw(Uint8Array.of(0, 8, 7, 26))
    varint(out, billions)
    out.raw(Uint8Array.of(1, 97))
  },
}

for (const [format, claim] of Object.entries(claims) as [ValueFormat, (out: ByteWriter) => void][])
  test(`${format}: a list of two billion costs nothing`, () => {
    const before = kernelScratch().buffer.byteLength
    assert.equal(verdictOf(format, { value: written(claim) })!.code, 'MR-FORMAT-006')
    assert.equal(kernelScratch().buffer.byteLength, before)
  })

const levels = 100_000
const avroFields = [
  { name: 'id', type: 'long' },
  { name: 's', type: ['null', 'string'] },
  { name: 'l', type: { type: 'array', items: 'string' } },
  { name: 'tree', type: ['null', { type: 'record', name: 'T', fields: [{ name: 'next', type: ['null', 'T'] }] }] },
]
const avroRow = { type: 'record', name: 'R', fields: avroFields }

const nestedJson = `{"id":7,"l":[],"tree":${'['.repeat(levels)}${']'.repeat(levels)}}`

/** The registered schema with a member that may nest without end, and a record in which it does. */
const bombs: Partial<Record<ValueFormat, { readonly nested?: string; readonly value: Uint8Array }>> = {
  'avro-confluent': {
    nested: JSON.stringify(avroRow),
    value: written((out) => {
      for (const value of [7n, 0n, 0n]) out.varlong(value)
      for (let i = 0; i < levels; i++) out.varlong(1n)
      out.varlong(0n)
    }, 2),
  },
  'debezium-avro-confluent': {
    nested: JSON.stringify([
      'null',
      {
        type: 'record',
        name: 'Envelope',
        fields: [
          { name: 'before', type: ['null', avroRow] },
          { name: 'after', type: ['null', 'R'] },
          { name: 'op', type: ['null', 'string'] },
        ],
      },
    ]),
    value: written((out) => {
      for (const value of [1n, 0n, 1n, 7n, 0n, 0n]) out.varlong(value)
      for (let i = 0; i < levels; i++) out.varlong(1n)
      for (const value of [0n, 1n, 1n]) out.varlong(value)
      out.uint8(99)
    }, 2),
  },
  // A group that nobody knows, in a group, in a group.
  'protobuf-confluent': {
    value: written((out) => {
      out.raw(Uint8Array.of(0, 8, 7))
      out.raw(new Uint8Array(levels).fill(0x7b))
      out.raw(new Uint8Array(levels).fill(0x7c))
    }),
  },
  'json-confluent': { value: written((out) => out.raw(encodeText(nestedJson))) },
  json: { value: encodeText(nestedJson) },
  'debezium-json': { value: encodeText(`{"after":${nestedJson},"op":"c"}`) },
}

for (const [format, { value, nested }] of Object.entries(bombs) as [
  ValueFormat,
  { nested?: string; value: Uint8Array },
][])
  test(`${format}: a bomb of nesting is bad, also where nobody reads it`, () => {
    const before = kernelScratch().buffer.byteLength
    const verdict = verdictOf(format, { value }, nested)!
    assert.match(verdict.code, /^MR-FORMAT-00[56]$/)
    assert.ok(kernelScratch().buffer.byteLength <= before * 2)
  })

test('protobuf-confluent: messages in messages without end are bad', () => {
  const text = `${schemaTextFor(formatOf('protobuf-confluent'))!.text.replace(/\n}\n*$/, '')}
  Tree tree = 50;
  message Tree { Tree next = 1; }
}
`
  let inner = new Uint8Array(0)
  for (let i = 0; i < 200; i++) {
    const out = new ByteWriter()
    out.uint8(10)
    varint(out, BigInt(inner.length))
    out.raw(inner)
    inner = out.copy() as Uint8Array<ArrayBuffer>
  }
  const value = written((out) => {
    out.raw(Uint8Array.of(0, 8, 7, 0x92, 0x03))
    varint(out, BigInt(inner.length))
    out.raw(inner)
  }, 2)
  // Nobody reads the member: its bytes are stepped over, whatever is in them.
  assert.equal(verdictOf('protobuf-confluent', { value }, text), undefined)
})
