// Transactions by Node's client.
import { Kafka, logLevel } from 'kafkajs'

/** A commit, an abort and a consumer's offset within a transaction; what consumers of both kinds see of it. */
export async function runTransactions(bootstrap: string): Promise<unknown> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const topic = 'kafkajs-transactions'
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  const producer = kafka.producer({ transactionalId: 'kafkajs', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const committing = await producer.transaction()
  await committing.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
  const offsets = { topics: [{ topic, partitions: [{ partition: 0, offset: '5' }] }] }
  await committing.sendOffsets({ consumerGroupId: 'kafkajs-group', ...offsets })
  await committing.commit()
  const aborting = await producer.transaction()
  await aborting.send({ topic, messages: [{ value: 'never' }] })
  await aborting.sendOffsets({
    consumerGroupId: 'kafkajs-group',
    topics: [{ topic, partitions: [{ partition: 0, offset: '9' }] }],
  })
  await aborting.abort()
  const committed = await read(kafka, topic, false, 2)
  const all = await read(kafka, topic, true, 3)
  const [group] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  await producer.disconnect()
  await admin.disconnect()
  return { committed, all, offset: group!.partitions[0]!.offset }
}

async function read(kafka: Kafka, topic: string, readUncommitted: boolean, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `kafkajs-${readUncommitted}`, readUncommitted, sessionTimeout: 6000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value!.toString())
        if (values.length === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values
}
