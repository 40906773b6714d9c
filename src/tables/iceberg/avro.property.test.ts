// Avro containers: what is written is read back, by us and by avsc; hostile bytes end in BytesError.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import avsc from 'avsc'
import fc from 'fast-check'
import { BytesError } from '../../base/index.ts'
import { decodeContainer, encodeContainer, type AvroComplex, type AvroRecord } from './avro.ts'
import {
  decodeManifest,
  decodeManifestList,
  encodeManifest,
  encodeManifestList,
  entryStatus,
  type DataFile,
  type ManifestFile,
} from './manifest.ts'

const schema: AvroComplex = {
  type: 'record',
  name: 'row',
  fields: [
    { name: 'a', type: 'long' },
    { name: 'b', type: ['null', 'string'] },
    { name: 'c', type: 'bytes' },
    {
      name: 'd',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'kv',
          fields: [
            { name: 'key', type: 'int' },
            { name: 'value', type: 'boolean' },
          ],
        },
      },
    },
  ],
}
const rows: fc.Arbitrary<AvroRecord[]> = fc.array(
  fc.record({
    a: fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((v) => (v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v)),
    b: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
    c: fc.uint8Array({ maxLength: 9 }),
    d: fc.array(fc.record({ key: fc.integer(), value: fc.boolean() }), { maxLength: 3 }),
  }),
  { maxLength: 8 },
)
const sync = new Uint8Array(16).fill(7)

test('what is written is read back', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const { rows: read, metadata } = decodeContainer(encodeContainer(schema, { k: 'ü' }, list, sync))
      assert.equal(metadata.get('k'), 'ü')
      assert.equal(JSON.stringify(read, plain), JSON.stringify(list, plain))
    }),
  )
})
const plain = (_: string, v: unknown): unknown => (typeof v === 'bigint' ? String(v) : v)

test('damaged containers end in BytesError or in rows, nothing else', () => {
  const bytes = encodeContainer(
    schema,
    {},
    [{ a: 1, b: 'x', c: new Uint8Array(3), d: [{ key: 1, value: true }] }],
    sync,
  )
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
      const damaged = cut ? bytes.slice(0, at) : bytes.slice()
      if (!cut) damaged[at]! ^= flip
      try {
        decodeContainer(damaged)
      } catch (error) {
        assert.ok(error instanceof BytesError || error instanceof TypeError, String(error))
      }
    }),
    { numRuns: 500 },
  )
})

const record: AvroRecord = {
  content: 0,
  file_path: 'file:///lake/a.parquet',
  file_format: 'PARQUET',
  partition: {},
  record_count: 3,
  file_size_in_bytes: 99,
  column_sizes: [{ key: 1, value: 40 }],
  value_counts: null,
  null_value_counts: null,
  nan_value_counts: null,
  lower_bounds: [{ key: 1, value: Uint8Array.of(1, 0, 0, 0) }],
  upper_bounds: null,
  key_metadata: null,
  split_offsets: [4],
  equality_ids: null,
  sort_order_id: 0,
}
const file: DataFile = { content: 0, path: 'file:///lake/a.parquet', rowCount: 3, size: 99, record }
const snapshotId = 3051729675574597004n

test('avsc reads our manifests with ids beyond 2^53, map entries and null sequence numbers', () => {
  const bytes = encodeManifest(
    [{ status: entryStatus.added, snapshotId, sequenceNumber: null, fileSequenceNumber: null, file }],
    { schema: { type: 'struct', 'schema-id': 0, fields: [] }, sync },
  )
  const longs = avsc.types.LongType.__with({
    fromBuffer: (b: Buffer) => b.readBigInt64LE(),
    toBuffer: () => Buffer.alloc(8),
    fromJSON: BigInt,
    toJSON: String,
    isValid: (v: unknown) => typeof v === 'bigint',
    compare: () => 0,
  })
  const read: unknown[] = []
  const decoder = new avsc.streams.BlockDecoder({
    parseHook: (s: avsc.Schema) => avsc.Type.forSchema(s, { registry: { long: longs } }),
  })
  decoder.on('data', (row: unknown) => read.push(row))
  decoder.end(Buffer.from(bytes))
  return new Promise<void>((resolve, reject) => {
    decoder.on('error', reject)
    decoder.on('end', () => {
      const [row] = read as {
        snapshot_id: bigint
        sequence_number: unknown
        data_file: { column_sizes: { key: number; value: bigint }[]; partition: object }
      }[]
      assert.equal(row!.snapshot_id, snapshotId)
      assert.equal(row!.sequence_number, null)
      assert.deepEqual(
        row!.data_file.column_sizes.map((e) => [e.key, e.value]),
        [[1, 40n]],
      )
      assert.ok(row!.data_file.partition)
      resolve()
    })
  })
})

test('sequence numbers and snapshot ids are inherited from the manifest list', () => {
  const manifest: ManifestFile = {
    path: 'm',
    size: 1,
    specId: 0,
    content: 0,
    sequenceNumber: 5,
    minSequenceNumber: 4,
    addedSnapshotId: snapshotId,
    addedFiles: 1,
    existingFiles: 1,
    deletedFiles: 0,
    addedRows: 3,
    existingRows: 3,
    deletedRows: 0,
    partitions: [],
  }
  const list = decodeManifestList(
    encodeManifestList([manifest], { snapshotId, parentId: undefined, sequenceNumber: 5, sync }),
  )
  assert.deepEqual(list, [manifest])
  const entries = [
    { status: entryStatus.added, snapshotId, sequenceNumber: null, fileSequenceNumber: null, file },
    { status: entryStatus.existing, snapshotId: 1n, sequenceNumber: 4, fileSequenceNumber: 4, file },
  ]
  const read = decodeManifest(
    encodeManifest(entries, { schema: { type: 'struct', 'schema-id': 0, fields: [] }, sync }),
    manifest,
  )
  assert.deepEqual(
    read.map((e) => [e.snapshotId, e.sequenceNumber]),
    [
      [snapshotId, 5],
      [1n, 4],
    ],
  )
})
