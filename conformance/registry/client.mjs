// npm's @confluentinc/schemaregistry, unchanged, with kafkajs to carry its bytes:
// client.mjs write|read BOOTSTRAP URL FORMAT TOPIC [COUNT], and the client's folder in SCHEMAREGISTRY_HOME.
// write: values as JSON lines on standard input become records; read: records become JSON lines on standard output.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import kafkajs from 'kafkajs'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const schemaregistry = load('@confluentinc/schemaregistry')
const { SchemaRegistryClient, SerdeType } = schemaregistry
const [verb, bootstrap, url, format, topic, count] = process.argv.slice(2)
const client = new SchemaRegistryClient({ baseURLs: [url] })
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })

// The schema is registered by the test: serializers use the latest version of the subject.
const settings = { useLatestVersion: true, autoRegisterSchemas: false }

const prefix = { avro: 'Avro', json: 'Json', protobuf: 'Protobuf' }[format]
const Serializer = schemaregistry[`${prefix}Serializer`]
const Deserializer = schemaregistry[`${prefix}Deserializer`]
const protobuf = format === 'protobuf' ? load('@bufbuild/protobuf') : undefined
const registry = protobuf && paymentRegistry()
const message = registry?.getMessage('shop.Payment')

/** The file whose descriptor is base64 in MESSAGE_DESCRIPTOR. */
function paymentRegistry() {
  const { FileDescriptorProtoSchema } = load('@bufbuild/protobuf/wkt')
  const file = protobuf.fromBinary(FileDescriptorProtoSchema, Buffer.from(process.env.MESSAGE_DESCRIPTOR, 'base64'))
  return protobuf.createFileRegistry(file, () => undefined)
}

function fromMessage(read) {
  const {
    id,
    note = null,
    ...rest
  } = protobuf.toJson(message, read, {
    registry,
    alwaysEmitImplicit: true,
    useProtoFieldName: true,
  })
  return { ...rest, id: Number(id), note }
}

if (verb === 'write') {
  const serializer = new Serializer(client, SerdeType.VALUE, { ...settings, ...(registry ? { registry } : {}) })
  const messages = []
  for await (const line of createInterface({ input: process.stdin })) {
    const value = protobuf ? protobuf.fromJson(message, JSON.parse(line)) : JSON.parse(line)
    messages.push({ partition: 0, value: await serializer.serialize(topic, value) })
  }
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages })
  await producer.disconnect()
} else {
  const deserializer = new Deserializer(client, SerdeType.VALUE, {})
  const consumer = kafka.consumer({ groupId: `${topic}-node` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let left = Number(count)
  await new Promise((resolve, reject) => {
    void consumer.run({
      eachMessage: async ({ message: record }) => {
        try {
          // Objects of avsc carry their class: JSON shows their fields alone.
          const read = await deserializer.deserialize(topic, record.value)
          console.log(JSON.stringify(protobuf ? fromMessage(read) : read))
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
