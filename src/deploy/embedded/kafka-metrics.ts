// The broker's metrics under the names of kminion and Burrow, so that dashboards made for them show a node unchanged. Made anew
// when asked for: a topic or group that is gone leaves no series behind.
import type { Labels } from '../../model/index.ts'
import type { LogReader } from '../../log/index.ts'
import { burrowCodes, partitionSeriesMax, type Metrics } from '../../ops/index.ts'
import { whereReadable } from './guard.ts'
import type { GroupView } from './live-groups.ts'

type Series = readonly (readonly [labels: Labels, value: number])[]

/** What does not change while a node runs. */
export function setClusterMetrics(
  metrics: Metrics,
  node: { readonly clusterId: string; readonly version: string; readonly host: string; readonly port: number },
): void {
  const { clusterId, version, host, port } = node
  const cluster = { broker_count: '1', cluster_id: clusterId, cluster_version: version, controller_id: '1' }
  metrics.set('kminion_kafka_cluster_info', cluster, 1)
  const broker = { address: host, broker_id: '1', is_controller: 'true', port: String(port), rack_id: '' }
  metrics.set('kminion_kafka_broker_info', broker, 1)
}

export function setTopicMetrics(metrics: Metrics, reader: LogReader): void {
  const topics = reader.topics().flatMap(({ name, partitionCount, configs }) => {
    const partitions = whereReadable(() =>
      Array.from({ length: partitionCount }, (_, p) => ({
        labels: { topic_name: name, partition_id: String(p) },
        low: reader.startOffset(name, p),
        high: reader.endOffset(name, p),
        bytes: reader.sizeBytes(name, p),
      })),
    )
    // Deleted while it was looked at.
    return partitions ? [{ name, labels: { topic_name: name }, configs, partitions }] : []
  })
  const sums = (of: 'low' | 'high' | 'bytes'): Series =>
    topics.map(({ labels, partitions }) => [labels, partitions.reduce((sum, one) => sum + one[of], 0)])
  const partitions = topics.flatMap((topic) => topic.partitions)
  const each = (of: 'low' | 'high'): Series =>
    partitions.length > partitionSeriesMax ? [] : partitions.map((one) => [one.labels, one[of]])
  metrics.replace(
    'kminion_kafka_topic_info',
    topics.map(({ name, configs, partitions: own }) => {
      const cleanup = configs['cleanup.policy'] ?? 'delete'
      const labels = {
        cleanup_policy: cleanup,
        partition_count: String(own.length),
        replication_factor: '1',
        topic_name: name,
      }
      return [labels, 1]
    }),
  )
  metrics.replace('kminion_kafka_topic_high_water_mark_sum', sums('high'))
  metrics.replace('kminion_kafka_topic_low_water_mark_sum', sums('low'))
  metrics.replace('kminion_kafka_topic_log_dir_size_total_bytes', sums('bytes'))
  metrics.replace('kminion_kafka_topic_partition_high_water_mark', each('high'))
  metrics.replace('kminion_kafka_topic_partition_low_water_mark', each('low'))
}

export function setGroupMetrics(metrics: Metrics, groups: readonly GroupView[]): void {
  const byGroup = (of: (view: GroupView) => number): Series =>
    groups.map((view) => [{ group_id: view.overview.id }, of(view)])
  metrics.replace(
    'kminion_kafka_consumer_group_info',
    groups.map(({ overview }) => {
      const { id, protocol, protocolType, state } = overview
      const labels = { coordinator_id: '1', group_id: id, protocol, protocol_type: protocolType, state }
      return [labels, state === 'Stable' ? 1 : 0]
    }),
  )
  metrics.replace(
    'kminion_kafka_consumer_group_members',
    byGroup(({ overview }) => overview.members.length),
  )
  metrics.replace(
    'kminion_kafka_consumer_group_empty_members',
    byGroup(({ overview }) => overview.members.filter(({ partitions }) => partitions.size === 0).length),
  )
  const held = groups.flatMap(({ overview: { id, members } }) => {
    const all = members.flatMap(({ partitions }) => [...partitions])
    return Array.from(
      Map.groupBy(all, ([topic]) => topic),
      ([topic, of]) => ({
        labels: { group_id: id, topic_name: topic },
        members: of.length,
        partitions: of.reduce((sum, [, partitions]) => sum + partitions.length, 0),
      }),
    )
  })
  metrics.replace(
    'kminion_kafka_consumer_group_topic_members',
    held.map((one) => [one.labels, one.members]),
  )
  metrics.replace(
    'kminion_kafka_consumer_group_topic_assigned_partitions',
    held.map((one) => [one.labels, one.partitions]),
  )
  const topics = groups.flatMap(({ overview, partitions }) =>
    Array.from(
      Map.groupBy(partitions, ({ topic }) => topic),
      ([topic, of]) => ({
        labels: { group_id: overview.id, topic_name: topic },
        lag: of.reduce((sum, { lag }) => sum + lag, 0),
        offsets: of.reduce((sum, { offset }) => sum + offset, 0),
      }),
    ),
  )
  metrics.replace(
    'kminion_kafka_consumer_group_topic_lag',
    topics.map((one) => [one.labels, one.lag]),
  )
  metrics.replace(
    'kminion_kafka_consumer_group_topic_offset_sum',
    topics.map((one) => [one.labels, one.offsets]),
  )
  const partitions = groups.flatMap((view) => view.partitions)
  metrics.replace(
    'kminion_kafka_consumer_group_topic_partition_lag',
    partitions.length > partitionSeriesMax
      ? []
      : partitions.map(({ group, topic, partition, lag }) => [
          { group_id: group, partition_id: String(partition), topic_name: topic },
          lag,
        ]),
  )
  const burrow = (of: (view: GroupView) => number): Series =>
    groups.map((view) => [{ cluster: 'millrace', consumer_group: view.overview.id }, of(view)])
  metrics.replace(
    'burrow_kafka_consumer_status',
    burrow(({ state }) => burrowCodes[state]),
  )
  metrics.replace(
    'burrow_kafka_consumer_lag_total',
    burrow(({ lag }) => lag),
  )
}
