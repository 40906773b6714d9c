// What a table's topic is to Flink: connector, topic, formats. Invariant: Flink reads and writes the same bytes as the pipelines
// here do, so either can go on where the other stopped.
// Reference: Flink 2.3 docs, connectors/table/kafka, upsert-kafka and formats/avro-confluent, debezium.
import type { DesiredTopic } from '../../project/index.ts'

export type Delivery = 'exactly-once' | 'at-least-once'

export interface Cluster {
  /** host:port, with commas. */
  readonly bootstrap: string
  readonly registryUrl: string
  readonly delivery: Delivery
  /** The first part of the names of Flink's transactions. */
  readonly transactionPrefix: string
}

/** Longest time of a transaction that a broker allows unless told otherwise; Flink would ask for an hour and be refused. */
const transactionTimeoutMs = 900_000

/** Options for CREATE TABLE … WITH, in the order in which they are written. */
export function connectorOptions(topic: DesiredTopic, cluster: Cluster): Record<string, string> {
  const format = topic.format
  if (!format) return {}
  const { valueFormat, keyColumns, primaryKey } = format
  const isUpsert = primaryKey !== null && !valueFormat.startsWith('debezium')
  const isWritten = topic.role === 'written'
  const options: Record<string, string> = {
    connector: isUpsert ? 'upsert-kafka' : 'kafka',
    topic: topic.name,
    'properties.bootstrap.servers': cluster.bootstrap,
    // What a transaction has not committed is not there.
    'properties.isolation.level': 'read_committed',
  }
  // upsert-kafka always reads from the beginning and has no such option.
  if (!isUpsert) options['scan.startup.mode'] = 'earliest-offset'
  if (isUpsert) options['key.format'] = format.keyFormat
  else if (isWritten && keyColumns) {
    // Only where Flink writes. The value holds the key's columns too, and the key bytes of services are not ours to vouch for:
    // Flink would fail on them, or drop a record without a key.
    options['key.format'] = format.keyFormat
    options['key.fields'] = keyColumns.map((c) => format.schema.fields[c]!.name).join(';')
  }
  options['value.format'] = valueFormat
  if (valueFormat === 'csv') Object.assign(options, csvOptions(format.csv))
  if (valueFormat.endsWith('avro-confluent')) options[`value.${valueFormat}.url`] = cluster.registryUrl
  if (isWritten && cluster.delivery === 'exactly-once') {
    options['sink.delivery-guarantee'] = 'exactly-once'
    Object.assign(options, transactionOptions(topic.name, cluster))
    options['properties.transaction.timeout.ms'] = String(transactionTimeoutMs)
  }
  return options
}

/** Only what differs from Flink's defaults. */
function csvOptions(csv: NonNullable<DesiredTopic['format']>['csv'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(csv).map(([name, value]) => {
      if (value === null) return ['value.csv.disable-quote-character', 'true']
      return [`value.csv.${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value)]
    }),
  )
}

/** @param writer 1 for the first that writes the topic: two jobs with one name would abort one another's transactions */
export function transactionOptions(topic: string, cluster: Cluster, writer = 1): Record<string, string> {
  const name = `${cluster.transactionPrefix}.${topic}`
  return { 'sink.transactional-id-prefix': writer === 1 ? name : `${name}#${writer}` }
}
