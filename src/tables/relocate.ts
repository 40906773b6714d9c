// A lake that was moved to another folder: Iceberg's metadata holds absolute locations, so the metadata of a fed table is
// written anew for its new place; data files stay as they are.
// Invariant: one swap of the pointer, as any commit: a death before it changes nothing, and leftovers go at the next start.
import { BytesError, MillraceError, type Random } from '../base/index.ts'
import { fullName, type Catalog, type LoadedTable, type TableName } from './catalog.ts'
import { decodeManifestList, encodeManifestList, moveManifest, type ManifestFile } from './iceberg/manifest.ts'
import type { Snapshot } from './iceberg/metadata.ts'
import { locationOf, pathOf, readLakeFile, writeNewFile } from './lake-files.ts'

/** Does nothing when the table is where its metadata says. Cost: all manifests of live snapshots. @throws MillraceError MR-TABLES-004 */
export function relocateTable(catalog: Catalog, name: TableName, random: Random): void {
  const loaded = catalog.load(name)
  const wanted = locationOf(catalog.lake, loaded.entry.folder)
  if (loaded.metadata.location === wanted) return
  try {
    new Relocation(catalog, loaded, wanted, random).run()
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause
    const details = { table: fullName(name), file: loaded.entry.metadata, reason: cause.message }
    throw new MillraceError('MR-TABLES-004', { details, cause })
  }
}

class Relocation {
  readonly #catalog: Catalog
  readonly #loaded: LoadedTable
  readonly #wanted: string
  readonly #random: Random
  /** By old location: manifests are shared by snapshots. */
  readonly #moved = new Map<string, ManifestFile>()

  constructor(catalog: Catalog, loaded: LoadedTable, wanted: string, random: Random) {
    this.#catalog = catalog
    this.#loaded = loaded
    this.#wanted = wanted
    this.#random = random
  }

  run(): void {
    const { metadata, entry } = this.#loaded
    const snapshots = metadata.snapshots.map((snapshot) => this.#moveSnapshot(snapshot))
    this.#catalog.lake.disk.syncFolder(`${entry.folder}/metadata`)
    const log = metadata['metadata-log'].map((e) => ({ ...e, 'metadata-file': this.#move(e['metadata-file']) }))
    this.#catalog.replaceMetadata(this.#loaded, { ...metadata, location: this.#wanted, snapshots, 'metadata-log': log })
  }

  #move(location: string): string {
    const old = this.#loaded.metadata.location
    return location.startsWith(`${old}/`) ? this.#wanted + location.slice(old.length) : location
  }

  /** Reads a file by its old location, at its new place. */
  #read(location: string): Uint8Array {
    const path = pathOf(this.#catalog.lake, this.#move(location))
    if (path === undefined) throw new BytesError(`${location} lies outside of the table`, 0)
    return readLakeFile(this.#catalog.lake.disk, path)
  }

  #write(name: string, bytes: Uint8Array): string {
    const path = `${this.#loaded.entry.folder}/metadata/${name}`
    writeNewFile(this.#catalog.lake.disk, path, bytes)
    return locationOf(this.#catalog.lake, path)
  }

  #moveSnapshot(snapshot: Snapshot): Snapshot {
    const list = snapshot['manifest-list']
    if (list === undefined) return snapshot
    const manifests = decodeManifestList(this.#read(list)).map((manifest) => this.#moveManifest(manifest))
    const bytes = encodeManifestList(manifests, {
      snapshotId: snapshot['snapshot-id'],
      parentId: snapshot['parent-snapshot-id'],
      sequenceNumber: snapshot['sequence-number'] ?? 0,
      sync: this.#random.bytes(16),
    })
    const name = `snap-${snapshot['snapshot-id']}-1-${this.#catalog.newUuid()}.avro`
    return { ...snapshot, 'manifest-list': this.#write(name, bytes) }
  }

  #moveManifest(manifest: ManifestFile): ManifestFile {
    const known = this.#moved.get(manifest.path)
    if (known) return known
    const bytes = moveManifest(this.#read(manifest.path), (location) => this.#move(location), this.#random.bytes(16))
    const moved = { ...manifest, path: this.#write(`${this.#catalog.newUuid()}-m0.avro`, bytes), size: bytes.length }
    this.#moved.set(manifest.path, moved)
    return moved
  }
}
