import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, nodeClock, nodeRandom } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import { loadProject, resolveProject, type Change } from '../../project/index.ts'
import { openRegistry, type Registry } from '../../registry/index.ts'
import { applyChanges } from './applied.ts'

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
