#!/usr/bin/env node
// The program of the published package. Plain JavaScript that an old Node reads too, so that it can say what is missing.
import { existsSync } from 'node:fs'
import module from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
const main = new URL('../dist/main.js', import.meta.url)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `millrace needs Node 22.15 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      '  Install a newer Node, or put one first on PATH, then run the same command again.\n',
  )
  process.exitCode = 1
} else if (!existsSync(main)) {
  process.stderr.write(
    'millrace: this is the source tree, and dist/ is not built.\n' +
      "  Use 'npm run millrace -- …', which needs no build, or run 'npm run build' first.\n",
  )
  process.exitCode = 1
} else {
  module.enableCompileCache()
  // Older Nodes call parts experimental that we rely on and that have since become stable.
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] !== 'ExperimentalWarning' && rest[0]?.type !== 'ExperimentalWarning') emitWarning(warning, ...rest)
  }
  await import(main.href)
}
