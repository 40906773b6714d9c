import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startNode } from './node.ts'

test('a node does not start with another secret than the one that made its keys', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secret-'))
  const before = process.env['LOCAL_SECRET']
  t.after(() => {
    rmSync(folder, { recursive: true })
    if (before === undefined) delete process.env['LOCAL_SECRET']
    else process.env['LOCAL_SECRET'] = before
  })
  const files = {
    'millrace.yaml':
      'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: pay }\n---\n' +
      'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: pay }\nspec: { contact: "#pay" }\n',
    'tables.sql': `CREATE TABLE customers (id BIGINT NOT NULL, name STRING) WITH ('millrace.encrypt.columns' = 'name');\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const startAndStop = async (secret: string): Promise<void> => {
    process.env['LOCAL_SECRET'] = secret
    const node = await startNode({ project: folder, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
    await node.stop()
  }
  await startAndStop('one')
  await assert.rejects(startAndStop('another'), {
    code: 'MR-DEPLOY-033',
    details: { subject: 'customers-value', version: 1, kek: 'millrace' },
  })
  await startAndStop('one')
})
