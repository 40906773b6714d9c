// Our administrator of real clusters, against the real Kafka and against our own broker.
// needs: kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MillraceError } from '../../src/base/index.ts'
import { openKafkaAdmin, type KafkaAdmin } from '../../src/kafka/client/index.ts'
import { brokers, type Broker } from './node.ts'

/** A real cluster's brokers learn of a change a moment after it was accepted. */
async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look()
    if (holds(value)) return value
  }
}

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    let admin: KafkaAdmin
    before(async () => {
      broker = await start()
      admin = await openKafkaAdmin({ bootstrap: broker.bootstrap })
    })
    after(async () => {
      await admin?.close()
      await broker?.stop()
    })

    test('Millrace’s own administrator: topics are made, described with what was set on them, changed, and deleted', async () => {
      assert.equal((await admin.describeCluster()).brokers.length, 1)
      assert.equal(
        await admin.createTopic({ name: 'a', partitionCount: 3, configs: { 'retention.ms': '1000' } }),
        'created',
      )
      assert.equal(await admin.createTopic({ name: 'a' }), 'exists')
      const [made, ...others] = await until(
        () => admin.describeTopics(['a', 'missing']),
        (topics) => topics.length > 0,
      )
      assert.deepEqual(
        [others, { ...made, id: '' }],
        [[], { name: 'a', id: '', partitionCount: 3, replicationFactor: 1, configs: { 'retention.ms': '1000' } }],
      )
      await admin.alterTopic('a', { 'retention.ms': null, 'cleanup.policy': 'compact' })
      await admin.addPartitions('a', 5)
      const changed = await until(
        async () => (await admin.describeTopics(['a']))[0]!,
        (topic) => topic.partitionCount === 5,
      )
      assert.deepEqual([changed.id, changed.configs], [made!.id, { 'cleanup.policy': 'compact' }])
      assert.deepEqual(await admin.listTopics(), ['a'])
      assert.equal(await admin.deleteTopic('a'), 'deleted')
      await until(
        () => admin.deleteTopic('a'),
        (outcome) => outcome === 'missing',
      )
    })

    test('Millrace’s own administrator: what the cluster refuses carries its reason', async () => {
      const refused = (run: Promise<unknown>): Promise<void> =>
        assert.rejects(run, (error) => error instanceof MillraceError && error.code === 'MR-KAFKA-002')
      await refused(admin.createTopic({ name: 'b', replicationFactor: 3 }))
      await refused(admin.createTopic({ name: 'b', configs: { nonsense: '1' } }))
      await refused(admin.alterTopic('missing', { 'retention.ms': '1' }))
    })
  })
}

test('a cluster that does not answer is named', async () => {
  const admin = await openKafkaAdmin({ bootstrap: '127.0.0.1:1', timeoutMs: 2000 })
  await assert.rejects(
    admin.listTopics(),
    (error) => error instanceof MillraceError && error.code === 'MR-KAFKA-001' && error.message.includes('127.0.0.1:1'),
  )
  await admin.close()
})
