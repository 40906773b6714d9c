// The log under seeded crashes (see log-scenario.ts), the committed regressions, and a crash at every single change of the
// disk that one short piece of work makes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, createLocalLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { LogChecker, tagText } from './log-checker.ts'
import { logScenario } from './log-scenario.ts'
import { createRandom } from './random.ts'
import { regressions } from './regressions.ts'
import { runSeed } from './scenario.ts'
import { findScenario } from './scenarios.ts'

const seedsInTests = 120

test('nothing acknowledged is lost or doubled, over seeds of crashes, torn writes, failed syncs and full disks', async () => {
  const one = process.env['MILLRACE_SIM_SEED']
  const seeds = one === undefined ? Array.from({ length: seedsInTests }, (_, i) => i + 1) : [Number(one)]
  let crashes = 0
  let acknowledged = 0
  for (const seed of seeds) {
    const report = await runSeed(logScenario, seed)
    crashes += report.crashes
    acknowledged += report.acknowledged
  }
  assert.ok(crashes >= seeds.length, `${crashes} crashes in ${seeds.length} runs`)
  assert.ok(acknowledged >= seeds.length * 50, `${acknowledged} acknowledged`)
})

for (const { scenario, seed, found } of regressions) {
  test(`seed ${seed} of ${scenario} holds: ${found}`, async () => {
    const report = await runSeed(findScenario(scenario)!, seed)
    assert.ok(report.acknowledged > 0)
  })
}

const limits: Partial<LogLimits> = {
  journalBytesMax: 30_000,
  journalChunkBytesMin: 8192,
  segmentBytesMax: 600,
  partitionsMax: 64,
  producerIdBlock: 2,
}
const owner = 'pipeline/short'
const outputs = [
  { topic: 'a', partition: 0 },
  { topic: 'a', partition: 1 },
]

/** A bit of everything; goes on where an earlier life stopped, and tells the checker what was acknowledged. */
function work(log: LocalLog, checker: LogChecker, until: number): void {
  if (!log.topic('a')) log.createTopicNow({ name: 'a', partitionCount: 2, configs: { 'retention.ms': '-1' } })
  for (let epoch = (log.last(owner)?.epoch ?? 0) + 1; epoch <= until; epoch++) {
    const batches = encodeRecordBatch([
      { key: null, value: new TextEncoder().encode(tagText({ by: owner, number: epoch })), timestampMs: epoch },
    ])
    checker.noteSubmitted(owner, epoch)
    const groupOffsets = [{ group: owner, topic: 'in', partition: 0, offset: epoch, metadata: '' }]
    const appends = outputs.map((output) => ({ ...output, batches }))
    const outcome = log.commitNow({
      owner,
      epoch,
      appends,
      groupOffsets,
      position: new Uint8Array([epoch]),
      stateFiles: [],
    })
    assert.ok(outcome.ok, 'a commit on a disk that works succeeds')
    checker.noteCommitted(owner, epoch)
    outputs.forEach(({ topic, partition }, i) =>
      checker.noteAcknowledged(topic, partition, outcome.baseOffsets[i]!, [tagText({ by: owner, number: epoch })]),
    )
    while (log.log.maintain());
  }
}

function open(disk: SimulatedDisk): LocalLog {
  // Another stream in each life: topic ids must not repeat.
  const random = createRandom(disk.operations)
  return createLocalLog(createLog({ disk, clock: createClock(), random, limits }), disk, limits)
}

/** @returns how many changes of the disk the work makes, or undefined when it crashed */
function live(disk: SimulatedDisk, checker: LogChecker, until: number): boolean {
  try {
    const log = open(disk)
    checker.checkAll(log, new Map([[owner, outputs]]), () => log.last(owner)?.epoch ?? 0)
    work(log, checker, until)
    log.close()
    return true
  } catch (error) {
    if (error instanceof SimulatedCrash) return false
    throw error
  }
}

test('a crash at each change of the disk, and at each change of the recovery after it, loses nothing acknowledged', () => {
  const whole = createDisk(createRandom(1))
  live(whole, new LogChecker(), 12)
  const changes = whole.operations
  assert.ok(changes > 100, `${changes} changes of the disk`)
  for (let crashAt = 0; crashAt < changes; crashAt++) {
    const disk = createDisk(createRandom(crashAt))
    const checker = new LogChecker()
    disk.crashAt = crashAt
    assert.equal(live(disk, checker, 12), false)
    disk.crash(crashAt % 3 === 0 ? 'process' : 'power')
    // The recovery dies as well, a little later each time.
    disk.crashAt = disk.operations + (crashAt % 29)
    if (!live(disk, checker, 14)) disk.crash(crashAt % 2 === 0 ? 'process' : 'power')
    disk.crashAt = undefined
    assert.equal(live(disk, checker, 16), true)
    assert.equal(live(disk, checker, 16), true)
  }
})
