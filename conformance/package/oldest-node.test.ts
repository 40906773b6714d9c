// The published package on the oldest Node that it promises: what newer ones have, it must not need.
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { mustRun, oldestNode } from '../../peers/index.ts'
import { startMillrace } from '../../tools/millrace-process.ts'
import { installPackedPackage, type PackedPackage } from '../../tools/packed-package.ts'

let node: string
let installed: PackedPackage
before(async () => {
  node = await oldestNode()
  installed = await installPackedPackage(node)
})
after(() => installed?.remove())

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
