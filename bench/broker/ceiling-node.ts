// Two brokers that are none: our protocol in front of a log that only pretends. What a client reaches against them is what it can
// reach on this machine at all. Sends its port to who forked it. By argument:
// - 'nothing': answers each append at once, and keeps nothing: how fast that client can send.
// - 'synced': copies what has come into one file, syncs it, answers: the least that a broker has to do whose answer means
//   "on disk". No offsets, no topics, no reading.
import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryDisk, nodeClock, nodeNet, nodeRandom } from '../../src/base/index.ts'
import { createKafkaServer, type ServerLog } from '../../src/kafka/server/index.ts'
import { createLocalLog, createLog, type AppendOutcome } from '../../src/log/index.ts'
import { makeAuthorize } from '../../src/model/index.ts'

const fileBytes = 64 * 2 ** 20
const blockBytes = 4096

const disk = createMemoryDisk()
const clock = nodeClock
const real = createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
let offset = 0
const outcome = (): AppendOutcome => ({ ok: true, baseOffset: offset++, logAppendTimeMs: -1, logStartOffset: 0 })
const append = process.argv[2] === 'synced' ? syncedAppend() : () => Promise.resolve(outcome())
const log: ServerLog = {
  ...real,
  append: (topic, partition, batches, ...rest) =>
    topic.startsWith('__') ? real.append(topic, partition, batches, ...rest) : append(batches),
}

/** What comes in one turn of the loop is written and synced together; the next comes while the disk works. */
function syncedAppend(): (batches: Uint8Array) => Promise<AppendOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ceiling-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = openSync(join(folder, 'log'), 'w+')
  // Written once in advance: later syncs find its blocks in place.
  writeSync(file, new Uint8Array(fileBytes), 0, fileBytes, 0)
  fdatasyncSync(file)
  const gathered = new Uint8Array(fileBytes)
  let waiting: (() => void)[] = []
  let bytes = 0
  let position = 0
  const write = (): void => {
    const size = Math.ceil(bytes / blockBytes) * blockBytes
    if (position + size > fileBytes) position = 0
    writeSync(file, gathered, 0, size, position)
    fdatasyncSync(file)
    position += size
    bytes = 0
    const answer = waiting
    waiting = []
    for (const one of answer) one()
  }
  return (batches) =>
    new Promise((resolve) => {
      gathered.set(batches, bytes)
      bytes += batches.length
      if (waiting.push(() => resolve(outcome())) === 1) setImmediate(write)
    })
}

const { port } = await createKafkaServer({
  log,
  reader: real,
  net: nodeNet,
  clock,
  random: nodeRandom,
  authorize: makeAuthorize([]),
  meter: { add() {}, set() {} },
  host: '127.0.0.1',
  port: 0,
  clusterId: 'ceiling',
})
process.on('disconnect', () => process.exit())
process.send!(port)
