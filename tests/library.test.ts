// startPlatform: a node inside one's own process, as tests of other people use it. Up and down, again and again, leaving nothing.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { PipelineShape, TopicShape } from '../src/console-api/index.ts'
import { MillraceError, startPlatform } from '../src/index.ts'
import { runProgram } from '../peers/run-program.ts'
import { copyExample, getJson, pathsBelow, plainEnvironment, root, temporaryFolder, waitUntil } from './kit.ts'

const freePorts = { kafka: 0, registry: 0, catalog: 0, console: 0 }
const portOf = (url: string): number => Number(url.slice(url.lastIndexOf(':') + 1))

/** What keeps a process alive: sockets, timers, workers. Pipes of the test's own output are not ours. */
const handles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((name) => !/^(Pipe|TTY|FSReq|Immediate)/.test(name))
    .toSorted()

const threadCount = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0)

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })

test('up and down several times in one process, and nothing is left each time', async () => {
  const project = copyExample()
  const before = { handles: handles(), files: pathsBelow(project) }
  let threads = 0
  for (let round = 0; round < 4; round++) {
    const platform = await startPlatform({ project, ports: freePorts })
    const ports = [platform.kafka, platform.registry, platform.catalog, platform.console].map(portOf)
    assert.equal(existsSync(join(project, '.millrace', 'node.json')), true)
    await platform.stop()
    await platform.stop()
    assert.deepEqual(handles(), before.handles, `round ${round}`)
    assert.deepEqual(pathsBelow(project, ['.millrace']), before.files, 'the project folder is only read')
    assert.equal(existsSync(join(project, '.millrace', 'node.json')), false)
    assert.deepEqual(await Promise.all(ports.map(listens)), [false, false, false, false])
    // Node keeps a pool of threads of its own once it has needed them; ours would add up.
    if (round === 0) threads = threadCount()
    else assert.equal(threadCount(), threads, `threads after round ${round}`)
  }
})

test('started again, it goes on where it was', async () => {
  const project = copyExample()
  const first = await startPlatform({ project, ports: freePorts })
  const seen = (await look(first.console, 1)).topics
  await first.stop()
  const second = await startPlatform({ project, ports: freePorts })
  const again = await look(second.console, 0)
  await second.stop()
  for (const [topic, records] of seen) {
    assert.ok(again.topics.get(topic)! >= records, `${topic} had ${records} records and has ${again.topics.get(topic)}`)
  }
  assert.ok(again.topics.get('checkout_events')! > 0)
})

test('two at once, each in its own data folder', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) =>
      startPlatform({
        project: join(root, 'examples', 'checkout'),
        data: join(temporaryFolder(), name),
        ports: freePorts,
      }),
    ),
  )
  try {
    const [a, b] = await Promise.all([one!, two!].map((p) => look(p.console, 1)))
    assert.ok(a!.topics.get('checkout_events')! > 0 && b!.topics.get('checkout_events')! > 0)
    assert.notEqual(one!.kafka, two!.kafka)
    await one!.stop()
    assert.ok((await look(two!.console, 1)).topics.get('checkout_events')! > 0, 'the other one goes on')
  } finally {
    await Promise.all([one!.stop(), two!.stop()])
  }
})

test('a second one on the same data folder is refused, and the first one goes on', async () => {
  const project = copyExample()
  const first = await startPlatform({ project, ports: freePorts })
  try {
    await assert.rejects(
      startPlatform({ project, ports: freePorts }),
      (error: unknown) => error instanceof MillraceError && error.code === 'MR-BASE-005',
    )
    assert.ok((await look(first.console, 1)).topics.get('checkout_events')! > 0)
    assert.equal(existsSync(join(project, '.millrace', 'node.json')), true, 'it is the first one’s')
  } finally {
    await first.stop()
  }
})

test('a program that stops its platform ends by itself, and has written nowhere but into the data folder', async () => {
  const [home, temporary, folder, data] = [temporaryFolder(), temporaryFolder(), temporaryFolder(), temporaryFolder()]
  const program = join(folder, 'program.ts')
  writeFileSync(
    program,
    `import { startPlatform } from ${JSON.stringify(join(root, 'src', 'index.ts'))}
const platform = await startPlatform({ project: ${JSON.stringify(join(root, 'examples', 'checkout'))}, data: ${JSON.stringify(data)} })
await platform.stop()
`,
  )
  const ran = await runProgram(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    cwd: folder,
    env: { ...plainEnvironment, HOME: home, TMPDIR: temporary },
    timeoutMs: 30_000,
  })
  assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, '', ''])
  assert.deepEqual([pathsBelow(home), pathsBelow(temporary), pathsBelow(folder)], [[], [], ['program.ts']])
})

test('a broken folder rejects with all its mistakes, and nothing is made', async () => {
  const project = copyExample()
  writeFileSync(join(project, 'sql', 'broken.sql'), 'CREATE TABLE a (x INTT);\nINSERT INTO nowhere SELECT 1;\n')
  const before = pathsBelow(project)
  await assert.rejects(startPlatform({ project, ports: freePorts }), (error: unknown) => {
    assert.ok(error instanceof AggregateError)
    const lines = error.errors.map((e: MillraceError) => `${e.place?.file}:${e.place?.line}`)
    assert.deepEqual(lines, ['sql/broken.sql:1', 'sql/broken.sql:2'])
    return true
  })
  assert.deepEqual(pathsBelow(project), before)
})

/** Topics with their records, and pipelines with their epochs, once so many checkout events are there. */
async function look(
  console: string,
  eventsMin: number,
): Promise<{ topics: Map<string, number>; pipelines: readonly PipelineShape[] }> {
  const port = portOf(console)
  let topics = new Map<string, number>()
  await waitUntil(`${eventsMin} checkout events`, async () => {
    topics = new Map(
      (await getJson<readonly TopicShape[]>(port, '/api/topics')).map((t) => [t.name, Number(t.records)]),
    )
    return topics.get('checkout_events')! >= eventsMin
  })
  return { topics, pipelines: await getJson(port, '/api/pipelines') }
}
