// What an operator sees of consumer groups: on the console's API, in metrics, and in a terminal.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { startNode } from '../src/deploy/embedded/index.ts'
import type { GroupShape, GroupSummaryShape } from '../src/console-api/index.ts'
import { getJson, millrace, plainProject, temporaryFolder, waitUntil } from './kit.ts'

test('a group is shown with its members, what it has not read, and who has which partition; gone, it leaves no trace', async (t) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'millrace.yaml'), plainProject)
  const node = await startNode({ project: folder, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
  t.after(() => node.stop())
  const { console: port } = node.ports
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${node.ports.kafka}`],
    clientId: 'billing',
    logLevel: logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 'payments', numPartitions: 2 }] })
  const producer = kafka.producer()
  await producer.connect()
  const send = (partition: number, count: number) =>
    producer.send({ topic: 'payments', messages: Array.from({ length: count }, () => ({ value: 'x', partition })) })
  await send(0, 7)
  const consumer = kafka.consumer({ groupId: 'bills' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'payments', fromBeginning: true })
  let read = 0
  await consumer.run({ eachMessage: async () => void read++, autoCommitThreshold: 1 })
  await waitUntil('all is read', () => read === 7)
  const group = async (): Promise<GroupSummaryShape> =>
    (await getJson<GroupSummaryShape[]>(port, '/api/consumer-groups')).find((one) => one.group === 'bills')!
  await waitUntil(
    'what was read is committed',
    async () => (await group()).lag === '0' && (await group()).topics.length > 0,
  )

  const { members, ...shown } = await group()
  assert.deepEqual(shown, {
    group: 'bills',
    type: 'classic',
    protocolType: 'consumer',
    assignor: 'RoundRobinAssigner',
    state: 'Stable',
    status: 'OK',
    lag: '0',
    topics: ['payments'],
    lastRemoved: null,
  })
  assert.deepEqual(
    members.map(({ clientId, host, partitions }) => ({ clientId, host, held: partitions['payments']?.toSorted() })),
    [{ clientId: 'billing', host: '/127.0.0.1', held: [0, 1] }],
  )
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const stable = await metrics()
  for (const line of [
    'kminion_kafka_consumer_group_info{coordinator_id="1",group_id="bills",protocol="RoundRobinAssigner",protocol_type="consumer",state="Stable"} 1',
    'kminion_kafka_consumer_group_members{group_id="bills"} 1',
    'kminion_kafka_consumer_group_topic_assigned_partitions{group_id="bills",topic_name="payments"} 2',
    'kminion_kafka_consumer_group_topic_offset_sum{group_id="bills",topic_name="payments"} 7',
    'kminion_kafka_topic_partition_high_water_mark{partition_id="0",topic_name="payments"} 7',
    'burrow_kafka_consumer_status{cluster="millrace",consumer_group="bills"} 1',
  ])
    assert.ok(stable.includes(`${line}\n`), line)

  await consumer.disconnect()
  await send(0, 5)
  const [behind] = await getJson<GroupShape[]>(port, '/api/groups')
  assert.deepEqual(
    [behind!.topic, behind!.partition, behind!.offset, behind!.end, behind!.lag, behind!.clientId],
    ['payments', 0, '7', '12', '5', null],
  )
  assert.match(await metrics(), /state="Empty"} 0\n/)
  assert.doesNotMatch(await metrics(), /state="Stable"/)
  const listed = await millrace(['groups', folder])
  assert.match(listed.stdout, /bills +classic +Empty +0 +payments +5 +OK/)
  const one = await millrace(['groups', folder, 'bills'])
  assert.match(one.stdout, /^bills: classic, Empty, lag 5, OK\n/)
  assert.match(one.stdout, /payments +0 +- +7 +12 +5 +OK/)
  const missing = await millrace(['groups', folder, 'bill'])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /There is no group bill\. .*\n {2}Did you mean bills\? There are: .*bills/)

  await producer.disconnect()
  await admin.deleteGroups(['bills'])
  assert.deepEqual(await getJson<GroupSummaryShape[]>(port, '/api/consumer-groups'), [])
  assert.doesNotMatch(await metrics(), /bills/)
})
