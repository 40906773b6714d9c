// npm start [-- OPTION ...]: runs the example project in the foreground.
import { ensureConsoleBuilt, ensureInstalled, root, runScript } from './bootstrap.mjs'
import { join } from 'node:path'

await ensureInstalled()
await ensureConsoleBuilt()
process.exit(await runScript('src/cli/main.ts', ['dev', join(root, 'examples', 'checkout'), ...process.argv.slice(2)]))
