// Unchanged clients against our broker and against the real one: the same script must see the same.
// needs: kafka, kcat, confluent-kafka
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { kcat, pythonVenv } from '../../peers/index.ts'
import { runKafkajs, runPlatformatic } from './node-clients.ts'
import { brokers, startOwnBroker, type Broker } from './node.ts'

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    after(() => broker?.stop())

    test('kcat: produces with each codec to topics nobody made, and consumes, alone and in a group', async () => {
      const lines = Array.from({ length: 1000 }, (_, i) => `${i % 7}:value ${i}\n`).join('')
      const values = lines.replaceAll(/^\d:/gm, '')
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        const topic = `kcat-${codec}`
        const produced = await kcat(['-b', broker.bootstrap, '-P', '-t', topic, '-K', ':', '-z', codec], {
          input: lines,
        })
        assert.equal(produced.code, 0, produced.stderr)
        const consumed = await kcat(['-b', broker.bootstrap, '-C', '-t', topic, '-e', '-q', '-o', 'beginning'])
        assert.equal(consumed.stdout, values, codec)
      }
      const group = ['-b', broker.bootstrap, '-G', 'kcat-group', '-o', 'beginning', '-c', '1000', '-q', 'kcat-none']
      assert.equal((await kcat(group)).stdout, values)
      const listed = await kcat(['-b', broker.bootstrap, '-L', '-J'])
      const { brokers: nodes, topics } = JSON.parse(listed.stdout) as {
        brokers: { name: string }[]
        topics: { topic: string; partitions: unknown[] }[]
      }
      assert.deepEqual(
        nodes.map((node) => node.name),
        [broker.bootstrap],
      )
      const ours = topics
        .filter(({ topic }) => topic.startsWith('kcat-'))
        .map(({ topic, partitions }) => `${topic} ${partitions.length}`)
      assert.deepEqual(ours.toSorted(), ['kcat-gzip 1', 'kcat-lz4 1', 'kcat-none 1', 'kcat-snappy 1', 'kcat-zstd 1'])
    })

    test('confluent-kafka: admin, an idempotent producer, a group of two, one that goes on from its offsets', async () => {
      const python = await pythonVenv('confluent-kafka')
      const run = await python.run(join(import.meta.dirname, 'clients.py'), [broker.bootstrap], { timeoutMs: 120_000 })
      assert.equal(run.code, 0, run.stderr)
      assert.deepEqual(JSON.parse(run.stdout), {
        create: 'ok',
        'create again': 'TOPIC_ALREADY_EXISTS',
        replicated: 'INVALID_REPLICATION_FACTOR',
        'bad config': 'INVALID_CONFIG',
        retention: '3600000',
        partitions: 'ok',
        listed: 6,
        unsent: 0,
        failures: [],
        shares: [3, 3],
        distinct: 3000,
        ordered: true,
        groups: [['readers', 'STABLE']],
        members: [3, 3],
        committed: [500, 500, 500, 500, 500, 500],
        watermarks: [0, 500],
        rest: [[2, 500, 'last']],
        'delete group': 'ok',
        'delete topic': 'ok',
      })
    })

    test('@platformatic/kafka: an idempotent producer, and a group that goes on from its offsets', async () => {
      assert.deepEqual(await runPlatformatic(broker.bootstrap), {
        partitions: 3,
        replicas: 1,
        distinct: 2000,
        next: '1 668 last',
        state: 'Empty',
      })
    })

    test('kafkajs: the older versions of nearly every request', async () => {
      assert.deepEqual(await runKafkajs(broker.bootstrap), {
        created: true,
        again: false,
        distinct: 1000,
        committed: [
          { partition: 0, offset: '500' },
          { partition: 1, offset: '500' },
        ],
        ends: [
          { partition: 0, offset: '500', high: '500', low: '0' },
          { partition: 1, offset: '500', high: '500', low: '0' },
        ],
        byTime: [
          { partition: 0, offset: '500' },
          { partition: 1, offset: '500' },
        ],
        state: 'Empty',
        retention: '604800000',
      })
    })
  })
}

test('a node started again has its records and its offsets, and no client caused a fault', async (t) => {
  const first = await startOwnBroker()
  t.after(() => first.stop())
  const lines = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')
  const produced = await kcat(['-b', first.bootstrap, '-P', '-t', 'kept'], { input: lines })
  assert.equal(produced.code, 0, produced.stderr)
  const read = async (bootstrap: string, count: number): Promise<string> => {
    const group = ['-G', 'g', '-X', 'auto.offset.reset=earliest', '-c', String(count), '-q', 'kept']
    return (await kcat(['-b', bootstrap, ...group])).stdout
  }
  assert.equal((await read(first.bootstrap, 40)).split('\n').length, 41)
  await first.stop()
  const second = await startOwnBroker({ folder: first.folder })
  t.after(() => second.stop())
  const group = (await second.server.groups()).find(({ id }) => id === 'g')
  assert.equal(group?.offsets.get('kept')?.get(0)?.offset, 40)
  assert.equal(await read(second.bootstrap, 60), lines.split('\n').slice(40).join('\n'))
  assert.deepEqual([...first.faults, ...second.faults], [])
})

test('offsets that a pipeline commits with its epoch are that group’s for every client', async (t) => {
  const broker = await startOwnBroker()
  t.after(() => broker.stop())
  const produced = await kcat(['-b', broker.bootstrap, '-P', '-t', 'input'], { input: 'a\nb\n' })
  assert.equal(produced.code, 0, produced.stderr)
  const owner = 'pipeline/p'
  const groupOffsets = [{ group: 'millrace.p', topic: 'input', partition: 0, offset: 2, metadata: '' }]
  assert.ok(
    broker.log.submit({ owner, epoch: 1, appends: [], groupOffsets, position: new Uint8Array(1), stateFiles: [] }),
  )
  for (let outcome = broker.log.outcome(owner); !outcome?.ok; outcome = broker.log.outcome(owner)) {
    assert.equal(outcome, undefined)
    await new Promise((turn) => setImmediate(turn))
  }
  const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const [topic] = await admin.fetchOffsets({ groupId: 'millrace.p', topics: ['input'] })
  const { groups } = await admin.listGroups()
  await admin.disconnect()
  assert.deepEqual(
    topic!.partitions.map(({ partition, offset }) => [partition, offset]),
    [[0, '2']],
  )
  assert.deepEqual(
    groups.map(({ groupId }) => groupId),
    ['millrace.p'],
  )
})
