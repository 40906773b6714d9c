// What a reader needs of a table: the files of its current snapshot, its columns, and where it stands in its topic. For
// queries (explore), lists and proofs; works on any writer's table.
import { BytesError, MillraceError } from '../base/index.ts'
import { fullName, type Catalog, type TableName } from './catalog.ts'
import { decodeManifest, decodeManifestList, entryStatus } from './iceberg/manifest.ts'
import { currentSchema, currentSnapshot } from './iceberg/metadata.ts'
import type { StructField } from './iceberg/types.ts'
import { pathOf, readLakeFile } from './lake-files.ts'
import { newestRange } from './lake-table.ts'
import type { TopicRange } from './offsets.ts'

export interface TableFiles {
  readonly namespace: string
  readonly name: string
  /** The topic that feeds it; null for a table of outside writers. */
  readonly topic: string | null
  /** Iceberg fields of the current schema, with ids. */
  readonly fields: readonly StructField[]
  /** undefined while the table is empty. */
  readonly snapshotId: bigint | undefined
  /** Paths relative to the lake's folder. */
  readonly files: readonly { readonly path: string; readonly rowCount: number; readonly size: number }[]
  /** Delete files apply: rows of `files` alone are too many. */
  readonly hasDeletes: boolean
  readonly range: TopicRange | undefined
  readonly properties: Readonly<Record<string, string>>
}

/**
 * Plans a scan of the current snapshot. Cost: reads the metadata, the manifest list and all manifests.
 * @throws Refusal no-table; MillraceError MR-TABLES-004
 */
export function tableFiles(catalog: Catalog, name: TableName): TableFiles {
  const { entry, metadata } = catalog.load(name)
  const { lake } = catalog
  const path = (location: string): string => {
    const found = pathOf(lake, location)
    if (found === undefined) throw new BytesError(`${location} lies outside of the lake`, 0)
    return found
  }
  try {
    const snapshot = currentSnapshot(metadata)
    const files: TableFiles['files'][number][] = []
    let hasDeletes = false
    if (snapshot?.['manifest-list']) {
      for (const manifest of decodeManifestList(readLakeFile(lake.disk, path(snapshot['manifest-list'])))) {
        for (const { status, file } of decodeManifest(readLakeFile(lake.disk, path(manifest.path)), manifest)) {
          if (status === entryStatus.deleted) continue
          if (file.content === 0) files.push({ path: path(file.path), rowCount: file.rowCount, size: file.size })
          else hasDeletes = true
        }
      }
    }
    return {
      ...name,
      topic: entry.feed,
      fields: currentSchema(metadata).fields,
      snapshotId: snapshot?.['snapshot-id'],
      files,
      hasDeletes,
      range: newestRange(metadata),
      properties: metadata.properties,
    }
  } catch (cause) {
    if (!(cause instanceof BytesError || cause instanceof SyntaxError)) throw cause
    throw new MillraceError('MR-TABLES-004', {
      details: { table: fullName(name), file: entry.metadata, reason: cause.message },
      cause,
    })
  }
}

export interface TableSummary extends TableName {
  readonly topic: string | null
  readonly rowCount: string
  readonly fileCount: string
  readonly bytes: string
  readonly snapshotCount: number
  /** Milliseconds since 1970; undefined while the table is empty. */
  readonly committedAtMs: number | undefined
  readonly range: TopicRange | undefined
}

/** All tables with the totals of their newest snapshot, by name. Reads one metadata file a table. */
export function listTables(catalog: Catalog): TableSummary[] {
  return catalog.allTables().map(({ namespace, name, feed }) => {
    const { metadata } = catalog.load({ namespace, name })
    const snapshot = currentSnapshot(metadata)
    const total = (key: string): string => snapshot?.summary?.[key] ?? '0'
    return {
      namespace,
      name,
      topic: feed,
      rowCount: total('total-records'),
      fileCount: total('total-data-files'),
      bytes: total('total-files-size'),
      snapshotCount: metadata.snapshots.length,
      committedAtMs: snapshot?.['timestamp-ms'],
      range: newestRange(metadata),
    }
  })
}
