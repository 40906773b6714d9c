// Capture of one source: connects, checks, takes snapshots beside the running log, reads on by GTID, and commits changes together
// with the position. Invariant: what was committed is exactly the changes up to the committed position, whatever fails when.
import { decodeText, MillraceError, type Clock, type Random } from '../base/index.ts'
import type { CommitGroup, EpochCommit, SchemaIds } from '../model/index.ts'
import type { CaptureBody, CaptureProblem, CaptureReport, CaptureSpec, CaptureStatus } from './capture-types.ts'
import { readSourceTime, type SourceTime } from './heartbeat.ts'
import { captureLimits, type CaptureLimits } from './limits.ts'
import { LogStream } from './log-stream.ts'
import { UnheldValue } from './mysql/binary-values.ts'
import { mysqlConnector, type SourceConnector, type SourceQueries, type SourceStream } from './mysql/connection.ts'
import { GtidSet } from './mysql/gtid-set.ts'
import { captureOwner, decodePosition, encodePosition, type CapturePosition, type InsidePosition } from './position.ts'
import { checkHistory, checkSource, type SourceFacts } from './server-check.ts'
import { readChunk, type Chunk } from './snapshot-chunk.ts'
import { problemOf, TableCapture } from './table-capture.ts'

export interface CaptureOptions {
  readonly spec: CaptureSpec
  readonly commit: EpochCommit
  readonly clock: Clock
  readonly random: Random
  /** Rings the worker's bell: something arrived. */
  readonly wake: () => void
  readonly report: (report: CaptureReport) => void
  /** How the source is reached; over the network when left out. */
  readonly connector?: SourceConnector
  readonly limits?: Partial<CaptureLimits>
  /** For fields that a topic's rule set encrypts; absent: none. */
  readonly schemaIds?: SchemaIds
}

interface Session {
  readonly queries: SourceQueries
  readonly facts: SourceFacts
  readonly source: SourceStream
  readonly log: LogStream
}

interface Group {
  readonly group: CommitGroup
  readonly rows: ReadonlyMap<TableCapture, number>
  readonly position: CapturePosition
  readonly completeMs: number
  submitted: boolean
}

/**
 * The body of capture's worker. Waits for sockets, so its worker steps with 'async' waiting.
 * step() throws MR-CAPTURE-010 and 011; everything that may pass by itself is retried and reported.
 */
export function createCaptureBody(options: CaptureOptions): CaptureBody {
  return new Capture(options)
}

class Capture implements CaptureBody {
  readonly #options: CaptureOptions
  readonly #spec: CaptureSpec
  readonly #limits: CaptureLimits
  readonly #connector: SourceConnector
  readonly #owner: string
  readonly #tables: ReadonlyMap<string, TableCapture>
  #epoch: number
  #executed: GtidSet | undefined
  #inside: InsidePosition | undefined
  #session: Session | undefined
  #opening = false
  #closed = false
  #attempts = 0
  #retryAtMs = 0
  #problem: CaptureProblem | undefined
  /** One question at a time is with the source. */
  #asking: 'chunk' | 'time' | undefined
  /** What an answer does, in the next step. */
  #answer: (() => void) | undefined
  #sourceTime: SourceTime | undefined
  #completeMs = 0
  #nextBeatMs = 0
  #pending: Group | undefined
  #committed: CapturePosition | undefined
  #committedText = ''
  #committedCompleteMs = 0
  #lastCommitMs: number
  #lastReportMs = Number.NEGATIVE_INFINITY
  #lastEventMs = 0
  #readUntilMs = 0

  constructor(options: CaptureOptions) {
    const { spec, commit } = options
    this.#options = options
    this.#spec = spec
    this.#limits = { ...captureLimits, ...options.limits }
    this.#connector = options.connector ?? mysqlConnector(spec.url, spec.source)
    this.#owner = captureOwner(spec.source)
    const last = commit.last(this.#owner)
    this.#epoch = last?.epoch ?? 0
    this.#committed = last ? decodePosition(last.position, spec.source) : undefined
    this.#committedText = last ? decodeText(last.position) : ''
    this.#executed = this.#committed?.executed
    this.#inside = this.#committed?.inside
    this.#lastCommitMs = options.clock.monotonicMs()
    this.#tables = new Map(
      spec.tables.map((captured): [string, TableCapture] => [
        captured.source,
        new TableCapture({
          captured,
          heartbeat: spec.heartbeat?.tables.find((t) => t.source === captured.source),
          position: this.#committed?.tables.get(captured.source),
          limits: this.#limits,
          schemaIds: options.schemaIds,
        }),
      ]),
    )
  }

  step(): boolean {
    if (this.#closed) return false
    this.#settle()
    if (!this.#session) this.#connect()
    const more = this.#guarded(() => this.#work()) ?? false
    this.#commit()
    this.#report()
    return more
  }

  idleMs(): number {
    const now = this.#options.clock.monotonicMs()
    if (this.#pending) return this.#pending.submitted ? 1000 : 5
    if (!this.#session) return this.#opening ? 1000 : Math.max(1, this.#retryAtMs - now)
    if (this.#hasRows()) return this.#limits.commitIntervalMs
    // Events and answers ring the bell; only the clock must be looked at.
    const quiet = this.#asking !== undefined || this.#sourceTime !== undefined || !this.#spec.heartbeat
    return quiet ? 200 : Math.min(200, Math.max(1, this.#nextBeatMs - now))
  }

  close(): void {
    this.#closed = true
    this.#disconnect()
  }

  status(): CaptureStatus {
    const tables = [...this.#tables.values()].map((table) => table.status())
    const snapshot = tables.some((t) => t.phase === 'snapshot')
    const state = this.#session ? (snapshot ? 'snapshot' : 'stream') : this.#problem ? 'waiting' : 'connecting'
    return {
      source: this.#spec.source,
      state,
      problem: this.#problem,
      tables,
      position: this.#committed?.executed.toString() ?? '',
      readUntilMs: this.#readUntilMs,
      completeUntilMs: this.#committedCompleteMs,
    }
  }

  /** Runs what may fail by the source's fault; then the connection starts over from the position in memory. */
  #guarded<T>(run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error
      this.#lost(error)
      return undefined
    }
  }

  #lost(error: unknown): void {
    if (this.#closed) return
    this.#problem = problemOf(error, this.#spec.source, this.#session?.log.place)
    this.#disconnect()
    const delayMs = Math.min(
      this.#limits.reconnectMaxMs,
      this.#limits.reconnectMinMs * 2 ** Math.min(this.#attempts, 16),
    )
    this.#attempts++
    // Half of it by chance, so that many captures do not come back at one moment.
    this.#retryAtMs = this.#options.clock.monotonicMs() + delayMs * (0.5 + this.#options.random.fraction() / 2)
    this.#lastReportMs = Number.NEGATIVE_INFINITY
  }

  #disconnect(): void {
    const session = this.#session
    if (!session) return
    this.#executed = session.log.executed
    this.#inside = session.log.inside()
    this.#session = undefined
    this.#asking = undefined
    this.#answer = undefined
    this.#sourceTime = undefined
    session.source.close()
    session.queries.close()
  }

  #connect(): void {
    if (this.#opening || this.#options.clock.monotonicMs() < this.#retryAtMs) return
    this.#opening = true
    void this.#open().then(
      (session) => {
        this.#opening = false
        if (this.#closed) {
          session.source.close()
          session.queries.close()
          return
        }
        this.#session = session
        this.#problem = undefined
        this.#lastEventMs = this.#options.clock.monotonicMs()
        for (const [name, table] of this.#tables) table.connected(session.facts.tables.get(name)!)
        this.#options.wake()
      },
      (error: unknown) => {
        this.#opening = false
        this.#lost(error)
        this.#options.wake()
      },
    )
  }

  async #open(): Promise<Session> {
    const { source } = this.#spec
    const queries = await this.#connector.queries()
    try {
      const wanted = this.#spec.tables.filter((t) => this.#tables.get(t.source)!.phase !== 'stopped')
      const facts = await checkSource(queries, source, wanted)
      const executed = this.#executed ?? facts.executed
      checkHistory(source, executed, facts)
      // Unlike any replica's: a number at random of 2^31, above those that people choose.
      const serverId = (this.#options.random.uint32() >>> 1) + 0x7fffffff
      const stream = await this.#connector.stream(executed, serverId, this.#options.wake)
      const log = new LogStream({
        tables: this.#tables,
        executed,
        inside: this.#inside,
        charsetOf: (collation) => facts.charsets.get(collation) ?? `collation ${collation}`,
        heldBytesMax: this.#limits.heldBytesMax,
      })
      return { queries, facts, source: stream, log }
    } catch (error) {
      queries.close()
      throw error
    }
  }

  #work(): boolean {
    const session = this.#session
    if (!session) return false
    this.#answer?.()
    this.#answer = undefined
    const more = this.#read(session)
    this.#closeWindow(session)
    this.#beat(session)
    this.#ask(session)
    return more
  }

  #read(session: Session): boolean {
    // While a chunk is read the log waits, so that no change slips by between its reading and its window.
    if (this.#asking === 'chunk' || this.#isFull()) return false
    const { log, source } = session
    const now = this.#options.clock.monotonicMs()
    // A whole transaction read is a connection that works; less may fail at the same place for ever.
    if (log.executed !== this.#executed) this.#attempts = 0
    for (let i = 0; i < this.#limits.stepEventsMax; i++) {
      if (!log.step(() => source.next())) {
        if (i === 0 && now - this.#lastEventMs > this.#limits.streamSilenceMs)
          throw new Error('the source has fallen silent')
        if (i > 0) this.#heard(now)
        return false
      }
      if (this.#isFull()) break
    }
    this.#heard(now)
    return true
  }

  #heard(now: number): void {
    this.#lastEventMs = now
    this.#readUntilMs = Math.max(this.#readUntilMs, this.#session!.log.readUntilMs)
  }

  #closeWindow({ log }: Session): void {
    for (const table of this.#tables.values()) {
      const chunk = table.window?.chunk
      if (chunk && log.hasReached(chunk.end)) table.closeWindow()
    }
  }

  #beat({ log }: Session): void {
    const time = this.#sourceTime
    if (!time || !log.hasReached(time.end)) return
    this.#sourceTime = undefined
    this.#completeMs = Math.max(this.#completeMs, time.completeMs)
    for (const table of this.#tables.values()) table.beat(time.completeMs)
  }

  /** Asks the next question, if there is one. */
  #ask(session: Session): void {
    if (this.#asking) return
    const table = [...this.#tables.values()].find((t) => t.window && !t.window.chunk)
    const windowOpen = [...this.#tables.values()].some((t) => t.window?.chunk)
    if (table && !windowOpen && !this.#isFull()) {
      this.#askChunk(session, table)
      return
    }
    const now = this.#options.clock.monotonicMs()
    if (this.#spec.heartbeat && !this.#sourceTime && now >= this.#nextBeatMs) {
      this.#nextBeatMs = now + Math.max(this.#spec.heartbeat.everyMs, this.#limits.heartbeatEveryMsMin)
      const { statusStatement } = session.facts
      this.#question(
        session,
        'time',
        readSourceTime(session.queries, statusStatement, this.#limits.heartbeatDelayMs),
        (time) => {
          this.#sourceTime = time
        },
      )
    }
  }

  #askChunk(session: Session, table: TableCapture): void {
    const current = session.log.current
    const seen = current ? session.log.executed.with(current) : session.log.executed
    const inside = session.log.inside()
    const request = {
      table: session.facts.tables.get(table.name)!,
      schema: table.captured.format.schema,
      statusStatement: session.facts.statusStatement,
      after: table.cursor,
      seen: inside ? seen.with(inside.gtid) : seen,
      limits: this.#limits,
    }
    const answer = readChunk(session.queries, this.#options.clock, request).catch(
      (error: unknown): Chunk | 'too-large' | UnheldValue => {
        if (error instanceof UnheldValue) return error
        throw error
      },
    )
    this.#question(session, 'chunk', answer, (chunk) => {
      if (chunk === 'too-large') table.stop('MR-CAPTURE-025', undefined, { rowsMax: this.#limits.wholeTableRowsMax })
      else if (chunk instanceof UnheldValue) table.stop('MR-CAPTURE-022', undefined, { reason: chunk.message })
      else table.openWindow(chunk)
    })
  }

  #question<T>(session: Session, kind: 'chunk' | 'time', answer: Promise<T>, take: (value: T) => void): void {
    this.#asking = kind
    const arrive = (run: () => void): void => {
      // An answer that outlived its connection means nothing.
      if (this.#session !== session) return
      this.#answer = () => {
        this.#asking = undefined
        run()
      }
      this.#options.wake()
    }
    answer.then(
      (value) => arrive(() => take(value)),
      (error: unknown) =>
        arrive(() => {
          throw error
        }),
    )
  }

  #hasRows(): boolean {
    for (const table of this.#tables.values()) if (table.output.rows > 0) return true
    return false
  }

  #isFull(): boolean {
    let rows = 0
    let bytes = 0
    for (const table of this.#tables.values()) {
      rows += table.output.rows
      bytes += table.output.bytes
    }
    return rows >= this.#limits.commitRowsMax || bytes >= this.#limits.commitBytesMax
  }

  #position(): CapturePosition | undefined {
    const executed = this.#session?.log.executed ?? this.#executed
    if (!executed) return undefined
    const kept = [...(this.#committed?.tables ?? [])].filter(([name]) => !this.#tables.has(name))
    const tables = [...this.#tables.values()].map((t) => [t.name, t.position()] as const)
    return {
      executed,
      inside: this.#session ? this.#session.log.inside() : this.#inside,
      tables: new Map([...kept, ...tables]),
    }
  }

  /** Takes what waits into a group when it is due, and hands it over. */
  #commit(): void {
    if (!this.#pending && this.#isDue()) {
      const rows = new Map([...this.#tables.values()].map((t) => [t, t.output.rows]))
      const gtid = this.#session?.log.current ?? this.#inside?.gtid
      const appends = [...this.#tables.values()].flatMap((t) => t.take(gtid))
      // After taking: encoding may have stopped a table.
      const position = this.#position()!
      const bytes = encodePosition(position)
      this.#lastCommitMs = this.#options.clock.monotonicMs()
      const text = decodeText(bytes)
      if (appends.length === 0 && text === this.#committedText) {
        // Nothing waits: what is complete is committed.
        this.#committedCompleteMs = this.#completeMs
        return
      }
      this.#committedText = text
      const group = {
        owner: this.#owner,
        epoch: this.#epoch + 1,
        appends,
        groupOffsets: [],
        position: bytes,
        stateFiles: [],
      }
      this.#pending = { group, rows, position, completeMs: this.#completeMs, submitted: false }
    }
    if (this.#pending && !this.#pending.submitted)
      this.#pending.submitted = this.#options.commit.submit(this.#pending.group)
  }

  #isDue(): boolean {
    if (!this.#session && !this.#hasRows()) return false
    if (this.#isFull()) return true
    const ageMs = this.#options.clock.monotonicMs() - this.#lastCommitMs
    // Between transactions where possible, so that consumers see them whole.
    if (this.#session?.log.current) return false
    return ageMs >= (this.#hasRows() ? this.#limits.commitIntervalMs : this.#limits.positionIntervalMs)
  }

  #settle(): void {
    const pending = this.#pending
    if (!pending?.submitted) return
    const outcome = this.#options.commit.outcome(this.#owner)
    if (!outcome) return
    if (outcome.ok) {
      this.#epoch = outcome.epoch
      this.#committed = pending.position
      this.#committedCompleteMs = pending.completeMs
      for (const [table, rows] of pending.rows) table.rowsCommitted += rows
      this.#pending = undefined
    } else if (outcome.reason === 'retry') pending.submitted = false
    else throw new MillraceError('MR-CAPTURE-011', { details: { source: this.#spec.source, reason: outcome.message } })
  }

  #report(): void {
    const now = this.#options.clock.monotonicMs()
    if (now - this.#lastReportMs < this.#limits.statusIntervalMs) return
    this.#lastReportMs = now
    this.#options.report({ kind: 'status', status: this.status() })
  }
}
