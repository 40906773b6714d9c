// The catalog of the lake: namespaces, tables and the one pointer per table that a commit swaps. Served over REST and used by
// the tables worker, each with its own connection to the store.
// Invariants: metadata is written and synced before the pointer is swapped, in one durable transaction that compares it;
// a table that Millrace feeds is changed by nobody else. Reference: Iceberg REST OpenAPI; Iceberg spec "Commit Conflict Resolution".
import { BytesError, decodeText, encodeText, MillraceError, type Clock, type Random } from '../base/index.ts'
import type { CatalogStore, CatalogTransaction, TableEntry } from './catalog-store.ts'
import { locationOf, pathOf, readLakeFile, writeNewFile, type Lake } from './lake-files.ts'
import { formatMetadata, parseMetadata, uuidOf, type TableMetadata } from './iceberg/metadata.ts'
import { Refusal } from './iceberg/refusal.ts'
import { applyUpdates, checkRequirement, emptyMetadata, type Requirement, type Update } from './iceberg/updates.ts'
import { tablesLimits } from './limits.ts'

export interface TableName {
  readonly namespace: string
  readonly name: string
}
export interface LoadedTable extends TableName {
  readonly entry: TableEntry
  readonly metadata: TableMetadata
  readonly metadataLocation: string
}
/** One table's part of a commit. */
export interface TableCommit extends TableName {
  readonly requirements: readonly Requirement[]
  readonly updates: readonly Update[]
}

export class Catalog {
  readonly lake: Lake
  readonly store: CatalogStore
  readonly #clock: Clock
  readonly #random: Random

  constructor(options: { lake: Lake; store: CatalogStore; clock: Clock; random: Random }) {
    this.lake = options.lake
    this.store = options.store
    this.#clock = options.clock
    this.#random = options.random
  }

  namespaces(): string[] {
    return this.store.read((tx) => tx.namespaces())
  }
  /** @throws Refusal no-namespace */
  namespaceProperties(name: string): Readonly<Record<string, string>> {
    return this.store.read((tx) => neededNamespace(tx, name))
  }
  createNamespace(name: string, properties: Readonly<Record<string, string>>): void {
    checkName(name, 'namespace')
    this.store.write((tx) => {
      if (tx.namespace(name)) throw new Refusal('exists', `Namespace already exists: ${name}`)
      tx.putNamespace(name, properties)
    })
  }
  dropNamespace(name: string): void {
    this.store.write((tx) => {
      neededNamespace(tx, name)
      if (tx.tables(name).length > 0) throw new Refusal('not-empty', `Namespace ${name} is not empty`)
      tx.dropNamespace(name)
    })
  }
  updateNamespace(
    name: string,
    removals: readonly string[],
    updates: Readonly<Record<string, string>>,
  ): { removed: string[]; updated: string[]; missing: string[] } {
    const both = removals.find((key) => key in updates)
    if (both !== undefined) throw new Refusal('unprocessable', `Cannot update and remove the same property: ${both}`)
    return this.store.write((tx) => {
      const found = neededNamespace(tx, name)
      const removed = removals.filter((key) => key in found)
      const kept = Object.fromEntries(Object.entries(found).filter(([key]) => !removed.includes(key)))
      tx.putNamespace(name, { ...kept, ...updates })
      return { removed, updated: Object.keys(updates), missing: removals.filter((key) => !(key in found)) }
    })
  }

  /** @throws Refusal no-namespace */
  tables(namespace: string): string[] {
    return this.store.read((tx) => {
      neededNamespace(tx, namespace)
      return tx.tables(namespace)
    })
  }
  /** Every table, sorted. */
  allTables(): (TableName & { readonly feed: string | null })[] {
    return this.store.read((tx) =>
      tx
        .namespaces()
        .flatMap((namespace) =>
          tx.tables(namespace).map((name) => ({ namespace, name, feed: tx.table(namespace, name)!.feed })),
        ),
    )
  }
  find({ namespace, name }: TableName): TableEntry | undefined {
    return this.store.read((tx) => tx.table(namespace, name))
  }

  /** Reads a table's current metadata. @throws Refusal no-table, MillraceError MR-TABLES-004 */
  load(name: TableName): LoadedTable {
    const entry = this.store.read((tx) => neededTable(tx, name))
    return {
      ...name,
      entry,
      metadata: this.#readMetadata(name, entry),
      metadataLocation: locationOf(this.lake, entry.metadata),
    }
  }

  #readMetadata(name: TableName, entry: TableEntry): TableMetadata {
    try {
      return parseMetadata(decodeText(readLakeFile(this.lake.disk, entry.metadata)))
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof BytesError || cause instanceof TypeError)) throw cause
      throw new MillraceError('MR-TABLES-004', {
        details: { table: fullName(name), file: entry.metadata, reason: cause.message },
        cause,
      })
    }
  }

  /** A folder for a new table that nothing lies in yet. */
  newFolder({ namespace, name }: TableName): string {
    checkName(namespace, 'namespace')
    checkName(name, 'table')
    const plain = `${namespace}/${name}`
    if (!this.lake.disk.exists(plain)) return plain
    return `${plain}-${Array.from(this.#random.bytes(4), (b) => b.toString(16).padStart(2, '0')).join('')}`
  }

  newUuid(): string {
    return uuidOf(this.#random.bytes(16))
  }

  /**
   * Creates a table from updates on nothing. @param feed the topic, for Millrace's own tables
   * @throws Refusal no-namespace, exists
   */
  createTable(
    name: TableName,
    options: { folder: string; updates: readonly Update[]; feed: string | null },
  ): LoadedTable {
    const metadata = this.#newMetadata(options.folder, options.updates)
    const entry = this.#writeMetadata(metadata, undefined, options.folder, options.feed)
    this.store.write((tx) => {
      neededNamespace(tx, name.namespace)
      if (tx.table(name.namespace, name.name)) throw new Refusal('exists', `Table already exists: ${fullName(name)}`)
      tx.putTable(name.namespace, name.name, entry)
    })
    return { ...name, entry, metadata, metadataLocation: locationOf(this.lake, entry.metadata) }
  }

  /** What createTable would write, without writing: for staged creation. */
  stageTable(folder: string, updates: readonly Update[]): TableMetadata {
    return this.#newMetadata(folder, updates)
  }

  #newMetadata(folder: string, updates: readonly Update[]): TableMetadata {
    const first: Update[] = [
      { action: 'assign-uuid', uuid: this.newUuid() },
      { action: 'set-location', location: locationOf(this.lake, folder) },
    ]
    const given = updates.some((u) => u.action === 'assign-uuid') ? first.slice(1) : first
    return applyUpdates(emptyMetadata(), [...given, ...updates], this.#clock.nowMs())
  }

  /**
   * Commits one or several tables at once: all or none. What Millrace feeds is refused unless `feed` names its topic.
   * @throws Refusal conflict when a requirement fails or another commit came first; forbidden; bad-request
   */
  commit(commits: readonly TableCommit[], options: { feed?: string } = {}): LoadedTable[] {
    const prepared: Prepared[] = []
    try {
      for (const commit of commits) prepared.push(this.#prepare(commit, options.feed))
      this.store.write((tx) => prepared.forEach((one) => swapPointer(tx, one)))
    } catch (error) {
      // Only a refusal is certain not to have landed; after anything else the files may be the current ones.
      if (error instanceof Refusal) {
        for (const { before, after } of prepared)
          if (before?.metadata !== after.entry.metadata) this.lake.disk.remove(after.entry.metadata)
      }
      throw error
    }
    return prepared.map((p) => p.after)
  }

  /** Everything but the swap: reads, checks, applies, writes the new metadata file. */
  #prepare(commit: TableCommit, feed: string | undefined): Prepared {
    const { namespace, name, requirements } = commit
    const before = this.find(commit)
    if (before?.feed != null && before.feed !== feed) {
      throw new Refusal(
        'forbidden',
        `Table ${fullName(commit)} is fed by Millrace from topic ${before.feed}: it has one committer. Write to the topic instead.`,
      )
    }
    const creates = requirements.some((r) => r.type === 'assert-create')
    if (!before && !creates) throw new Refusal('no-table', `Table does not exist: ${fullName(commit)}`)
    const base = before ? this.#readMetadata(commit, before) : undefined
    for (const requirement of requirements) checkRequirement(base, requirement)
    const folder = before?.folder ?? this.#folderOfNew(commit)
    const updates = this.#placedUpdates(commit, before)
    const metadata = base ? applyUpdates(base, updates, this.#clock.nowMs()) : this.#newMetadata(folder, updates)
    const folderNow = pathOf(this.lake, metadata.location)
    if (folderNow === undefined)
      throw new Refusal('bad-request', `Location ${metadata.location} lies outside of the lake ${this.lake.uri}`)
    const entry = metadata === base ? before! : this.#writeMetadata(metadata, before, folderNow, before?.feed ?? null)
    const stored = metadata === base ? metadata : this.#readMetadata(commit, entry)
    return {
      commit,
      before,
      after: { namespace, name, entry, metadata: stored, metadataLocation: locationOf(this.lake, entry.metadata) },
    }
  }

  /** The catalog decides where a table lies: another wish is left out, and refused only where nothing else was wished. */
  #placedUpdates({ updates }: TableCommit, before: TableEntry | undefined): readonly Update[] {
    const placed = updates.filter((u) => {
      if (u.action !== 'set-location') return true
      const path = pathOf(this.lake, String(u.location))
      return before !== undefined && path !== undefined && (path === before.folder || !this.#folderInUse(path))
    })
    if (placed.length === 0 && updates.length > 0)
      throw new Refusal(
        'bad-request',
        `Cannot move the table: it lies where this catalog puts it, below ${this.lake.uri}`,
      )
    return placed
  }

  /** Staged creation says its location in its updates; no other table may lie there. */
  #folderOfNew(commit: TableCommit): string {
    const location = commit.updates.find((u) => u.action === 'set-location')?.location
    const folder = typeof location === 'string' ? pathOf(this.lake, location) : undefined
    const fits = folder !== undefined && folder.split('/').length === 2 && !this.#folderInUse(folder)
    return fits ? folder : this.newFolder(commit)
  }

  #folderInUse(folder: string): boolean {
    return this.store.read((tx) =>
      tx.namespaces().some((namespace) =>
        tx.tables(namespace).some((name) => {
          const other = tx.table(namespace, name)!.folder
          return other === folder || other.startsWith(`${folder}/`) || folder.startsWith(`${other}/`)
        }),
      ),
    )
  }

  /** Writes a metadata file, durable on return, and gives the pointer to it. */
  #writeMetadata(
    metadata: TableMetadata,
    before: TableEntry | undefined,
    folder: string,
    feed: string | null,
  ): TableEntry {
    const { disk } = this.lake
    const version = before ? Number(/(\d+)-[^/]*$/.exec(before.metadata)?.[1] ?? -1) + 1 : 0
    const path = `${folder}/metadata/${String(version).padStart(5, '0')}-${this.newUuid()}.metadata.json`
    const max = Number(metadata.properties['write.metadata.previous-versions-max'] ?? tablesLimits.metadataLogMax)
    const log = before
      ? [
          ...metadata['metadata-log'],
          { 'timestamp-ms': metadata['last-updated-ms'], 'metadata-file': locationOf(this.lake, before.metadata) },
        ]
      : []
    disk.makeFolder(`${folder}/metadata`)
    writeNewFile(disk, path, encodeText(formatMetadata({ ...metadata, 'metadata-log': log.slice(-Math.max(1, max)) })))
    disk.syncFolder(`${folder}/metadata`)
    return { metadata: path, folder, feed }
  }

  /**
   * Swaps in metadata that was made outside of updates: for a table that moved with its lake.
   * @throws Refusal conflict when another commit came first
   */
  replaceMetadata(loaded: LoadedTable, metadata: TableMetadata): void {
    const { namespace, name, entry } = loaded
    const after = { ...loaded, entry: this.#writeMetadata(metadata, entry, entry.folder, entry.feed), metadata }
    const commit = { namespace, name, requirements: [], updates: [] }
    this.store.write((tx) => swapPointer(tx, { commit, before: entry, after }))
  }

  /**
   * Forgets a table; with purge, its folder goes too.
   * @param options.fed true for the node itself, which may also drop what it feeds (its worker must not run)
   * @throws Refusal no-table, forbidden
   */
  dropTable(name: TableName, options: { purge: boolean; fed?: boolean }): void {
    const entry = this.store.write((tx) => {
      const found = neededTable(tx, name)
      if (found.feed !== null && !options.fed)
        throw new Refusal(
          'forbidden',
          `Table ${fullName(name)} is fed by Millrace from topic ${found.feed}; take it out of the project instead`,
        )
      tx.dropTable(name.namespace, name.name)
      return found
    })
    // Another table may have been registered on the same files.
    if (options.purge && !this.#folderInUse(entry.folder)) this.lake.disk.remove(entry.folder)
  }

  /** @throws Refusal no-table, no-namespace, exists, forbidden */
  renameTable(from: TableName, to: TableName): void {
    checkName(to.name, 'table')
    this.store.write((tx) => {
      const entry = neededTable(tx, from)
      neededNamespace(tx, to.namespace)
      if (entry.feed !== null)
        throw new Refusal(
          'forbidden',
          `Table ${fullName(from)} is fed by Millrace from topic ${entry.feed}; it keeps its name`,
        )
      if (tx.table(to.namespace, to.name)) throw new Refusal('exists', `Table already exists: ${fullName(to)}`)
      tx.dropTable(from.namespace, from.name)
      tx.putTable(to.namespace, to.name, entry)
    })
  }

  /** Registers a table by a metadata file that lies in the lake. @throws Refusal exists, bad-request */
  registerTable(name: TableName, metadataLocation: string): LoadedTable {
    checkName(name.name, 'table')
    const path = pathOf(this.lake, metadataLocation)
    if (path === undefined || !this.lake.disk.exists(path))
      throw new Refusal('bad-request', `No metadata file of this lake: ${metadataLocation}`)
    const metadata = this.#readMetadata(name, { metadata: path, folder: '', feed: null })
    const folder = pathOf(this.lake, metadata.location)
    if (folder === undefined) throw new Refusal('bad-request', `Location ${metadata.location} lies outside of the lake`)
    const entry: TableEntry = { metadata: path, folder, feed: null }
    this.store.write((tx) => {
      neededNamespace(tx, name.namespace)
      if (tx.table(name.namespace, name.name)) throw new Refusal('exists', `Table already exists: ${fullName(name)}`)
      tx.putTable(name.namespace, name.name, entry)
    })
    return { ...name, entry, metadata, metadataLocation }
  }

  close(): void {
    this.store.close()
  }
}

interface Prepared {
  readonly commit: TableCommit
  readonly before: TableEntry | undefined
  readonly after: LoadedTable
}

/** The one moment at which a commit becomes true: the pointer still is what the commit was prepared on. */
function swapPointer(tx: CatalogTransaction, { commit, before, after }: Prepared): void {
  const { namespace, name } = commit
  const found = tx.table(namespace, name)
  if (found?.metadata !== before?.metadata)
    throw new Refusal('conflict', `Table ${fullName(commit)} was changed by another commit`)
  if (!before) neededNamespace(tx, namespace)
  if (found?.metadata !== after.entry.metadata) tx.putTable(namespace, name, after.entry)
}

export function fullName({ namespace, name }: TableName): string {
  return `${namespace.replaceAll('\u001f', '.')}.${name}`
}

/** Names become folders, so they hold only what every file system and URI takes. @throws Refusal bad-request */
export function checkName(name: string, what: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(name)) {
    throw new Refusal(
      'bad-request',
      `Invalid ${what} name "${name}": letters, digits, '_', '-' and '.' (not first), at most 200`,
    )
  }
}

function neededNamespace(tx: CatalogTransaction, name: string): Readonly<Record<string, string>> {
  const properties = tx.namespace(name)
  if (!properties) throw new Refusal('no-namespace', `Namespace does not exist: ${name.replaceAll('\u001f', '.')}`)
  return properties
}
function neededTable(tx: CatalogTransaction, name: TableName): TableEntry {
  const entry = tx.table(name.namespace, name.name)
  if (!entry) throw new Refusal('no-table', `Table does not exist: ${fullName(name)}`)
  return entry
}
