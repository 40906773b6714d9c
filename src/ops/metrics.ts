// Metrics: one table declares every name, its type and help; anything else is refused, so that dashboards never meet a surprise.
// Rendered in Prometheus' text format 0.0.4. Names follow kminion's where they exist (kminion_kafka_*), else millrace_*.
import { assert } from '../base/index.ts'
import type { Labels, Meter } from '../model/index.ts'
import { seriesMax } from './limits.ts'

export interface MetricDeclaration {
  readonly type: 'counter' | 'gauge'
  readonly help: string
}

/** Every metric of the platform. */
export const metricTable: Readonly<Record<string, MetricDeclaration>> = {
  kminion_kafka_cluster_info: { type: 'gauge', help: 'The cluster’s id and count of brokers as labels; always 1.' },
  kminion_kafka_broker_info: { type: 'gauge', help: 'The broker’s address and id as labels; always 1.' },
  kminion_kafka_topic_info: {
    type: 'gauge',
    help: 'Topic with its partition count and cleanup policy as labels; always 1.',
  },
  kminion_kafka_topic_high_water_mark_sum: {
    type: 'gauge',
    help: 'Sum of all partitions’ high watermarks of a topic.',
  },
  kminion_kafka_topic_low_water_mark_sum: { type: 'gauge', help: 'Sum of all partitions’ first offsets of a topic.' },
  kminion_kafka_topic_partition_high_water_mark: {
    type: 'gauge',
    help: 'A partition’s high watermark. Left out with more than 2,000 partitions.',
  },
  kminion_kafka_topic_partition_low_water_mark: {
    type: 'gauge',
    help: 'A partition’s first offset. Left out with more than 2,000 partitions.',
  },
  kminion_kafka_topic_log_dir_size_total_bytes: { type: 'gauge', help: 'Bytes of a topic in the log.' },
  kminion_kafka_consumer_group_info: {
    type: 'gauge',
    help: '1 while a group is stable; state and protocol are labels.',
  },
  kminion_kafka_consumer_group_members: { type: 'gauge', help: 'Members of a group.' },
  kminion_kafka_consumer_group_empty_members: { type: 'gauge', help: 'Members of a group that have no partition.' },
  kminion_kafka_consumer_group_topic_members: { type: 'gauge', help: 'Members of a group that read a topic.' },
  kminion_kafka_consumer_group_topic_assigned_partitions: {
    type: 'gauge',
    help: 'Partitions of a topic that members of a group have.',
  },
  kminion_kafka_consumer_group_topic_offset_sum: {
    type: 'gauge',
    help: 'Sum of a group’s committed offsets over a topic.',
  },
  kminion_kafka_consumer_group_topic_partition_lag: {
    type: 'gauge',
    help: 'Records that a consumer group has not yet read of a partition. Left out with more than 2,000.',
  },
  kminion_kafka_consumer_group_topic_lag: {
    type: 'gauge',
    help: 'Records that a consumer group has not yet read of a topic.',
  },
  burrow_kafka_consumer_status: {
    type: 'gauge',
    help: 'How a group keeps up, by Burrow’s rules: 1 OK, 2 lag that does not fall, 3 stopped, stalled or rewound.',
  },
  burrow_kafka_consumer_lag_total: { type: 'gauge', help: 'Records that a consumer group has not yet read.' },
  millrace_group_members_removed_total: {
    type: 'counter',
    help: 'Members that were put out of their group because they did not answer in time.',
  },
  millrace_registry_skipped_records: {
    type: 'gauge',
    help: 'Records of a registry’s topic that could not be understood and were skipped since the node began.',
  },
  millrace_broker_requests_total: { type: 'counter', help: 'Kafka requests answered, by API key.' },
  millrace_broker_errors_total: { type: 'counter', help: 'Kafka answers with an error, by API key and error code.' },
  millrace_broker_connections: { type: 'gauge', help: 'Open Kafka connections.' },
  millrace_broker_authentications_total: {
    type: 'counter',
    help: 'Authentications that ended, by mechanism (SASL’s; BASIC and BEARER over HTTP) and outcome.',
  },
  millrace_broker_throttles_total: {
    type: 'counter',
    help: 'Kafka answers that a quota held their client back for, by API key.',
  },
  millrace_broker_certificate_end_seconds: {
    type: 'gauge',
    help: 'When a listener’s certificate ends, seconds since 1970.',
  },
  millrace_log_records_total: { type: 'counter', help: 'Records appended to the log, by topic.' },
  millrace_log_offline_partitions: {
    type: 'gauge',
    help: 'Partitions with acknowledged bytes that are damaged, found at the start or since, by a reader.',
  },
  millrace_log_bytes_total: { type: 'counter', help: 'Bytes appended to the log, by topic.' },
  millrace_pipeline_rows_in_total: { type: 'counter', help: 'Rows that a pipeline read.' },
  millrace_pipeline_rows_out_total: { type: 'counter', help: 'Records that a pipeline wrote.' },
  millrace_pipeline_late_rows_total: { type: 'counter', help: 'Rows dropped because their window had fired.' },
  millrace_pipeline_bad_records_total: {
    type: 'counter',
    help: 'Records that could not be decoded by a pipeline’s reader (kept in quarantine).',
  },
  millrace_pipeline_lag_records: { type: 'gauge', help: 'Records of the inputs that a pipeline has not yet read.' },
  millrace_pipeline_epoch: { type: 'gauge', help: 'Last committed epoch.' },
  millrace_pipeline_watermark_ms: { type: 'gauge', help: 'Watermark, milliseconds since 1970.' },
  millrace_quarantine_records_total: { type: 'counter', help: 'Records sent to quarantine, by rule.' },
  millrace_capture_rows_total: { type: 'counter', help: 'Row changes captured, by table.' },
  millrace_capture_lag_ms: { type: 'gauge', help: 'Age of the last captured change when it was committed.' },
  millrace_table_rows: { type: 'gauge', help: 'Rows in a lake table’s current snapshot.' },
  millrace_table_commits_total: { type: 'counter', help: 'Snapshots committed to a lake table.' },
  millrace_table_lag_records: { type: 'gauge', help: 'Records of the topic that are not yet in the lake table.' },
  millrace_freshness_seconds: { type: 'gauge', help: 'Seconds since the newest record of an asset was written.' },
  millrace_slo_burn_rate: {
    type: 'gauge',
    help: 'How many times faster than allowed an SLO’s error budget burns, over a window.',
  },
  millrace_slo_alert: { type: 'gauge', help: '1 while an SLO’s alert fires.' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the process.' },
  process_start_time_seconds: { type: 'gauge', help: 'When the process started, seconds since 1970.' },
}

/** One worker's or room's numbers since its last report: plain, so that it crosses threads. */
export interface MetricReport {
  readonly adds: readonly (readonly [name: string, labels: Labels, by: number])[]
  readonly sets: readonly (readonly [name: string, labels: Labels, value: number])[]
}

export interface Metrics extends Meter {
  /** These are all series of a metric from now on. */
  replace(name: string, series: readonly (readonly [labels: Labels, value: number])[]): void
  /** Takes in what a worker reported. */
  merge(report: MetricReport): void
  value(name: string, labels: Labels): number | undefined
  /** Every series of a metric. */
  series(name: string): { readonly labels: Labels; readonly value: number }[]
  /** Prometheus' text. */
  render(): string
}

export function createMetrics(): Metrics {
  const all = new Map<string, Map<string, { labels: Labels; value: number }>>()
  let count = 0
  const slot = (name: string, labels: Labels): { value: number } => {
    assert(name in metricTable, `metric ${name} is declared in ops/metrics.ts`)
    let byLabels = all.get(name)
    if (!byLabels) all.set(name, (byLabels = new Map()))
    const key = labelText(labels)
    let found = byLabels.get(key)
    if (!found) {
      if (count >= seriesMax) return { value: 0 }
      count++
      byLabels.set(key, (found = { labels, value: 0 }))
    }
    return found
  }
  const metrics: Metrics = {
    add(name, labels, by) {
      slot(name, labels).value += by
    },
    set(name, labels, value) {
      slot(name, labels).value = value
    },
    replace(name, series) {
      count -= all.get(name)?.size ?? 0
      all.delete(name)
      for (const [labels, value] of series) slot(name, labels).value = value
    },
    merge(report) {
      for (const [name, labels, by] of report.adds) metrics.add(name, labels, by)
      for (const [name, labels, value] of report.sets) metrics.set(name, labels, value)
    },
    value: (name, labels) => all.get(name)?.get(labelText(labels))?.value,
    series: (name) => [...(all.get(name)?.values() ?? [])],
    render() {
      let text = ''
      for (const [name, { type, help }] of Object.entries(metricTable)) {
        const byLabels = all.get(name)
        if (!byLabels) continue
        text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
        for (const [key, { value }] of byLabels) text += `${name}${key} ${renderNumber(value)}\n`
      }
      return text
    },
  }
  return metrics
}

/** The worker's side: gathers between reports. */
export function createMeterBuffer(): Meter & { drain(): MetricReport } {
  let adds = new Map<string, [string, Labels, number]>()
  let sets = new Map<string, [string, Labels, number]>()
  return {
    add(name, labels, by) {
      const key = name + labelText(labels)
      const found = adds.get(key)
      if (found) found[2] += by
      else adds.set(key, [name, labels, by])
    },
    set(name, labels, value) {
      sets.set(name + labelText(labels), [name, labels, value])
    },
    drain() {
      const report = { adds: [...adds.values()], sets: [...sets.values()] }
      adds = new Map()
      sets = new Map()
      return report
    },
  }
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ''
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([k, v]) => `${k}="${v.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join(',')}}`
}

function renderNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return Number.isNaN(value) ? 'NaN' : String(value)
}
