// The bounded demo: a node with a seeded generator, run to its end, then compared with what DuckDB computes from the generator's own
// lines. A crash at any moment is met by running it again: every part goes on from what is committed.
import { join } from 'node:path'
import {
  decodeText,
  encodeText,
  MillraceError,
  nodeClock,
  openNodeDisk,
  readWholeFile,
  replaceFile,
} from '../../base/index.ts'
import {
  checkDemo,
  generatorPosition,
  writeJsonLines,
  type DemoCheck,
  type DemoResult,
  type GeneratorReport,
  type TableName,
} from '../../demo/index.ts'
import type { EngineReport } from '../../engine/index.ts'
import { createExplorer } from '../../explore/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import { fromPlainValue, makeAuthorize, type Value } from '../../model/index.ts'
import { quarantineTopicOf } from '../../validate/index.ts'
import type { TablesReport } from '../../tables/index.ts'
import { startNode, type EmbeddedNode } from './node.ts'
import type { PlatformOptions } from './options.ts'
import { currentRows, topicRows } from './topic-rows.ts'

export interface DemoOptions {
  readonly project: string
  readonly data: string
  readonly nodeFile: string
  readonly seed: number
  readonly events: number
  /** What is being done, for who waits: called often. */
  readonly onProgress: (stage: string, done: number, total: number) => void
}

export interface DemoRun {
  readonly check: DemoCheck
  readonly elapsedMs: number
  /** Rows and records that the pipelines read and wrote in this process. */
  readonly pipelines: readonly {
    readonly name: string
    readonly rowsIn: number
    readonly recordsOut: number
    readonly late: number
  }[]
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly snapshots: number }[]
  readonly residentBytes: number
}

const runFile = 'demo.json'

/** The results that are compared: every pipeline's topic, and both lake tables. */
const checkedTopics: readonly TableName[] = ['checkouts_enriched', 'approval_rate', 'velocity_alerts', 'loan_balance']

export async function runDemo(options: DemoOptions): Promise<DemoRun> {
  keepRun(options)
  const beganMs = nodeClock.monotonicMs()
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => void (fail = reject))
  failed.catch(() => {})
  // From the first report on: a generator that has nothing left to do says so before the node stands.
  const reports: Reports = {
    generator: queueOf('generator/'),
    pipelines: queueOf('pipelines'),
    tables: queueOf('tables'),
  }
  const queues = Object.values(reports) as Queue<unknown>[]
  const platform: PlatformOptions = {
    project: options.project,
    data: options.data,
    nodeFile: options.nodeFile,
    ports: { kafka: 0, registry: 0, catalog: 0, console: 0 },
    bounded: { seed: options.seed, events: options.events },
    onFailure: fail,
    onReport: (worker, report) => queues.find((q) => worker.startsWith(q.worker))?.push(report),
  }
  const node = await startNode(platform)
  try {
    await Promise.race([failed, runToEnd(node, reports, options)])
    const check = await compare(node, options)
    return {
      check,
      elapsedMs: nodeClock.monotonicMs() - beganMs,
      pipelines: node.live.pipelines
        .filter((p) => p.kind === 'query')
        .map((p) => ({ name: p.name, rowsIn: p.rowsIn, recordsOut: p.recordsOut, late: p.lateRows })),
      tables: node.live.tables.map((t) => ({
        name: `${t.namespace}.${t.name}`,
        rows: t.rowCount,
        snapshots: t.snapshotCount,
      })),
      residentBytes: process.memoryUsage.rss(),
    }
  } finally {
    await node.stop()
  }
}

/** A data folder is one run: another seed or size over it would be compared with what it never was. Throws MR-DEPLOY-008. */
function keepRun({ data, seed, events }: DemoOptions): void {
  const disk = openNodeDisk(data)
  const wanted = JSON.stringify({ seed, events })
  const found = readWholeFile(disk, runFile)
  if (!found) return replaceFile(disk, runFile, encodeText(wanted))
  if (decodeText(found) === wanted) return
  const had = JSON.parse(decodeText(found)) as { seed: number; events: number }
  throw new MillraceError('MR-DEPLOY-008', {
    details: { data, hadSeed: had.seed, hadEvents: had.events, seed, events },
  })
}

/** Sources to their end, then pipelines, then tables; each is told the ends of what it reads. */
async function runToEnd(
  node: EmbeddedNode,
  { generator, pipelines, tables }: Reports,
  options: DemoOptions,
): Promise<void> {
  let executed: string | null = null
  await generator.until((report) => {
    if (report.kind === 'status') options.onProgress('generating', report.status.eventsCommitted, options.events)
    if (report.kind === 'status') return false
    executed = report.executed
    return true
  })
  await captureToEnd(node, executed, options)
  const sources = node.desired.topics.filter((t) => t.role === 'captured' || t.role === 'service')
  node.finishPipelines(Object.fromEntries(sources.map((t) => [t.name, endsOf(node, t.name)])))
  const unfinished = new Set(
    node.live.pipelines
      .map((p) => p.name)
      .concat(
        node.desired.pipelines.map((p) => p.name),
        node.desired.quarantines.map((q) => q.name),
      ),
  )
  const total = unfinished.size
  await pipelines.until((report) => {
    if (report.kind === 'finished') unfinished.delete(report.name)
    else {
      for (const p of report.pipelines) {
        if (p.state === 'finished') unfinished.delete(p.name)
        if (p.error) throw new Error(`pipeline ${p.name} failed: ${p.error.message} ${p.error.help} [${p.error.code}]`)
      }
    }
    options.onProgress('computing', total - unfinished.size, total)
    return unfinished.size === 0
  })
  node.finishTables({})
  let ended = 0
  const wanted = node.desired.lakeTables.length
  if (wanted === 0) return
  await tables.until((report) => {
    if (report.kind === 'finished') {
      if (!report.ok)
        throw new Error(
          `table ${report.name} failed: ${node.live.tables.map((t) => t.problem?.message ?? '').join(' ')}`,
        )
      ended++
    }
    options.onProgress('writing tables', ended, wanted)
    return ended === wanted
  })
}

/** With a real database, its rows arrive by capture: wait until all that the generator's server had executed is committed here. */
async function captureToEnd(node: EmbeddedNode, executed: string | null, options: DemoOptions): Promise<void> {
  if (executed === null) return
  const { GtidSet } = await import('../../capture/index.ts')
  const wanted = GtidSet.parse(executed)
  for (;;) {
    const { captures } = node.live
    const there =
      captures.length > 0 && captures.every((c) => c.state === 'stream' && GtidSet.parse(c.position).contains(wanted))
    if (there) return
    const stopped = captures.flatMap((c) => c.tables).find((t) => t.problem)
    if (stopped)
      throw new Error(
        `capture of ${stopped.source} stopped: ${stopped.problem!.message} ${stopped.problem!.help} [${stopped.problem!.code}]`,
      )
    options.onProgress(
      'capturing',
      captures.reduce((sum, c) => sum + c.tables.reduce((n, t) => n + t.rowsCommitted, 0), 0),
      0,
    )
    await new Promise((resolve) => nodeClock.after(100, () => resolve(undefined)))
  }
}

const endsOf = (node: EmbeddedNode, topic: string): number[] =>
  Array.from({ length: node.reader.partitionCount(topic) ?? 0 }, (_, p) => node.reader.endOffset(topic, p))

interface Queue<Report> {
  readonly worker: string
  push(report: Report): void
  /** Takes reports until one is the last. */
  until(isLast: (report: Report) => boolean): Promise<void>
}

interface Reports {
  readonly generator: Queue<GeneratorReport>
  readonly pipelines: Queue<EngineReport>
  readonly tables: Queue<TablesReport>
}

/** Reports of one worker, kept until somebody waits for them. */
function queueOf<Report>(worker: string): Queue<Report> {
  const kept: Report[] = []
  let wake = (): void => {}
  return {
    worker,
    push(report) {
      kept.push(report)
      wake()
    },
    async until(isLast) {
      for (;;) {
        for (let next = kept.shift(); next !== undefined; next = kept.shift()) if (isLast(next)) return
        await new Promise<void>((resolve) => void (wake = resolve))
      }
    },
  }
}

async function compare(node: EmbeddedNode, options: DemoOptions): Promise<DemoCheck> {
  options.onProgress('comparing', 0, 1)
  const source = node.project.sources[0]!
  const position = generatorPosition(node.commit, source.name)
  if (!position) throw new Error('the generator has committed nothing')
  writeJsonLines({ disk: openNodeDisk(options.data), folder: 'generator', position })
  const results: DemoResult[] = checkedTopics.map((table) => {
    const format = node.desired.topics.find((t) => t.name === table)!.format!
    const rows = { reader: node.reader, format, schemaIds: node.schemaIds }
    return {
      table,
      from: 'topic',
      schema: format.schema,
      rows: format.primaryKey ? currentRows(rows) : topicRows(rows),
    }
  })
  for (const table of node.desired.lakeTables) {
    results.push({
      table: table.name as TableName,
      from: 'lake',
      schema: table.topic.schema,
      rows: await lakeRows(node, table.namespace, table.name),
    })
  }
  const quarantine = quarantineTopicOf('checkout_events')
  return checkDemo({
    jsonLines: join(options.data, 'generator'),
    results,
    quarantined: endsOf(node, quarantine).reduce((a, b) => a + b, 0),
  })
}

/** What a query engine reads of a lake table: DuckDB over the files of the current snapshot. */
async function lakeRows(node: EmbeddedNode, namespace: string, name: string): Promise<Value[][]> {
  const schema = node.desired.lakeTables.find((t) => t.name === name)!.topic.schema
  const folder = join(node.data, 'explore')
  const explorer = createExplorer({
    sources: () => [],
    reader: node.reader,
    schemaIds: node.schemaIds,
    catalog: node.catalog,
    lakeFolder: node.lake,
    scratch: { disk: openNodeDisk(folder), folder },
    clock: nodeClock,
    authorize: makeAuthorize([]),
    decompress: decompressRecords,
    limits: { rowsMax: 100_000_000 },
  })
  const answer = await explorer.explore(`SELECT * FROM ${namespace}.${name}`)
  return answer.rows.map((row) => row.map((cell, i) => fromPlainValue(cell, schema.fields[i]!.type)))
}
