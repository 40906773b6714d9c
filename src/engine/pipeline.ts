// One pipeline's epochs. An epoch opens when there is input, takes slices until it is full or its time is over, then its
// state file is written and synced, and one commit group makes outputs, input positions, state and watermarks visible
// together, or none of them. The next epoch begins after the outcome is known, so that a failed one leaves nothing to undo:
// the pipeline stops, and a restart recovers from the last commit.
// Phases: idle -> open -> sealed -> written -> submitted -> idle. Crash in any phase: the epoch never happened, except after
// the log has made its group durable: then it happened wholly.
import { assert, BytesError, MillraceError, type Clock, type Disk } from '../base/index.ts'
import {
  readRecordBatchHeader,
  type CommitGroup,
  type CommitOutcome,
  type Decompress,
  type EpochCommit,
  type LastCommit,
  type SchemaIds,
  type TopicReader,
} from '../model/index.ts'
import { decodeJournalEntry, encodeJournalEntry, type JournalEntry, type JournalSlice } from './journal.ts'
import type { EngineLimits } from './limits.ts'
import { createQueryProgram, type Program } from './program.ts'
import { createQuarantineProgram } from './quarantine.ts'
import { TopicInput } from './source.ts'
import type { EngineOptions, ErasureSpec, PipelineSpec, PipelineState } from './spec.ts'
import { Erasure, StateStore, type StateSeal, type Steps } from './state/index.ts'

export interface PipelinePorts {
  readonly reader: TopicReader
  readonly commit: EpochCommit
  readonly schemaIds: SchemaIds
  readonly clock: Clock
  readonly disk: Disk
  readonly decompress?: Decompress | undefined
  /** State that holds what encrypted columns said is sealed with it; absent: it lies in clear. */
  readonly stateSeal?: StateSeal | undefined
}

export interface PipelineCounters {
  rowsIn: number
  recordsOut: number
  late: number
  bad: number
  /** Rows that broke a rule, by rule. */
  readonly broken: Map<string, number>
}

export function newCounters(): PipelineCounters {
  return { rowsIn: 0, recordsOut: 0, late: 0, bad: 0, broken: new Map() }
}

/** Program, state and inputs of a pipeline, without its epochs: what replay needs too. */
export interface PipelineCore {
  readonly program: Program
  readonly store: StateStore
  readonly inputs: readonly TopicInput[]
}

/** Whose epochs: a query and a quarantine may have the same name. */
export function ownerOf(spec: PipelineSpec): string {
  return `${spec.kind === 'query' ? 'pipeline' : 'quarantine'}/${spec.name}`
}

/** Names as folders: what a file system may not take is escaped. */
function stateFolder(spec: PipelineSpec): string {
  const [kind, ...name] = ownerOf(spec).split('/')
  return `state/${kind}/${encodeURIComponent(name.join('/')).replaceAll('*', '%2A').replaceAll('.', '%2E')}`
}

export function createCore(
  spec: PipelineSpec,
  options: {
    ports: Omit<PipelinePorts, 'commit' | 'clock'>
    engine: EngineOptions
    limits: EngineLimits
    counters: PipelineCounters
    folder?: string
  },
): PipelineCore {
  const { ports, engine, limits, counters } = options
  const store = new StateStore({
    disk: ports.disk,
    folder: options.folder ?? stateFolder(spec),
    pipeline: spec.name,
    limits,
    seal: ports.stateSeal,
    isSealing: spec.kind === 'query' && (spec.erasure?.slots.length ?? 0) > 0,
  })
  const count = (counter: 'late' | 'broken', by: number, rule?: string): void => {
    if (counter === 'late') counters.late += by
    else counters.broken.set(rule!, (counters.broken.get(rule!) ?? 0) + by)
  }
  const programOptions = { store, limits, engine, count, schemaIds: ports.schemaIds }
  const program =
    spec.kind === 'query' ? createQueryProgram(spec, programOptions) : createQuarantineProgram(spec, programOptions)
  const sourcePorts = {
    reader: ports.reader,
    schemaIds: ports.schemaIds,
    decompress: ports.decompress,
    limits,
    pipeline: spec.name,
  }
  return { program, store, inputs: program.inputs.map((input) => new TopicInput(input, sourcePorts)) }
}

/** Hands one slice on, then the watermark when it grew. @returns the journal's entry */
export function runSlice(
  core: PipelineCore,
  input: number,
  slice: ReturnType<TopicInput['take']>,
  before: number,
): JournalSlice {
  const source = core.inputs[input]!
  core.program.slice(input, slice)
  if (source.watermarkMs > before) core.program.watermark(input, source.watermarkMs)
  return { input, partition: slice.partition, from: slice.from, to: slice.to, watermarkMs: source.watermarkMs }
}

/** The inputs have ended. */
export function runFinish(core: PipelineCore): void {
  core.inputs.forEach((input, i) => {
    input.finish()
    core.program.watermark(i, Infinity)
  })
}

type Phase = 'idle' | 'open' | 'sealed' | 'written' | 'submitted'

export class Pipeline {
  readonly spec: PipelineSpec
  readonly counters = newCounters()
  readonly core: PipelineCore
  readonly #ports: PipelinePorts
  readonly #engine: EngineOptions
  readonly #limits: EngineLimits
  readonly #owner: string
  #phase: Phase = 'idle'
  #paused = false
  #waiting = false
  #error: MillraceError | undefined
  #finished = false
  #epoch = 0
  #committedAtMs: number | null = null
  /** Committed offsets, for lag: by input and partition. */
  #committed: number[][] = []
  // The epoch under way.
  #clockMs = 0
  #openedAt = 0
  #rows = 0
  #bytes = 0
  #slices: JournalSlice[] = []
  #finishing = false
  #sinkPartitions = 1
  #group: CommitGroup | undefined
  #records = 0
  #retryAt = -Infinity
  /** Of _dek_registry_keys: what was erased before is forgotten, in memory at least. */
  #keysNext = 0
  /** Of whose keys were deleted before that: what is left to look through. */
  #forgetting: Steps | undefined
  /** The epoch under way only forgets: nothing is read. */
  #isTidying = false
  /** Ends of the sink's partitions as far as this pipeline wrote them. */
  readonly outputEnds: number[] = []

  /** Recovers from the last commit. Throws MR-ENGINE-003, -004, -005, -008, -009 and what the disk throws. */
  constructor(spec: PipelineSpec, options: { ports: PipelinePorts; engine: EngineOptions; limits: EngineLimits }) {
    this.spec = spec
    this.#ports = options.ports
    this.#engine = options.engine
    this.#limits = options.limits
    this.#owner = ownerOf(spec)
    this.core = createCore(spec, { ...options, counters: this.counters })
    const last = options.ports.commit.last(this.#owner)
    this.core.store.recover(last?.stateFiles ?? [])
    if (last) this.#recover(last)
    else this.#keysNext = this.#holdKeys()
    this.#releaseKeys()
  }

  /** From here on keys stand still. @returns the offset up to which they count */
  #holdKeys(): number {
    return (this.#erasure && this.#ports.schemaIds.fieldKeys?.hold()) ?? 0
  }
  #releaseKeys(): void {
    if (this.#erasure) this.#ports.schemaIds.fieldKeys?.release()
  }
  get #erasure(): ErasureSpec | undefined {
    return this.spec.kind === 'query' ? this.spec.erasure : undefined
  }

  /**
   * Holds the keys for the rest of the step, and forgets whose were deleted since the last one: so no row meets a key that is
   * newer than what the state has forgotten, and none that was read ahead outlives its key.
   * @returns true when it has not ended: nothing is read and no epoch ends before
   */
  #forget(): boolean {
    const keys = this.#ports.schemaIds.fieldKeys
    if (!this.#erasure || !keys) return false
    const { clock } = this.#ports
    const until = clock.monotonicMs() + this.#limits.forgetStepMs
    for (;;) {
      while (this.#forgetting) {
        if (this.#forgetting.next().done) this.#forgetting = undefined
        else if (clock.monotonicMs() >= until) return true
      }
      for (const input of this.core.inputs) input.look()
      const next = this.#holdKeys()
      if (next === this.#keysNext) return false
      // The topic was deleted and made anew: what it says begins anew too.
      const erasure = new Erasure(this.#erasure.sources, keys.erasedFrom(next < this.#keysNext ? 0 : this.#keysNext))
      this.#keysNext = next
      if (erasure.isEmpty) return false
      for (const table of erasure.tables) this.#rewind(table)
      this.#forgetting = this.core.store.forget(erasure)
    }
  }

  #rewind(table: string): void {
    if (this.spec.kind !== 'query') return
    const topic = this.spec.inputs[this.spec.plan.inputs.indexOf(table)]?.topic
    for (const input of this.core.inputs) if (input.topic === topic) input.rewind()
  }

  #recover(last: LastCommit): void {
    const entry = this.#decode(last)
    const { program, inputs } = this.core
    if (entry.planId !== program.planId || entry.inputs.length !== inputs.length) {
      throw new MillraceError('MR-ENGINE-005', {
        details: { pipeline: this.spec.name, found: entry.planId, wanted: program.planId },
      })
    }
    entry.inputs.forEach((input, i) => inputs[i]!.restore(input.watermarkMs, input.partitions))
    entry.inputs.forEach((input, i) => input.watermarkMs > -Infinity && program.resume(i, input.watermarkMs))
    program.nextSinkPartition = entry.nextSinkPartition
    this.#epoch = last.epoch
    this.#committedAtMs = entry.clockMs
    this.#finished = entry.finished
    this.#sinkPartitions = entry.sinkPartitions
    this.#keysNext = entry.erasure?.keysNext ?? 0
    if (entry.erasure?.isForgetting) this.core.store.forgetAgain()
    this.#noteCommitted()
  }

  #decode(last: LastCommit): JournalEntry {
    try {
      return decodeJournalEntry(last.position)
    } catch (cause) {
      if (!(cause instanceof BytesError)) throw cause
      throw new MillraceError('MR-ENGINE-009', { details: { pipeline: this.spec.name, reason: cause.message }, cause })
    }
  }

  #noteCommitted(): void {
    this.#committed = this.core.inputs.map((input) =>
      Array.from({ length: input.partitionCount }, (_, p) => input.offset(p)),
    )
  }

  get state(): PipelineState {
    if (this.#error) return 'failed'
    if (this.#finished) return 'finished'
    if (this.#paused) return 'paused'
    if (this.#retryAt > this.#ports.clock.monotonicMs()) return 'retrying'
    return this.#waiting ? 'waiting' : 'running'
  }
  get error(): MillraceError | undefined {
    return this.#error
  }
  get epoch(): number {
    return this.#epoch
  }
  get committedAtMs(): number | null {
    return this.#committedAtMs
  }
  committedOffset(input: number, partition: number): number {
    return this.#committed[input]?.[partition] ?? this.core.inputs[input]!.offset(partition)
  }

  pause(paused: boolean): void {
    this.#paused = paused
  }

  /** Milliseconds until step should be called though nothing happened. */
  idleMs(): number {
    if (this.#error || (this.#finished && !this.core.store.isForgetting)) return Infinity
    const now = this.#ports.clock.monotonicMs()
    if (this.#retryAt > now) return this.#retryAt - now
    if (this.#phase === 'open') return Math.max(0, this.#openedAt + this.#engine.epochMs - now)
    // The log rings for outcomes and for new records; this is for logs that cannot.
    return Math.max(1, this.#engine.epochMs)
  }

  /** A bounded piece of work. @returns true when there may be more at once */
  step(): boolean {
    if (this.#error || (this.#finished && !this.#erasure)) return false
    if (this.#ports.clock.monotonicMs() < this.#retryAt) return false
    try {
      return this.#step()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#error = this.#erasure ? withoutValue(error) : error
      return false
    } finally {
      this.#releaseKeys()
    }
  }

  #step(): boolean {
    switch (this.#phase) {
      case 'idle':
        return this.#open()
      case 'open':
        return this.#work()
      case 'sealed':
        return this.#write()
      case 'written':
        if (!this.#ports.commit.submit(this.#group!)) return false
        this.#phase = 'submitted'
        return true
      case 'submitted': {
        const outcome = this.#ports.commit.outcome(this.#owner)
        if (!outcome) return false
        this.#settle(outcome)
        return true
      }
    }
  }

  /** Opens an epoch when there is something to do. */
  #open(): boolean {
    if (this.#forget()) return true
    this.#isTidying = this.core.store.isForgetting && (this.#paused || this.#finished)
    if (this.#isTidying) return this.#begin(this.#sinkPartitions)
    if (this.#paused || this.#finished) return false
    const { reader } = this.#ports
    const { program, inputs } = this.core
    let ready = true
    for (const input of inputs) if (!input.refresh()) ready = false
    const sinkPartitions = reader.partitionCount(program.sinkTopic)
    this.#waiting = !ready || sinkPartitions === undefined
    this.#isTidying = this.core.store.isForgetting && (this.#waiting || !this.#hasData())
    if (this.#isTidying) return this.#begin(sinkPartitions ?? this.#sinkPartitions)
    if (!ready || sinkPartitions === undefined) return false
    // A plan without any input (VALUES) has its rows in its first epoch and ends with it.
    const first = this.#epoch === 0
    if (!this.#hasData() && !this.#isExhausted() && !(first && inputs.length === 0)) return false
    return this.#begin(sinkPartitions)
  }

  #begin(sinkPartitions: number): boolean {
    const { clock } = this.#ports
    this.#phase = 'open'
    this.#clockMs = clock.nowMs()
    this.#openedAt = clock.monotonicMs()
    this.#rows = 0
    this.#bytes = 0
    this.#slices = []
    this.#finishing = false
    this.#sinkPartitions = sinkPartitions
    this.core.program.begin(this.#clockMs, sinkPartitions, this.#epoch === 0)
    return true
  }

  #hasData(): boolean {
    return this.core.inputs.some((input) => {
      for (let p = 0; p < input.partitionCount; p++) if (input.hasData(p)) return true
      return false
    })
  }

  /** True when every input is bounded and read to its end. */
  #isExhausted(): boolean {
    return this.core.inputs.every((input) => input.isExhausted)
  }

  /** One slice, or the end of the epoch. */
  #work(): boolean {
    if (this.#isTidying) {
      this.#seal()
      return true
    }
    if (this.#forget()) return true
    const elapsed = this.#ports.clock.monotonicMs() - this.#openedAt
    const full =
      this.#rows >= this.#engine.epochRowsMax ||
      this.#bytes + this.core.program.outputBytes >= this.#limits.epochBytesMax
    const next = full ? null : chooseSlice(this.core.inputs, this.#limits.mergeSkewMsMax)
    if (next) {
      const input = this.core.inputs[next.input]!
      const before = input.watermarkMs
      const slice = input.take(next.partition, next.timeMax)
      if (slice.to > slice.from) {
        this.#slices.push(runSlice(this.core, next.input, slice, before))
        this.#rows += slice.batch.rowCount
        this.#bytes += slice.batch.rowCount * 32
        this.counters.rowsIn += slice.batch.rowCount
        this.counters.bad += slice.badCount
        if (elapsed < this.#engine.epochMs) return true
      }
    } else if (this.#isExhausted()) {
      runFinish(this.core)
      this.#finishing = true
    }
    if (!full && !this.#finishing && elapsed < this.#engine.epochMs) return false
    if (this.#slices.length === 0 && !this.#finishing && this.core.inputs.length > 0 && !this.core.store.isForgetting) {
      this.#phase = 'idle'
      return false
    }
    this.#seal()
    return true
  }

  #seal(): void {
    const { program, store, inputs } = this.core
    const epoch = this.#epoch + 1
    const { appends, records } = program.seal()
    const stateFiles = store.seal(epoch)
    const finished = this.#finishing || this.#finished || (inputs.length === 0 && !this.#isTidying)
    const entry: JournalEntry = {
      planId: program.planId,
      epoch,
      clockMs: this.#clockMs,
      finished,
      sinkPartitions: this.#sinkPartitions,
      nextSinkPartition: program.nextSinkPartition,
      inputs: inputs.map((input) => ({
        topic: input.topic,
        watermarkMs: input.watermarkMs,
        partitions: Array.from({ length: input.partitionCount }, (_, p) => ({
          offset: input.offset(p),
          maxTimeMs: input.maxTimeMs(p),
        })),
      })),
      slices: this.#slices,
      ...(this.#erasure ? { erasure: { keysNext: this.#keysNext, isForgetting: store.isForgetting } } : {}),
    }
    this.#records = records
    this.#group = {
      owner: this.#owner,
      epoch,
      appends,
      groupOffsets: this.#groupOffsets(),
      position: encodeJournalEntry(entry),
      stateFiles,
    }
    this.#finishing = finished
    this.#phase = 'sealed'
  }

  #groupOffsets(): CommitGroup['groupOffsets'] {
    const offsets: { topic: string; partition: number; group: string; offset: number; metadata: string }[] = []
    const group = this.spec.kind === 'query' ? `millrace.${this.spec.name}` : `millrace.quarantine.${this.spec.name}`
    this.core.inputs.forEach((input, i) => {
      for (let partition = 0; partition < input.partitionCount; partition++) {
        const offset = input.offset(partition)
        // A topic that is scanned twice has one group offset: the least.
        const same = offsets.find((each) => each.topic === input.topic && each.partition === partition)
        if (same) same.offset = Math.min(same.offset, offset)
        else if (this.#committed[i]?.[partition] !== offset)
          offsets.push({ topic: input.topic, partition, group, offset, metadata: '' })
      }
    })
    return offsets
  }

  #write(): boolean {
    try {
      this.core.store.write()
      this.#phase = 'written'
      return true
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retriable) throw error
      this.#retryAt = this.#ports.clock.monotonicMs() + this.#limits.retryMs
      return false
    }
  }

  #settle(outcome: CommitOutcome): void {
    const group = this.#group!
    if (!outcome.ok) {
      if (outcome.reason === 'retry') {
        this.#phase = 'written'
        this.#retryAt = this.#ports.clock.monotonicMs() + this.#limits.retryMs
        return
      }
      const details = { pipeline: this.spec.name, epoch: group.epoch, message: outcome.message }
      throw new MillraceError(outcome.reason === 'fenced' ? 'MR-ENGINE-001' : 'MR-ENGINE-002', { details })
    }
    assert(outcome.epoch === group.epoch, 'the outcome is that of the submitted epoch')
    this.core.store.committed()
    group.appends.forEach(({ topic, partition, batches }, i) => {
      // Beside the sink's there are records of keys.
      if (topic !== this.core.program.sinkTopic) return
      this.outputEnds[partition] = outcome.baseOffsets[i]! + countRecords(batches)
    })
    this.#epoch = group.epoch
    this.#committedAtMs = this.#clockMs
    this.counters.recordsOut += this.#records
    this.#noteCommitted()
    this.#group = undefined
    this.#finished = this.#finishing
    this.#phase = 'idle'
    if (this.core.store.isStalled) this.#retryAt = this.#ports.clock.monotonicMs() + this.#limits.retryMs
  }
}

/** What reports, logs and the console show outlives a key: a value that may have been sealed is not in it. */
function withoutValue(error: MillraceError): MillraceError {
  const { code, details, place } = error
  if (!('value' in details)) return error
  const told = { ...details, value: '(not shown: the pipeline reads encrypted columns)' }
  return new MillraceError(code, { details: told, ...(place ? { place } : {}) })
}

function countRecords(batches: Uint8Array): number {
  let records = 0
  for (let at = 0; at < batches.length;) {
    const header = readRecordBatchHeader(batches, at)
    records += header.count
    at += header.size
  }
  return records
}

/**
 * Which slice comes next: of the partitions with data at hand the one whose event time lags most, up to where it would run
 * more than `skewMs` past the next one. Inputs without event time take turns with those that have it, by what they have read.
 */
export function chooseSlice(
  inputs: readonly TopicInput[],
  skewMs: number,
): { input: number; partition: number; timeMax: number } | null {
  let best = -1
  let bestPartition = 0
  let bestTime = Infinity
  let second = Infinity
  let timeless = -1
  let timelessPartition = 0
  let timelessLag = 0
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!
    for (let p = 0; p < input.partitionCount; p++) {
      if (!input.hasData(p)) continue
      if (!input.spec.watermark) {
        const lag = input.end(p) - input.offset(p)
        if (lag > timelessLag || timeless < 0) {
          timeless = i
          timelessPartition = p
          timelessLag = lag
        }
        continue
      }
      const time = input.maxTimeMs(p)
      if (best < 0 || time < bestTime) {
        if (best >= 0) second = Math.min(second, bestTime)
        best = i
        bestPartition = p
        bestTime = time
      } else second = Math.min(second, time)
    }
  }
  if (best < 0) return timeless < 0 ? null : { input: timeless, partition: timelessPartition, timeMax: Infinity }
  // The larger backlog goes first, so that neither side starves.
  if (timeless >= 0 && timelessLag >= inputs[best]!.end(bestPartition) - inputs[best]!.offset(bestPartition)) {
    return { input: timeless, partition: timelessPartition, timeMax: Infinity }
  }
  return { input: best, partition: bestPartition, timeMax: second === Infinity ? Infinity : second + skewMs }
}
