// What a client's case does not show on one of the two brokers, each with the reason that a user reads in
// docs/guide/kafka-compatibility.md. Invariant: nothing is left out that is not named here.

export interface Exception {
  readonly case: string
  readonly broker: 'Millrace' | 'Kafka'
  /** 'skipped': the client itself leaves it out, and the case checks that it does. 'differs': it runs, and sees something else. */
  readonly kind: 'skipped' | 'differs'
  readonly reason: string
}

const shareGroups =
  'share groups are not served: their requests (76–79, 90–92) are not advertised, and the client sees that'

export const exceptions: readonly Exception[] = [
  ...[
    'TestConsumeRegexShareSkipsInternal',
    'TestShareGroup',
    'TestShareGroupAckOnClose',
    'TestShareGroupETL',
    'TestShareGroupOffsetsAdmin',
  ].map((name): Exception => ({
    case: `franz-go: ${name}`,
    broker: 'Millrace',
    kind: 'skipped',
    reason: shareGroups,
  })),
  {
    case: 'Java tools: kafka-configs of brokers, of a name that nobody knows',
    broker: 'Millrace',
    kind: 'differs',
    reason: 'refused by name; Kafka keeps it for plug-ins',
  },
  ...(['Millrace', 'Kafka'] as const).map((broker): Exception => ({
    case: 'franz-go: TestIssueProduceBrokerTooOldFailsRecords',
    broker,
    kind: 'skipped',
    reason: 'wants a broker that does not advertise Produce 2; both do, since older librdkafka would stop compressing',
  })),
  {
    case: 'kcat: SCRAM, as librdkafka before 2.6.1 has it, which sends its nonce twice',
    broker: 'Kafka',
    kind: 'differs',
    reason: 'Kafka 4 refuses such a login; Millrace takes it, as the proof covers the server’s nonce all the same',
  },
]

/** The exception for a case, if there is one. */
export function exceptionOf(name: string, broker: string): Exception | undefined {
  return exceptions.find((one) => one.case === name && one.broker === broker)
}

/** Cases that run against one broker, or none, and why. */
export const onlyOneBroker: Readonly<Record<string, string>> = {
  'a cluster that does not answer is named': 'about our own administrator; no broker answers',
  'a node started again has its records and its offsets, and no client caused a fault':
    'also counts the faults inside our own node, which Kafka does not tell; restarts of Kafka are its own affair',
  'librdkafka reads what compaction left of batches in each codec, at the same offsets':
    'about the batches that our cleaner writes; nobody can tell Kafka’s when to run',
  'kafkajs at the end of a compacted topic, behind a tombstone whose time is over, waits and goes on':
    'about what our cleaner leaves at a topic’s end; nobody can tell Kafka’s when to run',
  'offsets that a pipeline commits with its epoch are that group’s for every client':
    'pipelines commit through our log, which Kafka does not have',
  'Apache Kafka: its keys and versions are those of the compatibility table':
    'ours are read from the handlers; this keeps the column of Kafka’s versions true',
}
