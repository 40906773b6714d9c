// npm run build [-- --no-console]: what the published package holds. dist/ gets the program and its worker threads, each with what
// they share in common files (fewer files to find and read: a node starts in two thirds of the time), declarations, and
// console/dist the built web pages. The package then needs no TypeScript: Node 22.15 or newer runs it.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { ensureConsoleBuilt } from './bootstrap.mjs'

const root = dirname(import.meta.dirname)
const source = join(root, 'src')
const dist = join(root, 'dist')
const consoleFolder = join(root, 'console')

/** Everything lies directly in dist/, so that a place beside the running file is the same from every file. */
async function bundle(): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  const workers = globSync('**/*.worker.ts', { cwd: source, exclude: ['base/echo.worker.ts'] })
  const build = await rolldown({
    input: {
      main: join(source, 'cli', 'main.ts'),
      index: join(source, 'index.ts'),
      ...Object.fromEntries(workers.map((file) => [basename(file, '.ts'), join(source, file)])),
    },
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !id.startsWith('\0'),
    plugins: [{ name: 'places', transform: placesFromDist }],
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message)
    },
  })
  await build.write({ dir: dist, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  await build.close()
}

/** `new URL('../x', import.meta.url)` is meant from the source file; in dist/ it must say where that is from there. */
function placesFromDist(code: string, file: string): string | undefined {
  if (!code.includes('import.meta.url')) return undefined
  return code.replaceAll(/new URL\('(\.[^']*)', import\.meta\.url\)/g, (_, place: string) => {
    const target = resolve(dirname(file), place)
    if (target.endsWith('.worker.ts')) return `new URL('./${basename(target, '.ts')}.js', import.meta.url)`
    if (!relative(source, target).startsWith('..'))
      throw new Error(`${file} reads ${place} when it runs: it would not be in the package`)
    return `new URL('${relative(dist, target)}', import.meta.url)`
  })
}

function declare(): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const made = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { encoding: 'utf8' })
  if (made.status !== 0)
    throw new Error(`tsc failed${made.error ? `: ${made.error.message}` : ''}\n${made.stdout}${made.stderr}`)
  // In declarations an older TypeScript would not find a .ts.
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const path = join(dist, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/(\bfrom |\bimport\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2'))
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
  await bundle()
  declare()
  if (!process.argv.includes('--no-console')) await buildConsole()
  console.error(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
