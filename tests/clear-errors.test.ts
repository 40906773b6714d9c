// What goes wrong at the start is said clearly, with what to do, and leaves nothing half started: exit code 1, and the folder as it was.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { startMillrace } from '../tools/millrace-process.ts'
import { copyExample, millrace, pathsBelow, plainEnvironment, temporaryFolder } from './kit.ts'

let project: string
/** A data folder that a node has left in order. */
let oldData: string
const blockers: Server[] = []

before(async () => {
  project = copyExample()
  oldData = join(temporaryFolder(), 'data')
  const node = await startMillrace({ project, data: oldData, env: plainEnvironment })
  await node.stop()
})
after(() => {
  for (const blocker of blockers) blocker.close()
})

/** Runs `millrace dev` that must fail. @returns what it said */
async function failure(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const ran = await millrace(['dev', ...words], { env })
  assert.equal(ran.code, 1, ran.stdout + ran.stderr)
  assert.equal(ran.stdout, '', 'nothing claims to run')
  assert.doesNotMatch(ran.stderr, /^\s+at /m, 'an error that a user meets has no stack')
  return ran.stderr
}

async function takePort(): Promise<number> {
  const blocker = createServer()
  blockers.push(blocker)
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  return (blocker.address() as AddressInfo).port
}

function copyOfOldData(): string {
  const data = join(temporaryFolder(), 'data')
  cpSync(oldData, data, { recursive: true })
  return data
}

const doors = { kafka: 'Kafka', registry: 'schema registry', catalog: 'Iceberg catalog', console: 'console' } as const
for (const [door, name] of Object.entries(doors)) {
  test(`the port of ${name} is in use`, async () => {
    const port = await takePort()
    const data = join(temporaryFolder(), 'data')
    assert.equal(
      await failure([project, `--${door}-port`, String(port), '--data', data]),
      `error: Port ${port} on 127.0.0.1 is in use (${name}). [MR-BASE-001]
  Stop the other program, or choose a port with --${door}-port; 0 takes a free one.
`,
    )
    assert.equal(existsSync(data), false)
  })
}

test('several ports in use are told at once, those of variables too', async () => {
  const port = String(await takePort())
  const said = await failure([project, '--kafka-port', port, '--console-port', port], { MILLRACE_CATALOG_PORT: port })
  assert.deepEqual(said.match(/\(([\w ]+)\)\. \[MR-BASE-001\]/g)?.length, 3, said)
})

test('a port that is none', async () => {
  const said = await failure([project], { MILLRACE_KAFKA_PORT: '99999' })
  assert.equal(
    said,
    `error: MILLRACE_KAFKA_PORT is 99999, which is no port number. [MR-DEPLOY-006]
  Give a number from 0 to 65535; 0 takes a free port.
`,
  )
})

test('every mistake of every file at once, each with its place', async () => {
  const broken = copyExample()
  writeFileSync(
    join(broken, 'sql', 'extra.sql'),
    `CREATE TABLE extra (
  id BIGINTT NOT NULL
);
INSERT INTO velocity_alert SELECT user_id, amount FROM checkouts;
SELECT 1 +;
`,
  )
  writeFileSync(join(broken, 'owners', 'extra.yaml'), 'apiVersion: millrace/v1\nkind: Ownr\nmetadata: { name: x }\n')
  writeFileSync(join(broken, 'slos', 'extra.yaml'), 'apiVersion: openslo/v1\nkind: SLO\nmetadata: "x\n')
  const before = pathsBelow(broken)
  const said = await failure([broken])
  const places = [...said.matchAll(/^error: ([\w/.-]+:\d+:\d+): .+ \[(MR-\w+-\d+)\]\n {2}\S/gm)].map(
    (m) => `${m[1]} ${m[2]!.slice(0, -4)}`,
  )
  assert.deepEqual(
    places.toSorted(),
    [
      'owners/extra.yaml:2:1 MR-PROJECT',
      'slos/extra.yaml:4:1 MR-PROJECT',
      'sql/extra.sql:2:6 MR-SQL',
      'sql/extra.sql:4:13 MR-SQL',
      'sql/extra.sql:5:11 MR-SQL',
    ],
    said,
  )
  assert.deepEqual(pathsBelow(broken), before)
  const checked = await millrace(['check', broken])
  assert.equal(checked.code, 1)
  assert.equal(checked.stderr, `${said}\n5 mistakes\n`)
})

test('the data folder is in use by another process', async () => {
  const node = await startMillrace({ project, data: oldData, env: plainEnvironment })
  try {
    const expected = `error: The data folder ${oldData} is in use by process ${node.pid}. [MR-BASE-005]
  Stop that process, or choose another folder with --data.
`
    assert.equal(await failure([project, '--data', oldData]), expected)
    // As `npm start` twice: its ports are taken as well, and this says more.
    assert.equal(
      await failure([project, '--data', oldData], { MILLRACE_KAFKA_PORT: String(node.ports.kafka) }),
      expected,
    )
    assert.equal((await fetch(`http://127.0.0.1:${node.ports.console}/api/node`)).status, 200)
    assert.ok(existsSync(join(oldData, 'node.json')))
  } finally {
    await node.stop()
  }
})

test('the data folder was written by a newer Millrace', async () => {
  const data = copyOfOldData()
  const format = JSON.parse(readFileSync(join(data, 'format.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(data, 'format.json'), JSON.stringify({ ...format, formatVersion: 8, minimumReaderVersion: 7 }))
  const before = pathsBelow(data)
  assert.match(
    await failure([project, '--data', data]),
    /^error: The data folder .+ was written by a newer Millrace \(format 8; this one reads up to format \d+\)\. \[MR-BASE-006\]\n {2}Use that newer version, or start with an empty folder\.\n$/,
  )
  assert.deepEqual(pathsBelow(data), before)
})

test('the data folder is older than what is still read', async () => {
  const data = copyOfOldData()
  const format = JSON.parse(readFileSync(join(data, 'format.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(data, 'format.json'), JSON.stringify({ ...format, formatVersion: 0, minimumReaderVersion: 0 }))
  const before = pathsBelow(data)
  assert.match(
    await failure([project, '--data', data]),
    /^error: The data folder .+ has a format \(format 0\) that this Millrace does not read\. \[MR-BASE-007\]\n {2}docs\/guide\/upgrading\.md names/,
  )
  assert.deepEqual(pathsBelow(data), before)
})

test('a folder that is no project, or is not there', async () => {
  const folder = temporaryFolder()
  for (const path of [folder, join(folder, 'nowhere')]) {
    assert.equal(
      await failure([path]),
      `error: The folder ${path} has no millrace.yaml. [MR-PROJECT-017]
  Name a project folder, or make one with: millrace init ${path}
`,
    )
  }
  assert.deepEqual(pathsBelow(folder), [])
})

test('an environment that is not there', async () => {
  assert.equal(
    await failure([project, '--environment', 'production']),
    'error: There is no environment production. [MR-PROJECT-018]\n  Environments of this folder: local. Without --environment it is local.\n',
  )
})

test('a data folder that cannot be written', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  for (const path of [join(folder, 'file'), join(folder, 'file', 'data')]) {
    assert.match(
      await failure([project, '--data', path]),
      /^error: Cannot make the folder .+: file already exists \(EEXIST\)\. \[MR-BASE-003\]\n {2}Check that the path exists/,
    )
  }
  if (process.platform === 'linux') {
    // Also for root, and where mkdir's own recursive mode would try for ever.
    assert.match(
      await failure([project, '--data', '/proc/millrace/data']),
      /Cannot make the folder \/proc\/millrace: .+ \[MR-BASE-003\]/,
    )
  }
})

test('a file of the log that is gone', async () => {
  const data = copyOfOldData()
  rmSync(join(data, 'log', 'checkpoint'))
  mkdirSync(join(data, 'log', 'checkpoint'))
  const said = await failure([project, '--data', data])
  assert.match(said, /^error: .*checkpoint.*\[MR-(LOG|BASE)-003\]\n {2}\S/)
})
