import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMetrics } from '../../ops/index.ts'
import type { TopicHealth } from '../../registry/index.ts'
import { startNode, type EmbeddedNode } from './node.ts'
import { noteRegistryHealth } from './registry-problems.ts'

test('a skipped record of the registry is a problem of the node with its offset, and is counted', () => {
  const metrics = createMetrics()
  const notes = new Map<string, string>()
  let health: readonly TopicHealth[] = [
    { topic: '_schemas', skippedCount: 3, firstSkipped: { offset: 7, reason: 'keytype "x"' } },
  ]
  const look = (): void => noteRegistryHealth({ health: () => health }, notes, metrics)
  look()
  assert.match(notes.get('topic _schemas')!, /^Record 7 of _schemas cannot be understood and is skipped: keytype "x"\./)
  assert.equal(metrics.value('millrace_registry_skipped_records', { topic: '_schemas' }), 3)
  health = [{ topic: '_schemas', skippedCount: 0 }]
  look()
  assert.equal(notes.size, 0)
})

test('a node starts on a damaged _schemas: its doors serve, and whoever needs schemas waits', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-damage-'))
  let node: EmbeddedNode | undefined
  t.after(async () => {
    await node?.stop()
    rmSync(folder, { recursive: true })
  })
  const files = {
    'millrace.yaml':
      'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: pay }\n---\n' +
      'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: pay }\nspec: { contact: "#pay" }\n',
    'tables.sql': `CREATE TABLE a (id BIGINT NOT NULL);\nCREATE TABLE b (id BIGINT NOT NULL) WITH ('millrace.lake' = 'append');\n`,
    'pipelines.sql': 'INSERT INTO b SELECT id FROM a;\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const start = () => startNode({ project: folder, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
  await (await start()).stop()
  const partitions = join(folder, '.millrace', 'log', 'partitions')
  const segments = readdirSync(partitions, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment'))
    .map((name) => join(partitions, name))
  const isSchemas = (path: string): boolean => readFileSync(path).includes('"keytype":"SCHEMA"')
  const path = segments.find((one) => isSchemas(one))!
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('b-value')]! ^= 1
  writeFileSync(path, bytes)
  node = await start()
  const problems = node.live.problems()
  assert.match(problems.get('topic _schemas')!, /damaged/)
  assert.match(problems.get('workers')!, /wait: _schemas is damaged/)
  const ask = async (port: number, path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status
  assert.equal(await ask(node.ports.registry, '/subjects'), 500)
  assert.equal(await ask(node.ports.console, '/api/node'), 200)
})
