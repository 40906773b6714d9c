// The registry's topics on a log, where somebody else has made or changed them before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, nodeClock, nodeRandom } from '../base/index.ts'
import { createLocalLog, createLog } from '../log/index.ts'
import { openRegistry } from './index.ts'
import { keysTopic } from './keys/key-records.ts'

const kek = { name: 'a', kmsType: 'local-kms', kmsKeyId: 'k', kmsProps: {}, doc: null, shared: false, deleted: false }

test('topics that somebody else made keep what they hold: at start and when they are used, which is said', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  await log.createTopic({ name: '_schemas', partitionCount: 1, configs: { 'cleanup.policy': 'compact,delete' } })
  await log.createTopic({ name: keysTopic.name, partitionCount: 4, configs: { 'retention.ms': '1000' } })
  const told: string[] = []
  const open = () => openRegistry({ log, reader: log, clock: nodeClock, tell: (line) => told.push(line) })
  const registry = await open()
  const kept = { 'retention.ms': '-1', 'retention.bytes': '-1' }
  assert.deepEqual(log.topic('_schemas')!.configs, { ...kept, 'cleanup.policy': 'compact' })
  assert.deepEqual(log.topic(keysTopic.name)!.configs, { ...kept, ...keysTopic.configs })
  assert.equal(told.length, 2)
  assert.match(told[1]!, /^Topic _dek_registry_keys had cleanup\.policy delete/)
  await open()
  assert.equal(told.length, 2)
  await log.alterTopic('_schemas', {})
  await log.alterTopic(keysTopic.name, {})
  await registry.register('s', 'AVRO', '"long"')
  await registry.keys!.createKek(kek)
  assert.equal(log.topic('_schemas')!.configs['cleanup.policy'], 'compact')
  assert.deepEqual(log.topic(keysTopic.name)!.configs, { ...kept, ...keysTopic.configs })
  assert.equal(told.length, 4)
})

test('the topic of keys says for ever what was deleted, also where an older program made it to forget', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const configs = { ...keysTopic.configs, 'delete.retention.ms': '86400000', 'segment.ms': '1000' }
  await log.createTopic({ name: keysTopic.name, partitionCount: 1, configs })
  const told: string[] = []
  const open = () => openRegistry({ log, reader: log, clock: nodeClock, tell: (line) => told.push(line) })
  await open()
  const wanted = { ...configs, 'delete.retention.ms': keysTopic.configs['delete.retention.ms'] }
  assert.deepEqual(log.topic(keysTopic.name)!.configs, wanted)
  assert.deepEqual(told, [])
  // Longer is as good.
  const longer = { ...wanted, 'delete.retention.ms': '9000000000000001' }
  await log.alterTopic(keysTopic.name, longer)
  await open()
  assert.deepEqual(log.topic(keysTopic.name)!.configs, longer)
})
