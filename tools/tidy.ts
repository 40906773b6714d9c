// node tools/run.mjs tools/tidy.ts [FOLDER]: the rules of the house, checked over the tree (or over another one laid out
// the same way). Prints findings as path:line: message; exit code 1 when there are any.
import { globSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { readFacts } from './tidy/facts.ts'
import { findAll, parseAllowances, parseStoreys, type Finding } from './tidy/rules.ts'

const globs = ['src', 'sim', 'tools', 'tests', 'bench', 'conformance', 'peers'].map((folder) => `${folder}/**/*.ts`)

/**
 * Checks a whole tree.
 * @param root folder with docs/ARCHITECTURE.md, src/ and package.json; tools/tidy-allowed.txt may be missing
 * @throws Error when the map has no table of storeys
 */
export function tidy(root: string): Finding[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const list = (pattern: string): string[] =>
    globSync(pattern, { cwd: root, exclude: (path) => path === 'node_modules' })
      .map((path) => path.split(sep).join('/'))
      .toSorted()
  const allowed = join('tools', 'tidy-allowed.txt')
  const manifest = JSON.parse(read('package.json')) as { dependencies?: Record<string, string> }
  return findAll({
    rooms: parseStoreys(read('docs/ARCHITECTURE.md')),
    files: globs.flatMap(list).map((path) => readFacts(path, read(path))),
    allowances: existsSync(join(root, allowed)) ? parseAllowances(read(allowed)) : [],
    readmes: new Map(list('src/**/README.md').map((path) => [dirname(path), read(path).trimEnd().split('\n').length])),
    dependencies: new Set(Object.keys(manifest.dependencies ?? {})),
  })
}

if (import.meta.main) {
  const findings = tidy(process.argv[2] ?? dirname(import.meta.dirname))
  for (const { path, line, message } of findings) console.log(`${path}${line > 0 ? `:${line}` : ''}: ${message}`)
  if (findings.length > 0) console.log(`${findings.length} findings`)
  process.exitCode = findings.length > 0 ? 1 : 0
}
