// What a person types at Kafka's own tools, in this order against one broker; each step's words must be the same on ours and on
// the real one. Titles are in docs/guide/kafka-compatibility.md.
import type { KafkaTool } from '../../peers/index.ts'

export interface ToolStep {
  readonly tool: KafkaTool
  /** SERVER stands for the address; without it `--bootstrap-server SERVER` comes first. */
  readonly args: string
  readonly input?: string
}

export interface ToolCase {
  readonly title: string
  readonly steps: readonly ToolStep[]
}

const step = (tool: KafkaTool, args: string, input?: string): ToolStep => ({ tool, args, ...(input && { input }) })
const groups = (args: string): ToolStep => step('kafka-consumer-groups', args)
const configs = (args: string): ToolStep => step('kafka-configs', args)

/** Six keys, so that both partitions get some, always the same. */
const records = Array.from({ length: 60 }, (_, i) => `k${i % 6}:${i}\n`).join('')
const deleted = { partitions: [{ topic: 'jobs', partition: 0, offset: 5 }], version: 1 }

export const toolCases: readonly ToolCase[] = [
  {
    title: 'Java tools: kafka-topics creates, refuses, changes and describes',
    steps: [
      step('kafka-topics', '--create --topic jobs --partitions 2 --config retention.ms=100000'),
      step('kafka-topics', '--create --topic jobs'),
      step('kafka-topics', '--create --topic many --replication-factor 3'),
      step('kafka-topics', '--describe --topic nothing'),
    ],
  },
  {
    title: 'Java tools: kafka-consumer-groups describes, resets, deletes',
    steps: [
      step(
        'kafka-console-producer',
        '--topic jobs --reader-property parse.key=true --reader-property key.separator=:',
        records,
      ),
      step(
        'kafka-console-consumer',
        '--topic jobs --group workers --from-beginning --max-messages 60 --timeout-ms 60000 --command-property client.id=c',
      ),
      groups('--list --state'),
      groups('--describe --group workers'),
      groups('--group workers --topic jobs:0 --reset-offsets --shift-by -3 --execute'),
      groups('--group workers --all-topics --reset-offsets --to-datetime 2020-01-01T00:00:00.000 --execute'),
      groups('--group workers --all-topics --reset-offsets --to-latest --export --dry-run'),
      groups('--delete-offsets --group workers --topic jobs'),
      groups('--delete --group workers'),
      groups('--delete --group workers'),
    ],
  },
  {
    title: 'Java tools: kafka-get-offsets and kafka-delete-records',
    steps: [
      step('kafka-get-offsets', '--topic jobs --time latest'),
      step('kafka-delete-records', '--offset-json-file FILE', JSON.stringify(deleted)),
      step('kafka-get-offsets', '--topic jobs --time earliest'),
      step('kafka-get-offsets', '--topic jobs --time latest-tiered'),
    ],
  },
  {
    title: 'Java tools: kafka-configs of topics',
    steps: [
      configs(
        '--alter --entity-type topics --entity-name jobs --add-config max.message.bytes=2000000,cleanup.policy=[compact,delete]',
      ),
      configs('--describe --entity-type topics --entity-name jobs'),
      configs('--alter --entity-type topics --entity-name jobs --delete-config cleanup.policy,max.message.bytes'),
      configs('--alter --entity-type topics --entity-name jobs --add-config nonsense=1'),
      configs('--describe --entity-type users'),
    ],
  },
  {
    title: 'Java tools: kafka-configs of brokers, changed while running',
    steps: [
      configs(
        '--alter --entity-type brokers --entity-default --add-config log.retention.ms=2000000,compression.type=zstd',
      ),
      configs(
        '--alter --entity-type brokers --entity-name 1 --add-config log.retention.ms=1000000,message.max.bytes=2000000',
      ),
      configs('--describe --entity-type brokers'),
      configs('--describe --entity-type topics --entity-name jobs --all'),
      configs('--alter --entity-type brokers --entity-name 1 --add-config group.max.size=7'),
      configs('--alter --entity-type brokers --entity-default --add-config log.retention.ms=abc'),
      configs('--alter --entity-type brokers --entity-default --add-config listeners=PLAINTEXT://:1'),
      configs('--alter --entity-type brokers --entity-default --delete-config log.retention.ms,compression.type'),
      configs('--alter --entity-type brokers --entity-name 1 --delete-config log.retention.ms,message.max.bytes'),
      configs('--describe --entity-type brokers'),
    ],
  },
  {
    title: 'Java tools: kafka-configs of brokers, about what one node has not',
    steps: [
      configs(
        '--alter --entity-type brokers --entity-name 1 --add-config log.cleaner.threads=2,leader.replication.throttled.rate=1000,sasl.kerberos.min.time.before.relogin=58000',
      ),
      configs('--describe --entity-type brokers --entity-name 1'),
      configs(
        '--alter --entity-type brokers --entity-name 1 --delete-config log.cleaner.threads,leader.replication.throttled.rate,sasl.kerberos.min.time.before.relogin',
      ),
    ],
  },
  {
    title: 'Java tools: kafka-configs of brokers, of a name that nobody knows',
    steps: [configs('--alter --entity-type brokers --entity-name 1 --add-config nonsense=1')],
  },
  {
    title: 'Java tools: kafka-configs of groups',
    steps: [
      configs('--describe --entity-type groups --entity-name payers'),
      configs(
        '--alter --entity-type groups --entity-name payers --add-config consumer.session.timeout.ms=50000,consumer.heartbeat.interval.ms=6000',
      ),
      configs('--describe --entity-type groups --entity-name payers'),
      configs('--alter --entity-type groups --entity-name payers --add-config consumer.session.timeout.ms=1'),
      configs('--alter --entity-type groups --entity-name payers --add-config nonsense=1'),
      configs('--alter --entity-type groups --entity-name payers --delete-config consumer.session.timeout.ms'),
      configs('--describe --entity-type groups'),
      configs('--alter --entity-type groups --entity-name payers --delete-config consumer.heartbeat.interval.ms'),
      configs('--describe --entity-type groups'),
    ],
  },
  {
    title:
      'Java tools: kafka-leader-election, kafka-reassign-partitions, kafka-log-dirs, kafka-metadata-quorum, kafka-cluster',
    steps: [
      step('kafka-leader-election', '--election-type PREFERRED --all-topic-partitions'),
      step('kafka-reassign-partitions', '--list'),
      step('kafka-log-dirs', '--describe --topic-list nothing'),
      step('kafka-metadata-quorum', '--bootstrap-server SERVER describe --status'),
      step('kafka-cluster', 'list-endpoints --bootstrap-server SERVER'),
    ],
  },
  {
    title: 'Java tools: kafka-transactions',
    steps: [
      step('kafka-transactions', '--bootstrap-server SERVER list'),
      step('kafka-transactions', '--bootstrap-server SERVER describe --transactional-id nobody'),
      step('kafka-transactions', '--bootstrap-server SERVER find-hanging --broker-id 1'),
    ],
  },
]
