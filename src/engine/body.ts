// The pipelines of a folder in one body: stepped in turn, each with epochs of its own, all with one commit port. Also what
// spans them: commands, the cascade of a bounded run, status and meters.
import { MillraceError, type Body } from '../base/index.ts'
import type { Meter, TopicReader } from '../model/index.ts'
import { defaultLimits, type EngineLimits } from './limits.ts'
import { ownerOf, Pipeline, type PipelinePorts } from './pipeline.ts'
import {
  defaultEngineOptions,
  type EngineCommand,
  type EngineOptions,
  type EngineReport,
  type PipelineSpec,
  type PipelineStatus,
} from './spec.ts'

export interface PipelinesBodyOptions extends Omit<PipelinePorts, 'commit'> {
  readonly specs: readonly PipelineSpec[]
  /** poll, where there is one, moves replies along: called in every step. */
  readonly commit: PipelinePorts['commit'] & { poll?(): void }
  readonly meter: Meter
  readonly options?: Partial<EngineOptions>
  readonly limits?: Partial<EngineLimits>
  /** Status each second, and the end of each pipeline in a bounded run. */
  readonly report?: (report: EngineReport) => void
}

export interface PipelinesBody extends Body {
  command(command: EngineCommand): void
  status(): PipelineStatus[]
}

/** A pipeline that could not be built: its error is its status. */
interface Broken {
  readonly spec: PipelineSpec
  readonly error: MillraceError
}

/**
 * Builds and recovers all pipelines. One that cannot be recovered is 'failed' and leaves the others running.
 * Cost of a step: one slice (at most a batch) of one pipeline, or one state file's write and sync.
 */
export function createPipelinesBody(options: PipelinesBodyOptions): PipelinesBody {
  return new Pipelines(options)
}

class Pipelines implements PipelinesBody {
  readonly #options: PipelinesBodyOptions
  readonly #limits: EngineLimits
  readonly #pipelines: Pipeline[] = []
  readonly #broken: Broken[] = []
  readonly #reported = new Set<string>()
  #turn = 0
  #finish: Extract<EngineCommand, { kind: 'finish' }> | undefined
  #nextStatus = -Infinity
  readonly #metered = new Map<
    Pipeline,
    { rowsIn: number; recordsOut: number; late: number; bad: number; broken: Map<string, number> }
  >()

  constructor(options: PipelinesBodyOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    const engine: EngineOptions = { ...defaultEngineOptions, ...options.options }
    for (const spec of options.specs) {
      try {
        this.#pipelines.push(new Pipeline(spec, { ports: options, engine, limits: this.#limits }))
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        this.#broken.push({ spec, error })
      }
    }
  }

  step(): boolean {
    this.#options.commit.poll?.()
    let more = false
    // Each pipeline gets one piece of work; a different one begins every time.
    const count = this.#pipelines.length
    for (let i = 0; i < count; i++) {
      const pipeline = this.#pipelines[(this.#turn + i) % count]!
      if (pipeline.step()) more = true
      if (pipeline.state === 'finished') this.#noteFinished(pipeline)
    }
    this.#turn++
    const now = this.#options.clock.monotonicMs()
    if (now >= this.#nextStatus) {
      this.#nextStatus = now + this.#limits.statusMs
      this.#meter()
      this.#options.report?.({ kind: 'status', pipelines: this.status() })
    }
    return more
  }

  idleMs(): number {
    let least = Math.max(0, this.#nextStatus - this.#options.clock.monotonicMs())
    for (const pipeline of this.#pipelines) least = Math.min(least, pipeline.idleMs())
    return least
  }

  /** What is not committed is dropped: it is read again after the next start. */
  close(): void {
    this.#meter()
    for (const pipeline of this.#pipelines) pipeline.core.store.close()
  }

  command(command: EngineCommand): void {
    if (command.kind === 'finish') {
      this.#finish = command
      this.#bound()
    } else
      for (const pipeline of this.#pipelines)
        if (pipeline.spec.name === command.name) pipeline.pause(command.kind === 'pause')
  }

  /** Gives ends to the inputs whose ends are known: given ones, and topics whose writers here have all finished. */
  #bound(): void {
    if (!this.#finish) return
    const { reader } = this.#options
    for (const pipeline of this.#pipelines) {
      for (const input of pipeline.core.inputs) {
        if (input.isBounded) continue
        const given = this.#finish.ends[input.topic]
        const writers = this.#pipelines.filter((each) => each.core.program.sinkTopic === input.topic)
        if (given) input.bound(given)
        else if (writers.every((writer) => writer.state === 'finished'))
          input.bound(endsOf(reader, input.topic, writers))
      }
    }
  }

  #noteFinished(pipeline: Pipeline): void {
    if (this.#reported.has(ownerOf(pipeline.spec))) return
    this.#reported.add(ownerOf(pipeline.spec))
    this.#bound()
    this.#options.report?.({ kind: 'finished', name: pipeline.spec.name })
  }

  status(): PipelineStatus[] {
    const all = new Map<PipelineSpec, PipelineStatus>()
    for (const pipeline of this.#pipelines) all.set(pipeline.spec, this.#statusOf(pipeline))
    for (const { spec, error } of this.#broken) all.set(spec, brokenStatus(spec, error))
    return this.#options.specs.map((spec) => all.get(spec)!)
  }

  #statusOf(pipeline: Pipeline): PipelineStatus {
    const { reader, clock } = this.#options
    const { core, counters, committedAtMs } = pipeline
    const inputs = core.inputs.flatMap((input, i) =>
      Array.from(
        { length: Math.min(input.partitionCount, reader.partitionCount(input.topic) ?? 0) },
        (_, partition) => ({
          topic: input.topic,
          partition,
          position: pipeline.committedOffset(i, partition),
          end: endNow(reader, input.topic, partition, pipeline.committedOffset(i, partition)),
        }),
      ),
    )
    const lagRecords = inputs.reduce((sum, each) => sum + Math.max(0, each.end - each.position), 0)
    const watermark = Math.min(...core.inputs.filter((input) => input.spec.watermark).map((input) => input.watermarkMs))
    const { error } = pipeline
    return {
      name: pipeline.spec.name,
      kind: pipeline.spec.kind,
      state: pipeline.state,
      error: error ? { code: error.code, message: error.message, help: error.help } : null,
      epoch: pipeline.epoch,
      inputs,
      sink: core.program.sinkTopic,
      lagRecords,
      watermarkMs: Number.isFinite(watermark) ? watermark : null,
      committedAtMs,
      freshnessMs: lagRecords === 0 ? 0 : committedAtMs === null ? null : Math.max(0, clock.nowMs() - committedAtMs),
      rowsIn: counters.rowsIn,
      recordsOut: counters.recordsOut,
      lateRows: counters.late,
      badRecords: counters.bad,
      stateEntries: core.store.entries,
      stateBytes: core.store.bytes,
      stateFiles: core.store.files.length,
      needsOldSecret: core.store.needsOldSecret,
    }
  }

  #meter(): void {
    const { meter } = this.#options
    for (const pipeline of this.#pipelines) {
      const { counters } = pipeline
      const { name } = pipeline.spec
      let last = this.#metered.get(pipeline)
      if (!last) this.#metered.set(pipeline, (last = { rowsIn: 0, recordsOut: 0, late: 0, bad: 0, broken: new Map() }))
      const add = (metric: string, now: number, before: number): void => {
        if (now > before) meter.add(metric, { pipeline: name }, now - before)
      }
      add('millrace_pipeline_rows_in_total', counters.rowsIn, last.rowsIn)
      add('millrace_pipeline_rows_out_total', counters.recordsOut, last.recordsOut)
      add('millrace_pipeline_late_rows_total', counters.late, last.late)
      add('millrace_pipeline_bad_records_total', counters.bad, last.bad)
      for (const [rule, count] of counters.broken) {
        const before = last.broken.get(rule) ?? 0
        if (count > before) meter.add('millrace_quarantine_records_total', { pipeline: name, rule }, count - before)
        last.broken.set(rule, count)
      }
      last.rowsIn = counters.rowsIn
      last.recordsOut = counters.recordsOut
      last.late = counters.late
      last.bad = counters.bad
      const status = this.#statusOf(pipeline)
      meter.set('millrace_pipeline_lag_records', { pipeline: name }, status.lagRecords)
      meter.set('millrace_pipeline_epoch', { pipeline: name }, status.epoch)
      if (status.watermarkMs !== null)
        meter.set('millrace_pipeline_watermark_ms', { pipeline: name }, status.watermarkMs)
    }
  }
}

/** Where the partition ends; `otherwise` when its topic is being deleted by another thread: for statistics only. */
function endNow(reader: TopicReader, topic: string, partition: number, otherwise: number): number {
  try {
    return reader.endOffset(topic, partition)
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'MR-LOG-004')) throw error
    return otherwise
  }
}

/** Where a topic ends for its readers once its writers here have finished. */
function endsOf(reader: TopicReader, topic: string, writers: readonly Pipeline[]): number[] {
  const count = reader.partitionCount(topic) ?? 0
  return Array.from({ length: count }, (_, p) =>
    Math.max(reader.endOffset(topic, p), ...writers.map((writer) => writer.outputEnds[p] ?? 0)),
  )
}

function brokenStatus(spec: PipelineSpec, error: MillraceError): PipelineStatus {
  return {
    name: spec.name,
    kind: spec.kind,
    state: 'failed',
    error: { code: error.code, message: error.message, help: error.help },
    epoch: 0,
    inputs: [],
    sink: spec.kind === 'query' ? spec.sink.topic : spec.quarantineTopic,
    lagRecords: 0,
    watermarkMs: null,
    committedAtMs: null,
    freshnessMs: null,
    rowsIn: 0,
    recordsOut: 0,
    lateRows: 0,
    badRecords: 0,
    stateEntries: 0,
    stateBytes: 0,
    stateFiles: 0,
    // What could not be read was not written anew either.
    needsOldSecret: spec.kind === 'query' && (spec.erasure?.slots.length ?? 0) > 0,
  }
}
