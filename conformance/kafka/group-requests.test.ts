// Administrators' requests about groups, in each of their versions, with what is wrong in them: both brokers answer the same.
// needs: kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { groupRequests, type Transcript } from './group-requests.ts'
import { startKafka } from '../../peers/index.ts'
import { startOwnBroker, type Broker } from './node.ts'

// Kafka gathers changes of a group for a second before it assigns anew; here it is asked not to.
const properties = { 'group.consumer.assignment.interval.ms': '0' }
const brokers: readonly { name: string; start(): Promise<Broker> }[] = [
  { name: 'Millrace', start: () => startOwnBroker() },
  { name: 'Kafka', start: () => startKafka({ heap: ['-Xms128m', '-Xmx384m'], properties }) },
]

const started: Broker[] = []
const transcripts = new Map<string, Transcript>()

before(async () => {
  await Promise.all(
    brokers.map(async ({ name, start }) => {
      const broker = await start()
      started.push(broker)
      transcripts.set(name, await groupRequests(broker.bootstrap))
    }),
  )
})
after(() => Promise.all(started.map((broker) => broker.stop())))

for (const { name } of brokers) {
  describe(`with ${name}`, () => {
    test('raw requests: LeaveGroup, DescribeGroups, ListGroups, OffsetDelete, DeleteGroups', () => {
      assert.deepEqual(transcripts.get(name), transcripts.get('Kafka'))
    })
  })
}
