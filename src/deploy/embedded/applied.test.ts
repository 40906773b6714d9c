import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, MillraceError, nodeClock, nodeRandom } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import { loadProject, resolveProject, type Change } from '../../project/index.ts'
import { openRegistry, type Registry } from '../../registry/index.ts'
import { appliedTopic, applyChanges, readApplied } from './applied.ts'

const millrace = 'apiVersion: millrace/v1\n'
const desired = resolveProject(
  loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      {
        path: 'owner.yaml',
        text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n`,
      },
      {
        path: 'tables.sql',
        text: 'CREATE TABLE events (id BIGINT NOT NULL);\nCREATE TABLE users (id BIGINT NOT NULL, name STRING);',
      },
    ],
    {},
  ),
  'local',
  [],
)

const apply = (log: LocalLog, registry: Registry): Promise<Change[]> =>
  applyChanges({
    desired,
    reader: log,
    log,
    registerSchema: async (subject, type, text) => void (await registry.register(subject, type, text)),
    isRegistered: (subject) => registry.state().versions(subject, false).length > 0,
    nowMs: 0,
    accept: [],
  })

test('schemas of the folder come back when somebody has deleted _schemas', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const registry = await openRegistry({ log, reader: log, clock: nodeClock })
  assert.ok((await apply(log, registry)).length > 0)
  const ids = (): unknown => ['events-value', 'users-value'].map((s) => registry.schemaIds.latest(s)?.id)
  assert.deepEqual(ids(), [1, 2])
  assert.equal((await log.deleteTopic('_schemas')).ok, true)
  // The running registry sees it at once, and makes the topic anew when something is registered.
  assert.deepEqual(ids(), [undefined, undefined])
  assert.deepEqual(await apply(log, registry), [])
  assert.deepEqual(ids(), [1, 2])
  const later = await openRegistry({ log, reader: log, clock: nodeClock })
  assert.equal(later.schemaIds.latest('users-value')?.id, 2)
  // A subject that somebody deleted comes back too; one that lives is left alone.
  await registry.deleteSubject('users-value', false)
  assert.deepEqual(await apply(log, registry), [])
  assert.deepEqual(ids(), [1, 2])
  assert.equal(registry.schemaIds.latest('users-value')?.version, 2)
})

const folderWith = (sql: string): ReturnType<typeof resolveProject> =>
  resolveProject(
    loadProject(
      [
        { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
        {
          path: 'owner.yaml',
          text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n`,
        },
        { path: 'tables.sql', text: sql },
      ],
      {},
    ),
    'local',
    [],
  )

test('a producer’s own schema of a service’s topic is used when the table can read it, and named when not', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const registry = await openRegistry({ log, reader: log, clock: nodeClock })
  const applied = (sql: string): Promise<Change[]> =>
    applyChanges({
      desired: folderWith(sql),
      reader: log,
      log,
      registerSchema: async (subject, type, text) => void (await registry.register(subject, type, text)),
      isRegistered: (subject) => registry.state().versions(subject, false).length > 0,
      nowMs: 0,
      accept: [],
    })
  const versions = (subject: string): number => registry.state().versions(subject, false).length
  const proto = 'syntax = "proto3";\npackage shop;\nmessage Payment { int64 id = 7; optional string note = 3; }\n'
  await registry.register('payments-value', 'PROTOBUF', proto)
  const avro = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'long' }] }
  await registry.register('orders-value', 'AVRO', JSON.stringify(avro))
  const payments = "(id BIGINT NOT NULL, note STRING) WITH ('millrace.format' = 'protobuf-confluent')"
  await applied(`CREATE TABLE payments ${payments};\nCREATE TABLE orders (id BIGINT NOT NULL);`)
  assert.deepEqual([versions('payments-value'), versions('orders-value')], [1, 1])
  // A column that the producer does not write yet is NULL; nothing new is registered under the producer's name.
  await applied(`CREATE TABLE payments ${payments};\nCREATE TABLE orders (id BIGINT NOT NULL, note STRING);`)
  assert.deepEqual([versions('payments-value'), versions('orders-value')], [1, 1])
  await registry.register('refunds-value', 'AVRO', JSON.stringify({ ...avro, name: 'Refund' }))
  await assert.rejects(
    applied(
      `CREATE TABLE payments ${payments};\nCREATE TABLE orders (id BIGINT NOT NULL, note STRING);\nCREATE TABLE refunds (id BOOLEAN NOT NULL);`,
    ),
    { code: 'MR-DEPLOY-030' },
  )
  assert.equal(versions('refunds-value'), 1)
})

test('a folder’s own text is found again behind newer versions of its subject', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const registry = await openRegistry({ log, reader: log, clock: nodeClock })
  await apply(log, registry)
  for (const { subject, text } of desired.schemas) {
    const { id } = registry.schemaIds.latest(subject)!
    assert.equal(registry.schemaIds.idOfText!(subject, text), id)
    const newer = JSON.parse(text) as { fields: object[] }
    newer.fields.push({ name: 'more', type: ['null', 'string'], default: null })
    await registry.register(subject, 'AVRO', JSON.stringify(newer))
    assert.notEqual(registry.schemaIds.latest(subject)!.id, id)
    assert.equal(registry.schemaIds.idOfText!(subject, text), id)
  }
})

test('a column in the middle of a Protobuf topic is refused: it would take another one’s number', async () => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const registry = await openRegistry({ log, reader: log, clock: nodeClock })
  const applied = (columns: string): Promise<Change[]> =>
    applyChanges({
      desired: folderWith(`CREATE TABLE copies (${columns}) WITH ('millrace.format' = 'protobuf-confluent');`),
      reader: log,
      log,
      registerSchema: async (subject, type, text) => void (await registry.register(subject, type, text)),
      isRegistered: (subject) => registry.state().versions(subject, false).length > 0,
      nowMs: 0,
      accept: ['schema/copies-value'],
    })
  await applied('id BIGINT NOT NULL, a STRING')
  await assert.rejects(applied('id BIGINT NOT NULL, b STRING, a STRING'), { code: 'MR-DEPLOY-031' })
  assert.equal(registry.schemaIds.latest('copies-value')!.version, 1)
  await applied('id BIGINT NOT NULL, a STRING, b STRING')
  assert.equal(registry.schemaIds.latest('copies-value')!.version, 2)
})

test('what was applied and is damaged ends a look at it with the place and what to do, not with half of it', async (t) => {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  t.after(() => log.close())
  const registry = await openRegistry({ log, reader: log, clock: nodeClock })
  await apply(log, registry)
  const folder = `log/partitions/${log.topic(appliedTopic)!.id}.0`
  const path = `${folder}/${disk.list(folder).find((name) => name.endsWith('.segment'))!}`
  const end = log.read(appliedTopic, 0, 0, 1 << 20).length
  const file = disk.open(path, 'write')
  file.write(new Uint8Array([0xff]), 512 + end - 3)
  file.close()
  assert.throws(
    () => readApplied(log, 'local'),
    (error) => {
      assert.ok(error instanceof MillraceError && error.code === 'MR-DEPLOY-034')
      assert.match(error.message, new RegExp(`__millrace-0 is damaged .* at ${path}:`))
      assert.match(String(error.help), /millrace log repair/)
      return true
    },
  )
})
