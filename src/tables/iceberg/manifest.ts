// Manifests and manifest lists of Iceberg V2 for unpartitioned tables: the ids on every node, the keys of the header, and the
// null and explicit sequence numbers that the spec asks for. Reads any writer's; writes ours.
// Invariant: ADDED entries have null sequence numbers (inherited from the list), EXISTING and DELETED explicit ones.
// Reference: Iceberg spec, "Manifests", "Manifest Lists", "Sequence Number Inheritance".
import { assert, BytesError } from '../../base/index.ts'
import type { ParquetSummary } from '../parquet/index.ts'
import {
  decodeContainer,
  encodeContainer,
  type AvroComplex,
  type AvroField,
  type AvroRecord,
  type AvroSchema,
  type AvroValue,
} from './avro.ts'
import type { IcebergSchema } from './types.ts'

export const entryStatus = { existing: 0, added: 1, deleted: 2 } as const

/** A data file (or delete file) as a manifest describes it. */
export interface DataFile {
  /** 0 data, 1 position deletes, 2 equality deletes. */
  readonly content: number
  readonly path: string
  readonly rowCount: number
  readonly size: number
  /** The rest of the record, carried over as it was read. */
  readonly record: AvroRecord
}
export interface ManifestEntry {
  readonly status: number
  readonly snapshotId: bigint
  /** null: inherited from the manifest list. */
  readonly sequenceNumber: number | null
  readonly fileSequenceNumber: number | null
  readonly file: DataFile
}
export interface ManifestFile {
  readonly path: string
  readonly size: number
  readonly specId: number
  /** 0 data, 1 deletes. */
  readonly content: number
  readonly sequenceNumber: number
  readonly minSequenceNumber: number
  readonly addedSnapshotId: bigint
  readonly addedFiles: number
  readonly existingFiles: number
  readonly deletedFiles: number
  readonly addedRows: number
  readonly existingRows: number
  readonly deletedRows: number
  readonly partitions: AvroValue
}

const field = (id: number, name: string, type: AvroSchema): AvroField => ({ name, type, 'field-id': id })
const optional = (id: number, name: string, type: AvroSchema): AvroField => ({
  name,
  type: ['null', type],
  default: null,
  'field-id': id,
})
const intMap = (key: number, value: number, type: AvroSchema): AvroComplex => ({
  type: 'array',
  logicalType: 'map',
  items: { type: 'record', name: `k${key}_v${value}`, fields: [field(key, 'key', 'int'), field(value, 'value', type)] },
})
const list = (id: number, items: AvroSchema): AvroComplex => ({ type: 'array', items, 'element-id': id })

const dataFileSchema: AvroComplex = {
  type: 'record',
  name: 'r2',
  fields: [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    // Present even when the table is not partitioned.
    field(102, 'partition', { type: 'record', name: 'r102', fields: [] }),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    optional(108, 'column_sizes', intMap(117, 118, 'long')),
    optional(109, 'value_counts', intMap(119, 120, 'long')),
    optional(110, 'null_value_counts', intMap(121, 122, 'long')),
    optional(137, 'nan_value_counts', intMap(138, 139, 'long')),
    optional(125, 'lower_bounds', intMap(126, 127, 'bytes')),
    optional(128, 'upper_bounds', intMap(129, 130, 'bytes')),
    optional(131, 'key_metadata', 'bytes'),
    optional(132, 'split_offsets', list(133, 'long')),
    optional(135, 'equality_ids', list(136, 'int')),
    optional(140, 'sort_order_id', 'int'),
  ],
}
const entrySchema: AvroComplex = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    field(0, 'status', 'int'),
    optional(1, 'snapshot_id', 'long'),
    optional(3, 'sequence_number', 'long'),
    optional(4, 'file_sequence_number', 'long'),
    field(2, 'data_file', dataFileSchema),
  ],
}
const manifestFileSchema: AvroComplex = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', {
      type: 'array',
      'element-id': 508,
      items: {
        type: 'record',
        name: 'r508',
        fields: [
          field(509, 'contains_null', 'boolean'),
          optional(518, 'contains_nan', 'boolean'),
          optional(510, 'lower_bound', 'bytes'),
          optional(511, 'upper_bound', 'bytes'),
        ],
      },
    }),
    optional(519, 'key_metadata', 'bytes'),
  ],
}

/** Describes a Parquet file just written. Bounds only for leaves outside of lists and maps. */
export function dataFileOf(path: string, summary: ParquetSummary): DataFile {
  const columns = [...summary.columns].toSorted(([a], [b]) => a - b)
  const entries = (of: (c: (typeof columns)[number][1]) => AvroValue | undefined): AvroValue => {
    const pairs = columns
      .map(([key, c]) => ({ key, value: of(c) }))
      .filter((p): p is { key: number; value: AvroValue } => p.value !== undefined)
    return pairs.length > 0 ? pairs : null
  }
  const record: AvroRecord = {
    content: 0,
    file_path: path,
    file_format: 'PARQUET',
    partition: {},
    record_count: summary.rowCount,
    file_size_in_bytes: summary.size,
    column_sizes: entries((c) => c.size),
    value_counts: entries((c) => c.valueCount),
    null_value_counts: entries((c) => c.nullCount),
    nan_value_counts: entries((c) => c.nanCount),
    lower_bounds: entries((c) => (c.repeated ? undefined : c.lower?.single)),
    upper_bounds: entries((c) => (c.repeated ? undefined : c.upper?.single)),
    key_metadata: null,
    split_offsets: summary.splitOffsets,
    equality_ids: null,
    sort_order_id: 0,
  }
  return { content: 0, path, rowCount: summary.rowCount, size: summary.size, record }
}

/** A manifest's bytes. @param schema the table's at that time */
export function encodeManifest(
  entries: readonly ManifestEntry[],
  options: { schema: IcebergSchema; sync: Uint8Array },
): Uint8Array {
  const metadata = {
    schema: JSON.stringify(options.schema),
    'schema-id': String(options.schema['schema-id']),
    'partition-spec': '[]',
    'partition-spec-id': '0',
    'format-version': '2',
    content: 'data',
  }
  const rows = entries.map((entry): AvroRecord => {
    assert(
      (entry.status === entryStatus.added) === (entry.sequenceNumber === null),
      'only ADDED entries inherit their sequence number',
    )
    return {
      status: entry.status,
      snapshot_id: entry.snapshotId,
      sequence_number: entry.sequenceNumber,
      file_sequence_number: entry.fileSequenceNumber,
      data_file: entry.file.record,
    }
  })
  return encodeContainer(entrySchema, metadata, rows, options.sync)
}

/** Entries with what they inherit from their manifest filled in. @throws BytesError */
export function decodeManifest(bytes: Uint8Array, manifest: ManifestFile): ManifestEntry[] {
  return decodeContainer(bytes).rows.map((row): ManifestEntry => {
    const file = row.data_file
    if (!isRecord(file)) throw new BytesError('an entry without data_file', 0)
    const status = number(row, 'status')
    return {
      status,
      snapshotId: row.snapshot_id == null ? manifest.addedSnapshotId : BigInt(row.snapshot_id as number),
      sequenceNumber:
        nullableNumber(row, 'sequence_number') ?? (status === entryStatus.added ? manifest.sequenceNumber : 0),
      fileSequenceNumber:
        nullableNumber(row, 'file_sequence_number') ?? (status === entryStatus.added ? manifest.sequenceNumber : 0),
      file: {
        content: nullableNumber(file, 'content') ?? 0,
        path: text(file, 'file_path'),
        rowCount: number(file, 'record_count'),
        size: number(file, 'file_size_in_bytes'),
        record: file,
      },
    }
  })
}

/** A manifest of ours with other places of its files; all else as it was. @throws BytesError */
export function moveManifest(bytes: Uint8Array, move: (location: string) => string, sync: Uint8Array): Uint8Array {
  const { metadata, rows } = decodeContainer(bytes)
  const keys = Object.fromEntries([...metadata].filter(([key]) => !key.startsWith('avro.')))
  const moved = rows.map((row): AvroRecord => {
    if (!isRecord(row.data_file)) throw new BytesError('an entry without data_file', 0)
    return { ...row, data_file: { ...row.data_file, file_path: move(text(row.data_file, 'file_path')) } }
  })
  return encodeContainer(entrySchema, keys, moved, sync)
}

/** A manifest list's bytes. */
export function encodeManifestList(
  manifests: readonly ManifestFile[],
  options: { snapshotId: bigint; parentId: bigint | undefined; sequenceNumber: number; sync: Uint8Array },
): Uint8Array {
  const metadata = {
    'snapshot-id': String(options.snapshotId),
    'parent-snapshot-id': options.parentId === undefined ? 'null' : String(options.parentId),
    'sequence-number': String(options.sequenceNumber),
    'format-version': '2',
  }
  const rows = manifests.map((m): AvroRecord => ({
    manifest_path: m.path,
    manifest_length: m.size,
    partition_spec_id: m.specId,
    content: m.content,
    sequence_number: m.sequenceNumber,
    min_sequence_number: m.minSequenceNumber,
    added_snapshot_id: m.addedSnapshotId,
    added_files_count: m.addedFiles,
    existing_files_count: m.existingFiles,
    deleted_files_count: m.deletedFiles,
    added_rows_count: m.addedRows,
    existing_rows_count: m.existingRows,
    deleted_rows_count: m.deletedRows,
    partitions: m.partitions,
    key_metadata: null,
  }))
  return encodeContainer(manifestFileSchema, metadata, rows, options.sync)
}

/** @throws BytesError */
export function decodeManifestList(bytes: Uint8Array): ManifestFile[] {
  return decodeContainer(bytes).rows.map((row): ManifestFile => {
    // Older writers call the counts added_data_files_count and so on.
    const count = (name: string): number =>
      nullableNumber(row, `${name}_files_count`) ?? nullableNumber(row, `${name}_data_files_count`) ?? 0
    return {
      path: text(row, 'manifest_path'),
      size: number(row, 'manifest_length'),
      specId: number(row, 'partition_spec_id'),
      content: nullableNumber(row, 'content') ?? 0,
      sequenceNumber: nullableNumber(row, 'sequence_number') ?? 0,
      minSequenceNumber: nullableNumber(row, 'min_sequence_number') ?? 0,
      addedSnapshotId: BigInt((row.added_snapshot_id ?? 0) as number),
      addedFiles: count('added'),
      existingFiles: count('existing'),
      deletedFiles: count('deleted'),
      addedRows: nullableNumber(row, 'added_rows_count') ?? 0,
      existingRows: nullableNumber(row, 'existing_rows_count') ?? 0,
      deletedRows: nullableNumber(row, 'deleted_rows_count') ?? 0,
      partitions: row.partitions ?? null,
    }
  })
}

function isRecord(value: AvroValue | undefined): value is AvroRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
function nullableNumber(record: AvroRecord, name: string): number | null {
  const value = record[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'number') throw new BytesError(`${name} must be a number`, 0)
  return value
}
function number(record: AvroRecord, name: string): number {
  const value = nullableNumber(record, name)
  if (value === null) throw new BytesError(`${name} is missing`, 0)
  return value
}
function text(record: AvroRecord, name: string): string {
  const value = record[name]
  if (typeof value !== 'string') throw new BytesError(`${name} must be a string`, 0)
  return value
}
