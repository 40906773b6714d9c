// node tools/run.mjs SCRIPT [ARG ...]: sets the tree up when needed, then runs SCRIPT on the pinned Node.
import { ensureConsoleBuilt, ensureInstalled, runScript } from './bootstrap.mjs'

const [script, ...args] = process.argv.slice(2)
if (!script) {
  process.stderr.write('usage: node tools/run.mjs SCRIPT [ARG ...]\n')
  process.exit(2)
}
await ensureInstalled()
await ensureConsoleBuilt()
process.exit(await runScript(script, args))
