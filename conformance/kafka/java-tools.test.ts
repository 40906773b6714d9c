// Kafka's own tools, with the newest version of every request that they send, against our broker and the real one.
// needs: kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { kafkaTool, type KafkaTool } from '../../peers/index.ts'
import { brokers, type Broker } from './node.ts'

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    after(async () => {
      await broker?.stop()
      assert.deepEqual('faults' in broker ? broker.faults : [], [])
    })

    async function run(tool: KafkaTool, args: readonly string[], input?: string): Promise<string> {
      const result = await kafkaTool(
        tool,
        ['--bootstrap-server', broker.bootstrap, ...args],
        input === undefined ? {} : { input },
      )
      assert.equal(result.code, 0, `${tool}: ${result.stderr}${result.stdout}`)
      return result.stdout.trim()
    }

    test('Java tools: kafka-topics makes and describes a topic', async () => {
      await run('kafka-topics', ['--create', '--topic', 'jobs', '--partitions', '2', '--config', 'retention.ms=100000'])
      const described = await run('kafka-topics', ['--describe', '--topic', 'jobs'])
      assert.match(described, /PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: \S*retention.ms=100000/)
      assert.match(described, /Partition: 1\s+Leader: 1\s+Replicas: 1\s+Isr: 1/)
    })

    test('Java tools: the console producer and consumer pass records on, and the group’s offsets are shown and reset', async () => {
      const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
      await run('kafka-console-producer', ['--topic', 'jobs', ...keyed], 'a:1\nb:2\nc:3\nd:4\n')
      const group = ['--group', 'workers', '--from-beginning', '--max-messages', '4', '--timeout-ms', '30000']
      const consumed = await run('kafka-console-consumer', ['--topic', 'jobs', ...group])
      assert.deepEqual(consumed.split('\n').toSorted(), ['1', '2', '3', '4'])
      const described = await run('kafka-consumer-groups', ['--describe', '--group', 'workers'])
      assert.match(described, /workers\s+jobs\s+0\s+3\s+3\s+0/)
      assert.match(described, /workers\s+jobs\s+1\s+1\s+1\s+0/)
      const reset = await run('kafka-consumer-groups', [
        '--group',
        'workers',
        '--topic',
        'jobs',
        '--reset-offsets',
        '--to-earliest',
        '--execute',
      ])
      assert.match(reset, /workers\s+jobs\s+0\s+0/)
      assert.equal(await run('kafka-get-offsets', ['--topic', 'jobs']), 'jobs:0:3\njobs:1:1')
    })

    test('Java tools: kafka-configs changes a setting, and the verifiable producer has every record acknowledged', async () => {
      const entity = ['--entity-type', 'topics', '--entity-name', 'jobs']
      await run('kafka-configs', ['--alter', ...entity, '--add-config', 'max.message.bytes=2000000'])
      assert.match(await run('kafka-configs', ['--describe', ...entity]), /max.message.bytes=2000000 sensitive=false/)
      const produced = await run('kafka-verifiable-producer', [
        '--topic',
        'many',
        '--max-messages',
        '20000',
        '--throughput',
        '-1',
        '--acks',
        '-1',
      ])
      assert.match(produced, /"sent":20000,"acked":20000/)
      assert.equal(await run('kafka-get-offsets', ['--topic', 'many']), 'many:0:20000')
    })

    test('Java tools: records that the broker compressed as their topic says are read by Java', async () => {
      const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(i % 50)}\n`).join('')
      for (const codec of ['lz4', 'snappy']) {
        const topic = `own-${codec}`
        await run('kafka-topics', ['--create', '--topic', topic, '--config', `compression.type=${codec}`])
        await run('kafka-console-producer', ['--topic', topic], lines)
        const from = ['--from-beginning', '--max-messages', '3000', '--timeout-ms', '30000']
        assert.equal(`${await run('kafka-console-consumer', ['--topic', topic, ...from])}\n`, lines)
      }
    })
  })
}
