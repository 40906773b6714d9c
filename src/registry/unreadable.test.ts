// Records of the registry's topics that cannot be understood, which any client may write, and damage of the disk.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicReader } from '../model/index.ts'
import { createRegistry, schemaIdsFromLog } from './index.ts'
import { memoryTopic } from './testing.ts'
import { withDoor } from './testing-door.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const pair = (key: string, value: string | null): { key: Uint8Array; value: Uint8Array | null } => ({
  key: text(key),
  value: value === null ? null : text(value),
})
const schemaKey = '{"keytype":"SCHEMA","subject":"t","version":1,"magic":1}'
const junk = [
  pair('k', 'x'),
  { key: new Uint8Array([0xff, 0xfe]), value: text('{}') },
  pair('[]', '{}'),
  pair('{}', '{}'),
  pair('{"keytype":"NEWER"}', '{}'),
  pair('{"keytype":"SCHEMA","subject":7,"version":1,"magic":1}', '{}'),
  pair('{"keytype":"SCHEMA","subject":"t","version":1,"magic":9}', '{}'),
  pair(schemaKey, 'x'),
  pair(schemaKey, '[]'),
  pair(schemaKey, '{"subject":"t","version":1,"id":"one","schema":"\\"long\\""}'),
  // The ids that follow would be no ids any more.
  pair(schemaKey, '{"subject":"t","version":1,"id":1e300,"schema":"\\"long\\""}'),
  pair(schemaKey.replace('1,', '2147483648,'), '{"subject":"t","version":1,"id":9,"schema":"\\"long\\""}'),
  pair('{"keytype":"CONFIG","magic":0}', '{"compatibilityLevel":"SIDEWAYS"}'),
  pair('{"keytype":"MODE","magic":0}', '{"mode":7}'),
]
const keyJunk = [
  pair('k', 'x'),
  pair('{"type":"NEWER"}', '{}'),
  pair('{"tenant":"default","name":"a","type":"KEK"}', '7'),
  pair('{"tenant":"default","name":"a","type":"KEK"}', '{"kmsType":7}'),
  pair('{"tenant":"default","kekName":"a","subject":"s","algorithm":"ROT13","version":1,"type":"DEK"}', '{}'),
]

test('records that cannot be understood are skipped, counted and told, and all else is served', () => {
  const topic = memoryTopic()
  const keys = memoryTopic(keyJunk)
  return withDoor(
    async ({ call, registry }) => {
      assert.equal((await call('POST', '/subjects/s/versions', { schema: '"long"' }))[0], 200)
      for (const record of junk) await topic.append([record])
      // Whoever takes one of them away makes no new problem.
      await topic.append([pair('k', null)])
      assert.equal((await call('POST', '/subjects/u/versions', { schema: '"string"' }))[0], 200)
      assert.deepEqual(await call('GET', '/subjects'), [200, ['s', 'u']])
      assert.equal((await call('GET', '/schemas/ids/2'))[0], 200)
      assert.deepEqual(await call('GET', '/dek-registry/v1/keks'), [200, []])
      const kek = { name: 'a', kmsType: 'local-kms', kmsKeyId: 'mine' }
      assert.equal((await call('POST', '/dek-registry/v1/keks', kek))[0], 200)
      const [schemas, ofKeys] = registry.health()
      assert.deepEqual([schemas!.skippedCount, schemas!.firstSkipped!.offset], [junk.length, 1])
      assert.match(schemas!.firstSkipped!.reason, /JSON/)
      assert.deepEqual([ofKeys!.skippedCount, ofKeys!.firstSkipped!.offset], [keyJunk.length, 0])
      // The same after a restart, and in any thread.
      const later = createRegistry({ ...topic, keys })
      assert.deepEqual(later.state().subjects(true), ['s', 'u'])
      assert.deepEqual(
        later.health().map(({ skippedCount }) => skippedCount),
        [junk.length, keyJunk.length],
      )
      assert.equal(schemaIdsFromLog(topic.reader).byId(2)?.text, '"string"')
    },
    [],
    topic,
    keys,
  )
})

test('what a client wrote is told in one short line', async () => {
  const topic = memoryTopic([pair(`{"keytype":"${'x\\n'.repeat(5_000)}"}`, '{}'), pair('a\u001b[2J\n\nb', '{}')])
  const { firstSkipped } = createRegistry(topic).health()[0]!
  assert.ok(firstSkipped!.reason.length <= 200)
  const other = createRegistry(memoryTopic([pair('\u001b[2J\n', '{}')])).health()[0]!
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(other.firstSkipped!.reason, /[\u0000-\u001f]/)
})

test('a wrong checksum does not keep the registry from starting; requests say it until it is mended', async () => {
  const topic = memoryTopic()
  await createRegistry(topic).register('s', 'AVRO', '"long"')
  let damaged = true
  const reader: TopicReader = {
    ...topic.reader,
    read(...place) {
      const bytes = topic.reader.read(...place)
      if (damaged) bytes[bytes.length - 1]! ^= 1
      return bytes
    },
  }
  const registry = createRegistry({ ...topic, reader })
  assert.equal(registry.health()[0]!.damage?.code, 'MR-REGISTRY-003')
  assert.throws(() => registry.state(), { code: 'MR-REGISTRY-003' })
  await assert.rejects(registry.register('u', 'AVRO', '"long"'), { code: 'MR-REGISTRY-003' })
  damaged = false
  assert.equal(registry.health()[0]!.damage, undefined)
  assert.deepEqual(registry.state().subjects(false), ['s'])
})
