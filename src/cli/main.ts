#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
enableCompileCache()
// What a start makes outlives it: the space for new objects, which grows by what survives in it, would be at its largest
// before there is any load, and stay so. It may grow from when the node is up.
setFlagsFromString('--semi-space-growth-factor=1')
setTimeout(() => setFlagsFromString('--semi-space-growth-factor=2'), 2000).unref()

// The command line. Exit codes: 0 ok, 1 failed, 2 usage, 3 changes found, 4 refused by policy. Commands load when called for, so that
// `--help` is instant and `dev` loads only what it runs.
const { helpText, nearestName, parseCommandLine, UsageError } = await import('./arguments.ts')
const { print, printError, printErrorJson, bold } = await import('./output.ts')
const { commands } = await import('./commands/index.ts')

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    printOverview()
    return name === undefined ? 2 : 0
  }
  if (name === '--version') {
    const { version } = await import('../deploy/embedded/index.ts')
    print(version())
    return 0
  }
  const asJson = rest.includes('--json') && !rest.slice(0, rest.indexOf('--json')).includes('--')
  const load = commands[name]
  if (!load) {
    const near = nearestName(name, Object.keys(commands))
    const instead = near ? `Did you mean ${near}?` : `The commands: ${Object.keys(commands).join(', ')}`
    const reason = `there is no command '${name}'`
    if (asJson) await printUsageJson(`${reason} (${instead})`, 'millrace --help')
    else process.stderr.write(`millrace: ${reason}. ${instead}\n`)
    return 2
  }
  const command = await load.load()
  try {
    const input = parseCommandLine(command, rest)
    if (input.help) {
      print(helpText(command))
      return 0
    }
    return await command.run(input)
  } catch (error) {
    if (error instanceof UsageError) {
      const help = `millrace ${name} --help`
      if (asJson) await printUsageJson(error.message, help)
      else process.stderr.write(`millrace ${name}: ${error.message}\nTry: ${help}\n`)
      return 2
    }
    if (asJson) printErrorJson(error)
    else printError(error)
    return isRefusal(error) ? 4 : 1
  }
}

async function printUsageJson(reason: string, help: string): Promise<void> {
  const { MillraceError } = await import('../base/index.ts')
  printErrorJson(new MillraceError('MR-CLI-005', { details: { reason, help } }))
}

/** What a policy or a plan stands against, rather than what has failed. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && ['MR-DEPLOY-001', 'MR-DEPLOY-005', 'MR-DEPLOY-007'].includes(code)
}

function printOverview(): void {
  print('millrace: a streaming data platform in one folder\n')
  const width = Math.max(...Object.keys(commands).map((c) => c.length))
  for (const [name, { summary }] of Object.entries(commands)) print(`  ${bold(name.padEnd(width))}  ${summary}`)
  print('\nmillrace COMMAND --help tells more. Exit codes: 0 ok, 1 failed, 2 usage, 3 changes found, 4 refused.')
}

// A reader that has gone (`| head`) is no fault of ours. A file that takes no more (its disk is full) must not end a node.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
  })
}
process.exit(await main(process.argv.slice(2)))
