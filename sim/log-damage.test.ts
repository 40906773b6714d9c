// Damage and faults of the disk, one by one: what is cut, what goes offline, what heals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createLog,
  createLocalLog,
  LogBody,
  createLogPort,
  openLogClient,
  type LocalLog,
  type LogLimits,
} from '../src/log/index.ts'
import { Doorbell, type MillraceError } from '../src/base/index.ts'
import { decodeRecords, encodeRecordBatch, recordValue } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, type SimulatedDisk } from './disk.ts'
import { readAll } from './log-checker.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = { journalChunkBytesMin: 8192, partitionsMax: 64 }
const pageBytes = 4096
const framesAt = 2 * pageBytes

function open(disk: SimulatedDisk, more: Partial<LogLimits> = {}): LocalLog {
  const all = { ...limits, ...more }
  return createLocalLog(
    createLog({ disk, clock: createClock(), random: createRandom(disk.operations), limits: all }),
    disk,
    all,
  )
}

const batch = (value: string): Uint8Array =>
  encodeRecordBatch([{ key: null, value: new TextEncoder().encode(value), timestampMs: 1 }])
const valuesOf = (log: LocalLog, topic: string): (string | null)[] => readAll(log, topic, 0).map(({ value }) => value)

const errorOf = (outcome: { ok: true } | { ok: false; error: number }): number => (outcome.ok ? 0 : outcome.error)

/** Two topics; frames 1 and 2 make them, then frames 3 to 8 append to a and b in turn. Not closed. */
function filled(): SimulatedDisk {
  const disk = createDisk(createRandom(1))
  const log = open(disk)
  for (const name of ['a', 'b']) log.createTopicNow({ name, partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 3; i++) for (const name of ['a', 'b']) log.appendNow(name, 0, batch(`${name}${i}`))
  return disk
}
/** Where frame n (from 1) lies: each takes one page. */
const frameAt = (n: number): number => framesAt + (n - 1) * pageBytes
const journal = 'log/journal/0.journal'
const whole = { a: ['a0', 'a1', 'a2'], b: ['b0', 'b1', 'b2'] }

function journalOf(disk: SimulatedDisk): string {
  const names = disk.list('log/journal')
  assert.deepEqual(names, ['0.journal'])
  return journal
}

test('a damaged body of a synced frame heals from the segment', () => {
  const disk = filled()
  disk.flipBit(journalOf(disk), frameAt(5) + 128 + 65)
  disk.crash('process')
  const log = open(disk)
  assert.deepEqual({ a: valuesOf(log, 'a'), b: valuesOf(log, 'b') }, whole)
  assert.deepEqual(log.log.damages(), [])
})

test('a damaged body whose segment is gone as well takes that partition offline, with the place, and no other', async () => {
  const disk = filled()
  disk.flipBit(journalOf(disk), frameAt(5) + 128 + 65)
  const folder = `log/partitions/${open(createCopy(disk)).topic('a')!.id}.0`
  disk.flipBit(`${folder}/${disk.list(folder)[0]!}`, 512 + 70 + 65)
  disk.crash('process')
  let log = open(disk)
  for (let life = 0; life < 2; life++) {
    assert.deepEqual(log.log.damages(), [
      {
        topic: 'a',
        partition: 0,
        offset: 1,
        file: journal,
        position: frameAt(5),
        reason: 'the checksum of an append is wrong',
      },
    ])
    assert.equal(log.status('a', 0), 'offline')
    assert.equal(log.status('b', 0), 'online')
    assert.deepEqual(valuesOf(log, 'a'), ['a0'])
    assert.throws(() => log.read('a', 0, 1, 1), { code: 'MR-LOG-001' })
    const outcome = log.appendNow('a', 0, batch('no'))
    assert.equal(outcome.ok ? 0 : outcome.error, 56)
    assert.ok(log.appendNow('b', 0, batch(`more ${life}`)).ok)
    log.close()
    // It stays so, though the journal with the damage is no longer replayed; the file is kept as evidence.
    log = open(disk)
  }
  assert.deepEqual(valuesOf(log, 'b'), [...whole.b, 'more 0', 'more 1'])
  assert.equal(disk.list('log/damaged').length, 1)
  assert.ok((await log.deleteTopic('a')).ok)
  assert.ok(log.createTopicNow({ name: 'a', partitionCount: 1 }).ok)
  assert.ok(log.appendNow('a', 0, batch('new')).ok)
})

/** The same bytes on another disk, to look at without changing. */
function createCopy(disk: SimulatedDisk): SimulatedDisk {
  const copy = createDisk(createRandom(2))
  const walk = (folder: string): void => {
    for (const name of disk.list(folder)) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (disk.list(path).length > 0 || !path.includes('.')) {
        if (path !== 'log/checkpoint') {
          copy.makeFolder(path)
          walk(path)
          continue
        }
      }
      const from = disk.open(path, 'read')
      const bytes = new Uint8Array(from.size())
      from.read(bytes, 0)
      copy.open(path, 'create').write(bytes, 0)
    }
  }
  walk('')
  return copy
}

test('a damaged header or list of changes of a synced frame is made good by the frame behind it', () => {
  for (const position of [20, 128 + 75]) {
    for (const n of [1, 3, 6, 7]) {
      const disk = filled()
      disk.flipBit(journalOf(disk), frameAt(n) + position)
      disk.crash('process')
      const log = open(disk)
      assert.deepEqual({ a: valuesOf(log, 'a'), b: valuesOf(log, 'b') }, whole, `frame ${n}, byte ${position}`)
    }
  }
})

test('the last frame, when damaged, is a torn tail: it is cut, and writing goes on', () => {
  const disk = filled()
  disk.flipBit(journalOf(disk), frameAt(8) + 20)
  disk.crash('process')
  const log = open(disk)
  assert.deepEqual({ a: valuesOf(log, 'a'), b: valuesOf(log, 'b') }, { a: whole.a, b: ['b0', 'b1'] })
  assert.deepEqual(log.log.damages(), [])
  assert.ok(log.appendNow('b', 0, batch('again')).ok)
  assert.deepEqual(valuesOf(open(disk), 'b'), ['b0', 'b1', 'again'])
})

test('frames that nobody can tell of take everything offline, and the log still opens', () => {
  const disk = filled()
  for (const n of [5, 6]) disk.flipBit(journalOf(disk), frameAt(n) + 20)
  disk.crash('process')
  const log = open(disk)
  assert.deepEqual(
    log.log.damages().map(({ topic, offset, position }) => ({ topic, offset, position })),
    [
      { topic: 'a', offset: 1, position: frameAt(5) },
      { topic: 'b', offset: 1, position: frameAt(5) },
    ],
  )
  assert.deepEqual(valuesOf(log, 'a'), ['a0'])
  assert.ok(log.createTopicNow({ name: 'c', partitionCount: 1 }).ok)
  assert.ok(log.appendNow('c', 0, batch('c0')).ok)
})

test('a topic whose making is in a lost frame: what lies there of it is set aside, not swept away, also by later starts', () => {
  const disk = createDisk(createRandom(1))
  let log = open(disk)
  for (const name of ['a', 'b']) log.createTopicNow({ name, partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 3; i++) for (const name of ['a', 'b']) log.appendNow(name, 0, batch(`${name}${i}`))
  const folder = `${log.topic('b')!.id}.0`
  const files = disk.list(`log/partitions/${folder}`)
  assert.ok(files.some((name) => name.endsWith('.segment')))
  const segment = `${folder}/${files.find((name) => name.endsWith('.segment'))!}`
  const size = disk.open(`log/partitions/${segment}`, 'read').size()
  for (const n of [2, 3]) disk.flipBit(journalOf(disk), frameAt(n) + 20)
  disk.crash('process')
  for (let starts = 0; starts < 3; starts++) {
    log = open(disk)
    assert.equal(log.topic('b'), undefined)
    assert.equal(disk.open(`log/damaged/unknown/${segment}`, 'read').size(), size)
    if (starts === 1) log.close()
    else disk.crash('power')
  }
})

test('either half of the checkpoint is enough; without both the log is not opened', () => {
  const disk = filled()
  disk.crash('process')
  open(disk).close()
  const size = disk.open('log/checkpoint', 'read').size()
  disk.flipBit('log/checkpoint', 600)
  assert.deepEqual(valuesOf(open(createCopy(disk)), 'a'), whole.a)
  disk.flipBit('log/checkpoint', size / 2 + 600)
  assert.throws(() => open(disk), { code: 'MR-LOG-003' })
})

test('a missing segment takes its partition offline', () => {
  const disk = filled()
  disk.crash('process')
  const log = open(disk)
  const folder = `log/partitions/${log.topic('a')!.id}.0`
  log.close()
  const path = `${folder}/${disk.list(folder)[0]!}`
  disk.remove(path)
  const again = open(disk)
  assert.deepEqual(again.log.damages(), [
    { topic: 'a', partition: 0, offset: 0, file: path, position: 0, reason: 'the file is missing' },
  ])
  assert.deepEqual(valuesOf(again, 'b'), whole.b)
  assert.throws(() => again.read('a', 0, 0, 1000), {
    code: 'MR-LOG-001',
    details: {
      topic: 'a',
      partition: 0,
      offset: 0,
      file: folder,
      position: 0,
      reason: 'acknowledged records are missing',
    },
  })
})

test('a reader gets what lies before a missing segment, an error at it, and what lies behind it when it asks there', () => {
  const disk = createDisk(createRandom(1))
  const small = { segmentBytesMax: 700 }
  const log = open(disk, small)
  log.createTopicNow({ name: 'a', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 9; i++) log.appendNow('a', 0, batch(`a${i}`))
  const folder = `log/partitions/${log.topic('a')!.id}.0`
  log.close()
  const bases = disk.list(folder).filter((name) => name.endsWith('.segment'))
  const [from, to] = [bases[1]!, bases[2]!].map((name) => Number(name.slice(0, 20))) as [number, number]
  disk.remove(`${folder}/${bases[1]!}`)
  const again = open(disk, small)
  const baseOf = (offset: number): number => Number(Buffer.from(again.read('a', 0, offset, 1)).readBigInt64BE(0))
  for (let offset = 0; offset < 9; offset++) {
    if (offset < from || offset >= to) assert.equal(baseOf(offset), offset)
    else
      assert.throws(() => again.read('a', 0, offset, 1), {
        code: 'MR-LOG-001',
        details: {
          topic: 'a',
          partition: 0,
          offset,
          file: folder,
          position: 0,
          reason: `records up to offset ${to} are missing`,
        },
      })
  }
})

test('a flipped bit of a batch’s offset, which no checksum covers, is told; no record is ever read at another offset', () => {
  for (let bit = 0; bit < 64; bit++) {
    const disk = createDisk(createRandom(1))
    const log = open(disk)
    log.createTopicNow({ name: 'a', partitionCount: 1, configs: { 'retention.ms': '-1' } })
    for (let i = 0; i < 6; i++) log.appendNow('a', 0, batch(`a${i}`))
    const folder = `log/partitions/${log.topic('a')!.id}.0`
    log.close()
    const path = `${folder}/${disk.list(folder)[0]!}`
    const size = (disk.open(path, 'read').size() - 512) / 6
    disk.flipBit(path, 512 + 3 * size + (bit >> 3), bit & 7)
    const again = open(disk)
    for (const bytesMax of [1, 3 * size, 1 << 20]) {
      for (let offset = 0; offset < 6; offset++) {
        let bytes: Uint8Array
        try {
          bytes = again.read('a', 0, offset, bytesMax)
        } catch (error) {
          assert.equal((error as MillraceError).code, 'MR-LOG-001')
          continue
        }
        assert.notEqual(offset, 3, `bit ${bit}: the damaged batch is read`)
        for (let at = 0; at < bytes.length;) {
          const columns = decodeRecords(bytes, at)
          assert.equal(Buffer.from(recordValue(columns, 0)!).toString(), `a${columns.offsets[0]!}`)
          at += columns.header.size
        }
      }
    }
    assert.throws(() => again.read('a', 0, 3, 1), { code: 'MR-LOG-001' })
  }
})

test('a rotten byte in a segment is told by the reader, with the place', () => {
  const disk = filled()
  disk.crash('process')
  const log = open(disk)
  const folder = `log/partitions/${log.topic('a')!.id}.0`
  disk.flipBit(`${folder}/${disk.list(folder)[0]!}`, 512 + 65)
  assert.throws(() => log.read('a', 0, 0, 1000), {
    code: 'MR-LOG-001',
    details: {
      topic: 'a',
      partition: 0,
      offset: 0,
      file: `${folder}/${disk.list(folder)[0]!}`,
      position: 512,
      reason: 'the checksum of a batch is wrong',
    },
  })
  assert.deepEqual(valuesOf(log, 'b'), whole.b)
})

test('a full disk refuses, leaves nothing half written, and heals by itself', () => {
  const disk = filled()
  disk.crash('process')
  const log = open(disk, { segmentBytesMax: 1200 })
  const big = batch('x'.repeat(600))
  let written = 0
  let refused = 0
  for (const spareBytes of [0, 100, 300, 700, 1500, 5000, 20_000]) {
    disk.capacityBytes = disk.usedBytes + spareBytes
    for (let i = 0; i < 30; i++) {
      const end = log.endOffset('a', 0)
      const outcome = log.appendNow('a', 0, big)
      if (outcome.ok) written++
      else {
        refused++
        assert.deepEqual([outcome.error, log.endOffset('a', 0)], [56, end])
        assert.match(outcome.message, /no room/)
      }
    }
    disk.capacityBytes = Infinity
    assert.ok(log.appendNow('a', 0, big).ok)
    written++
  }
  assert.ok(refused > 30, `${refused} refused`)
  assert.equal(readAll(log, 'a', 0).length, 3 + written)
  disk.crash('power')
  assert.equal(readAll(open(disk), 'a', 0).length, 3 + written)
})

test('a journal file that found no room after half of its header does not end what is acknowledged in the one before', () => {
  for (let seed = 0; seed < 60; seed++) {
    const disk = createDisk(createRandom(seed))
    const log = open(disk, { journalBytesMax: 20_000 })
    log.createTopicNow({ name: 'a', partitionCount: 1, configs: { 'retention.ms': '-1' } })
    for (let i = 0; i < 4; i++) assert.ok(log.appendNow('a', 0, batch(`a${i}`)).ok)
    const room = (seed % 10) * 1000
    disk.capacityBytes = disk.usedBytes + room
    // The next journal is begun here, and fails.
    while (log.log.maintain());
    assert.deepEqual(log.log.failed, false)
    disk.capacityBytes = Infinity
    assert.ok(log.appendNow('a', 0, batch('after')).ok)
    disk.crash(seed % 3 === 0 ? 'process' : 'power')
    assert.deepEqual(valuesOf(open(disk), 'a'), ['a0', 'a1', 'a2', 'a3', 'after'], `room ${room}, seed ${seed}`)
  }
})

test('a commit that finds no room may be submitted again with the same epoch', () => {
  const disk = filled()
  disk.crash('process')
  const log = open(disk)
  const commit = {
    owner: 'pipeline/x',
    epoch: 1,
    appends: [{ topic: 'a', partition: 0, batches: batch('x'.repeat(9000)) }],
    groupOffsets: [],
    position: new Uint8Array(1),
    stateFiles: [],
  }
  disk.capacityBytes = disk.usedBytes
  const outcome = log.commitNow(commit)
  assert.equal(outcome.ok ? '' : outcome.reason, 'retry')
  assert.equal(log.last('pipeline/x'), undefined)
  disk.capacityBytes = Infinity
  assert.deepEqual(log.commitNow(commit), { ok: true, epoch: 1, baseOffsets: [3] })
})

test('after a failed sync writes are refused until restart and reads go on; nothing of the failed group is served', () => {
  const disk = filled()
  disk.crash('process')
  const log = open(disk)
  disk.syncFailure = 1
  assert.equal(errorOf(log.appendNow('a', 0, batch('lost'))), 56)
  disk.syncFailure = 0
  assert.equal(errorOf(log.appendNow('a', 0, batch('lost'))), 56)
  assert.equal(errorOf(log.createTopicNow({ name: 'c', partitionCount: 1 })), 56)
  assert.deepEqual(valuesOf(log, 'a'), whole.a)
  log.close()
  // The page cache shows the frame, but it never reached the disk. Recovery makes safe what it serves.
  disk.crash('process')
  const again = open(disk)
  const seen = valuesOf(again, 'a')
  disk.crash('power')
  assert.deepEqual(valuesOf(open(disk), 'a'), seen)
})

test("in the worker's body a full disk refuses the whole group, also what is refused because of it, and the next group succeeds", async () => {
  const disk = filled()
  disk.crash('process')
  const log = createLog({ disk, clock: createClock(), random: createRandom(3), limits })
  const port = createLogPort('main', log.share, new Doorbell(), { requestRingBytes: 65536, replyRingBytes: 4096 })
  const told: string[] = []
  const body = new LogBody(log, [port], limits, (state) => void told.push(state))
  const client = openLogClient(port, { loop: false })
  const ask = async (): Promise<(string | number)[]> => {
    const asked = [
      client.append('a', 0, batch('x'.repeat(5000))),
      client.append('none', 0, batch('x')),
      client.createTopic({ name: 't', partitionCount: 1 }),
      // There already, as long as nothing is taken back.
      client.createTopic({ name: 't', partitionCount: 1 }),
    ]
    body.step()
    client.poll()
    return (await Promise.all(asked)).map((outcome) => (outcome.ok ? 'ok' : outcome.error))
  }
  disk.capacityBytes = disk.usedBytes
  assert.deepEqual(await ask(), [56, 56, 56, 56])
  assert.deepEqual(await ask(), [56, 56, 56, 56])
  // Nothing to write is no sign of room.
  const read = client.producers('a', 0)
  body.step()
  client.poll()
  assert.ok((await read).ok)
  assert.deepEqual(told, ['full'])
  disk.capacityBytes = Infinity
  assert.deepEqual(await ask(), ['ok', 3, 'ok', 36])
  assert.deepEqual(told, ['full', 'synced'])
  client.close()
})
