// Answers a SELECT from topics and lake tables. A topic that is kept as a table is read as the table's newest snapshot and,
// from the offsets in its summary, the topic: one consistent answer that is as fresh as the topic.
// Invariants: ends of topics are taken once per query, before anything is read; only the files of the tables named can be
// read; nothing is changed.
import { MillraceError, type Clock, type Disk } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import { decompressBuiltIn, type Authorize, type Decompress, type SchemaIds, type TopicReader } from '../model/index.ts'
import {
  tableFiles,
  toIcebergSchema,
  type Catalog,
  type TableFiles,
  type TableName,
  type StructField,
} from '../tables/index.ts'
import { openDuckDb, type DuckDb } from './duckdb.ts'
import { exploreLimits, type ExploreLimits } from './limits.ts'
import { relationSql } from './relation.ts'
import { writeTail, type TailRange } from './topic-tail.ts'

/** A table of the project, as queries name it. */
export interface ExploreSource {
  readonly name: string
  readonly format: TopicFormat
  /** Columns of the format's schema: the latest change per key is the row. null: every record is a row. */
  readonly primaryKey: readonly number[] | null
  /** The lake table that is fed from the topic, when there is one. */
  readonly lake: TableName | null
}

export interface ExplorerOptions {
  /** Asked anew for each query. */
  readonly sources: () => readonly ExploreSource[]
  readonly reader: TopicReader
  readonly schemaIds: SchemaIds
  /** This thread's own; undefined when the project has no lake. */
  readonly catalog: Catalog | undefined
  /** Absolute path of the lake's folder. */
  readonly lakeFolder: string
  /** A folder for files of running queries, emptied at the start: as a disk, and its absolute path. */
  readonly scratch: { readonly disk: Disk; readonly folder: string }
  readonly clock: Clock
  readonly authorize: Authorize
  /** For codecs beside gzip and zstd. */
  readonly decompress?: Decompress
  readonly limits?: Partial<ExploreLimits>
}

export interface ExploreAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** JSON-safe: 64-bit integers, decimals and times are text. */
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
  readonly stats: ExploreStats
}
export interface ExploreStats {
  /** Rows and bytes of lake files and topic records that the query's tables have. */
  readonly readRows: number
  readonly readBytes: number
  /** Records that could not be decoded and are not in the answer. */
  readonly deadRecords: number
  readonly elapsedMs: number
  readonly tables: readonly {
    readonly name: string
    readonly snapshotId: string | null
    readonly lakeRows: number
    readonly topicRows: number
  }[]
}

export interface Explorer {
  /**
   * @param sql one SELECT in DuckDB's dialect; tables by their names in the project, or namespace.table of the lake
   * @param host whose address it came from, as rules name hosts
   * @throws MillraceError MR-EXPLORE-001 to -009, MR-TABLES-002, -004, -006
   */
  explore(sql: string, principal?: string, host?: string): Promise<ExploreAnswer>
}

export function createExplorer(options: ExplorerOptions): Explorer {
  const limits = { ...exploreLimits, ...options.limits }
  const { disk } = options.scratch
  for (const name of disk.list('')) if (name.startsWith('query-')) disk.remove(name)
  let running = 0
  let number = 0
  return {
    async explore(sql, principal = 'User:anonymous', host) {
      if (running >= limits.queriesMax)
        throw new MillraceError('MR-EXPLORE-008', { details: { limit: limits.queriesMax } })
      running++
      const folder = `query-${++number}`
      const query = new Query({ ...options, limits, folder, principal, host })
      try {
        return await query.run(sql)
      } finally {
        running--
        query.close()
      }
    },
  }
}

interface Resolved {
  /** As the query writes it. */
  readonly name: string
  readonly source: ExploreSource | undefined
  readonly files: TableFiles | undefined
}
interface Loaded {
  readonly stats: ExploreStats['tables'][number]
  readonly bytes: number
  readonly dead: number
  readonly paths: readonly string[]
}

const interruptMs = 50

interface QueryOptions extends ExplorerOptions {
  readonly limits: ExploreLimits
  readonly folder: string
  readonly principal: string
  readonly host: string | undefined
}

class Query {
  readonly #options: QueryOptions
  readonly #startedMs: number
  #cancel: () => void
  #db: DuckDb | undefined
  #late = false

  constructor(options: QueryOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
    this.#cancel = options.clock.after(options.limits.queryMsMax, () => this.#interrupt())
  }

  /** Again and again until the query ends: an interrupt between two statements is not seen by the next. */
  #interrupt(): void {
    this.#late = true
    this.#db?.connection.interrupt()
    this.#cancel = this.#options.clock.after(interruptMs, () => this.#interrupt())
  }

  async run(sql: string): Promise<ExploreAnswer> {
    const { limits, clock } = this.#options
    const first = firstWord(sql)
    if (!queryWords.has(first))
      throw new MillraceError('MR-EXPLORE-001', { details: { found: first === '' ? 'nothing' : first } })
    const db = await openDuckDb(limits)
    this.#db = db
    try {
      const resolved = (await db.tableNames(sql)).map((name) => this.#resolve(name))
      const ends = resolved.map((table) => this.#ranges(table))
      const loaded: Loaded[] = []
      for (const [i, table] of resolved.entries()) loaded.push(await this.#load(db, table, ends[i]!, i))
      await db.lock(loaded.flatMap((l) => l.paths))
      this.#checkTime()
      const { columns, rows, truncated } = await db.query(sql, limits.rowsMax)
      this.#checkTime()
      const sum = (of: (l: Loaded) => number): number => loaded.reduce((total, l) => total + of(l), 0)
      const stats: ExploreStats = {
        readRows: sum((l) => l.stats.lakeRows + l.stats.topicRows),
        readBytes: sum((l) => l.bytes),
        deadRecords: sum((l) => l.dead),
        elapsedMs: clock.monotonicMs() - this.#startedMs,
        tables: loaded.map((l) => l.stats),
      }
      return { columns, rows, truncated, stats }
    } catch (error) {
      this.#checkTime(error)
      throw error
    }
  }

  close(): void {
    this.#cancel()
    this.#db?.close()
    this.#options.scratch.disk.remove(this.#options.folder)
  }

  #checkTime(cause?: unknown): void {
    if (this.#late)
      throw new MillraceError('MR-EXPLORE-004', { details: { seconds: this.#options.limits.queryMsMax / 1000 }, cause })
  }

  /** @throws MillraceError MR-EXPLORE-002 when nobody knows the name */
  #resolve(name: string): Resolved {
    const { catalog } = this.#options
    const sources = this.#options.sources()
    const source =
      sources.find((s) => s.name === name) ?? sources.find((s) => s.name.toLowerCase() === name.toLowerCase())
    if (source) {
      // Before the tables worker has made the table there is only the topic.
      const exists = source.lake && catalog?.find(source.lake)
      return { name, source, files: exists ? tableFiles(catalog!, source.lake!) : undefined }
    }
    const dot = name.indexOf('.')
    const table = { namespace: name.slice(0, dot), name: name.slice(dot + 1) }
    if (dot > 0 && catalog?.find(table)) {
      // A fed table by its lake name is read as the catalog has it: the snapshot alone.
      return { name, source: undefined, files: tableFiles(catalog, table) }
    }
    const lake = catalog?.allTables().map((t) => `${t.namespace}.${t.name}`) ?? []
    const known = [...sources.map((s) => s.name), ...lake].toSorted().join(', ')
    throw new MillraceError('MR-EXPLORE-002', { details: { name, known: known === '' ? 'none' : known } })
  }

  /** What of the topic is read: from where the snapshot ends to where the topic ends now. */
  #ranges({ source, files }: Resolved): TailRange[] {
    if (!source) return []
    const { reader, limits } = this.#options
    const { topic } = source.format
    const ranges = Array.from({ length: reader.partitionCount(topic) ?? 0 }, (_, partition): TailRange => {
      const start = reader.startOffset(topic, partition)
      const known = files?.range?.partitions.find((p) => p.partition === partition)?.to
      const from = known ?? start
      const table = files ? `${files.namespace}.${files.name}` : source.name
      if (from < start)
        throw new MillraceError('MR-TABLES-006', { details: { table, topic, partition, offset: from, start } })
      return { partition, from, to: Math.max(from, reader.endOffset(topic, partition)) }
    })
    const records = ranges.reduce((sum, r) => sum + r.to - r.from, 0)
    if (records > limits.topicRecordsMax)
      throw new MillraceError('MR-EXPLORE-005', { details: { topic, limit: limits.topicRecordsMax } })
    return ranges
  }

  async #load(db: DuckDb, table: Resolved, ranges: readonly TailRange[], index: number): Promise<Loaded> {
    const { lakeFolder, scratch, folder } = this.#options
    const { source, files, name } = table
    if (files?.hasDeletes) throw new MillraceError('MR-EXPLORE-006', { details: { table: name } })
    const masked = this.#authorize(table)
    const lakeFiles = (files?.files ?? []).map((f) => `${lakeFolder}/${f.path}`)
    let tail = { rowCount: 0, deadCount: 0, bytesRead: 0 }
    let tailFile: string | undefined
    if (source && ranges.some((r) => r.from < r.to)) {
      scratch.disk.makeFolder(folder)
      const path = `${folder}/${index}.parquet`
      tail = await this.#writeTail(source.format, ranges, path)
      if (tail.rowCount > 0) tailFile = `${scratch.folder}/${path}`
    }
    const key = source?.primaryKey?.map((i) => source.format.schema.fields[i]!.name) ?? []
    const fields = files ? files.fields : fieldsOf(source!)
    for (const sql of relationSql({ name, fields, lakeFiles, tailFile, key, maskedColumns: masked }))
      await db.connection.run(sql)
    return {
      stats: {
        name,
        snapshotId: files?.snapshotId === undefined ? null : String(files.snapshotId),
        lakeRows: (files?.files ?? []).reduce((sum, f) => sum + f.rowCount, 0),
        topicRows: tail.rowCount,
      },
      bytes: tail.bytesRead + (files?.files ?? []).reduce((sum, f) => sum + f.size, 0),
      dead: tail.deadCount,
      paths: tailFile === undefined ? lakeFiles : [...lakeFiles, tailFile],
    }
  }

  #writeTail(format: TopicFormat, ranges: readonly TailRange[], path: string): ReturnType<typeof writeTail> {
    const { reader, schemaIds, decompress = decompressBuiltIn, scratch, limits, clock } = this.#options
    const turn = async (): Promise<void> => {
      this.#checkTime()
      await new Promise<void>((next) => void clock.after(0, next))
    }
    return writeTail(format, ranges, path, {
      reader,
      schemaIds,
      decompress,
      disk: scratch.disk,
      stepBytes: limits.stepBytes,
      turn,
    })
  }

  /** The columns that this principal does not see. @throws MillraceError MR-EXPLORE-009 */
  #authorize({ source, files, name }: Resolved): ReadonlySet<string> {
    const resources = [
      ...(source ? [{ type: 'topic' as const, name: source.format.topic }] : []),
      ...(files ? [{ type: 'table' as const, name: `${files.namespace}.${files.name}` }] : []),
    ]
    const masked = new Set<string>()
    for (const resource of resources) {
      const decision = this.#options.authorize({
        principal: { name: this.#options.principal },
        action: 'read',
        resource,
        host: this.#options.host,
      })
      if (decision.kind === 'deny')
        throw new MillraceError('MR-EXPLORE-009', { details: { name, reason: decision.reason } })
      for (const column of decision.maskedColumns) masked.add(column)
    }
    return masked
  }
}

function fieldsOf(source: ExploreSource): readonly StructField[] {
  return toIcebergSchema(source.format.schema, { table: source.name, key: [] }).fields
}

const queryWords: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', '('])

/** The first word of a statement in capitals, or its first character; comments are left out. */
function firstWord(sql: string): string {
  const bare = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trim()
  return (/^[A-Za-z]+/.exec(bare)?.[0] ?? bare.slice(0, 1)).toUpperCase()
}
