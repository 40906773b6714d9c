// Raw requests of administrators and clients, most of them wrong in some way: both brokers answer the same.
// needs: kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { adminRequests } from './admin-requests.ts'
import { brokers, type Broker } from './node.ts'

const started: Broker[] = []
const seen = new Map<string, Record<string, unknown>>()

before(async () => {
  await Promise.all(
    brokers.map(async ({ name, start }) => {
      const broker = await start()
      started.push(broker)
      seen.set(name, await adminRequests(broker.bootstrap))
    }),
  )
})
after(() => Promise.all(started.map((broker) => broker.stop())))

for (const { name } of brokers) {
  describe(`with ${name}`, () => {
    test('raw requests: topics, settings, offsets, coordinators, the cluster and transactions, and what is wrong with them', () => {
      assert.deepEqual(seen.get(name), seen.get('Kafka'))
    })
  })
}
