import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { parseStoreys } from './tidy/rules.ts'
import { tidy } from './tidy.ts'

const roots: string[] = []
after(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})

const map = `| Storey | Rooms | May touch |
|---|---|---|
| 7 | \`cli\`, \`index.ts\` (the library) | terminal |
| 3 | \`kafka/server\`, \`registry\` | sockets |
| 2 | \`kafka/wire\` | pure |
| 0 | \`base\`: bytes, one small server | built-ins |
`

// A small house in which every rule holds.
const sound: Readonly<Record<string, string>> = {
  'docs/ARCHITECTURE.md': map,
  'package.json': '{"dependencies": {"yaml": "1"}}',
  'src/index.ts': "export { serve } from './kafka/server/index.ts'\nexport { look } from './registry/index.ts'",
  'src/kafka/server/index.ts': "export { serve } from './serve.ts'",
  'src/kafka/server/README.md': '# server',
  'src/kafka/server/serve.ts':
    "import { read } from '../wire/index.ts'\nimport { startWorker } from '../../base/index.ts'\n" +
    "export const serve = () => startWorker(new URL('./io.worker.ts', import.meta.url), read())",
  'src/kafka/server/io.worker.ts': 'export {}',
  'src/kafka/wire/index.ts': 'export const read = () => 1',
  'src/kafka/wire/README.md': '# wire',
  'src/registry/index.ts': "import yaml from 'yaml'\nexport const look = yaml",
  'src/registry/README.md': '# registry',
  'src/base/index.ts': "export { startWorker } from './worker.ts'",
  'src/base/worker.ts': 'export const startWorker = (url: URL, x: unknown) => [new Worker(url), x, Date.now()]',
  'src/base/README.md': '# base',
}

function findings(changes: Readonly<Record<string, string | undefined>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'millrace-tidy-'))
  roots.push(root)
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    if (text === undefined) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return tidy(root).map(({ path, line, message }) => `${path}:${line}: ${message}`)
}

function assertOnly(changes: Readonly<Record<string, string | undefined>>, expected: RegExp): void {
  const found = findings(changes)
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0]!, expected)
}

test('a house in order has no findings', () => {
  assert.deepEqual(findings({}), [])
})

test('storeys are read from the table, braces and files included', () => {
  assert.deepEqual(parseStoreys('| 6 | `deploy/{kafka,flink}`, `index.ts` | `x` |\n| a | `b` | |'), [
    { name: 'deploy/kafka', storey: 6 },
    { name: 'deploy/flink', storey: 6 },
    { name: 'index.ts', storey: 6 },
  ])
  assert.throws(() => parseStoreys('no table'), /no table of storeys/)
})

test('an import upward is found', () => {
  const source = "import '../registry/index.ts'\nexport const startWorker = () => 1"
  assertOnly(
    { 'src/base/worker.ts': source },
    /^src\/base\/worker\.ts:1: base \(storey 0\) imports registry \(storey 3\)/,
  )
})

test('an import sideways is found, also of a type and also by import()', () => {
  const source =
    "import type { serve } from '../kafka/server/index.ts'\nexport const look: typeof serve = (await import('../kafka/server/index.ts')).serve"
  const found = findings({ 'src/registry/index.ts': source })
  assert.equal(found.length, 2, found.join('\n'))
  for (const line of found) assert.match(line, /of the same storey \(3\): never sideways/)
})

test('another room is entered only through its index.ts', () => {
  const source = "export { startWorker } from '../base/worker.ts'\nexport const look = 1"
  assertOnly({ 'src/registry/index.ts': source }, /another room is entered only through src\/base\/index\.ts/)
})

test('src may not depend on what lies beside it', () => {
  assertOnly(
    { 'src/registry/index.ts': "export { x as look } from '../../sim/x.ts'", 'sim/x.ts': 'export const x = 1' },
    /nothing in src\/ may depend/,
  )
})

test('product code imports only packages that the published package brings', () => {
  assertOnly({ 'src/registry/index.ts': "export { a as look } from 'avsc/x'" }, /imports avsc, which is not among/)
  assert.deepEqual(findings({ 'src/registry/a.test.ts': "import 'avsc'" }), [])
})

test('a file outside of every room is found', () => {
  assertOnly({ 'src/kafka/common.test.ts': '' }, /^src\/kafka\/common\.test\.ts:0: lies in no room/)
})

test('a dead file is found', () => {
  assertOnly({ 'src/registry/old.ts': '' }, /^src\/registry\/old\.ts:0: nothing imports this file/)
})

test('workers are started by startWorker and in no other way', () => {
  assertOnly({ 'src/registry/lost.worker.ts': '' }, /no file starts this worker/)
  assertOnly({ 'src/registry/index.ts': 'export const look = new Worker("x")' }, /starts a thread by itself/)
  const direct =
    "import './a.worker.ts'\nimport { startWorker } from '../base/index.ts'\nexport const look = startWorker(new URL('./a.worker.ts', import.meta.url), 1)"
  assertOnly({ 'src/registry/index.ts': direct, 'src/registry/a.worker.ts': '' }, /entry is only ever started/)
  const kept = "export const look = new URL('./a.worker.ts', import.meta.url)"
  const found = findings({ 'src/registry/index.ts': kept, 'src/registry/a.worker.ts': '' })
  assert.match(found.join('\n'), /must be handed straight to startWorker/)
})

test('long files and long functions are found, but not in generated code', () => {
  const long = `export const look = 1\n${'// line\n'.repeat(600)}`
  assertOnly({ 'src/registry/index.ts': long }, /601 lines, at most 600/)
  const body = `export function look() {\n${'  look()\n'.repeat(99)}}`
  assertOnly({ 'src/registry/index.ts': body }, /^src\/registry\/index\.ts:1: look has 101 lines, at most 100/)
  const generated = {
    'src/registry/index.ts': "export * from './generated/a.ts'",
    'src/registry/generated/a.ts': body + '\n' + long,
  }
  assert.deepEqual(findings(generated), [])
})

test('each room has a README of at most 40 lines and an index.ts', () => {
  assertOnly({ 'src/registry/README.md': undefined }, /^src\/registry:0: has no README\.md/)
  assertOnly({ 'src/registry/README.md': 'x\n'.repeat(41) }, /41 lines, at most 40/)
  assertOnly(
    {
      'src/registry/index.ts': undefined,
      'src/registry/a.test.ts': '',
      'src/index.ts': "export * from './kafka/server/index.ts'",
    },
    /has no index\.ts/,
  )
})

test('core code does not touch the outside world, unless listed with a reason', () => {
  const source = "import { readFileSync } from 'node:fs'\nexport const look = readFileSync(String(Date.now()))"
  const found = findings({ 'src/registry/index.ts': source })
  assert.equal(found.length, 2, found.join('\n'))
  assert.match(found[0]!, /uses node:fs directly/)
  assert.match(found[1]!, /uses Date\.now directly/)
  const listed = 'src/registry/index.ts  node:fs  reads a file\nsrc/registry/index.ts  Date.now  tells the time\n'
  assert.deepEqual(findings({ 'src/registry/index.ts': source, 'tools/tidy-allowed.txt': listed }), [])
  assertOnly({ 'tools/tidy-allowed.txt': listed.split('\n')[0] }, /which is not used: take it out/)
})

test('a note of unfinished work is found', () => {
  assertOnly(
    { 'src/registry/index.ts': `export const look = 1 // ${'TO'}${'DO'}: more` },
    /^src\/registry\/index\.ts:1: a note/,
  )
})

test('a file that cannot be parsed is found', () => {
  assert.match(findings({ 'src/registry/a.test.ts': 'const = 1' }).join('\n'), /cannot be parsed/)
})
