// npm run build [-- --no-console]: what the published package holds. dist/ gets compiled JavaScript with declarations (and
// the files beside the sources that are read at run time), console/dist the built web pages. The package then needs no
// TypeScript: Node 22.15 or newer runs it. Workers need nothing here: startWorker replaces .ts by .js (src/base/worker.ts).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const dist = join(root, 'dist')
const consoleFolder = join(root, 'console')

function run(what: string, cwd: string, parameters: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, parameters, { cwd, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(`${what} failed${error ? `: ${error.message}` : ''}\n${stdout}${stderr}`)
}

function compile(): void {
  rmSync(dist, { recursive: true, force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  run('tsc', root, [compiler, '-p', join(root, 'tsconfig.build.json')])
  // The compiler rewrites .ts in imports of JavaScript only; in declarations an older TypeScript would not find it.
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const path = join(dist, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/(\bfrom |\bimport\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2'))
  }
  for (const file of globSync('**/*.{json,avsc,proto,sql,yaml,html}', { cwd: join(root, 'src') })) {
    if (/(^|\/)(fixtures|cases)\//.test(file)) continue
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    copyFileSync(join(root, 'src', file), join(dist, file))
  }
}

/** Builds the web pages, unless these very sources are built already. */
function buildConsole(): void {
  if (!existsSync(join(consoleFolder, 'src'))) return
  const hash = createHash('sha256')
  const sources = globSync('{src/**/*,*.*,../package-lock.json}', { cwd: consoleFolder, withFileTypes: true })
  for (const path of sources
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .toSorted()) {
    hash.update(path).update(readFileSync(path))
  }
  const stamp = join(root, 'node_modules', '.millrace-console')
  const want = hash.digest('hex')
  const isBuilt = existsSync(join(consoleFolder, 'dist', 'index.html'))
  if (isBuilt && existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return
  run('vite build', consoleFolder, [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--logLevel',
    'warn',
  ])
  writeFileSync(stamp, want)
}

try {
  const startedAt = performance.now()
  compile()
  if (!process.argv.includes('--no-console')) buildConsole()
  console.error(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
