// What lies there of a topic that a lost frame made is set aside by recovery and by repair; a crash at each write of that, and
// of the start after it, loses none of its bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalLog, createLog, repairLog, verifyLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import { readWholeFile } from '../src/base/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = { journalChunkBytesMin: 8192, partitionsMax: 64, segmentBytesMax: 800 }
const pageBytes = 4096
/** Where frame n (from 1) lies: each takes one page, behind two of header. */
const frameAt = (n: number): number => (n + 1) * pageBytes

const open = (disk: SimulatedDisk): LocalLog =>
  createLocalLog(createLog({ disk, clock: createClock(), random: createRandom(disk.operations), limits }), disk, limits)
const batch = (value: string): Uint8Array =>
  encodeRecordBatch([{ key: null, value: new TextEncoder().encode(value), timestampMs: 1 }])

interface Lost {
  readonly disk: SimulatedDisk
  /** Of the topic that nothing will tell of: path below the folder of partitions, and bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Topics a and b of several segments each; b was made since the checkpoint. */
function filled(seed: number): Lost {
  const disk = createDisk(createRandom(seed))
  let log = open(disk)
  log.createTopicNow({ name: 'a', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  log.close()
  log = open(disk)
  log.createTopicNow({ name: 'b', partitionCount: 2, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 9; i++) {
    log.appendNow('a', 0, batch(`a${i}`.repeat(30)))
    log.appendNow('b', i % 2, batch(`b${i}`.repeat(30)))
  }
  const files = new Map<string, Uint8Array>()
  for (const partition of [0, 1]) {
    const folder = `${log.topic('b')!.id}.${partition}`
    for (const name of disk.list(`log/partitions/${folder}`)) {
      const path = `${folder}/${name}`
      files.set(path, readWholeFile(disk, `log/partitions/${path}`)!)
    }
  }
  assert.ok(files.size >= 4, `${files.size} files`)
  writeBack(disk)
  return { disk, files }
}

/** What the page cache held is on disk, as it is a while later: the journal is damaged then. */
function writeBack(disk: SimulatedDisk): void {
  for (const folder of disk.list('log/partitions')) {
    for (const name of disk.list(`log/partitions/${folder}`)) {
      const file = disk.open(`log/partitions/${folder}/${name}`, 'write')
      file.sync()
      file.close()
    }
    disk.syncFolder(`log/partitions/${folder}`)
  }
  disk.syncFolder('log/partitions')
}

function check({ disk, files }: Lost, what: string): void {
  for (const [path, bytes] of files) {
    const found = [`log/partitions/${path}`, `log/damaged/unknown/${path}`].map((one) => readWholeFile(disk, one))
    const right = found.filter((one) => one && Buffer.compare(one, bytes) === 0)
    assert.equal(right.length, 1, `${what}: ${path} is there ${right.length} times`)
  }
}

function checkAside({ disk, files }: Lost, what: string): void {
  for (const [path, bytes] of files)
    assert.deepEqual(readWholeFile(disk, `log/damaged/unknown/${path}`), bytes, `${what}: ${path}`)
}

function crashes(run: () => void): boolean {
  try {
    run()
    return false
  } catch (error) {
    if (error instanceof SimulatedCrash) return true
    throw error
  }
}

/** Runs `work` with a crash at each of its writes, and then with another one at each of some of the next attempt's. */
function crashEverywhere(damage: (disk: SimulatedDisk) => void, work: (disk: SimulatedDisk) => void): number {
  let at = 0
  for (; ; at++) {
    const lost = filled(at)
    const { disk } = lost
    damage(disk)
    disk.crash('process')
    disk.crashAt = disk.operations + at
    if (!crashes(() => work(disk))) break
    disk.crash(at % 4 === 0 ? 'process' : 'power')
    check(lost, `crash at ${at}`)
    disk.crashAt = disk.operations + ((at * 7) % 40)
    if (crashes(() => work(disk))) disk.crash(at % 3 === 0 ? 'process' : 'power')
    check(lost, `second crash after ${at}`)
    disk.crashAt = undefined
    for (let starts = 0; starts < 3; starts++) {
      work(disk)
      disk.crash('power')
      checkAside(lost, `crash at ${at}`)
    }
    const log = open(disk)
    assert.equal(log.topic('b'), undefined)
    assert.ok(log.topic('a'))
    log.close()
    checkAside(lost, `crash at ${at}`)
  }
  return at
}

test('a start that sets aside what an unreadable frame made', () => {
  const steps = crashEverywhere(
    (disk) => {
      const journals = disk.list('log/journal')
      assert.deepEqual(journals.length, 1)
      for (const n of [1, 2]) disk.flipBit(`log/journal/${journals[0]}`, frameAt(n) + 20)
    },
    (disk) => void open(disk),
  )
  assert.ok(steps > 30, `${steps} writes`)
})

test('a repair that begins a missing journal anew', () => {
  const steps = crashEverywhere(
    (disk) => {
      for (const name of disk.list('log/journal')) disk.remove(`log/journal/${name}`)
      disk.syncFolder('log/journal')
    },
    (disk) => {
      const options = { clock: createClock(), random: createRandom(disk.operations), limits, dryRun: false }
      const { remaining } = repairLog({ disk, ...options })
      assert.deepEqual(remaining, [])
      assert.deepEqual(verifyLog(disk).problems, [])
    },
  )
  assert.ok(steps > 40, `${steps} writes`)
})
