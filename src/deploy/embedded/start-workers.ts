// The worker threads of a node: pipelines, lake tables, generators and captures, each with what it reports.
import { Doorbell, startWorker, type PreloadedWorker, type WorkerHandle } from '../../base/index.ts'
import { startGeneratorWorker } from '../../demo/index.ts'
import type { SchemaIds } from '../../model/index.ts'
import type { Metrics } from '../../ops/index.ts'
import { erasureOf, type Desired, type Project } from '../../project/index.ts'
import type { SealingRule } from '../../registry/index.ts'
import type { TablesReport } from '../../tables/index.ts'
import type { Live } from './live.ts'
import type { ResolvedOptions } from './options.ts'
import { captureSpec, generatorSpec, pipelineSpecs, tableSpecs } from './specs.ts'
import type { PipelinesDescription, PipelinesReport, TablesDescription } from './workers/descriptions.ts'

/** A thread that is there when it is wanted: a node without pipelines or tables needs neither its memory nor its time. */
export class LazyThread {
  readonly #preload: () => PreloadedWorker
  #thread: PreloadedWorker | undefined
  constructor(preload: () => PreloadedWorker) {
    this.#preload = preload
  }
  load(): PreloadedWorker {
    return (this.#thread ??= this.#preload())
  }
  discard(): void {
    this.#thread?.discard()
  }
}

export type Threads = Readonly<Record<'pipelines' | 'tables', LazyThread>>

export interface WorkerParts {
  readonly resolved: ResolvedOptions
  readonly threads: Threads
  readonly project: Project
  readonly desired: Desired
  readonly stops: { push(stop: () => void | Promise<void>): void }
  readonly fail: (error: Error) => void
  /** None may run. */
  readonly isHeld: boolean
  readonly live: Live
  readonly metrics: Metrics
  readonly schemaIds: SchemaIds
  /** What rules of every registered version seal. */
  readonly sealing: readonly SealingRule[]
  readonly lake: string
  readonly port: (name: string) => PipelinesDescription['log']
  readonly share: TablesDescription['log']
}

export interface Workers {
  readonly handles: readonly WorkerHandle[]
  /** undefined when the folder has none. */
  readonly pipelines: WorkerHandle | undefined
  readonly tables: WorkerHandle | undefined
}

export async function startWorkers(parts: WorkerParts): Promise<Workers> {
  const { project, desired, stops, fail, resolved, live, metrics } = parts
  if (parts.isHeld) return { handles: [], pipelines: undefined, tables: undefined }
  const tell = (worker: string, report: unknown): void => resolved.onReport?.(worker, report)
  // Somebody may have registered a newer version: what we write is written with the schema that is ours.
  const texts = new Map(desired.schemas.map(({ subject, text }) => [subject, text]))
  const schemaIdOf = (topic: string): number => {
    const subject = `${topic}-value`
    const own = parts.schemaIds.idOfText?.(subject, texts.get(subject) ?? '')
    return own ?? parts.schemaIds.latest(subject)?.id ?? 0
  }

  let pipelines: WorkerHandle | undefined
  const { tables: definitions } = project.sql
  const pipelinesToRun = pipelineSpecs(desired, schemaIdOf, (plan) => erasureOf(plan, definitions, parts.sealing))
  if (pipelinesToRun.length > 0) {
    const port = parts.port('pipelines')
    const description: PipelinesDescription = { log: port, specs: pipelinesToRun, options: {} }
    pipelines = parts.threads.pipelines.load().start({
      description,
      bell: new Doorbell(port.bell),
      onFailure: fail,
      onReport(message) {
        const report = message as PipelinesReport
        metrics.merge(report.metrics)
        if (report.kind === 'status') live.notePipelines(report.pipelines)
        tell('pipelines', report)
      },
    })
  }
  let tables: WorkerHandle | undefined
  const tablesToKeep = tableSpecs(desired)
  if (tablesToKeep.length > 0) {
    const description: TablesDescription = { log: parts.share, lake: parts.lake, specs: tablesToKeep, options: {} }
    tables = parts.threads.tables.load().start({
      description,
      onFailure: fail,
      onReport(message) {
        const report = message as TablesReport
        if (report.kind === 'status') live.tables = report.tables
        tell('tables', report)
      },
    })
  }
  const handles = [pipelines, tables].filter((handle) => handle !== undefined)
  for (const source of project.sources) {
    const generator = generatorSpec(source, project, desired, schemaIdOf, resolved.bounded)
    if (generator) {
      handles.push(
        startGeneratorWorker({
          spec: generator,
          log: parts.port(`generator/${source.name}`),
          onFailure: fail,
          onReport(report) {
            if (report.kind === 'status') live.noteGenerator(report.status)
            tell(`generator/${source.name}`, report)
          },
        }),
      )
    }
    if (source.url !== null) {
      // Loaded when needed: it brings a database driver.
      const { captureWorkerOptions } = await import('../../capture/index.ts')
      handles.push(
        startWorker(
          new URL('./workers/capture.worker.ts', import.meta.url),
          captureWorkerOptions({
            spec: captureSpec(source, project, desired, schemaIdOf, resolved.bounded),
            log: parts.port(`capture/${source.name}`),
            onFailure: fail,
            onReport(report) {
              live.noteCapture(report.status)
              tell(`capture/${source.name}`, report)
            },
          }),
        ),
      )
    }
  }
  // Sources first, so that nothing is written after its readers have gone.
  stops.push(async () => {
    for (const handle of [...handles].reverse()) await handle.stop()
  })
  return { handles, pipelines, tables }
}
