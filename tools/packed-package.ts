// The package as it would be published, installed into an empty folder: for the tests that run it as a stranger would.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { mustRun } from '../peers/run-program.ts'

const root = dirname(import.meta.dirname)

export interface PackedPackage {
  /** The folder that it is installed into. */
  readonly folder: string
  /** What differs in the environment: the Node of choice first on PATH, nothing of an outer npm or test runner. */
  readonly env: Readonly<Record<string, string | undefined>>
  remove(): void
}

/**
 * Packs the tree and installs the archive, with npm. Cost: the build, and up to a minute when npm's cache is empty.
 * @param node the Node that its commands run on
 * @throws Error with what npm said
 */
export async function installPackedPackage(node: string): Promise<PackedPackage> {
  const temporary = mkdtempSync(join(tmpdir(), 'millrace-package-'))
  const folder = join(temporary, 'empty')
  const outer = Object.keys(process.env).filter((name) => /^(npm_|NODE_|INIT_CWD|MILLRACE_)/.test(name))
  const env = {
    ...Object.fromEntries(outer.map((name) => [name, undefined])),
    PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
  }
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  await mustRun('npm', ['pack', ...quiet, '--pack-destination', temporary], { cwd: root, env, timeoutMs: 180_000 })
  const [archive] = readdirSync(temporary).filter((name) => name.endsWith('.tgz'))
  const install = ['install', '--prefer-offline', ...quiet, join(temporary, archive!)]
  await mustRun('npm', install, { cwd: folder, env, timeoutMs: 180_000 })
  return { folder, env, remove: () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }) }
}
