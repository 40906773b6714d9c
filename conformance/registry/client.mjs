// npm's @confluentinc/schemaregistry, unchanged, with kafkajs to carry its bytes:
// client.mjs write|read BOOTSTRAP URL FORMAT TOPIC [COUNT], and the client's folder in SCHEMAREGISTRY_HOME.
// write: values as JSON lines on standard input become records; read: records become JSON lines on standard output.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import kafkajs from 'kafkajs'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const { AvroDeserializer, AvroSerializer, JsonDeserializer, JsonSerializer, SchemaRegistryClient, SerdeType } =
  load('@confluentinc/schemaregistry')
const [verb, bootstrap, url, format, topic, count] = process.argv.slice(2)
const client = new SchemaRegistryClient({ baseURLs: [url] })
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })

// The schema is registered by the test: serializers use the latest version of the subject.
const settings = { useLatestVersion: true, autoRegisterSchemas: false }

if (verb === 'write') {
  const Serializer = format === 'avro' ? AvroSerializer : JsonSerializer
  const serializer = new Serializer(client, SerdeType.VALUE, settings)
  const messages = []
  for await (const line of createInterface({ input: process.stdin }))
    messages.push({ partition: 0, value: await serializer.serialize(topic, JSON.parse(line)) })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages })
  await producer.disconnect()
} else {
  const Deserializer = format === 'avro' ? AvroDeserializer : JsonDeserializer
  const deserializer = new Deserializer(client, SerdeType.VALUE, {})
  const consumer = kafka.consumer({ groupId: `${topic}-node` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let left = Number(count)
  await new Promise((resolve, reject) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        try {
          // Objects of avsc carry their class: JSON shows their fields alone.
          console.log(JSON.stringify(await deserializer.deserialize(topic, message.value)))
        } catch (error) {
          reject(error)
        }
        if (--left === 0) resolve()
      },
    })
  })
  await consumer.disconnect()
}
process.exit(0)
