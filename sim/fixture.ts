// node sim/fixture.ts FOLDER: writes the data folders that each release leaves behind, FOLDER/closed and FOLDER/killed.
// Run once for a format version; the result is committed under src/log/fixtures/ and never written again.
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openNodeDisk } from '../src/base/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createLocalLog, createLog, lockDataFolder, type LocalLog } from '../src/log/index.ts'
import { createClock } from './clock.ts'
import { createRandom } from './random.ts'

const target = resolve(process.argv[2] ?? 'fixture')
const limits = { journalChunkBytesMin: 4096, segmentBytesMax: 900, producerIdBlock: 10 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function open(folder: string): LocalLog {
  const disk = openNodeDisk(folder)
  return createLocalLog(createLog({ disk, clock: createClock(), random: createRandom(1), limits }), disk, limits)
}

function append(log: LocalLog, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const record = { key: bytes(`key ${i % 3}`), value: bytes(`value ${i}`), timestampMs: 1_700_000_000_000 + i }
    log.appendNow(
      'orders',
      i % 2,
      encodeRecordBatch([record], { producerId: 1000n, producerEpoch: 0, baseSequence: Math.floor(i / 2) }),
    )
  }
}

function commit(log: LocalLog, epoch: number): void {
  log.commitNow({
    owner: 'pipeline/totals',
    epoch,
    appends: [
      {
        topic: 'orders',
        partition: 0,
        batches: encodeRecordBatch([{ key: null, value: bytes(`epoch ${epoch}`), timestampMs: 1_700_000_000_500 }]),
      },
    ],
    groupOffsets: [{ group: 'millrace.totals', topic: 'in', partition: 0, offset: epoch * 10, metadata: '' }],
    position: bytes(`position ${epoch}`),
    stateFiles: [{ path: `state/${epoch}.segment`, size: 5, crc: 7 }],
  })
}

/** Each call is a transaction of producer 1001, which has a new epoch after each. @param end undefined leaves it open */
async function pay(log: LocalLog, epoch: number, value: string, end: 'commit' | 'abort' | undefined): Promise<void> {
  const record = { key: null, value: bytes(value), timestampMs: 1_700_000_000_600 }
  const producer = { producerId: 1001n, producerEpoch: epoch, baseSequence: 0, transactional: true }
  await log.append('payments', 0, encodeRecordBatch([record], producer))
  if (end)
    await log.endTransaction({
      producerId: 1001n,
      producerEpoch: epoch + 1,
      coordinatorEpoch: 0,
      commits: end === 'commit',
      appends: [],
    })
}

rmSync(target, { recursive: true, force: true })
const closed = join(target, 'closed')
const lock = lockDataFolder(closed)
const log = open(closed)
log.createTopicNow({ name: 'orders', partitionCount: 2, configs: { 'retention.ms': '-1' } })
await log.nextProducerId()
append(log, 0, 20)
commit(log, 1)
log.createTopicNow({ name: 'payments', partitionCount: 1, configs: { 'retention.ms': '-1' } })
await pay(log, 0, 'paid', 'commit')
await pay(log, 1, 'never', 'abort')
log.close()
lock.release()
rmSync(join(closed, 'lock'), { force: true })

// The same, then more, and never closed: the files as a killed process leaves them.
const killed = join(target, 'killed')
cpSync(closed, killed, { recursive: true })
const running = open(killed)
append(running, 20, 24)
commit(running, 2)
await pay(running, 2, 'never either', 'abort')
await pay(running, 3, 'undecided', undefined)
