// What compaction leaves of batches in each codec, read by librdkafka, whose codecs are not ours; and kafkajs at its end.
// needs: kcat
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { openLogReader, type LogReader } from '../../src/log/index.ts'
import { openNodeDisk } from '../../src/base/index.ts'
import { readRecordBatchHeader } from '../../src/model/index.ts'
import { kcat } from '../../peers/index.ts'
import { startOwnBroker, type OwnBroker } from './node.ts'

let broker: OwnBroker
let reader: LogReader
before(async () => {
  broker = await startOwnBroker({ limits: { retentionIntervalMs: 100 } })
  reader = openLogReader(broker.share, openNodeDisk(broker.folder))
})
after(async () => {
  reader?.close()
  await broker?.stop()
})

const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }
test('librdkafka reads what compaction left of batches in each codec, at the same offsets', async () => {
  for (const [codec, code] of Object.entries(codecs)) {
    const topic = `compacted-${codec}`
    const configs = { 'cleanup.policy': 'compact', 'max.compaction.lag.ms': '1500' }
    assert.ok((await broker.log.createTopic({ name: topic, partitionCount: 1, configs })).ok)
    // The last of each of 50 keys, and 'last', which is written once.
    const lines = Array.from({ length: 3000 }, (_, i) => `k${i % 50}:${'value '.repeat(i % 9)}${i}\n`)
    const input = `${lines.join('')}last:0\n`
    const made = await kcat(['-b', broker.bootstrap, '-P', '-t', topic, '-K', ':', '-z', codec], { input })
    assert.equal(made.code, 0, made.stderr)
    const read = async (): Promise<string[]> => {
      const format = ['-f', '%o %k:%s\n', '-o', 'beginning', '-e', '-q']
      const { stdout } = await kcat(['-b', broker.bootstrap, '-C', '-t', topic, ...format, '-X', 'check.crcs=true'])
      return stdout.split('\n').slice(0, -1)
    }
    assert.equal((await read()).length, 3001)
    const untilMs = Date.now() + 30_000
    const expected = [...lines.slice(-50).map((line, i) => `${2950 + i} ${line.trimEnd()}`), '3000 last:0']
    let left = await read()
    while (left.length !== expected.length && Date.now() < untilMs) {
      await sleep(200)
      left = await read()
    }
    assert.deepEqual(left, expected, codec)
    assert.equal(readRecordBatchHeader(reader.readUncommitted(topic, 0, 2999, 1)).compression, code)
    assert.deepEqual(broker.faults, [])
  }
})

test('kafkajs at the end of a compacted topic, behind a tombstone whose time is over, waits and goes on', async () => {
  const topic = 'compacted-end'
  const configs = { 'cleanup.policy': 'compact', 'max.compaction.lag.ms': '300', 'delete.retention.ms': '0' }
  assert.ok((await broker.log.createTopic({ name: topic, partitionCount: 1, configs })).ok)
  const kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'end', logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const send = (key: string, value: string | null) => producer.send({ topic, messages: [{ key, value }] })
  for (const value of ['1', '2']) await send('a', value)
  await send('b', null)
  const consumer = kafka.consumer({ groupId: 'end', maxWaitTimeInMs: 500 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let fetches = 0
  consumer.on('consumer.fetch', () => void fetches++)
  const got: string[] = []
  await consumer.run({ eachMessage: async ({ message }) => void got.push(`${message.key}=${message.value}`) })
  // Several rounds of compaction go by.
  await sleep(3000)
  assert.ok(fetches < 100, `${fetches} fetches while nothing came`)
  await send('c', '3')
  const untilMs = Date.now() + 20_000
  while (got.at(-1) !== 'c=3' && Date.now() < untilMs) await sleep(50)
  assert.equal(got.at(-1), 'c=3')
  await consumer.disconnect()
  await producer.disconnect()
})
