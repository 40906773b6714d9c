// Transactions of several producers in a compacted topic, between compactions, crashes and restarts, with tombstones and markers
// that go as soon as they may: committed readers always find the last committed value of each key, and never an aborted one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLocalLog, createLog, openLogReader, verifyLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk } from './disk.ts'
import { readAll } from './log-checker.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = {
  journalChunkBytesMin: 8192,
  segmentBytesMax: 500,
  partitionsMax: 8,
  retentionIntervalMs: 100,
  checkpointIntervalMs: 300,
  compactionStepBytes: 200,
  openFilesMax: 3,
}

const producer = fc.integer({ min: 0, max: 2 })
const key = fc.constantFrom('a', 'b', 'c')
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key, isTombstone: fc.boolean() }) },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('send' as const), producer, key, isTombstone: fc.boolean() }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), producer, commits: fc.boolean() }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 1000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'kill' as const) }) },
  ),
  { minLength: 5, maxLength: 80 },
)

interface Sent {
  readonly key: string
  readonly value: string | null
  readonly offset: number
}

/** What was acknowledged. */
class Model {
  readonly #committed = new Map<string, Sent>()
  readonly producers = [0, 1, 2].map(() => ({ epoch: 0, sequence: 0, open: [] as Sent[] }))

  commit(sent: Sent): void {
    if ((this.#committed.get(sent.key)?.offset ?? -1) < sent.offset) this.#committed.set(sent.key, sent)
  }

  /** Below the first open transaction readers see the last committed record of each key; tombstones may be gone. */
  check(reader: Parameters<typeof readAll>[0], what: string): void {
    const stable = reader.endOffset('t', 0)
    const seen = new Map<string, { value: string | null; offset: number }>()
    for (const { key: name, value, offset } of readAll(reader, 't', 0)) {
      assert.ok(!value?.startsWith('aborted'), `${what}: ${value} is seen`)
      seen.set(name!, { value, offset })
    }
    for (const { key: name, value, offset } of this.#committed.values()) {
      if (offset >= stable) continue
      const found = seen.get(name)
      if (value === null && !found) continue
      assert.deepEqual(found, { value, offset }, `${what}: the last of ${name}`)
    }
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('committed readers find the last committed value of each key, and no aborted one', () => {
  let forgotten = 0
  fc.assert(
    fc.property(steps, (all) => {
      const disk = createDisk(createRandom(1))
      const clock = createClock()
      const model = new Model()
      const open = (): LocalLog =>
        createLocalLog(createLog({ disk, clock, random: createRandom(disk.operations), limits }), disk, limits)
      let log = open()
      const configs = {
        'cleanup.policy': 'compact',
        'max.compaction.lag.ms': '500',
        'min.cleanable.dirty.ratio': '0.3',
        'delete.retention.ms': '0',
      }
      assert.ok(log.createTopicNow({ name: 't', partitionCount: 1, configs }).ok)
      // Looks in now and then: what it knows of the files is old.
      let other = openLogReader(log.log.share, disk, { limits })
      let number = 0
      const record = (name: string, value: string | null) => {
        return { key: bytes(name), value: value === null ? null : bytes(value), timestampMs: clock.nowMs() }
      }
      const end = (id: number, commits: boolean): void => {
        const one = model.producers[id]!
        const wanted = { producerId: BigInt(id + 1), producerEpoch: one.epoch + 1, coordinatorEpoch: 0, commits }
        assert.ok(log.log.endTransaction({ ...wanted, appends: [] }).ok)
        assert.equal(log.log.sync(), 'synced')
        if (commits) for (const sent of one.open) model.commit(sent)
        one.epoch++
        one.sequence = 0
        one.open = []
      }
      for (const [i, step] of all.entries()) {
        if (step.kind === 'put') {
          const value = step.isTombstone ? null : `plain ${number++}`
          const outcome = log.appendNow('t', 0, encodeRecordBatch([record(step.key, value)]))
          assert.ok(outcome.ok)
          model.commit({ key: step.key, value, offset: outcome.baseOffset })
        } else if (step.kind === 'send') {
          const one = model.producers[step.producer]!
          // Whether it will be aborted is decided by what comes later in the list.
          const later = all.slice(i).find((next) => next.kind === 'end' && next.producer === step.producer)
          const commits = later?.kind === 'end' && later.commits
          const value = step.isTombstone ? null : `${commits ? 'committed' : 'aborted'} ${number++}`
          const options = { producerId: BigInt(step.producer + 1), producerEpoch: one.epoch, transactional: true }
          const batch = encodeRecordBatch([record(step.key, value)], { ...options, baseSequence: one.sequence++ })
          const outcome = log.appendNow('t', 0, batch)
          assert.ok(outcome.ok, JSON.stringify(outcome))
          one.open.push({ key: step.key, value, offset: outcome.baseOffset })
        } else if (step.kind === 'end') end(step.producer, step.commits)
        else if (step.kind === 'pass') {
          clock.advance(step.ms)
          while (log.log.maintain()) model.check(log, `within step ${i}`)
        } else {
          if (step.kind === 'restart') log.close()
          else disk.crash('power')
          log = open()
          other = openLogReader(log.log.share, disk, { limits })
        }
        model.check(log, `step ${i}`)
        if (i % 3 === 0) model.check(other, `step ${i}, another reader`)
      }
      for (const id of [0, 1, 2]) end(id, false)
      for (let looks = 0; looks < 8; looks++) {
        clock.advance(600)
        while (log.log.maintain());
        model.check(log, 'at the end')
        model.check(other, 'at the end, another reader')
      }
      const aborts = all.filter((step) => step.kind === 'end' && !step.commits).length + 3
      if (log.abortedTransactions('t', 0, 0, log.highWatermark('t', 0)).length < aborts) forgotten++
      assert.deepEqual(verifyLog(disk).problems, [])
    }),
    { numRuns: 250 },
  )
  assert.ok(forgotten > 100, `aborted transactions were forgotten in ${forgotten} runs`)
})
