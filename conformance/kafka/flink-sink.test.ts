// Flink's Kafka source and its exactly-once sink: the TaskManager is killed while a transaction with records is open, the job goes
// on from its last checkpoint, and committed readers find each record once; the offsets that the source committed with its checkpoints
// are its group's, and another job goes on from them.
// needs: kafka, flink, kcat
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { kcat, startFlink, type Flink } from '../../peers/index.ts'
import { brokers, type Broker } from './node.ts'

const partitions = 2
const partCount = 1000

let flink: Flink
before(async () => {
  flink = await startFlink({
    taskHeapMb: 384,
    managedMb: 128,
    slots: partitions,
    config: {
      'heartbeat.interval': '500',
      'heartbeat.timeout': '6000',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1000',
      'restart-strategy.fixed-delay.delay': '200 ms',
    },
  })
})
after(() => flink?.stop())

/** Checkpoints come when the test asks for one. The tables of a job that ends when it has read three parts, which need not be there yet. */
const script = (bootstrap: string, prefix: string): string[] => {
  const bounds = Array.from({ length: partitions }, (_, i) => `partition:${i},offset:${(3 * partCount) / partitions}`)
  return [
    "SET 'execution.checkpointing.interval' = '1 h'",
    `SET 'parallelism.default' = '${partitions}'`,
    `CREATE TABLE ${prefix}_in (id INT) WITH (
      'connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
      'properties.group.id' = 'flink', 'scan.startup.mode' = 'earliest-offset',
      'scan.bounded.mode' = 'specific-offsets', 'scan.bounded.specific-offsets' = '${bounds.join(';')}')`,
    `CREATE TABLE ${prefix}_out (id INT) WITH (
      'connector' = 'kafka', 'topic' = 'out', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
      'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${prefix}',
      'properties.transaction.timeout.ms' = '600000')`,
    `INSERT INTO ${prefix}_out SELECT id FROM ${prefix}_in`,
  ]
}

/** A job that goes on from what the first one's group committed, to the end of a fourth part. */
const onward = (bootstrap: string, prefix: string): string[] => [
  "SET 'execution.checkpointing.interval' = '500 ms'",
  `CREATE TABLE ${prefix}_rest (id INT) WITH (
    'connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
    'properties.group.id' = 'flink', 'scan.startup.mode' = 'group-offsets', 'scan.bounded.mode' = 'latest-offset')`,
  `CREATE TABLE ${prefix}_more (id INT) WITH (
    'connector' = 'kafka', 'topic' = 'more', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json')`,
  `INSERT INTO ${prefix}_more SELECT id FROM ${prefix}_rest`,
]

const ofJob = (job: string, path: string, init: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${flink.restPort}/jobs/${job}${path}`, init)

/** Asks for one; the sink commits when it is complete. Without effect while tasks start or end. */
async function checkpoint(job: string): Promise<void> {
  const body = JSON.stringify({ checkpointType: 'FULL' })
  await ofJob(job, '/checkpoints', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

async function waitUntil(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 90_000; !(await holds()); await sleep(100))
    assert.ok(performance.now() < deadline, what)
}

for (const { name, start } of brokers) {
  describe(`with ${name}`, () => {
    let broker: Broker
    before(async () => {
      broker = await start()
    })
    let job: string | undefined
    after(async () => {
      if (job !== undefined) await ofJob(job, '?mode=cancel', { method: 'PATCH' })
      await broker?.stop()
    })

    test('Flink: its source with committed offsets and its exactly-once sink, the TaskManager killed in a transaction', async () => {
      const { bootstrap } = broker
      const client = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
      const admin = client.admin()
      // A batch that is sent again must not be there twice.
      const producer = client.producer({ idempotent: true })
      await Promise.all([admin.connect(), producer.connect()])
      await admin.createTopics({ topics: ['in', 'out', 'more'].map((topic) => ({ topic, numPartitions: partitions })) })
      const producePart = async (part: number): Promise<void> => {
        const messages = Array.from({ length: partCount }, (_, i) => ({
          value: JSON.stringify({ id: part * partCount + i }),
          partition: i % partitions,
        }))
        await producer.send({ topic: 'in', messages })
      }
      const idsIn = async (topic: string, isolation: string): Promise<number[]> => {
        const args = ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-X', `isolation.level=${isolation}`]
        const { code, stdout, stderr } = await kcat(['-b', bootstrap, ...args])
        assert.equal(code, 0, stderr)
        const lines = stdout.split('\n').filter((line) => line !== '')
        return lines.map((line) => (JSON.parse(line) as { id: number }).id).toSorted((a, b) => a - b)
      }

      const committed = (): Promise<number[]> => idsIn('out', 'read_committed')
      /** Of open and aborted transactions, too. */
      const written = async (): Promise<number> => (await idsIn('out', 'read_uncommitted')).length

      await producePart(0)
      const session = await flink.session()
      for (const statement of script(bootstrap, name.toLowerCase())) ({ job } = await session.run(statement))
      await waitUntil('the first part is written', async () => (await written()) === partCount)
      assert.ok((await committed()).length < partCount, 'not all is committed before the checkpoint')
      await checkpoint(job!)
      await waitUntil('the first part is committed', async () => (await committed()).length === partCount)
      await producePart(1)
      await waitUntil('the second part is written', async () => (await written()) === 2 * partCount)
      await flink.crashTaskManager()
      assert.ok((await committed()).length < 2 * partCount, 'it was killed in a transaction')
      await producePart(2)
      await flink.startTaskManager()
      // What was in the transaction stays there, aborted, and comes again.
      await waitUntil('all is written', async () => (await written()) >= 4 * partCount)
      await checkpoint(job!)
      assert.equal(await session.waitForJob(job!), 'FINISHED')
      const ids = Array.from({ length: 3 * partCount }, (_, i) => i)
      assert.deepEqual(await idsIn('in', 'read_committed'), ids, 'what there is to read')
      assert.deepEqual(await committed(), ids, 'each once')
      const groupOffsets = async (): Promise<string[]> => {
        const [offsets] = await admin.fetchOffsets({ groupId: 'flink', topics: ['in'] })
        return offsets!.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset)
      }
      // What the last checkpoint has Flink commit may be cut off where its reader ends just then: the group is at one before.
      const begun = await groupOffsets()
      const offsetAfter = (parts: number): string => String((parts * partCount) / partitions)
      const checkpoints = [1, 2, 3].map(offsetAfter)
      assert.equal(begun.length, partitions)
      for (const offset of begun) assert.ok(checkpoints.includes(offset), `${offset} is of no checkpoint`)

      await producePart(3)
      const next = await flink.session()
      for (const statement of onward(bootstrap, name.toLowerCase())) ({ job } = await next.run(statement))
      assert.equal(await next.waitForJob(job!), 'FINISHED')
      const isBehind = (id: number): boolean => {
        const i = id % partCount
        const offset = (Math.floor(id / partCount) * partCount) / partitions + Math.floor(i / partitions)
        return offset >= Number(begun[i % partitions])
      }
      const rest = Array.from({ length: 4 * partCount }, (_, i) => i).filter(isBehind)
      assert.deepEqual(await idsIn('more', 'read_committed'), rest, 'from the committed offsets on')
      const ended = await groupOffsets()
      assert.ok(ended.every((offset, i) => Number(offset) >= Number(begun[i])))
      await Promise.all([admin.disconnect(), producer.disconnect()])
    })
  })
}
