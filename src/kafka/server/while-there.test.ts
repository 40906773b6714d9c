// A topic that another client deletes between two looks of a handler at it: the answer says so, the connection and the other
// topics of the request go on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { MillraceError, nodeRandom, openNodeDisk } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import { apis, kafkaErrors, zeroUuid } from '../wire/index.ts'
import { createSteppedClock } from './stepped-clock.ts'
import { startTestNode } from './test-node.ts'

const { unknownTopicOrPartition, unknownTopicId } = kafkaErrors

/** The log's face, on which the topic 'doomed' is gone as soon as it has been found once. */
function deleteOnceFound(log: LocalLog): LocalLog {
  let found = 0
  const isGone = (): boolean => found > 0
  const hide = <T>(look: () => T, isDoomed: (answer: T) => boolean): T | undefined => {
    const answer = look()
    return isDoomed(answer) && found++ > 0 ? undefined : answer
  }
  const own: Partial<LocalLog> = {
    topic: (name) =>
      hide(
        () => log.topic(name),
        (info) => info?.name === 'doomed',
      ),
    topicById: (id) =>
      hide(
        () => log.topicById(id),
        (info) => info?.name === 'doomed',
      ),
    topics() {
      const all = log.topics()
      if (all.some(({ name }) => name === 'doomed')) found++
      return all
    },
  }
  const looks = new Set(['startOffset', 'endOffset', 'highWatermark', 'leaderEpochs', 'status', 'sizeBytes'])
  return new Proxy(log, {
    get(target, key) {
      if (key in own) return own[key as keyof LocalLog]
      const value = Reflect.get(target, key) as unknown
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (looks.has(key as string) && args[0] === 'doomed' && isGone())
          throw new MillraceError('MR-LOG-004', { details: { topic: 'doomed', partition: 0 } })
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
}

async function start(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-gone-'))
  const disk = openNodeDisk(folder)
  const clock = createSteppedClock()
  const log = createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
  for (const name of ['doomed', 'stays']) await log.createTopic({ name, partitionCount: 1 })
  const { id } = log.topic('doomed')!
  const faults: unknown[] = []
  const server = { log, reader: deleteOnceFound(log), clock, onFault: (fault: unknown) => faults.push(fault) }
  const node = await startTestNode(t, { server })
  t.after(() => {
    log.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { client: await node.connect(), id, faults }
}

const names = ['doomed', 'stays']

test('Metadata names it as unknown, by name and by id, and leaves it out of all topics', async (t) => {
  const ask = async (topics: { name: string | null; topicId: string }[] | null): Promise<unknown> => {
    const { client, id, faults } = await start(t)
    const wanted = topics?.map((one) => (one.name === null ? { name: null, topicId: id } : one)) ?? null
    const request = { topics: wanted, allowAutoTopicCreation: true, includeTopicAuthorizedOperations: false }
    const answer = await client.call(apis.metadata, 12, request)
    assert.deepEqual(faults, [])
    const own = answer.topics.filter(({ isInternal }) => !isInternal)
    return own.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])
  }
  const byName = names.map((name) => ({ name, topicId: zeroUuid }))
  assert.deepEqual(await ask(byName), [
    ['doomed', unknownTopicOrPartition, 0],
    ['stays', 0, 1],
  ])
  assert.deepEqual(await ask([{ name: null, topicId: zeroUuid }]), [[null, unknownTopicId, 0]])
  assert.deepEqual(await ask(null), [['stays', 0, 1]])
})

test('ListOffsets, OffsetForLeaderEpoch and DeleteRecords name its partition as unknown', async (t) => {
  const whole = { partitionIndex: 0, partition: 0, timestamp: -1n, offset: 0 }
  const epochs = { currentLeaderEpoch: -1, leaderEpoch: 0 }
  const topics = names.map((name) => ({ name, topic: name, partitions: [{ ...whole, ...epochs }] }))
  const expected = [unknownTopicOrPartition, 0]
  const errors = (all: readonly { partitions: readonly { errorCode: number }[] }[]): number[] =>
    all.map(({ partitions }) => partitions[0]!.errorCode)

  const offsets = await start(t)
  const listed = await offsets.client.call(apis.listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics })
  assert.deepEqual([errors(listed.topics), offsets.faults], [expected, []])

  const ends = await start(t)
  const ended = await ends.client.call(apis.offsetForLeaderEpoch, 4, { replicaId: -1, topics })
  assert.deepEqual([errors(ended.topics), ends.faults], [expected, []])

  const records = await start(t)
  const wrongOffset = [{ name: 'doomed', partitions: [{ partitionIndex: 0, offset: 0 }] }]
  const deleted = await records.client.call(apis.deleteRecords, 2, { topics: wrongOffset, timeoutMs: 1000 })
  // This log still has it, so that it answers for it.
  assert.deepEqual([errors(deleted.topics), records.faults], [[0], []])
})

test('DescribeTopicPartitions names it as unknown, DescribeLogDirs leaves it out', async (t) => {
  const partitions = await start(t)
  const request = { topics: names.map((name) => ({ name })), responsePartitionLimit: 10, cursor: null }
  const described = await partitions.client.call(apis.describeTopicPartitions, 0, request)
  assert.deepEqual(
    [described.topics.map(({ name, errorCode }) => [name, errorCode]), partitions.faults],
    [
      [
        ['doomed', unknownTopicOrPartition],
        ['stays', 0],
      ],
      [],
    ],
  )

  const folders = await start(t)
  const topics = names.map((topic) => ({ topic, partitions: [0] }))
  const { results } = await folders.client.call(apis.describeLogDirs, 4, { topics })
  assert.deepEqual([results[0]!.topics.map(({ name }) => name), folders.faults], [['stays'], []])
})
