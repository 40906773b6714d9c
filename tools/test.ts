// npm test [-- PART_OF_A_PATH ...]: every test that needs nothing but npm. Fails on zero tests and on skips that
// tools/allowed-skips.txt does not list. The last line is `N passed, N failed`.
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { countLine, parseAllowedSkips, runTests } from './test-run.ts'

const root = dirname(import.meta.dirname)

/** Where tests live. Explicit, so that a stray file is neither run nor believed to run. */
const globs = [
  'src/**/*.test.ts',
  'sim/**/*.test.ts',
  'tools/**/*.test.ts',
  'peers/**/*.test.ts',
  'conformance/*.test.ts',
  'bench/*.test.ts',
  'console/src/**/*.test.ts',
  'tests/**/*.test.ts',
]
const fileTimeoutMs = 300_000

const wanted = process.argv.slice(2)
const files = globs
  .flatMap((glob) => globSync(glob, { cwd: root, exclude: (path) => path.includes('node_modules') }).toSorted())
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
const startedAt = performance.now()
const counts = await runTests({
  root,
  files: files.map((file) => join(root, file)),
  concurrency: Math.max(1, availableParallelism()),
  fileTimeoutMs,
  isSkipAllowed: parseAllowedSkips(readFileSync(join(root, 'tools', 'allowed-skips.txt'), 'utf8')),
})
console.log(`${files.length} files in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
if (counts.passed + counts.failed === 0) {
  console.log(wanted.length > 0 ? `no test file's path has ${wanted.join(' or ')} in it` : 'no test was found')
  counts.failed++
}
console.log(countLine(counts))
process.exitCode = counts.failed > 0 ? 1 : 0
