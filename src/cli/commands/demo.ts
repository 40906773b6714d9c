import { existsSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runDemo, type DemoRun } from '../../deploy/embedded/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { livingNode } from '../folder.ts'
import { bold, dim, formatBytes, formatCount, green, print, printJson, printTable, red } from '../output.ts'

const defaultEvents = 60_000

export const demo: Command = {
  name: 'demo',
  summary:
    'Runs a bounded, seeded piece of the example and compares every row with what DuckDB computes from the generator’s own lines. Stopped or killed, it goes on where it was.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    once: {
      type: 'boolean',
      help: 'to its end, then compare and leave (the only mode; for a node that stays: millrace dev)',
    },
    events: { type: 'string', value: 'N', help: `how many events (${defaultEvents})` },
    seed: { type: 'string', value: 'N', help: 'another seed, another run (1)' },
    data: { type: 'string', value: 'FOLDER', help: 'where data is kept (FOLDER/.millrace/demo)' },
    fresh: { type: 'boolean', help: 'forget what an earlier run left' },
  },
  example: 'millrace demo --once --events 20000 --seed 7',
  async run({ operands, options }) {
    const folder = resolve(operands[0] ?? defaultFolder())
    const state = process.env['MILLRACE_DATA'] ?? join(folder, '.millrace')
    const data = typeof options['data'] === 'string' ? resolve(options['data']) : join(state, 'demo')
    // Where `dev` puts its own, so that tools find the demo's node, unless a node runs there.
    const usual = join(state, 'node.json')
    const nodeFile = typeof options['data'] === 'string' || livingNode(usual) ? join(data, 'node.json') : usual
    if (options['fresh']) rmSync(data, { recursive: true, force: true })
    const resumed = existsSync(join(data, 'format.json'))
    const asJson = options['json'] === true
    const seed = wholeNumber(options['seed'], 'seed', 1)
    const events = wholeNumber(options['events'], 'events', defaultEvents)
    if (!asJson)
      print(
        `${bold('millrace demo')}  ${formatCount(events)} events, seed ${seed}, in ${relative(process.cwd(), data) || '.'}${resumed ? ' (going on where it was)' : ''}`,
      )
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
    const run = await runDemo({ project: folder, data, nodeFile, seed, events, onProgress: progress(asJson) })
    if (asJson) printJson(run)
    else printRun(run)
    return run.check.agrees ? 0 : 1
  },
}

/** The folder we stand in when it is a project; else the example that comes with Millrace. */
function defaultFolder(): string {
  return existsSync('millrace.yaml') ? '.' : fileURLToPath(new URL('../../../examples/checkout', import.meta.url))
}

function wholeNumber(text: string | boolean | undefined, name: string, otherwise: number): number {
  if (text === undefined) return otherwise
  if (!/^\d{1,9}$/.test(String(text)) || (name === 'events' && Number(text) === 0))
    throw new UsageError(`--${name} takes a whole number, not '${text}'`)
  return Number(text)
}

/** On a terminal one line that changes; else one line per stage. */
function progress(silent: boolean): (stage: string, done: number, total: number) => void {
  let last = ''
  return (stage, done, total) => {
    if (silent) return
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r\u001b[K${dim(`${stage} ${total > 1 ? `${formatCount(done)} of ${formatCount(total)}` : ''}`)}${stage === 'comparing' ? '\r\u001b[K' : ''}`,
      )
    else if (stage !== last) process.stderr.write(`${stage} …\n`)
    last = stage
  }
}

function printRun(run: DemoRun): void {
  const { check } = run
  print()
  print(bold('What was sent'))
  print(
    `  ${Object.entries(check.sent)
      .map(([name, count]) => `${formatCount(count)} ${name.replaceAll('_', ' ')}`)
      .join(', ')}`,
  )
  if (check.quarantine)
    print(
      `  ${formatCount(check.quarantine.found)} of them broke the contract or could not be read: kept in checkout_events.quarantine`,
    )
  print()
  printTable(
    ['result', 'read from', 'expected', 'found', 'missing', 'unexpected', ''],
    check.tables.map((t) => [
      t.table,
      t.from,
      formatCount(t.expectedRows),
      formatCount(t.foundRows),
      t.missingRows,
      t.unexpectedRows,
      t.missingRows + t.unexpectedRows === 0 && t.expectedRows === t.foundRows ? green('same') : red('differs'),
    ]),
  )
  for (const t of check.tables) {
    for (const row of t.missing) print(red(`  ${t.table} (${t.from}) misses ${row}`))
    for (const row of t.unexpected) print(red(`  ${t.table} (${t.from}) should not have ${row}`))
  }
  if (check.quarantine && check.quarantine.expected !== check.quarantine.found)
    print(red(`  quarantine: ${check.quarantine.expected} expected, ${check.quarantine.found} found`))
  print()
  const rows = check.tables.reduce((sum, t) => sum + t.foundRows, 0)
  const verdict = check.agrees ? green('● Every row agrees with DuckDB.') : red('● The results differ.')
  print(
    `${verdict} ${dim(`${formatCount(rows)} rows compared in all; ${(run.elapsedMs / 1000).toFixed(1)} s, ${formatBytes(run.residentBytes)} of memory`)}`,
  )
}
