// The published package on the oldest Node that it promises: what newer ones have, it must not need.
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { mustRun, oldestNode, runProgram, type RunResult } from '../../peers/index.ts'
import { startMillrace } from '../../tools/millrace-process.ts'
import { installPackedPackage, type PackedPackage } from '../../tools/packed-package.ts'

let node: string
let installed: PackedPackage
before(async () => {
  node = await oldestNode()
  installed = await installPackedPackage(node)
})
after(() => installed?.remove())

/** The installed program on that Node. */
const millrace = (...words: readonly string[]): Promise<RunResult> =>
  runProgram(node, [join(installed.folder, 'node_modules', 'millrace', 'bin', 'millrace.mjs'), ...words], {
    cwd: installed.folder,
    env: installed.env,
  })

test('the example is run to its end, and agrees with DuckDB row by row', async () => {
  const ran = await millrace('demo', '--once', '--events', '3000', '--data', 'demo', '--json')
  assert.deepEqual([ran.code, ran.stderr], [0, ''])
  const { check } = JSON.parse(ran.stdout) as { check: { agrees: boolean; tables: { foundRows: number }[] } }
  assert.equal(check.agrees, true)
  assert.ok(check.tables.length >= 6 && check.tables.every((table) => table.foundRows > 0), ran.stdout)
})

test('the example’s own tests pass', async () => {
  assert.deepEqual((await millrace('init', 'tested')).code, 0)
  const ran = await millrace('test', 'tested')
  assert.deepEqual([ran.code, ran.stderr], [0, ''], ran.stdout)
  assert.match(ran.stdout, /\n[1-9]\d* passed, 0 failed\n$/)
})

test('init, dev and Ctrl-C work, and nothing is printed that looks like trouble', async () => {
  const { folder, env } = installed
  assert.match(await mustRun(node, ['--version']), /^v22\.15\.0/)
  const program = join(folder, 'node_modules', 'millrace', 'bin', 'millrace.mjs')
  await mustRun(node, [program, 'init', 'shop'], { cwd: folder, env })
  const platform = await startMillrace({
    project: join(folder, 'shop'),
    command: [node, program, 'dev'],
    cwd: folder,
    env,
  })
  try {
    const page = await fetch(`http://127.0.0.1:${platform.ports.console}/`)
    assert.equal(page.status, 200)
    await page.text()
    process.kill(platform.pid, 'SIGINT')
    assert.equal(await platform.ended, 0)
    assert.doesNotMatch(platform.output(), /ExperimentalWarning|DeprecationWarning|Error/)
  } finally {
    await platform.stop()
  }
})
