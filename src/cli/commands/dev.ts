import { relative, resolve } from 'node:path'
import { startNode, version, type EmbeddedNode, type Ports } from '../../deploy/embedded/index.ts'
import { UsageError, type Command, type CommandInput } from '../arguments.ts'
import { firstSteps } from '../first-steps.ts'
import { bold, cyan, dim, formatNumber, green, print, printError, printErrorJson, red } from '../output.ts'

const portOption = (what: string, port: number) =>
  ({ type: 'string', value: 'PORT', help: `where ${what} listens (${port}; 0 takes a free one)` }) as const

export const dev: Command = {
  name: 'dev',
  summary: 'Runs a folder on this machine, in the foreground, until Ctrl-C; started again, it goes on where it was.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    'kafka-port': portOption('Kafka', 9092),
    'registry-port': portOption('the schema registry', 8081),
    'catalog-port': portOption('the Iceberg catalog', 8181),
    'console-port': portOption('the console', 8080),
    data: { type: 'string', value: 'FOLDER', help: 'where data is kept (FOLDER/.millrace)' },
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    accept: {
      type: 'string',
      value: 'NAMES',
      help: 'changes that are meant though they are refused, by name, with commas',
    },
  },
  example: 'millrace dev examples/checkout --console-port 0',
  async run(input) {
    const folder = input.operands[0] ?? '.'
    // Before anything is started: Ctrl-C while starting must stop it as well.
    const asked = new Promise<'asked'>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('asked'))
    })
    let fail: (error: Error) => void = () => {}
    const failed = new Promise<Error>((resolve) => void (fail = resolve))
    const beganMs = performance.now()
    const starting = startNode({
      project: folder,
      ports: portsOf(input),
      ...optional('data', input.options['data']),
      ...optional('environment', input.options['environment']),
      accept: String(input.options['accept'] ?? '')
        .split(',')
        .filter(Boolean),
      onFailure: fail,
    })
    const node = await Promise.race([asked, starting])
    if (node === 'asked') {
      await inTime(starting.then((started) => started.stop()).catch(() => {}))
      return 0
    }
    const asJson = input.options['json'] === true
    printNode(node, folder, performance.now() - beganMs, asJson)
    const watch = watchProblems(node)
    const end = await Promise.race([asked, failed])
    clearInterval(watch)
    await inTime(node.stop())
    if (end === 'asked') {
      if (!asJson) print(dim('Stopped. Started again, it goes on where it was.'))
      return 0
    }
    if (asJson) printErrorJson(end)
    else printError(end)
    return 1
  },
}

/** Says when something begins to need somebody, and when it is over. A problem that comes and goes is one. */
function watchProblems(node: EmbeddedNode): NodeJS.Timeout {
  const ticksUntilOver = 3
  const unseen = new Map<string, number>()
  return setInterval(() => {
    const now = node.live.problems()
    for (const [who, what] of now) {
      if (!unseen.has(who)) process.stderr.write(`${timeOfDay()} ${red('problem')} ${who}: ${what}\n`)
      unseen.set(who, 0)
    }
    for (const [who, ticks] of unseen) {
      if (now.has(who)) continue
      unseen.set(who, ticks + 1)
      if (ticks + 1 < ticksUntilOver) continue
      unseen.delete(who)
      process.stderr.write(`${timeOfDay()} ${green('over')}    ${who}\n`)
    }
  }, 1000)
}

const timeOfDay = (): string => dim(new Date().toTimeString().slice(0, 8))

/** Ctrl-C is answered within two seconds. What has not ended by then is left as a crash would, which loses nothing acknowledged. */
const stopMsMax = 1700

async function inTime(stopping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([stopping, new Promise((resolve) => (timer = setTimeout(resolve, stopMsMax)))])
  clearTimeout(timer)
}

const optional = <K extends string>(name: K, value: string | boolean | undefined): { [key in K]?: string } =>
  typeof value === 'string' ? ({ [name]: value } as { [key in K]: string }) : {}

export function portsOf(input: CommandInput): Partial<Ports> {
  const ports: { -readonly [name in keyof Ports]?: number } = {}
  for (const name of ['kafka', 'registry', 'catalog', 'console'] as const) {
    const text = input.options[`${name}-port`]
    if (text === undefined) continue
    if (!/^\d{1,5}$/.test(String(text)) || Number(text) > 65535)
      throw new UsageError(`--${name}-port takes a port number, not '${text}'`)
    ports[name] = Number(text)
  }
  return ports
}

function printNode(node: EmbeddedNode, folder: string, tookMs: number, asJson: boolean): void {
  const { ports, project, desired } = node
  if (asJson) {
    print(JSON.stringify({ pid: process.pid, ports, project: project.name, data: node.data }))
    return
  }
  const fromHere = relative(process.cwd(), folder) || '.'
  const at = fromHere.startsWith('..') ? folder : fromHere
  const from = desired.environment.generators
  const sources = project.sources.map((s) =>
    from[s.name] && s.url === null
      ? `${s.name} (generator, ${from[s.name]!.ratePerSecond} events/s)`
      : `${s.name} (MySQL)`,
  )
  print(
    `${green('●')} ${bold(`millrace ${version()}`)} runs ${bold(project.name)} ${dim(`(${at}, environment ${desired.environment.name}, ready in ${Math.round(tookMs)} ms)`)}`,
  )
  print()
  print(`  Kafka            ${cyan(`127.0.0.1:${ports.kafka}`)}`)
  print(`  Schema registry  ${cyan(`http://127.0.0.1:${ports.registry}`)}`)
  print(`  Iceberg catalog  ${cyan(`http://127.0.0.1:${ports.catalog}`)}`)
  print(`  Console          ${cyan(`http://127.0.0.1:${ports.console}`)}`)
  print()
  print(
    `  ${formatNumber(desired.topics.length, 'topic')}, ${formatNumber(desired.pipelines.length, 'pipeline')}, ${formatNumber(desired.lakeTables.length, 'lake table')}${sources.length > 0 ? `; source ${sources.join(', ')}` : ''}`,
  )
  for (const change of node.changes.filter((c) => c.action !== 'create'))
    print(`  ${change.action} ${change.kind} ${change.name}: ${change.details.join('; ')}`)
  for (const { topic, partition, offset, reason, file } of node.damages) {
    print(
      red(`  offline: ${topic}-${partition} from offset ${offset} on: ${reason} (${file}); the other partitions go on`),
    )
  }
  print()
  const run = process.env['npm_lifecycle_event'] === 'start' ? 'npm run -s millrace --' : 'millrace'
  print(`Try next, in another terminal:`)
  const elsewhere = node.data === resolve(folder, '.millrace') ? '' : ` --data ${node.data}`
  for (const step of firstSteps(desired, { at, elsewhere })) print(`  ${run} ${step}`)
  print()
  print(dim('Ctrl-C stops it.'))
}
