// What is looked at by a timer goes away while it is looked at: the look leaves it out, and a timer that fails goes on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { MillraceError, nodeClock, nodeRandom, openNodeDisk, type Clock } from '../../base/index.ts'
import type { KafkaServer } from '../../kafka/server/index.ts'
import { createLocalLog, createLog, type LogReader } from '../../log/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { createMetrics } from '../../ops/index.ts'
import { loadProject, resolveProject } from '../../project/index.ts'
import { faultLines, guardedClock } from './guard.ts'
import { Live } from './live.ts'

const files = [
  {
    path: 'millrace.yaml',
    text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: payments }\n',
  },
  {
    path: 'owners.yaml',
    text: 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: payments }\nspec: { contact: "#pay" }\n',
  },
]

async function startLive(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-live-'))
  const disk = openNodeDisk(folder)
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  t.after(() => {
    log.close()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const name of ['gone', 'kept']) {
    await log.createTopic({ name, partitionCount: 1 })
    await log.append(name, 0, encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: 1 }]))
  }
  // As another thread's look sees it: listed just before it is deleted.
  const listed = log.topics()
  const reader: LogReader = Object.create(log, {
    topics: { value: () => listed },
    partitionCount: { value: () => 1 },
  })
  const project = loadProject(files, {})
  const metrics = createMetrics()
  const committed = new Map([[0, { offset: 0, commitMs: 1, metadata: '', leaderEpoch: -1 }]])
  const overview = {
    id: 'g',
    protocol: '',
    protocolType: 'consumer',
    state: 'Empty',
    members: [],
    offsets: new Map([
      ['gone', committed],
      ['kept', committed],
    ]),
  }
  const kafka = { groups: () => Promise.resolve([overview]) } as unknown as KafkaServer
  const desired = resolveProject(project, 'local', [])
  const parts = { project, desired, data: folder, reader, clock: nodeClock, metrics, kafka: () => kafka }
  return { log, parts, metrics }
}

test('a topic that is deleted while statistics are taken is left out of them, and the others are not', async (t) => {
  const { log, parts, metrics } = await startLive(t)
  const live = new Live(parts)
  live.tick()
  assert.deepEqual(
    live.topics().map(({ name }) => name),
    ['gone', 'kept'],
  )
  assert.notEqual(metrics.value('millrace_freshness_seconds', { asset: 'gone' }), undefined)
  await log.deleteTopic('gone')
  live.tick()
  assert.deepEqual(
    live.topics().map(({ name }) => name),
    ['kept'],
  )
  assert.equal(metrics.value('millrace_freshness_seconds', { asset: 'gone' }), undefined)
  const text = await live.metricsText()
  assert.match(text, /kminion_kafka_topic_high_water_mark_sum\{topic_name="kept"\} 1\n/)
  assert.match(text, /kminion_kafka_consumer_group_topic_lag\{group_id="g",topic_name="kept"\} 1\n/)
  assert.doesNotMatch(text, /topic_name="gone"/)
  // A node that starts just then.
  assert.doesNotThrow(() => new Live(parts))
})

test('groups that cannot be read do not take the other metrics away', async (t) => {
  const { parts } = await startLive(t)
  const damaged = new MillraceError('MR-LOG-004', { details: { topic: '__consumer_offsets', partition: 0 } })
  const kafka = { groups: () => Promise.reject(damaged) } as unknown as KafkaServer
  const live = new Live({ ...parts, kafka: () => kafka })
  live.groups.tick()
  assert.match(await live.metricsText(), /kminion_kafka_topic_high_water_mark_sum\{topic_name="kept"\} 1\n/)
})

test('a disk that is full is one problem until writes go on', async (t) => {
  const { parts } = await startLive(t)
  const live = new Live(parts)
  live.noteWrites('full')
  const said = live.problems().get('disk')!
  assert.ok(said.includes(`No room left on the disk while writing ${parts.data}. All writes are refused`), said)
  assert.match(said, /Free some space/)
  live.noteWrites('failed')
  assert.match(live.problems().get('disk')!, /no write is taken before the next start/)
  live.noteWrites('synced')
  assert.equal(live.problems().size, 0)
})

test('a timer that fails says so once a minute and goes on', () => {
  let nowMs = 0
  const due: (() => void)[] = []
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: (_delayMs, run) => {
      due.push(run)
      return () => {}
    },
  }
  const written: string[] = []
  const guardedOne = guardedClock(
    clock,
    'statistics',
    faultLines(clock, (text) => void written.push(text)),
  )
  const tick = (): void => {
    guardedOne.after(1000, tick)
    throw new Error('out of step')
  }
  guardedOne.after(1000, tick)
  for (nowMs = 1000; nowMs <= 62_000; nowMs += 1000) due.shift()!()
  assert.equal(due.length, 1)
  assert.equal(written.length, 2)
  assert.match(written[0]!, /^fault statistics: out of step; the node goes on\..*\nError: out of step\n/)
})
