// The generator's body: tells events in groups, each committed whole with the number of the next one, so that a crash neither
// loses nor doubles any. A live one keeps pace with the clock; a bounded one goes as fast as commits do, and ends.
import { MillraceError, type Clock } from '../base/index.ts'
import { isStreaming } from '../capture/index.ts'
import type { CommitGroup, EpochCommit } from '../model/index.ts'
import { shopDatabase, type ShopDatabase } from './database.ts'
import { encodeGeneratorPosition, generatorOwner, generatorPosition } from './generator-position.ts'
import type {
  GeneratorBody,
  GeneratorPosition,
  GeneratorReport,
  GeneratorSpec,
  GeneratorStatus,
} from './generator-types.ts'
import { demoLimits } from './limits.ts'
import { beatsAt, tellEvent } from './shop.ts'
import { dueAt, timeOf, type TimeLine } from './time-line.ts'
import { checkShopTables, TopicSink } from './topic-sink.ts'

export interface GeneratorOptions {
  readonly spec: GeneratorSpec
  readonly commit: EpochCommit
  readonly clock: Clock
  readonly wake: () => void
  readonly report: (report: GeneratorReport) => void
  /** How the database is reached when the spec has one; over the network when left out. */
  readonly openDatabase?: (spec: GeneratorSpec) => Promise<ShopDatabase>
}

/**
 * The body of the generator's worker; with a database it waits for sockets ('async' waiting).
 * Throws MR-DEMO-001, 002 here; step() throws MR-DEMO-003 when a commit fails for good, MR-DEMO-005.
 */
export function createGeneratorBody(options: GeneratorOptions): GeneratorBody {
  checkShopTables(options.spec)
  return new Generator(options)
}

class Generator implements GeneratorBody {
  readonly #options: GeneratorOptions
  readonly #spec: GeneratorSpec
  readonly #owner: string
  readonly #sink: TopicSink
  #position: GeneratorPosition | undefined
  #epoch: number
  #pending: { group: CommitGroup; position: GeneratorPosition; submitted: boolean } | undefined
  #database: ShopDatabase | undefined
  #databaseBusy = false
  #databaseRetryMs = 0
  #problem: string | undefined
  #lastGroupMs = Number.NEGATIVE_INFINITY
  #lastReportMs = Number.NEGATIVE_INFINITY
  #finished = false
  #closed = false

  constructor(options: GeneratorOptions) {
    const { spec, commit } = options
    this.#options = options
    this.#spec = spec
    this.#owner = generatorOwner(spec.source)
    this.#epoch = commit.last(this.#owner)?.epoch ?? 0
    this.#position = generatorPosition(commit, spec.source)
    this.#sink = new TopicSink(spec, spec.database === null)
    if (this.#position && this.#position.next > 0) this.#restoreBeats(this.#position)
  }

  step(): boolean {
    if (this.#closed) return false
    this.#settle()
    if (this.#spec.database) this.#writeDatabase()
    const more = this.#tell()
    if (this.#pending && !this.#pending.submitted)
      this.#pending.submitted = this.#options.commit.submit(this.#pending.group)
    this.#report()
    return more
  }

  idleMs(): number {
    if (this.#pending) return this.#pending.submitted ? 1000 : 5
    return this.#finished
      ? 1000
      : this.#spec.database && !this.#database
        ? demoLimits.databaseRetryMs
        : demoLimits.groupIntervalMs
  }

  close(): void {
    this.#closed = true
    this.#database?.close()
  }

  status(): GeneratorStatus {
    const { mode, source } = this.#spec
    const next = this.#position?.next ?? 0
    return {
      source,
      eventsCommitted: next,
      eventsTotal: mode.kind === 'bounded' ? mode.events : undefined,
      eventTimeMs: this.#position && next > 0 ? timeOf(this.#position.line, next - 1) : 0,
      problem: this.#problem,
    }
  }

  /** The heartbeats that were told last before `next`: the before images of the coming ones. */
  #restoreBeats(position: GeneratorPosition): void {
    const { line, next } = position
    let n = next - 1
    while (!beatsAt(line, n)) n--
    this.#sink.beaten('users', timeOf(line, n) - 1)
    this.#sink.beaten('merchants', timeOf(line, n) - 1)
  }

  /** Where to go on, with a time line that reaches to now. */
  #start(): GeneratorPosition {
    const { mode, seed } = this.#spec
    const nowMs = this.#options.clock.nowMs()
    const known = this.#position ?? this.#database?.position
    if (!known) {
      const startMs = mode.kind === 'bounded' ? mode.startMs : nowMs
      return { seed, next: 0, line: [{ from: 0, startMs, eventsPerSecond: mode.eventsPerSecond }] }
    }
    // A fresh data folder beside a database of before: a live run joins it, a bounded one is told from its beginning.
    const position = this.#position ?? { ...known, next: mode.kind === 'live' ? known.next : 0 }
    if (mode.kind === 'bounded') return position
    const lastMs = position.next > 0 ? timeOf(position.line, position.next - 1) : position.line[0]!.startMs
    const sameRate = position.line.at(-1)!.eventsPerSecond === mode.eventsPerSecond
    if (sameRate && nowMs - lastMs <= demoLimits.behindMsMax) return position
    const segment = { from: position.next, startMs: Math.max(nowMs, lastMs), eventsPerSecond: mode.eventsPerSecond }
    const line: TimeLine = position.next === 0 ? [{ ...segment, from: 0 }] : [...position.line, segment]
    return { ...position, line }
  }

  /** The event before which to stop now. */
  #due(position: GeneratorPosition): number {
    const { mode } = this.#spec
    const due = mode.kind === 'bounded' ? mode.events : dueAt(position.line, this.#options.clock.nowMs())
    return Math.min(due, position.next + demoLimits.groupEventsMax)
  }

  #tell(): boolean {
    if (this.#pending || this.#finished) return false
    if (this.#spec.database && !this.#database) return false
    if (this.#spec.database && !this.#position) return this.#begin(this.#database!)
    const now = this.#options.clock.monotonicMs()
    const live = this.#spec.mode.kind === 'live'
    if (live && now - this.#lastGroupMs < demoLimits.groupIntervalMs) return false
    const position = this.#start()
    const due = this.#due(position)
    // The database first: an event's service records follow its rows.
    const until = this.#database ? Math.min(due, this.#database.position?.next ?? 0) : due
    if (until <= position.next) {
      this.#finishIfDone(position)
      return false
    }
    this.#lastGroupMs = now
    for (let n = position.next; n < until; n++) {
      this.#sink.at(n, timeOf(position.line, n))
      tellEvent(position.seed, position.line, n, this.#sink)
    }
    const next = { ...position, next: until }
    const appends = this.#sink.take()
    const group = {
      owner: this.#owner,
      epoch: this.#epoch + 1,
      appends,
      groupOffsets: [],
      position: encodeGeneratorPosition(next),
      stateFiles: [],
    }
    this.#pending = { group, position: next, submitted: false }
    return false
  }

  /**
   * With a database, the first commit comes before its first row: so a database that holds rows of a run that this folder knows
   * nothing of is told apart from one whose generator died between the two.
   */
  #begin(database: ShopDatabase): false {
    if (database.position && this.#spec.mode.kind === 'bounded')
      throw new MillraceError('MR-DEMO-005', { details: { name: this.#spec.database!.name } })
    const position = this.#start()
    const group = {
      owner: this.#owner,
      epoch: this.#epoch + 1,
      appends: [],
      groupOffsets: [],
      position: encodeGeneratorPosition(position),
      stateFiles: [],
    }
    this.#pending = { group, position, submitted: false }
    return false
  }

  #finishIfDone(position: GeneratorPosition): void {
    const { mode, source } = this.#spec
    if (mode.kind !== 'bounded' || position.next < mode.events) return
    const database = this.#database
    const { events } = mode
    if (!database) {
      this.#finished = true
      this.#options.report({ kind: 'finished', source, events, executed: null })
      return
    }
    if (this.#databaseBusy || (database.position?.next ?? 0) < events) return
    this.#busy(
      database.executed().then((executed) => {
        this.#finished = true
        this.#options.report({ kind: 'finished', source, events, executed })
      }),
    )
  }

  #settle(): void {
    const pending = this.#pending
    if (!pending?.submitted) return
    const outcome = this.#options.commit.outcome(this.#owner)
    if (!outcome) return
    if (outcome.ok) {
      this.#epoch = outcome.epoch
      this.#position = pending.position
      this.#pending = undefined
      this.#finishIfDone(pending.position)
    } else if (outcome.reason === 'retry') pending.submitted = false
    else throw new MillraceError('MR-DEMO-003', { details: { source: this.#spec.source, reason: outcome.message } })
  }

  /** Opens the database, or writes the rows of the next events there. */
  #writeDatabase(): void {
    const { clock } = this.#options
    if (this.#databaseBusy || this.#finished || clock.monotonicMs() < this.#databaseRetryMs) return
    const database = this.#database
    if (!database) {
      this.#busy(
        (this.#options.openDatabase ?? shopDatabase)(this.#spec).then((opened) => {
          if (this.#closed) opened.close()
          else this.#database = opened
        }),
      )
      return
    }
    if (!this.#position) return
    // Rows written before capture reads the log would reach the topics as they are at its snapshot, without their history.
    if (!isStreaming(this.#options.commit, this.#spec.source)) {
      this.#problem = `waiting until ${this.#spec.source} is captured`
      this.#databaseRetryMs = clock.monotonicMs() + demoLimits.groupIntervalMs
      return
    }
    this.#problem = undefined
    const position = this.#start()
    const next = database.position?.next ?? 0
    const due = this.#spec.mode.kind === 'bounded' ? this.#spec.mode.events : dueAt(position.line, clock.nowMs())
    const until = Math.min(due, next + demoLimits.groupEventsMax)
    if (until > next) this.#busy(database.write({ seed: position.seed, line: position.line, next: until }))
  }

  #busy(work: Promise<void>): void {
    this.#databaseBusy = true
    const done = (): void => {
      this.#databaseBusy = false
      this.#options.wake()
    }
    work.then(
      () => {
        this.#problem = undefined
        done()
      },
      (error: unknown) => {
        this.#problem = error instanceof Error ? error.message : String(error)
        this.#databaseRetryMs = this.#options.clock.monotonicMs() + demoLimits.databaseRetryMs
        this.#database?.close()
        this.#database = undefined
        done()
      },
    )
  }

  #report(): void {
    const now = this.#options.clock.monotonicMs()
    if (now - this.#lastReportMs < demoLimits.statusIntervalMs) return
    this.#lastReportMs = now
    this.#options.report({ kind: 'status', status: this.status() })
  }
}
