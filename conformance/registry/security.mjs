// npm's @confluentinc/schemaregistry over TLS with a password: security.mjs URL USER:PASSWORD, and the client's folder in
// SCHEMAREGISTRY_HOME. Prints one JSON object of what was seen.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.env.SCHEMAREGISTRY_HOME, 'node_modules', 'none.js'))
const { SchemaRegistryClient } = load('@confluentinc/schemaregistry')
const [url, userInfo] = process.argv.slice(2)
const seen = {}

const client = new SchemaRegistryClient({
  baseURLs: [url],
  basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo },
  maxRetries: 0,
})
try {
  seen.id = typeof (await client.register('payments-key', { schema: '"string"', schemaType: 'AVRO' }))
  seen.subjects = await client.getAllSubjects()
} catch (error) {
  seen.error = [error.status, error.errorCode]
}
console.log(JSON.stringify(seen))
