// One table that Millrace feeds, as its only committer sees it: current files, where it stands in its topic, and the commit.
// Invariants: nothing names a file before it is synced; the pointer's swap is the commit; a crash at any step leaves the last
// commit, whole, and at most orphan files, which the next start removes; a commit begins where the last one ended.
// Reference: Iceberg spec "Snapshots", "Manifests"; hazards of concurrent and unknown outcomes: reload before any retry.
import { assert, BytesError, MillraceError, type Clock, type Random } from '../base/index.ts'
import { assertFollows, rangeOf, standingStill, summaryOf, type TopicRange } from './offsets.ts'
import { fullName, type Catalog, type LoadedTable, type TableName } from './catalog.ts'
import { locationOf, pathOf, readLakeFile, writeNewFile } from './lake-files.ts'
import {
  currentSchema,
  currentSnapshot,
  newSnapshotId,
  snapshotById,
  type Snapshot,
  type TableMetadata,
} from './iceberg/metadata.ts'
import {
  decodeManifest,
  decodeManifestList,
  encodeManifest,
  encodeManifestList,
  entryStatus,
  type DataFile,
  type ManifestEntry,
  type ManifestFile,
} from './iceberg/manifest.ts'
import type { Update } from './iceberg/updates.ts'
import { Refusal } from './iceberg/refusal.ts'
import type { TablesLimits } from './limits.ts'

/** A file of the current snapshot. */
export interface LiveFile {
  readonly file: DataFile
  readonly snapshotId: bigint
  readonly sequenceNumber: number
}
/** What a commit changes. */
export interface FileChange {
  readonly operation: 'append' | 'overwrite' | 'delete' | 'replace'
  readonly added: readonly DataFile[]
  /** Locations of current files that go. */
  readonly removed: ReadonlySet<string>
}

interface LiveManifest {
  readonly manifest: ManifestFile
  readonly files: readonly LiveFile[]
}
/** A file that only snapshots below this sequence number still need. */
interface Obsolete {
  readonly path: string
  readonly unneededFrom: number
}

export class LakeTable {
  readonly name: TableName
  readonly #catalog: Catalog
  readonly #limits: TablesLimits
  readonly #clock: Clock
  readonly #random: Random
  #topic = ''
  #loaded: LoadedTable
  #manifests: LiveManifest[] = []
  #obsolete: Obsolete[] = []
  /** Where the newest commit that says so ended; undefined before the first. */
  range: TopicRange | undefined

  /** Reads the table as it is; it must exist. @throws MillraceError MR-TABLES-004, MR-TABLES-007 */
  constructor(catalog: Catalog, name: TableName, ports: { clock: Clock; random: Random; limits: TablesLimits }) {
    this.name = name
    this.#catalog = catalog
    this.#limits = ports.limits
    this.#clock = ports.clock
    this.#random = ports.random
    this.#loaded = this.#load()
    this.#topic = this.#loaded.entry.feed ?? ''
  }

  get metadata(): TableMetadata {
    return this.#loaded.metadata
  }
  get folder(): string {
    return this.#loaded.entry.folder
  }
  get topic(): string {
    return this.#topic
  }
  get files(): LiveFile[] {
    return this.#manifests.flatMap((m) => m.files)
  }
  get rowCount(): number {
    return this.#manifests.reduce((sum, m) => sum + m.files.reduce((n, f) => n + f.file.rowCount, 0), 0)
  }

  /** Reads pointer, metadata and manifests again: after a commit whose outcome is not known. */
  reload(): void {
    this.#loaded = this.#load()
  }

  #load(): LoadedTable {
    const loaded = this.#loadPointer()
    const wanted = locationOf(this.#catalog.lake, loaded.entry.folder)
    const { metadata } = loaded
    if (metadata.location !== wanted)
      throw new MillraceError('MR-TABLES-007', { details: { found: metadata.location, wanted } })
    this.#manifests = this.#guard('manifests', () => {
      const snapshot = currentSnapshot(metadata)
      return snapshot ? this.#manifestsOf(snapshot).filter((m) => m.files.length > 0) : []
    })
    this.range = this.#guard(loaded.entry.metadata, () => newestRange(metadata))
    return loaded
  }

  #loadPointer(): LoadedTable {
    try {
      return this.#catalog.load(this.name)
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      // It was there when it was opened, and only a stranger in the lake takes it away.
      throw new MillraceError('MR-TABLES-008', {
        details: { table: fullName(this.name), topic: this.#topic },
        cause,
      })
    }
  }

  #guard<T>(file: string, run: () => T): T {
    try {
      return run()
    } catch (cause) {
      if (!(cause instanceof BytesError || cause instanceof SyntaxError || cause instanceof TypeError)) throw cause
      throw new MillraceError('MR-TABLES-004', {
        details: { table: fullName(this.name), file, reason: cause.message },
        cause,
      })
    }
  }

  #path(location: string): string {
    const path = pathOf(this.#catalog.lake, location)
    if (path === undefined) throw new BytesError(`${location} lies outside of the lake`, 0)
    return path
  }

  #manifestsOf(snapshot: Snapshot): LiveManifest[] {
    const { disk } = this.#catalog.lake
    const list = decodeManifestList(readLakeFile(disk, this.#path(snapshot['manifest-list'] ?? '')))
    return list.map((manifest) => {
      const entries = decodeManifest(readLakeFile(disk, this.#path(manifest.path)), manifest)
      const live = entries.filter((e) => e.status !== entryStatus.deleted)
      return {
        manifest,
        files: live.map((e) => ({ file: e.file, snapshotId: e.snapshotId, sequenceNumber: e.sequenceNumber ?? 0 })),
      }
    })
  }

  /** A new data file's path; its folder exists when this returns. */
  newDataPath(): string {
    const folder = `${this.folder}/data`
    this.#catalog.lake.disk.makeFolder(folder)
    const next = String(this.metadata['last-sequence-number'] + 1).padStart(6, '0')
    return `${folder}/${next}-${this.#catalog.newUuid()}.parquet`
  }

  /**
   * Makes files and offsets true, in one swap. Added files were synced. Blocks for some syncs.
   * @param range what was read from the topic; undefined for a change that only rewrites files
   * @throws MillraceError when the disk or catalog fails: the outcome is unknown until reload()
   */
  commit(change: FileChange, range: TopicRange | undefined): void {
    const { disk } = this.#catalog.lake
    const stated = range ?? (this.range && standingStill(this.range))
    if (stated) assertFollows(this.range, stated)
    const snapshotId = newSnapshotId(this.metadata, () => this.#random.uint32())
    const sequenceNumber = this.metadata['last-sequence-number'] + 1
    if (change.added.length > 0) disk.syncFolder(`${this.folder}/data`)
    disk.makeFolder(`${this.folder}/metadata`)
    const manifests = this.#writeManifests(change, snapshotId, sequenceNumber)
    const parent = currentSnapshot(this.metadata)
    const path = `${this.folder}/metadata/snap-${snapshotId}-1-${this.#catalog.newUuid()}.avro`
    const sync = this.#random.bytes(16)
    const listed = manifests.map((m) => m.manifest)
    writeNewFile(
      disk,
      path,
      encodeManifestList(listed, { snapshotId, parentId: parent?.['snapshot-id'], sequenceNumber, sync }),
    )
    const snapshot: Snapshot = {
      'snapshot-id': snapshotId,
      ...(parent ? { 'parent-snapshot-id': parent['snapshot-id'] } : {}),
      'sequence-number': sequenceNumber,
      // Never before the parent's, though the clock may have stepped back.
      'timestamp-ms': Math.max(this.#clock.nowMs(), parent?.['timestamp-ms'] ?? 0),
      'manifest-list': locationOf(this.#catalog.lake, path),
      summary: { ...this.#summary(change, manifests), ...(stated ? summaryOf(stated) : {}) },
      'schema-id': this.metadata['current-schema-id'],
    }
    const expired = this.#expired()
    this.#swap(snapshot, expired)
    this.#forget(manifests, change.removed, sequenceNumber, expired)
    this.#manifests = manifests.filter((m) => m.files.length > 0)
    if (stated) this.range = stated
  }

  #swap(snapshot: Snapshot, expired: readonly Snapshot[]): void {
    const updates: Update[] = [
      { action: 'add-snapshot', snapshot: snapshot as never },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshot['snapshot-id'] },
    ]
    if (expired.length > 0)
      updates.push({ action: 'remove-snapshots', 'snapshot-ids': expired.map((s) => s['snapshot-id']) })
    this.#change(updates, this.metadata['refs'].main?.['snapshot-id'])
  }

  /** Adds a schema and makes it the current one. */
  changeSchema(schema: Update['schema']): void {
    this.#change(
      [
        { action: 'add-schema', schema },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      this.metadata.refs.main?.['snapshot-id'],
    )
  }

  #change(updates: Update[], parent: bigint | undefined): void {
    const requirements = [
      { type: 'assert-table-uuid', uuid: this.metadata['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': parent ?? null },
    ]
    try {
      this.#loaded = this.#catalog.commit([{ ...this.name, requirements, updates }], { feed: this.topic })[0]!
    } catch (cause) {
      // Nobody else may commit here, so a lost race is a stranger in the lake.
      if (cause instanceof Refusal)
        throw new MillraceError('MR-TABLES-008', { details: { table: fullName(this.name), topic: this.topic }, cause })
      throw cause
    }
  }

  /** One new manifest with what is added, and with the rest of those manifests that lose files or are merged. */
  #writeManifests(change: FileChange, snapshotId: bigint, sequenceNumber: number): LiveManifest[] {
    const merge = this.#manifests.length >= this.#limits.manifestsMax
    const touched = this.#manifests.filter((m) => merge || m.files.some((f) => change.removed.has(f.file.path)))
    const kept = this.#manifests.filter((m) => !touched.includes(m))
    const old = touched.flatMap((m) => m.files)
    const found = old.filter((f) => change.removed.has(f.file.path))
    assert(found.length === change.removed.size, 'every file that goes is a current one')
    const entries: ManifestEntry[] = [
      ...change.added.map((file) => ({
        status: entryStatus.added,
        snapshotId,
        sequenceNumber: null,
        fileSequenceNumber: null,
        file,
      })),
      ...old.map((f) => {
        const gone = change.removed.has(f.file.path)
        const status = gone ? entryStatus.deleted : entryStatus.existing
        return {
          status,
          snapshotId: gone ? snapshotId : f.snapshotId,
          sequenceNumber: f.sequenceNumber,
          fileSequenceNumber: f.sequenceNumber,
          file: f.file,
        }
      }),
    ]
    if (entries.length === 0) return kept
    const path = `${this.folder}/metadata/${this.#catalog.newUuid()}-m0.avro`
    const bytes = encodeManifest(entries, { schema: currentSchema(this.metadata), sync: this.#random.bytes(16) })
    writeNewFile(this.#catalog.lake.disk, path, bytes)
    const files: LiveFile[] = entries
      .filter((e) => e.status !== entryStatus.deleted)
      .map((e) => ({ file: e.file, snapshotId: e.snapshotId, sequenceNumber: e.sequenceNumber ?? sequenceNumber }))
    const count = (status: number): number => entries.filter((e) => e.status === status).length
    const rows = (status: number): number =>
      entries.reduce((sum, e) => sum + (e.status === status ? e.file.rowCount : 0), 0)
    const manifest: ManifestFile = {
      path: locationOf(this.#catalog.lake, path),
      size: bytes.length,
      specId: 0,
      content: 0,
      sequenceNumber,
      minSequenceNumber: files.reduce((min, f) => Math.min(min, f.sequenceNumber), sequenceNumber),
      addedSnapshotId: snapshotId,
      addedFiles: count(entryStatus.added),
      existingFiles: count(entryStatus.existing),
      deletedFiles: count(entryStatus.deleted),
      addedRows: rows(entryStatus.added),
      existingRows: rows(entryStatus.existing),
      deletedRows: rows(entryStatus.deleted),
      partitions: [],
    }
    return [...kept, { manifest, files }]
  }

  #summary(change: FileChange, manifests: readonly LiveManifest[]): Record<string, string> {
    const gone = this.files.filter((f) => change.removed.has(f.file.path)).map((f) => f.file)
    const live = manifests.flatMap((m) => m.files.map((f) => f.file))
    const rows = (files: readonly DataFile[]): number => files.reduce((sum, f) => sum + f.rowCount, 0)
    const bytes = (files: readonly DataFile[]): number => files.reduce((sum, f) => sum + f.size, 0)
    const summary: Record<string, string | number> = { operation: change.operation }
    if (change.added.length > 0) {
      summary['added-data-files'] = change.added.length
      summary['added-records'] = rows(change.added)
      summary['added-files-size'] = bytes(change.added)
    }
    if (gone.length > 0) {
      summary['deleted-data-files'] = gone.length
      summary['deleted-records'] = rows(gone)
      summary['removed-files-size'] = bytes(gone)
    }
    Object.assign(summary, {
      'changed-partition-count': change.added.length + gone.length > 0 ? 1 : 0,
      'total-records': rows(live),
      'total-files-size': bytes(live),
      'total-data-files': live.length,
      'total-delete-files': 0,
      'total-position-deletes': 0,
      'total-equality-deletes': 0,
    })
    return Object.fromEntries(Object.entries(summary).map(([key, value]) => [key, String(value)]))
  }

  /** The oldest snapshots, so that with a new one there are at most the limit. */
  #expired(): Snapshot[] {
    const { snapshots } = this.metadata
    return snapshots.slice(0, Math.max(0, snapshots.length + 1 - this.#limits.snapshotsMax))
  }

  /** After a commit: notes what it made unneeded, and removes what no live snapshot needs any more. */
  #forget(
    manifests: readonly LiveManifest[],
    removed: ReadonlySet<string>,
    sequenceNumber: number,
    expired: readonly Snapshot[],
  ): void {
    const stays = new Set(manifests.map((m) => m.manifest.path))
    const left = [...this.#manifests.filter((m) => !stays.has(m.manifest.path)).map((m) => m.manifest.path), ...removed]
    for (const location of left) this.#obsolete.push({ path: this.#path(location), unneededFrom: sequenceNumber })
    const oldest = this.metadata.snapshots[0]?.['sequence-number'] ?? 0
    const { disk } = this.#catalog.lake
    for (const snapshot of expired) if (snapshot['manifest-list']) disk.remove(this.#path(snapshot['manifest-list']))
    for (const { path } of this.#obsolete.filter((o) => o.unneededFrom <= oldest)) disk.remove(path)
    this.#obsolete = this.#obsolete.filter((o) => o.unneededFrom > oldest)
    // The metadata file that fell out of the log; each commit drops at most one.
    this.#removeOldMetadata()
  }

  #removeOldMetadata(): void {
    const { disk } = this.#catalog.lake
    const folder = `${this.folder}/metadata`
    const kept = this.#metadataFiles()
    const files = disk.list(folder).filter((name) => name.endsWith('.metadata.json'))
    if (files.length <= kept.size) return
    for (const name of files) if (!kept.has(`${folder}/${name}`)) disk.remove(`${folder}/${name}`)
  }

  #metadataFiles(): Set<string> {
    return new Set([
      this.#loaded.entry.metadata,
      ...this.metadata['metadata-log'].map((entry) => this.#path(entry['metadata-file'])),
    ])
  }

  /**
   * At start: removes files that no live snapshot names (left by a crash between writing and the swap), and notes what only
   * older snapshots need. Nobody else writes here, so what is not named now never will be. O(manifests of live snapshots).
   */
  removeOrphans(): number {
    return this.#guard('a manifest', () => {
      const { disk } = this.#catalog.lake
      const neededUntil = new Map<string, number>()
      const cache = new Map<string, LiveManifest>()
      const snapshots = this.metadata.snapshots.toSorted(
        (a, b) => (a['sequence-number'] ?? 0) - (b['sequence-number'] ?? 0),
      )
      const need = (location: string, index: number): void => void neededUntil.set(this.#path(location), index)
      snapshots.forEach((snapshot, index) => {
        if (!snapshot['manifest-list']) return
        need(snapshot['manifest-list'], snapshots.length)
        for (const manifest of decodeManifestList(readLakeFile(disk, this.#path(snapshot['manifest-list'])))) {
          need(manifest.path, index)
          for (const { file } of this.#cachedManifest(manifest, cache).files) need(file.path, index)
        }
      })
      this.#obsolete = [...neededUntil]
        .filter(([, index]) => index < snapshots.length - 1)
        .map(([path, index]) => ({ path, unneededFrom: snapshots[index + 1]!['sequence-number'] ?? 0 }))
      const kept = this.#metadataFiles()
      const present = ['data', 'metadata'].flatMap((part) =>
        disk.list(`${this.folder}/${part}`).map((name) => `${this.folder}/${part}/${name}`),
      )
      const orphans = present.filter((path) => !neededUntil.has(path) && !kept.has(path))
      for (const path of orphans) disk.remove(path)
      return orphans.length
    })
  }

  #cachedManifest(manifest: ManifestFile, cache: Map<string, LiveManifest>): LiveManifest {
    const known = cache.get(manifest.path)
    if (known) return known
    const bytes = readLakeFile(this.#catalog.lake.disk, this.#path(manifest.path))
    const files = decodeManifest(bytes, manifest)
      .filter((e) => e.status !== entryStatus.deleted)
      .map((e) => ({ file: e.file, snapshotId: e.snapshotId, sequenceNumber: e.sequenceNumber ?? 0 }))
    const read = { manifest, files }
    cache.set(manifest.path, read)
    return read
  }
}

/** Walks from the current snapshot to its ancestors. @throws SyntaxError */
export function newestRange(metadata: TableMetadata): TopicRange | undefined {
  for (let snapshot = currentSnapshot(metadata); snapshot;) {
    const range = rangeOf(snapshot.summary)
    if (range) return range
    const parent = snapshot['parent-snapshot-id']
    snapshot = parent === undefined ? undefined : snapshotById(metadata, parent)
  }
  return undefined
}
