// What a running node knows of itself: the newest word of each worker, joined with the log, as the console's API gives it.
import { MillraceError, type Clock } from '../../base/index.ts'
import type { CaptureStatus } from '../../capture/index.ts'
import type { AlertShape, CheckShape, PipelineShape, TableShape, TopicShape } from '../../console-api/index.ts'
import type { GeneratorStatus } from '../../demo/index.ts'
import type { PipelineStatus } from '../../engine/index.ts'
import type { KafkaServer } from '../../kafka/server/index.ts'
import type { Damage, LogReader } from '../../log/index.ts'
import { SloTracker, type Metrics } from '../../ops/index.ts'
import type { Desired, Project } from '../../project/index.ts'
import { explain } from '../../sql/index.ts'
import type { TableStatus } from '../../tables/index.ts'
import { whereReadable } from './guard.ts'
import { setGroupMetrics, setTopicMetrics } from './kafka-metrics.ts'
import { LiveGroups } from './live-groups.ts'
import { Rates } from './rates.ts'

const operators = { lte: '≤', lt: '<', gte: '≥', gt: '>' } as const

export interface LiveParts {
  readonly project: Project
  readonly desired: Desired
  /** The data folder. */
  readonly data: string
  readonly reader: LogReader
  readonly clock: Clock
  readonly metrics: Metrics
  readonly kafka: () => KafkaServer
}

export class Live {
  readonly #parts: LiveParts
  readonly #startedAtMs: number
  readonly #rates: Rates
  readonly #trackers: readonly SloTracker[]
  readonly #contacts: ReadonlyMap<string, string>
  readonly #plans: ReadonlyMap<string, string>
  /** Topic → when a record was last seen to arrive. */
  readonly #writtenAtMs = new Map<string, number>()
  #pipelines: readonly PipelineStatus[] = []
  tables: readonly TableStatus[] = []
  readonly #captures = new Map<string, CaptureStatus>()
  readonly #generators = new Map<string, GeneratorStatus>()
  readonly groups: LiveGroups
  /** What is wrong with other parts, by their names. */
  readonly notes = new Map<string, string>()

  constructor(parts: LiveParts) {
    this.#parts = parts
    this.groups = new LiveGroups(parts)
    this.#startedAtMs = parts.clock.nowMs()
    this.#rates = new Rates(() => parts.clock.monotonicMs())
    this.#contacts = new Map(parts.project.owners.map((o) => [o.name, o.contact]))
    this.#plans = new Map(parts.desired.pipelines.map((p) => [p.name, explain(p.plan)]))
    this.#trackers = parts.project.slos.flatMap((slo) =>
      slo.objectives.map(
        (objective) => new SloTracker({ ...slo, contact: this.#contacts.get(slo.owner) ?? slo.owner, objective }),
      ),
    )
    for (const topic of parts.reader.topics()) {
      const newest = Array.from(
        { length: topic.partitionCount },
        (_, p) => whereReadable(() => parts.reader.maxTimestamp(topic.name, p))?.timestampMs ?? 0,
      )
      const atMs = Math.max(0, ...newest)
      if (atMs > 0) this.#writtenAtMs.set(topic.name, Math.min(atMs, parts.clock.nowMs()))
    }
  }

  get pipelines(): readonly PipelineStatus[] {
    return this.#pipelines
  }

  /** What opening the log found. */
  noteDamages(damages: readonly Damage[]): void {
    for (const { topic, partition, offset, file, reason } of damages)
      this.noteDamage(
        new MillraceError('MR-LOG-001', { details: { topic, partition, offset, file, position: 0, reason } }),
      )
    this.#countDamaged()
  }

  /** Of the log's own writes: for want of room they are refused until there is some, after a failed disk until the next start. */
  noteWrites(state: 'synced' | 'full' | 'failed'): void {
    const full = new MillraceError('MR-BASE-002', { details: { path: this.#parts.data } })
    if (state === 'synced') this.notes.delete('disk')
    else if (state === 'full')
      this.notes.set('disk', `${full.message} All writes are refused, reads go on. ${full.help}`)
    else this.notes.set('disk', `The disk of ${this.#parts.data} failed: no write is taken before the next start.`)
  }

  /** An MR-LOG-001: acknowledged records that cannot be read. */
  noteDamage(error: MillraceError): void {
    const { topic, partition } = error.details
    this.notes.set(`partition ${topic}-${partition}`, `${error.message} ${error.help}`)
    this.#countDamaged()
  }

  #countDamaged(): void {
    const count = [...this.notes.keys()].filter((who) => who.startsWith('partition ')).length
    this.#parts.metrics.set('millrace_log_offline_partitions', {}, count)
  }

  get captures(): CaptureStatus[] {
    return [...this.#captures.values()]
  }

  /** The newest word of one source's worker. */
  noteCapture(status: CaptureStatus): void {
    this.#captures.set(status.source, status)
  }

  noteGenerator(status: GeneratorStatus): void {
    this.#generators.set(status.source, status)
  }

  /** The newest word of the pipelines' worker. */
  notePipelines(pipelines: readonly PipelineStatus[]): void {
    this.#pipelines = pipelines
    for (const p of pipelines) {
      this.#rates.sample(`in ${p.name}`, p.rowsIn)
      this.#rates.sample(`out ${p.name}`, p.recordsOut)
    }
  }

  noteAdvance(topic: string): void {
    this.#writtenAtMs.set(topic, this.#parts.clock.nowMs())
  }

  freshnessSeconds(topic: string): number | null {
    const atMs = this.#writtenAtMs.get(topic)
    return atMs === undefined ? null : Math.max(0, (this.#parts.clock.nowMs() - atMs) / 1000)
  }

  /** Takes one sample of every SLO and sets the gauges; called once a second. */
  tick(): void {
    const { clock, metrics } = this.#parts
    const nowMs = clock.nowMs()
    for (const tracker of this.#trackers) {
      // What was silent before this node started is not held against it: it gets the time that the objective allows.
      const upSeconds = (nowMs - this.#startedAtMs) / 1000
      tracker.sample(nowMs, Math.min(this.freshnessSeconds(this.#topicOf(tracker.slo.asset)) ?? Infinity, upSeconds))
      const status = tracker.evaluate(nowMs)
      metrics.set('millrace_slo_alert', { slo: tracker.slo.name, owner: tracker.slo.owner }, status.alert ? 1 : 0)
      status.burnRates.forEach((rate, i) =>
        metrics.set('millrace_slo_burn_rate', { slo: tracker.slo.name, window: ['1h', '6h', '3d'][i]! }, rate),
      )
    }
    this.#sampleTopics()
    for (const table of this.tables) {
      metrics.set('millrace_table_rows', { table: table.name }, table.rowCount)
      metrics.set('millrace_table_lag_records', { table: table.name }, tableLag(table))
    }
    this.groups.tick()
    metrics.set('process_resident_memory_bytes', {}, process.memoryUsage.rss())
  }

  /** Another thread may delete a topic between any two looks at it: such a one is left out. */
  #sampleTopics(): void {
    const { metrics, reader } = this.#parts
    const fresh: [{ asset: string }, number][] = []
    const names = new Set<string>()
    for (const topic of reader.topics()) {
      const sum = whereReadable(() => {
        let ends = 0
        for (let p = 0; p < topic.partitionCount; p++) ends += reader.endOffset(topic.name, p)
        return ends
      })
      if (sum === undefined) continue
      names.add(topic.name)
      this.#rates.sample(`topic ${topic.name}`, sum)
      const seconds = this.freshnessSeconds(topic.name)
      if (seconds !== null && !topic.internal) fresh.push([{ asset: topic.name }, seconds])
    }
    metrics.replace('millrace_freshness_seconds', fresh)
    for (const name of this.#writtenAtMs.keys()) if (!names.has(name)) this.#writtenAtMs.delete(name)
  }

  /** Prometheus' text; what must be looked up is looked up now. */
  async metricsText(): Promise<string> {
    const { metrics, reader } = this.#parts
    setTopicMetrics(metrics, reader)
    // Groups whose records cannot be read are told of to whoever asks for them; everything else is still to be seen.
    const groups = await this.groups.look().catch((error: unknown) => {
      if (error instanceof MillraceError) return undefined
      throw error
    })
    if (groups) setGroupMetrics(metrics, groups)
    return metrics.render()
  }

  #topicOf(table: string): string {
    return this.#parts.project.sql.tables.find((t) => t.name === table)?.options['millrace.topic'] ?? table
  }

  topics(): TopicShape[] {
    const { desired, reader } = this.#parts
    return reader.topics().flatMap((topic): TopicShape[] => {
      const wanted = desired.topics.find((t) => t.name === topic.name)
      const offsets = whereReadable(() => {
        let sum = 0
        for (let p = 0; p < topic.partitionCount; p++)
          sum += reader.endOffset(topic.name, p) - reader.startOffset(topic.name, p)
        return sum
      })
      if (offsets === undefined) return []
      const shape: TopicShape = {
        name: topic.name,
        owner: wanted?.owner ?? null,
        role: wanted?.role ?? (topic.internal || topic.name.startsWith('_') ? 'internal' : 'other'),
        partitions: topic.partitionCount,
        offsets: String(offsets),
        records: String(offsets),
        recordsPerSecond: this.#rates.of(`topic ${topic.name}`),
        format: wanted?.format?.valueFormat ?? null,
        cleanupPolicy: topic.configs['cleanup.policy'] ?? 'delete',
        freshnessSeconds: this.freshnessSeconds(topic.name),
      }
      return [shape]
    })
  }

  pipelineShapes(): PipelineShape[] {
    const { desired } = this.#parts
    return this.pipelines.map((p): PipelineShape => ({
      name: p.name,
      kind: p.kind,
      owner: desired.topics.find((t) => t.name === p.sink)?.owner ?? null,
      state: p.state,
      inputs: [...new Set(p.inputs.map((i) => i.topic))],
      output: p.sink,
      rowsInPerSecond: this.#rates.of(`in ${p.name}`),
      rowsOutPerSecond: this.#rates.of(`out ${p.name}`),
      rowsIn: String(p.rowsIn),
      rowsOut: String(p.recordsOut),
      lagRecords: String(p.lagRecords),
      watermarkMs: p.watermarkMs,
      epoch: p.epoch,
      error: p.error ? `${p.error.message} ${p.error.help} [${p.error.code}]` : null,
      plan: this.#plans.get(p.name) ?? '',
    }))
  }

  /** What does not go on until somebody does something: who → what, and what to do. Empty when all is well. */
  problems(): Map<string, string> {
    const full = new MillraceError('MR-BASE-002', { details: { path: this.#parts.data } })
    const found = new Map<string, string>(this.notes)
    for (const p of this.pipelines) {
      if (p.state === 'retrying' && !found.has('disk')) found.set('disk', `${full.message} ${full.help}`)
      if (p.error) found.set(`pipeline ${p.name}`, `${p.error.message} ${p.error.help}`)
    }
    for (const t of this.tables) {
      if (t.problem?.code === full.code) found.set('disk', found.get('disk') ?? `${full.message} ${full.help}`)
      else if (t.problem && t.state !== 'running') found.set(`table ${t.name}`, t.problem.message)
    }
    for (const c of this.captures) {
      for (const problem of [...c.tables.map((t) => t.problem), c.problem])
        if (problem) found.set(`source ${c.source}`, `${problem.message} ${problem.help}`)
    }
    for (const g of this.#generators.values()) if (g.problem) found.set(`generator ${g.source}`, g.problem)
    return found
  }

  tableShapes(): TableShape[] {
    const { desired } = this.#parts
    return this.tables.map((t): TableShape => ({
      name: t.name,
      namespace: t.namespace,
      owner: desired.lakeTables.find((l) => l.name === t.name)?.owner ?? null,
      mode: t.mode,
      rows: String(t.rowCount),
      files: t.fileCount,
      snapshots: t.snapshotCount,
      lagRecords: String(tableLag(t)),
      location: `${t.namespace}/${t.name}`,
    }))
  }

  checks(): CheckShape[] {
    const { desired, metrics } = this.#parts
    return desired.quarantines.flatMap((q) =>
      q.rules.map((rule): CheckShape => ({
        name: rule.name,
        contract: rule.contract,
        table: rule.table,
        owner: desired.topics.find((t) => t.name === q.input.topic)?.owner ?? '',
        severity: rule.severity,
        rule: rule.text,
        broken: String(metrics.value('millrace_quarantine_records_total', { pipeline: q.name, rule: rule.name }) ?? 0),
        quarantine: q.quarantineTopic,
      })),
    )
  }

  alerts(): AlertShape[] {
    const nowMs = this.#parts.clock.nowMs()
    return this.#trackers.map((tracker): AlertShape => {
      const { slo, lastValue, good, burnRates, alert } = tracker.evaluate(nowMs)
      return {
        slo: slo.name,
        owner: slo.owner,
        contact: slo.contact,
        asset: slo.asset,
        objective: `${slo.metric} ${operators[slo.objective.op]} ${slo.objective.value} for ${slo.objective.target * 100} % of minutes`,
        lastValue,
        good,
        burnRates,
        firing: alert ? { severity: alert.severity, sinceMs: alert.sinceMs, summary: alert.summary } : null,
      }
    })
  }
}

const tableLag = (table: TableStatus): number =>
  table.partitions.reduce((sum, p) => sum + Math.max(0, p.end - p.committed), 0)
