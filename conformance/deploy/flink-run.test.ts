// needs: flink, kafka
// The example's pipelines, run by a real Flink on topics of a Millrace node: it reads them by Kafka's protocol and the registry's,
// writes its results beside ours, and they must be the same rows.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { Kafka as KafkaClient, logLevel } from 'kafkajs'
import { startFlink, startKafka, type Flink, type FlinkSession, type Kafka } from '../../peers/index.ts'
import { runDemo, startNode, type EmbeddedNode } from '../../src/deploy/embedded/index.ts'
import { currentRows, topicRows } from '../../src/deploy/embedded/topic-rows.ts'
import type { TopicFormat } from '../../src/format/index.ts'
import { openKafkaAdmin } from '../../src/kafka/client/index.ts'
import {
  decodeRecords,
  encodeRecordBatch,
  recordHeaders,
  recordKey,
  recordValue,
  type RecordColumns,
} from '../../src/model/index.ts'
import { temporaryFolder } from '../harness.ts'
import { exampleFolder, exampleScript, type ExampleScript } from './example.ts'

// Late rows begin after 13 minutes of made-up time, 39,000 events. Whether one is behind Flink's watermark depends on how its
// partitions are read, so there are none here.
const bounded = { seed: 5, events: 6_000 }
const folder = temporaryFolder()
let node: EmbeddedNode
let flink: Flink
let session: FlinkSession
let kafka: Kafka | undefined
let script: ExampleScript

before(async () => {
  const place = { project: exampleFolder, data: folder, nodeFile: `${folder}/node.json` }
  const { check } = await runDemo({ ...place, ...bounded, onProgress() {} })
  assert.equal(check.agrees, true)
  node = await startNode({ ...place, bounded, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
  flink = await startFlink()
  session = await flink.session()
  const bootstrap = `127.0.0.1:${node.ports.kafka}`
  script = exampleScript({
    bootstrap,
    registryUrl: `http://127.0.0.1:${node.ports.registry}`,
    delivery: 'at-least-once',
  })
  const admin = await openKafkaAdmin({ bootstrap })
  for (const topic of script.desired.topics.filter((t) => t.role === 'written'))
    await admin.createTopic({ name: `flink.${topic.name}`, partitionCount: topic.partitionCount })
  await admin.createTopic({ name: 'readable.checkout_events', partitionCount: 4 })
  await admin.close()
  await copyReadable()
  for (const statement of [...script.settings, ...script.ddl]) await session.run(statement)
  // The jobs end where the topics do, and write beside what is there already.
  for (const topic of script.desired.topics.filter((t) => t.role !== 'quarantine')) {
    const table = topic.name === 'checkout_events' ? 'checkout_events__all' : topic.name
    const other = topic.role === 'written' ? `flink.${topic.name}` : topic.name
    const name = topic.name === 'checkout_events' ? 'readable.checkout_events' : other
    await session.run(`ALTER TABLE ${table} SET ('topic' = '${name}', 'scan.bounded.mode' = 'latest-offset')`)
  }
})
after(async () => {
  await flink?.stop()
  await kafka?.stop()
  await node?.stop()
})

function* recordsOf(topic: string, partition: number): Generator<{ records: RecordColumns; index: number }> {
  const end = node.reader.endOffset(topic, partition)
  for (let offset = 0; offset < end;) {
    const bytes = node.reader.read(topic, partition, offset, 1 << 20)
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at)
      at += records.header.size
      offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
      for (let index = 0; index < records.count; index++) yield { records, index }
    }
  }
}

const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? new Uint8Array())

/** Undecodable bytes end a Flink job: the one thing that it cannot do as we do. Where they are, our quarantine says. */
async function copyReadable(): Promise<void> {
  const undecodable = new Set<string>()
  for (const { records, index } of recordsOf('checkout_events.quarantine', 0)) {
    const headers = new Map(recordHeaders(records, index).map((h) => [h.key, text(h.value)]))
    if (headers.get('millrace.rule') === 'decodable')
      undecodable.add(`${headers.get('millrace.partition')}/${headers.get('millrace.offset')}`)
  }
  assert.ok(undecodable.size > 0)
  const appends = [0, 1, 2, 3].map((partition) => {
    const kept = [...recordsOf('checkout_events', partition)].filter(
      ({ records, index }) => !undecodable.has(`${partition}/${records.offsets[index]!}`),
    )
    const records = kept.map(({ records: from, index }) => ({
      key: recordKey(from, index),
      value: recordValue(from, index),
      timestampMs: from.timestampsMs[index]!,
    }))
    return { topic: 'readable.checkout_events', partition, batches: encodeRecordBatch(records) }
  })
  const owner = 'test/readable'
  const group = { owner, epoch: 1, appends, groupOffsets: [], position: new Uint8Array(0), stateFiles: [] }
  assert.ok(node.commit.submit(group))
  let outcome
  while (!(outcome = node.commit.outcome(owner))) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal(outcome.ok, true)
}

async function runJob(table: string): Promise<void> {
  const insert = script.statements.find((s) => s.startsWith(`INSERT INTO ${table}\n`))!
  const { job } = await session.run(insert)
  assert.equal(await session.waitForJob(job!), 'FINISHED')
}

/** Rows as text, sorted: a multiset. */
function rowsOf(format: TopicFormat): string[] {
  const options = { reader: node.reader, format, schemaIds: node.schemaIds }
  const rows = format.primaryKey ? currentRows(options) : topicRows(options)
  return [...rows].map((row) => row.map(String).join(' | ')).toSorted()
}

function assertSame(table: string): void {
  const format = script.desired.topics.find((t) => t.name === table)!.format!
  const ours = rowsOf(format)
  assert.ok(ours.length > 0)
  assert.deepEqual(rowsOf({ ...format, topic: `flink.${table}` }), ours)
}

test('checkouts_enriched: guarded, kept first, joined as of a time', async () => {
  await runJob('checkouts_enriched')
  assertSame('checkouts_enriched')
})

// Over our rows: Flink's join emits them key by key, so that in a bounded run most of its own come behind the watermark of the next job.
test('approval_rate: windows over what our pipeline wrote', async () => {
  await session.run("ALTER TABLE checkouts_enriched SET ('topic' = 'checkouts_enriched')")
  await runJob('approval_rate')
  assertSame('approval_rate')
})

test('velocity_alerts: windows with HAVING', async () => {
  await runJob('velocity_alerts')
  assertSame('velocity_alerts')
})

test('loan_balance: a sum that updates, joined with captured orders, by key', async () => {
  await runJob('loan_balance')
  assertSame('loan_balance')
})

/** Every committed value of a topic's only partition. */
async function committedValues(client: KafkaClient, topic: string): Promise<string[]> {
  const admin = client.admin()
  await admin.connect()
  const [{ high } = { high: '0' }] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const consumer = client.consumer({ groupId: `test-${topic}`, readUncommitted: false })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    // The last offset is its transaction's marker, which no consumer is shown: the last record is the one before.
    const eachBatch = async ({ batch }: { batch: { lastOffset(): string; messages: { value: Buffer | null }[] } }) => {
      for (const { value } of batch.messages) values.push(value!.toString('hex'))
      if (BigInt(batch.lastOffset()) + 2n >= BigInt(high)) resolve()
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  return values.toSorted()
}

test('approval_rate on a real Kafka, exactly once: the very bytes that our pipeline wrote', async () => {
  kafka = await startKafka()
  const client = new KafkaClient({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })
  const admin = await openKafkaAdmin({ bootstrap: kafka.bootstrap })
  for (const name of ['checkouts_enriched', 'approval_rate']) await admin.createTopic({ name, partitionCount: 1 })
  await admin.close()
  const producer = client.producer()
  await producer.connect()
  const messages = [...recordsOf('checkouts_enriched', 0)].map(({ records, index }) => ({
    value: Buffer.from(recordValue(records, index)!),
    timestamp: String(records.timestampsMs[index]!),
  }))
  await producer.send({ topic: 'checkouts_enriched', messages })
  await producer.disconnect()

  const registryUrl = `http://127.0.0.1:${node.ports.registry}`
  script = exampleScript({ bootstrap: kafka.bootstrap, registryUrl })
  session = await flink.session()
  for (const statement of [...script.settings, ...script.ddl]) await session.run(statement)
  await session.run("SET 'execution.checkpointing.interval' = '1 s'")
  await session.run("ALTER TABLE checkouts_enriched SET ('scan.bounded.mode' = 'latest-offset')")
  await runJob('approval_rate')

  const ours = [...recordsOf('approval_rate', 0)].map(({ records, index }) =>
    Buffer.from(recordValue(records, index)!).toString('hex'),
  )
  assert.ok(ours.length > 0)
  assert.deepEqual(await committedValues(client, 'approval_rate'), ours.toSorted())
})
