// The published package, as a stranger meets it: packed, installed into an empty folder, run by its own commands. Needs
// npm and nothing else.
import { existsSync, globSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { mustRun, runProgram } from '../peers/run-program.ts'
import { startMillrace } from '../tools/millrace-process.ts'
import { installPackedPackage, type PackedPackage } from '../tools/packed-package.ts'

const root = dirname(import.meta.dirname)
const npx = ['npx', '--no-install', 'millrace'] as const
let installed: PackedPackage

before(async () => {
  installed = await installPackedPackage(process.execPath)
})
after(() => installed?.remove())

test('the package holds compiled code, the console and the example, and no sources, tests or data', () => {
  const { folder } = installed
  const place = join(folder, 'node_modules', 'millrace')
  const files = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
  const wanted = [
    'bin/millrace.mjs',
    'dist/main.js',
    'dist/index.js',
    'dist/log.worker.js',
    'dist/index.d.ts',
    'console/dist/index.html',
  ]
  for (const path of [...wanted, 'examples/checkout/millrace.yaml', 'examples/checkout/plan.lock', 'README.md'])
    assert.ok(files.includes(path), `${path} is not in the package`)
  // Every worker's entry, which no import names.
  const workers = globSync('src/**/*.worker.ts', { cwd: root, exclude: ['src/base/echo.worker.ts'] })
  assert.ok(workers.length >= 4)
  for (const path of workers)
    assert.ok(files.includes(`dist/${basename(path, '.ts')}.js`), `${path} is not in the package`)
  const unwanted = files.filter((path) =>
    /\.test\.|testing|[^/]-kit\.|fixtures|\.millrace|\.map$|^dist\/.*(?<!\.d)\.ts$|^(src|tools|sim|bench|conformance|peers)\//.test(
      path,
    ),
  )
  assert.deepEqual(unwanted, [])
  const bytes = files.reduce((sum, path) => sum + statSync(join(place, path)).size, 0)
  assert.ok(bytes < 5e6, `${bytes} bytes: look for what does not belong there`)
})

test('init makes a project, dev runs it, Ctrl-C ends it', async () => {
  const { folder, env } = installed
  await mustRun(npx[0], [...npx.slice(1), 'init', 'shop'], { cwd: folder, env })
  const node = await startMillrace({ project: join(folder, 'shop'), command: [...npx, 'dev'], cwd: folder, env })
  try {
    const page = await fetch(`http://127.0.0.1:${node.ports.console}/`)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<!doctype html>/i)
    const asked = await runProgram(npx[0], [...npx.slice(1), 'topics', 'shop'], { cwd: folder, env })
    assert.match(asked.stdout, /^checkout_events +service /m, asked.stderr)
    process.kill(node.pid, 'SIGINT')
    assert.equal(await node.ended, 0)
    assert.equal(existsSync(join(node.data, 'node.json')), false, 'node.json is taken away at the end')
  } finally {
    await node.stop()
  }
})

test('the library starts and stops a platform', async () => {
  const { folder, env } = installed
  const source = `import { startPlatform } from 'millrace'
const platform = await startPlatform({ project: 'library', ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
console.log(typeof platform.kafka)
await platform.stop()
`
  await mustRun(npx[0], [...npx.slice(1), 'init', 'library'], { cwd: folder, env })
  writeFileSync(join(folder, 'library.mjs'), source)
  const ran = await runProgram(process.execPath, ['library.mjs'], { cwd: folder, env, timeoutMs: 60_000 })
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
})

test('the declarations fit a strict project', async () => {
  const { folder, env } = installed
  writeFileSync(
    join(folder, 'consumer.ts'),
    "import { startPlatform } from 'millrace'\nconst platform = await startPlatform({ project: 'shop' })\nawait platform.stop()\n",
  )
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')]
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', ...types]
  const checked = await runProgram(process.execPath, [compiler, ...options, 'consumer.ts'], { cwd: folder, env })
  assert.equal(checked.stdout, '')
})

test('an old Node is told what is needed', async () => {
  const { folder, env } = installed
  const program = join(folder, 'node_modules', 'millrace', 'bin', 'millrace.mjs')
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '20.11.0' })"
  const old = await runProgram(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, 'dev'],
    { env },
  )
  assert.equal(old.code, 1)
  assert.match(old.stderr, /needs Node 22\.15 or newer; this is 20\.11\.0/)
})
