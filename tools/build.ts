// npm run build [-- --no-console]: what the published package holds. dist/ gets compiled JavaScript with declarations (and
// the files beside the sources that are read at run time), console/dist the built web pages. The package then needs no
// TypeScript: Node 22.15 or newer runs it. Workers need nothing here: startWorker replaces .ts by .js (src/base/worker.ts).
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureConsoleBuilt } from './bootstrap.mjs'

const root = dirname(import.meta.dirname)
const dist = join(root, 'dist')
const consoleFolder = join(root, 'console')

function compile(): void {
  rmSync(dist, { recursive: true, force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const made = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { encoding: 'utf8' })
  if (made.status !== 0)
    throw new Error(`tsc failed${made.error ? `: ${made.error.message}` : ''}\n${made.stdout}${made.stderr}`)
  // The compiler rewrites .ts in imports of JavaScript only; in declarations an older TypeScript would not find it.
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const path = join(dist, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/(\bfrom |\bimport\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2'))
  }
  for (const file of globSync('**/*.{json,avsc,proto,sql,yaml,html}', { cwd: join(root, 'src') })) {
    if (/(^|\/)(fixtures|cases|samples)\//.test(file)) continue
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    copyFileSync(join(root, 'src', file), join(dist, file))
  }
}

/** The web pages, built when their sources changed. A package without them would serve an empty console. */
async function buildConsole(): Promise<void> {
  if (!existsSync(join(consoleFolder, 'src'))) return
  await ensureConsoleBuilt()
  if (!existsSync(join(consoleFolder, 'dist', 'index.html'))) throw new Error('console/dist/ is not there')
}

try {
  const startedAt = performance.now()
  compile()
  if (!process.argv.includes('--no-console')) await buildConsole()
  console.error(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
