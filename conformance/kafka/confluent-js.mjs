// @confluentinc/kafka-javascript against a broker. Prints one JSON object of what was seen. Arguments: the client's folder, host:port.
import { createRequire } from 'node:module'

const [, , home, bootstrap] = process.argv
const { KafkaJS } = createRequire(`${home}/`)('@confluentinc/kafka-javascript')
const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [bootstrap], logLevel: KafkaJS.logLevel.NOTHING } })
const topic = 'confluent-js'
const seen = {}

const admin = kafka.admin()
await admin.connect()
seen.created = await admin.createTopics({
  topics: [{ topic, numPartitions: 3, replicationFactor: 1 }],
  timeout: 30_000,
})
seen['created again'] = await admin.createTopics({
  topics: [{ topic, numPartitions: 3, replicationFactor: 1 }],
  timeout: 30_000,
})

const producer = kafka.producer({ kafkaJS: { idempotent: true }, 'compression.type': 'zstd' })
await producer.connect()
for (let first = 0; first < 3000; first += 1000) {
  const messages = Array.from({ length: 1000 }, (_, i) => ({
    key: `k${first + i}`,
    value: `v${first + i}`,
    partition: i % 3,
  }))
  await producer.send({ topic, messages })
}
await producer.disconnect()

/** Reads until it has `count` values; those of one run of a group. */
async function read(groupId, from, count) {
  const consumer = kafka.consumer({ kafkaJS: { fromBeginning: true, groupId } })
  await consumer.connect()
  await consumer.subscribe({ topic: from })
  const values = []
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value.toString())
        if (values.length === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values
}

const values = await read('confluent-js', topic, 3000)
seen.distinct = new Set(values).size

const transactional = kafka.producer({ kafkaJS: { transactionalId: 'confluent-js' } })
await transactional.connect()
const send = async (value, ends) => {
  const transaction = await transactional.transaction()
  await transaction.send({ topic: 'confluent-js-transactions', messages: [{ value }] })
  await transaction[ends]()
}
await admin.createTopics({
  topics: [{ topic: 'confluent-js-transactions', numPartitions: 1, replicationFactor: 1 }],
  timeout: 30_000,
})
await send('a', 'commit')
await send('never', 'abort')
await send('b', 'commit')
await transactional.disconnect()
seen.committed = await read('confluent-js-committed', 'confluent-js-transactions', 2)

const { groups } = await admin.listGroups()
seen.groups = groups.map(({ groupId }) => groupId).toSorted()
await admin.deleteTopics({ topics: [topic] })
await admin.disconnect()
console.log(JSON.stringify(seen))
process.exit(0)
