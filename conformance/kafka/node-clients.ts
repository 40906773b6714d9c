// Scripts with Node's clients; each returns what it saw, to be compared between brokers.
import { once } from 'node:events'
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'

const recordCount = 2000

/** Topic, records of several codecs, a group that reads them all, and one that goes on from its offsets. */
export async function runPlatformatic(bootstrap: string): Promise<unknown> {
  const bootstrapBrokers = [bootstrap]
  const admin = new Admin({ clientId: 'check', bootstrapBrokers })
  const topic = 'platformatic'
  const created = await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 })
  const producer = new Producer({
    clientId: 'check',
    bootstrapBrokers,
    serializers: stringSerializers,
    idempotent: true,
  })
  for (let first = 0; first < recordCount; first += 500) {
    const compression = (['none', 'gzip', 'zstd', 'none'] as const)[first / 500]!
    const messages = Array.from({ length: 500 }, (_, i) => ({
      topic,
      key: `k${first + i}`,
      value: `v${first + i}`,
      partition: i % 3,
      headers: { from: 'check' },
    }))
    await producer.send({ messages, compression })
  }
  await producer.close()
  const seen = new Set<string>()
  const options = { clientId: 'check', groupId: 'platformatic', bootstrapBrokers, deserializers: stringDeserializers }
  const consumer = new Consumer(options)
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false })
  for await (const message of stream) {
    seen.add(`${message.partition} ${message.key} ${message.value} ${message.headers.get('from')}`)
    if (seen.size === recordCount) break
  }
  const offsets = [668, 668, 664].map((offset, partition) => ({
    topic,
    partition,
    offset: BigInt(offset),
    leaderEpoch: -1,
  }))
  await consumer.commit({ offsets })
  await consumer.close(true)
  const second = new Consumer(options)
  const rest = await second.consume({ topics: [topic], mode: MessagesStreamModes.COMMITTED, autocommit: false })
  const late = new Producer({ clientId: 'check', bootstrapBrokers, serializers: stringSerializers })
  await late.send({ messages: [{ topic, key: 'late', value: 'last', partition: 1 }] })
  await late.close()
  const [message] = (await once(rest, 'data')) as { partition: number; offset: bigint; value: string }[]
  await second.close(true)
  const groups = await admin.listGroups()
  await admin.deleteGroups({ groups: ['platformatic'] })
  await admin.deleteTopics({ topics: [topic] })
  await admin.close()
  const { partitions, replicas } = created[0]!
  return {
    partitions,
    replicas,
    distinct: seen.size,
    next: `${message!.partition} ${message!.offset} ${message!.value}`,
    state: groups.get('platformatic')?.state,
  }
}

/** The same with an older client: other versions of nearly every request. */
export async function runKafkajs(bootstrap: string): Promise<unknown> {
  const kafka = new Kafka({ clientId: 'check', brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topic = 'kafkajs'
  const created = await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
  const again = await admin.createTopics({ topics: [{ topic }] })
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const messages = Array.from({ length: 500 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, partition: i % 2 }))
    await producer.send({ topic, messages, compression })
  }
  const consumer = kafka.consumer({ groupId: 'kafkajs', sessionTimeout: 6000, heartbeatInterval: 500 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen = new Set<string>()
  await new Promise<void>((resolve) => {
    const eachMessage = async ({
      partition,
      message,
    }: {
      partition: number
      message: { offset: string; value: Buffer | null }
    }) => {
      seen.add(`${partition} ${message.offset} ${message.value?.toString()}`)
      if (seen.size === 1000) resolve()
    }
    void consumer.run({ autoCommit: true, eachMessage })
  })
  await consumer.disconnect()
  const committed = await admin.fetchOffsets({ groupId: 'kafkajs', topics: [topic] })
  const ends = await admin.fetchTopicOffsets(topic)
  const byTime = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() + 3_600_000)
  const described = await admin.describeGroups(['kafkajs'])
  const { configEntries } = (
    await admin.describeConfigs({ resources: [{ type: 2, name: topic }], includeSynonyms: false })
  ).resources[0]!
  await producer.disconnect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
  return {
    created,
    again,
    distinct: seen.size,
    committed: committed[0]!.partitions
      .map(({ partition, offset }) => ({ partition, offset }))
      .toSorted((a, b) => a.partition - b.partition),
    ends: ends.toSorted((a, b) => a.partition - b.partition),
    byTime: byTime.toSorted((a, b) => a.partition - b.partition),
    state: described.groups[0]!.state,
    retention: configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue,
  }
}
