// npm's @confluentinc/schemaregistry with its ENCRYPT rule and the local key service, unchanged:
// encryption.mjs write|read URL FORMAT TOPIC, and the client's folder in SCHEMAREGISTRY_HOME.
// write: values as JSON lines on standard input become base64 of records' values; read: the reverse.
// A record that cannot be read is {"error": …}. LOCAL_SECRET is the key service's secret.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const client = load('@confluentinc/schemaregistry')
client.FieldEncryptionExecutor.register()
client.LocalKmsDriver.register()
const [verb, url, format, topic] = process.argv.slice(2)
const registry = new client.SchemaRegistryClient({ baseURLs: [url] })
const { VALUE } = client.SerdeType
const lines = createInterface({ input: process.stdin })

if (verb === 'write') {
  const Serializer = format === 'avro' ? client.AvroSerializer : client.JsonSerializer
  const serializer = new Serializer(registry, VALUE, { useLatestVersion: true, autoRegisterSchemas: false })
  const revive = (_name, value) => (typeof value?.base64 === 'string' ? Buffer.from(value.base64, 'base64') : value)
  for await (const line of lines)
    console.log((await serializer.serialize(topic, JSON.parse(line, revive))).toString('base64'))
} else {
  const Deserializer = format === 'avro' ? client.AvroDeserializer : client.JsonDeserializer
  const deserializer = new Deserializer(registry, VALUE, {})
  for await (const line of lines) {
    try {
      const row = await deserializer.deserialize(topic, Buffer.from(line, 'base64'))
      const text = (_name, value) =>
        value?.type === 'Buffer' ? { base64: Buffer.from(value.data).toString('base64') } : value
      console.log(JSON.stringify(row, text))
    } catch (error) {
      console.log(JSON.stringify({ error: error.constructor.name }))
    }
  }
}
process.exit(0)
