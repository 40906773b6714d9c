// Table metadata of Iceberg V1 and V2 as its JSON has it, read and checked at the wall, and small questions to it.
// Reference: Iceberg spec, "Table Metadata", Appendix C.
import { formatJson, isObject, parseJson, type JsonObject } from './json.ts'
import type { IcebergSchema } from './types.ts'

export interface Snapshot {
  readonly 'snapshot-id': bigint
  readonly 'parent-snapshot-id'?: bigint
  readonly 'sequence-number'?: number
  readonly 'timestamp-ms': number
  readonly 'manifest-list'?: string
  readonly summary?: Readonly<Record<string, string>>
  readonly 'schema-id'?: number
}
export interface PartitionField {
  readonly 'source-id': number
  readonly 'field-id'?: number
  readonly name: string
  readonly transform: string
}
export interface PartitionSpec {
  readonly 'spec-id': number
  readonly fields: readonly PartitionField[]
}
export interface SortOrder {
  readonly 'order-id': number
  readonly fields: readonly (JsonObject & { readonly 'source-id'?: number })[]
}
export interface SnapshotRef {
  readonly 'snapshot-id': bigint
  readonly type: string
  readonly 'max-ref-age-ms'?: number
  readonly 'max-snapshot-age-ms'?: number
  readonly 'min-snapshots-to-keep'?: number
}
export interface TableMetadata {
  readonly 'format-version': number
  readonly 'table-uuid': string
  readonly location: string
  readonly 'last-sequence-number': number
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly schemas: readonly IcebergSchema[]
  readonly 'current-schema-id': number
  readonly 'partition-specs': readonly PartitionSpec[]
  readonly 'default-spec-id': number
  readonly 'last-partition-id': number
  readonly 'sort-orders': readonly SortOrder[]
  readonly 'default-sort-order-id': number
  readonly properties: Readonly<Record<string, string>>
  /** -1 when there is none. */
  readonly 'current-snapshot-id': bigint
  readonly snapshots: readonly Snapshot[]
  readonly refs: Readonly<Record<string, SnapshotRef>>
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': bigint }[]
  readonly 'metadata-log': readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[]
  readonly statistics: readonly JsonObject[]
  readonly 'partition-statistics': readonly JsonObject[]
}

export const noSnapshot = -1n
/** Partition field ids begin at 1000; this is "none given yet". */
export const noPartitionId = 999

/** Reads what formatMetadata wrote. @throws SyntaxError when it is not table metadata of a version known here */
export function parseMetadata(text: string): TableMetadata {
  const json = parseJson(text)
  if (!isObject(json)) throw new SyntaxError('not a JSON object')
  const version = json['format-version']
  if (version !== 1 && version !== 2) throw new SyntaxError(`format version ${String(version)}`)
  for (const key of ['table-uuid', 'location'] as const)
    if (typeof json[key] !== 'string') throw new SyntaxError(`${key} is missing`)
  for (const key of ['schemas', 'snapshots', 'partition-specs', 'sort-orders'] as const) {
    if (!Array.isArray(json[key])) throw new SyntaxError(`${key} is missing`)
  }
  return json as unknown as TableMetadata
}

export function formatMetadata(metadata: TableMetadata): string {
  return formatJson(metadata)
}

export function currentSchema(metadata: TableMetadata): IcebergSchema {
  const schema = metadata.schemas.find((s) => s['schema-id'] === metadata['current-schema-id'])
  if (!schema) throw new SyntaxError(`schema ${metadata['current-schema-id']} is not among the schemas`)
  return schema
}

export function snapshotById(metadata: TableMetadata, id: bigint): Snapshot | undefined {
  return metadata.snapshots.find((s) => s['snapshot-id'] === id)
}

export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return snapshotById(metadata, metadata['current-snapshot-id'])
}

/** A 63-bit positive id that no snapshot of the table has. */
export function newSnapshotId(metadata: TableMetadata, uint32: () => number): bigint {
  for (;;) {
    const id = (BigInt(uint32() & 0x7fffffff) << 32n) | BigInt(uint32())
    if (id > 0n && !snapshotById(metadata, id)) return id
  }
}

/** A version 4 UUID of 16 random bytes. */
export function uuidOf(bytes: Uint8Array): string {
  const b = bytes.slice(0, 16)
  b[6] = (b[6]! & 15) | 64
  b[8] = (b[8]! & 63) | 128
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
