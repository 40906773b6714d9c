// With --json what goes wrong is JSON too, on standard output, with the exit code that it has without; in every command.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { commands } from '../src/cli/commands/index.ts'
import type { ErrorShape } from '../src/console-api/index.ts'
import { millrace, plainProject, temporaryFolder } from './kit.ts'

const nothing = join(temporaryFolder(), 'nothing')
const broken = join(temporaryFolder(), 'broken')
mkdirSync(broken)
writeFileSync(join(broken, 'millrace.yaml'), plainProject.replace('owner: team', 'ownr: team'))
writeFileSync(join(broken, 'tables.sql'), 'CREATE TABLE t (id BIGINTT);\n')

/** Words that fail, the exit code, and the error's code. */
const failures: Readonly<Record<string, readonly (readonly [readonly string[], number, string])[]>> = {
  init: [
    [['init', broken], 1, 'MR-CLI-002'],
    [['init'], 2, 'MR-CLI-005'],
  ],
  dev: [
    [['dev', broken], 1, 'MR-PROJECT-005'],
    [['dev', '--kafka-port', 'x'], 2, 'MR-CLI-005'],
  ],
  check: [
    [['check', nothing], 1, 'MR-PROJECT-017'],
    [['check', 'a', 'b'], 2, 'MR-CLI-005'],
  ],
  plan: [
    [['plan', broken], 1, 'MR-PROJECT-005'],
    [['plan', '--chekc'], 2, 'MR-CLI-005'],
  ],
  apply: [[['apply', broken], 1, 'MR-PROJECT-005']],
  test: [[['test', broken], 1, 'MR-PROJECT-005']],
  demo: [[['demo', '--events', 'x'], 2, 'MR-CLI-005']],
  explore: [
    [['explore', nothing, 'SELECT 1'], 1, 'MR-CLI-001'],
    [['explore'], 2, 'MR-CLI-005'],
  ],
  topics: [
    [['topics', nothing], 1, 'MR-CLI-001'],
    [['topics', nothing, 't', '--limit', '0'], 2, 'MR-CLI-005'],
  ],
  quarantine: [
    [['quarantine', 'list', nothing, 't'], 1, 'MR-CLI-001'],
    [['quarantine', 'replay'], 2, 'MR-CLI-005'],
  ],
  schemas: [[['schemas', nothing], 1, 'MR-CLI-001']],
  pipelines: [[['pipelines', nothing], 1, 'MR-CLI-001']],
  tables: [[['tables', nothing], 1, 'MR-CLI-001']],
  catalog: [[['catalog', broken], 1, 'MR-PROJECT-005']],
  groups: [[['groups', nothing], 1, 'MR-CLI-001']],
  lag: [[['lag', nothing], 1, 'MR-CLI-001']],
  backup: [
    [['backup', nothing, '--to', 'x'], 1, 'MR-PROJECT-017'],
    [['backup'], 2, 'MR-CLI-005'],
  ],
  restore: [
    [['restore', nothing, '--from', nothing], 1, 'MR-PROJECT-017'],
    [['restore'], 2, 'MR-CLI-005'],
  ],
  log: [
    [['log', 'verify', nothing], 1, 'MR-LOG-003'],
    [['log'], 2, 'MR-CLI-005'],
  ],
  explain: [[['explain', broken], 1, 'MR-PROJECT-005']],
  flink: [[['flink', broken], 1, 'MR-PROJECT-005']],
}

test('there is a failure of every command', () => {
  assert.deepEqual(Object.keys(failures).toSorted(), Object.keys(commands).toSorted())
})

for (const [words, exit, code] of [...Object.values(failures).flat(), [['chekc'], 2, 'MR-CLI-005']] as const) {
  test(`millrace ${words.map((word) => word.replace(/^.*[/\\]/, '')).join(' ')}: ${code}`, async () => {
    const [shown, parsed] = await Promise.all([millrace([...words]), millrace([...words, '--json'])])
    assert.deepEqual([shown.code, shown.stdout], [exit, ''])
    assert.deepEqual([parsed.code, parsed.stderr], [exit, ''])
    const { error } = JSON.parse(parsed.stdout) as ErrorShape
    assert.equal(error.code, code, parsed.stdout)
    assert.notEqual(error.help, '')
    if (exit !== 2)
      assert.ok(shown.stderr.includes(`${error.message} [${error.code}]\n  ${error.help}\n`), shown.stderr)
  })
}

test('all mistakes of a folder, each with its place', async () => {
  const ran = await millrace(['plan', broken, '--json'])
  const { error, errors } = JSON.parse(ran.stdout) as ErrorShape & { errors: ErrorShape['error'][] }
  assert.deepEqual(
    errors.map(({ code, place }) => [code, place?.file, place?.line, place?.column]),
    [
      ['MR-PROJECT-005', 'millrace.yaml', 3, 25],
      ['MR-SQL-001', 'tables.sql', 1, 20],
    ],
  )
  assert.deepEqual(error, errors[0])
})
