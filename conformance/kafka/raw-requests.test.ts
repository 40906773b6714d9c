// Raw requests in each of their versions, most of them wrong in some way: both brokers answer the same.
// needs: kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startKafka } from '../../peers/index.ts'
import { adminRequests } from './admin-requests.ts'
import { dataRequests } from './data-requests.ts'
import { groupRequests } from './group-requests.ts'
import { startOwnBroker, type Broker } from './node.ts'
import type { Answers } from './raw-requests.ts'

// Kafka gathers changes of a group for a second before it assigns anew; here it is asked not to.
const properties = { 'group.consumer.assignment.interval.ms': '0' }
const brokers: readonly { name: string; start(): Promise<Broker> }[] = [
  { name: 'Millrace', start: () => startOwnBroker() },
  { name: 'Kafka', start: () => startKafka({ heap: ['-Xms128m', '-Xmx384m'], properties }) },
]

const started: Broker[] = []
const seen = new Map<string, Record<'groups' | 'admin' | 'data', Answers>>()

before(async () => {
  await Promise.all(
    brokers.map(async ({ name, start }) => {
      const broker = await start()
      started.push(broker)
      const { bootstrap } = broker
      // The first lists all groups that there are.
      const groups = await groupRequests(bootstrap)
      seen.set(name, { groups, admin: await adminRequests(bootstrap), data: await dataRequests(bootstrap) })
    }),
  )
})
after(() => Promise.all(started.map((broker) => broker.stop())))

for (const { name } of brokers) {
  describe(`with ${name}`, () => {
    const same = (what: 'groups' | 'admin' | 'data'): void =>
      assert.deepEqual(seen.get(name)![what], seen.get('Kafka')![what])

    test('raw requests: LeaveGroup, DescribeGroups, ListGroups, OffsetDelete, DeleteGroups', () => same('groups'))
    test('raw requests: topics, settings, offsets, coordinators, the cluster, and what is wrong with them', () =>
      same('admin'))
    test('raw requests: records, sequences, fetches, members, transactions, and what is wrong with them', () =>
      same('data'))
  })
}
