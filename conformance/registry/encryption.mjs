// npm's @confluentinc/schemaregistry with its field encryption, unchanged, with kafkajs to carry its bytes:
// encryption.mjs write|read BOOTSTRAP URL FORMAT COUNT TOPIC..., the client's folder in SCHEMAREGISTRY_HOME, the secret of its
// local key service in LOCAL_SECRET. write: values as JSON lines on standard input go to every topic; read: for each topic a
// JSON line, its values or why they cannot be read. The field `photo` is bytes, in base64 in JSON. Of Protobuf the message is
// the first of the file whose descriptor is base64 in MESSAGE_DESCRIPTOR.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import kafkajs from 'kafkajs'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const client = load('@confluentinc/schemaregistry')
client.EncryptionExecutor.register()
client.FieldEncryptionExecutor.register()
client.LocalKmsDriver.register()
const [verb, bootstrap, url, format, count, ...topics] = process.argv.slice(2)
const registry = new client.SchemaRegistryClient({ baseURLs: [url] })
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })

const prefix = { avro: 'Avro', json: 'Json', protobuf: 'Protobuf' }[format]
const Serializer = client[`${prefix}Serializer`]
const Deserializer = client[`${prefix}Deserializer`]
const protobuf = format === 'protobuf' ? load('@bufbuild/protobuf') : undefined
const messages = protobuf && messageRegistry()
const customer = messages?.getMessage('shop.Customer')

function messageRegistry() {
  const { FileDescriptorProtoSchema } = load('@bufbuild/protobuf/wkt')
  const file = protobuf.fromBinary(FileDescriptorProtoSchema, Buffer.from(process.env.MESSAGE_DESCRIPTOR, 'base64'))
  return protobuf.createFileRegistry(file, () => undefined)
}

const mapped = (value, change) =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === 'photo' && item !== null ? change(item) : item]),
  )

const fromLine = (line) =>
  protobuf
    ? protobuf.fromJson(customer, JSON.parse(line))
    : mapped(JSON.parse(line), (photo) => Buffer.from(photo, 'base64'))
const toValue = (read) =>
  protobuf
    ? protobuf.toJson(customer, read, { registry: messages, alwaysEmitImplicit: true, useProtoFieldName: true })
    : mapped(read, (photo) => Buffer.from(photo).toString('base64'))

if (verb === 'write') {
  const lines = []
  for await (const line of createInterface({ input: process.stdin })) lines.push(line)
  const producer = kafka.producer()
  await producer.connect()
  const settings = { useLatestVersion: true, autoRegisterSchemas: false, ...(messages ? { registry: messages } : {}) }
  for (const topic of topics) {
    const serializer = new Serializer(registry, client.SerdeType.VALUE, settings)
    const records = []
    for (const line of lines) records.push({ partition: 0, value: await serializer.serialize(topic, fromLine(line)) })
    await producer.send({ topic, messages: records })
  }
  await producer.disconnect()
} else {
  const values = new Map(topics.map((topic) => [topic, []]))
  let left = topics.length * Number(count)
  const consumer = kafka.consumer({ groupId: `encryption-node-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  const deserializers = new Map(topics.map((topic) => [topic, new Deserializer(registry, client.SerdeType.VALUE, {})]))
  await new Promise((resolve) => {
    void consumer.run({
      eachMessage: async ({ topic, message }) => {
        if (values.get(topic).length === Number(count)) return
        try {
          const value = await deserializers.get(topic).deserialize(topic, message.value)
          values.get(topic).push(toValue(value))
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
