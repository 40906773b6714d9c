// npm's @confluentinc/schemaregistry with its field encryption, unchanged, with kafkajs to carry its bytes:
// encryption.mjs write|read BOOTSTRAP URL FORMAT COUNT TOPIC..., the client's folder in SCHEMAREGISTRY_HOME, the secret of its
// local key service in LOCAL_SECRET. write: values as JSON lines on standard input go to every topic; read: for each topic a
// JSON line, its values or why they cannot be read. The field `photo` is bytes, in base64 in JSON.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import kafkajs from 'kafkajs'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const client = load('@confluentinc/schemaregistry')
client.FieldEncryptionExecutor.register()
client.LocalKmsDriver.register()
const [verb, bootstrap, url, format, count, ...topics] = process.argv.slice(2)
const registry = new client.SchemaRegistryClient({ baseURLs: [url] })
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })

const mapped = (value, change) =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === 'photo' && item !== null ? change(item) : item]),
  )

if (verb === 'write') {
  const lines = []
  for await (const line of createInterface({ input: process.stdin })) lines.push(line)
  const producer = kafka.producer()
  await producer.connect()
  const settings = { useLatestVersion: true, autoRegisterSchemas: false }
  for (const topic of topics) {
    const Serializer = format === 'avro' ? client.AvroSerializer : client.JsonSerializer
    const serializer = new Serializer(registry, client.SerdeType.VALUE, settings)
    const messages = []
    for (const line of lines) {
      const value = mapped(JSON.parse(line), (photo) => Buffer.from(photo, 'base64'))
      messages.push({ partition: 0, value: await serializer.serialize(topic, value) })
    }
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
} else {
  const values = new Map(topics.map((topic) => [topic, []]))
  let left = topics.length * Number(count)
  const consumer = kafka.consumer({ groupId: `encryption-node-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  const Deserializer = format === 'avro' ? client.AvroDeserializer : client.JsonDeserializer
  const deserializers = new Map(topics.map((topic) => [topic, new Deserializer(registry, client.SerdeType.VALUE, {})]))
  await new Promise((resolve) => {
    void consumer.run({
      eachMessage: async ({ topic, message }) => {
        if (values.get(topic).length === Number(count)) return
        try {
          const value = await deserializers.get(topic).deserialize(topic, message.value)
          values.get(topic).push(mapped(value, (photo) => Buffer.from(photo).toString('base64')))
        } catch (error) {
          values.get(topic).push({ error: String(error.message) })
        }
        if (--left === 0) resolve()
      },
    })
  })
  for (const topic of topics) console.log(JSON.stringify(values.get(topic)))
  await consumer.disconnect()
}
process.exit(0)
