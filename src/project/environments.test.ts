// Which environment is meant: one that is not there is refused, also when nobody named it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../base/index.ts'
import { loadProject, resolveProject } from './index.ts'

const files = [
  {
    path: 'millrace.yaml',
    text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: payments }\n',
  },
  {
    path: 'owner.yaml',
    text: 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: payments }\nspec: { contact: "#pay" }\n',
  },
]
const load = (...environments: string[]) =>
  loadProject([...files, ...environments.map((text, i) => ({ path: `environments/${i}.yaml`, text }))], {})

const environment = (name: string, spec: string): string =>
  `apiVersion: millrace/v1\nkind: Environment\nmetadata: { name: ${name} }\nspec:\n${spec}`

test('where a folder has environments, local is one only if it is there', () => {
  const loaded = load(environment('lcoal', '  durability: synced\n'), environment('production', '  partitions: 3\n'))
  assert.deepEqual(loaded.errors, [])
  assert.throws(
    () => resolveProject(loaded, 'local', []),
    (error: unknown) =>
      error instanceof MillraceError &&
      error.code === 'MR-PROJECT-018' &&
      /Did you mean lcoal\? Environments of this folder: lcoal, production\./.test(error.help),
  )
  assert.equal(resolveProject(loaded, 'production', []).environment.partitions, 3)
  assert.equal(resolveProject(load(), 'local', []).environment.name, 'local')
  assert.throws(() => resolveProject(load(), 'staging', []), { code: 'MR-PROJECT-018' })
})
