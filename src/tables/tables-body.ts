// The body of the tables worker: all tables of a node, one after another, each by small steps. Runs in a worker of its own, and
// in the simulation. A table that cannot go on stops alone; the others go on.
import { formatError, MillraceError, type Body, type Clock, type Random } from '../base/index.ts'
import type { Decompress, SchemaIds, TopicReader } from '../model/index.ts'
import { fullName, type Catalog } from './catalog.ts'
import { tablesLimits, type TablesLimits } from './limits.ts'
import { TableFeed, type TableStatus } from './table-feed.ts'
import type { TableSpec } from './table-spec.ts'

export interface TablesOptions {
  /** Milliseconds from the first pending row to its commit; also the age of the data that plain readers see. */
  readonly commitMs: number
  /** Bytes of records that force a commit earlier. */
  readonly commitBytes: number
}
export const defaultTablesOptions: TablesOptions = { commitMs: 10_000, commitBytes: 32 << 20 }

/**
 * finish: read to these end offsets (by topic, then partition), commit, and report { kind: 'finished', name } per table; a topic
 * that is not named ends where it is now. After its report a table goes on as before.
 */
export type TablesCommand = { readonly kind: 'finish'; readonly ends: Readonly<Record<string, readonly number[]>> }

export type TablesReport =
  | { readonly kind: 'status'; readonly tables: readonly TableStatus[] }
  | { readonly kind: 'finished'; readonly name: string; readonly ok: boolean }

export interface TablesBodyOptions {
  readonly specs: readonly TableSpec[]
  readonly catalog: Catalog
  readonly reader: TopicReader
  readonly schemaIds: SchemaIds
  /** The id of a topic, which changes when it is made anew (LogReader.topic). Absent: not checked. */
  readonly topicId?: (topic: string) => string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly options?: Partial<TablesOptions>
  readonly limits?: Partial<TablesLimits>
  /** For codecs beside gzip and zstd. */
  readonly decompress?: Decompress
  readonly report?: (report: TablesReport) => void
}
export type TablesBody = Body & { command(command: TablesCommand): void; status(): TableStatus[] }

/** While nothing is pending, new records are looked for this often: the log rings no bell of ours. */
const pollMs = 50
const statusMs = 1000

interface Broken {
  readonly spec: TableSpec
  readonly error: MillraceError
}

/**
 * Opens every table, making those that are missing; a table that cannot be opened is 'stopped' with its reason in status().
 * Cost: reads the metadata of all tables, and the keys of upsert tables.
 */
export function createTablesBody(options: TablesBodyOptions): TablesBody {
  const { clock } = options
  const limits = { ...tablesLimits, ...options.limits }
  const report = options.report ?? (() => {})
  const feeds: TableFeed[] = []
  const broken: Broken[] = []
  for (const spec of options.specs) {
    try {
      feeds.push(new TableFeed(spec, { ...options, limits, options: { ...defaultTablesOptions, ...options.options } }))
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      broken.push({ spec, error })
    }
  }
  const finishing = new Set<TableFeed>()
  let statusAtMs = -Infinity
  const status = (): TableStatus[] => [...feeds.map((f) => f.status()), ...broken.map(brokenStatus)]
  const reportFinished = (): void => {
    for (const feed of finishing) {
      if (!feed.isFinished && !feed.hasStopped) continue
      finishing.delete(feed)
      report({ kind: 'finished', name: fullName(feed.spec), ok: feed.isFinished })
      feed.release()
    }
  }
  return {
    step() {
      let more = false
      for (const feed of feeds) if (feed.step()) more = true
      reportFinished()
      const nowMs = clock.monotonicMs()
      if (nowMs >= statusAtMs + statusMs) {
        statusAtMs = nowMs
        report({ kind: 'status', tables: status() })
      }
      return more
    },
    idleMs: () => feeds.reduce((least, feed) => Math.min(least, feed.idleMs()), pollMs),
    command(command) {
      for (const feed of feeds) {
        const { topic } = feed.spec.topic
        const count = options.reader.partitionCount(topic) ?? 0
        const ends = command.ends[topic] ?? Array.from({ length: count }, (_, p) => options.reader.endOffset(topic, p))
        feed.finish(ends)
        finishing.add(feed)
      }
      for (const { spec } of broken) report({ kind: 'finished', name: fullName(spec), ok: false })
    },
    status,
    // Pending rows are not committed: they are read again from their offsets. A commit is never half done here.
    close: () => options.catalog.close(),
  }
}

function brokenStatus({ spec, error }: Broken): TableStatus {
  return {
    namespace: spec.namespace,
    name: spec.name,
    topic: spec.topic.topic,
    mode: spec.mode,
    state: 'stopped',
    problem: { code: error.code, message: formatError(error) },
    rowCount: 0,
    fileCount: 0,
    snapshotCount: 0,
    snapshotId: '',
    committedAtMs: 0,
    partitions: [],
    pendingRows: 0,
    deadCount: 0,
    dead: [],
  }
}
