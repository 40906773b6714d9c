// The life of a node as a process: Ctrl-C at any moment, the death of whoever started it, kill -9 of the node itself; and each time
// it goes on where it was, with nothing lost and nothing doubled.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { Producer, stringSerializers } from '@platformatic/kafka'
import type { ExploreShape, PipelineShape } from '../src/console-api/index.ts'
import { startMillrace, type Millrace } from '../tools/millrace-process.ts'
import {
  copyExample,
  getJson,
  isAlive,
  millraceCommand,
  plainEnvironment,
  root,
  temporaryFolder,
  waitUntil,
} from './kit.ts'

const env = plainEnvironment

test('Ctrl-C ends it with exit code 0, and nothing is left running', async () => {
  const node = await startMillrace({ project: copyExample(), env })
  assert.deepEqual(childrenOf(node.pid), [], 'a node is one process')
  process.kill(node.pid, 'SIGINT')
  assert.equal(await node.ended, 0)
  assert.match(node.output(), /Stopped\. Started again, it goes on where it was\.\n$/)
  assert.equal(isAlive(node.pid), false)
  for (const port of Object.values(node.ports)) assert.equal(await connects(port), false, `port ${port}`)
  assert.deepEqual([existsSync(join(node.data, 'node.json')), existsSync(join(node.data, 'lock.pid'))], [false, false])
})

test('asked to end while it starts, it ends all the same, and the next start works', async () => {
  const project = copyExample()
  const folder = temporaryFolder()
  let data = ''
  // What is there when it is asked: nothing yet but the lock, the log, the lake.
  for (const reached of ['lock', 'log', 'lake']) {
    data = join(folder, `asked-at-${reached}`)
    const child = spawnNode(project, data)
    await waitUntil(`${reached} is there`, () => existsSync(join(data, reached)), { pollMs: 1 })
    child.process.kill('SIGINT')
    const [code] = (await once(child.process, 'exit')) as [number]
    assert.equal(code, 0, `asked at ${reached}: ${child.output()}`)
    assert.doesNotMatch(child.output(), /error/i)
    assert.equal(existsSync(join(data, 'node.json')), false)
  }
  const node = await startMillrace({ project, data, env })
  await node.stop()
})

test('a terminal that is closed, and a service manager, end it too', async () => {
  const project = copyExample()
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    const node = await startMillrace({ project, env })
    process.kill(node.pid, signal)
    assert.equal(await node.ended, 0, signal)
  }
})

for (const [starter, ...command] of [
  ['the bootstrap', process.execPath, join(root, 'tools', 'start.mjs')],
  ['npm', 'npm', 'start'],
] as const) {
  test(`when ${starter} is gone, by kill -9, the node ends`, { skip: process.platform === 'win32' }, async () => {
    const data = temporaryFolder()
    const [program, ...words] = command
    const parent = spawn(program!, words, {
      cwd: root,
      env: definedOnly({ ...process.env, ...env, MILLRACE_DATA: data }),
      stdio: 'ignore',
      detached: true,
    })
    try {
      await waitUntil('node.json', () => existsSync(join(data, 'node.json')), { timeoutMs: 60_000 })
      const { pid } = JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { pid: number }
      assert.notEqual(pid, parent.pid)
      process.kill(parent.pid!, 'SIGKILL')
      await waitUntil('the node has ended', () => !isAlive(pid))
      assert.equal(existsSync(join(data, 'node.json')), false, 'it ended in order')
    } finally {
      endGroup(parent)
    }
  })
}

const shopSql = `
CREATE TABLE sales (sale_id BIGINT NOT NULL, shop STRING NOT NULL, amount BIGINT NOT NULL)
  DISTRIBUTED BY HASH(shop) INTO 2 BUCKETS WITH ('millrace.format' = 'json');
CREATE TABLE large_sales (sale_id BIGINT NOT NULL, shop STRING NOT NULL, amount BIGINT NOT NULL)
  WITH ('millrace.format' = 'json', 'millrace.lake' = 'append');
CREATE TABLE totals (shop STRING NOT NULL, sales BIGINT NOT NULL, amount BIGINT NOT NULL, PRIMARY KEY (shop) NOT ENFORCED)
  WITH ('millrace.format' = 'json', 'millrace.lake' = 'upsert');
INSERT INTO large_sales SELECT sale_id, shop, amount FROM sales WHERE amount >= 50;
INSERT INTO totals SELECT shop, COUNT(*), SUM(amount) FROM sales GROUP BY shop;
`

test('after Ctrl-C and after kill -9 it goes on where it was: nothing lost, nothing doubled', async (t) => {
  const project = temporaryFolder()
  mkdirSync(join(project, 'sql'))
  writeFileSync(join(project, 'sql', 'sales.sql'), shopSql)
  writeFileSync(
    join(project, 'millrace.yaml'),
    `apiVersion: millrace/v1
kind: Project
metadata: { name: sales, owner: team }
---
apiVersion: millrace/v1
kind: Owner
metadata: { name: team }
spec: { contact: team@example.org }
`,
  )
  const acknowledged: number[] = []
  let nextId = 0
  let epochs = new Map<string, number>()
  let running: Millrace | undefined
  after(() => running?.crash())
  for (const end of ['Ctrl-C', 'kill -9', 'kill -9', 'none'] as const) {
    const node = (running = await startMillrace({ project, env }))
    if (end === 'none') {
      const kept = await settled(node, acknowledged)
      t.diagnostic(`${acknowledged.length} acknowledged, ${kept} kept`)
      await node.stop()
      break
    }
    const stopSending = sendSales(
      node.bootstrap,
      () => nextId++,
      (id) => acknowledged.push(id),
    )
    const before = acknowledged.length
    await waitUntil('sales are acknowledged', () => acknowledged.length >= before + 400)
    await waitUntil('pipelines have committed', async () => {
      const now = await epochsOf(node)
      for (const [name, epoch] of epochs)
        assert.ok(
          (now.get(name) ?? 0) === 0 || now.get(name)! >= epoch,
          `${name} was at epoch ${epoch}, is at ${now.get(name)}`,
        )
      const isOn = now.size === 2 && [...now].every(([name, epoch]) => epoch > (epochs.get(name) ?? 0))
      if (isOn) epochs = now
      return isOn
    })
    if (end === 'Ctrl-C') {
      process.kill(node.pid, 'SIGINT')
      assert.equal(await node.ended, 0)
    } else {
      process.kill(node.pid, 'SIGKILL')
      await node.ended
      assert.equal(existsSync(join(node.data, 'node.json')), true, 'as a crash leaves it')
    }
    await stopSending()
  }
})

/** Waits until the pipelines have read everything, then compares topics and lake tables. @returns how many sales there are */
async function settled(node: Millrace, acknowledged: readonly number[]): Promise<number> {
  const numbers = async (sql: string): Promise<number[]> => {
    const response = await fetch(`http://127.0.0.1:${node.ports.console}/api/explore`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    })
    const answer = (await response.json()) as ExploreShape
    assert.equal(response.status, 200, JSON.stringify(answer))
    return answer.rows[0]!.map(Number)
  }
  const [sales, distinct, amount] = await numbers('SELECT COUNT(*), COUNT(DISTINCT sale_id), SUM(amount) FROM sales')
  assert.equal(distinct, sales, 'each sale was written once')
  const list = await numbers(`SELECT COUNT(*) FROM sales WHERE sale_id IN (${acknowledged.join(', ')})`)
  assert.deepEqual(list, [acknowledged.length], 'every acknowledged sale is there')
  const large = await numbers('SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM sales WHERE amount >= 50')
  const results = async (): Promise<unknown> => ({
    large: await numbers('SELECT COUNT(*), SUM(amount) FROM large_sales'),
    largeOnce: await numbers('SELECT COUNT(DISTINCT sale_id) FROM large_sales'),
    totals: await numbers('SELECT SUM(sales), SUM(amount) FROM totals'),
  })
  const expected = { large, largeOnce: large.slice(0, 1), totals: [sales, amount] }
  let found: unknown
  try {
    await waitUntil('results', async () => {
      found = await results()
      return JSON.stringify(found) === JSON.stringify(expected)
    })
  } catch {
    // The comparison below says what differs.
  }
  assert.deepEqual(found, expected)
  return sales!
}

async function epochsOf(node: Millrace): Promise<Map<string, number>> {
  const pipelines = await getJson<readonly PipelineShape[]>(node.ports.console, '/api/pipelines')
  return new Map(pipelines.filter((p) => p.kind === 'query').map((p) => [p.name, p.epoch]))
}

/** Sends sales until told to stop or until the node is gone. What is not acknowledged is not sent again. */
function sendSales(bootstrap: string, nextId: () => number, acknowledge: (id: number) => void): () => Promise<void> {
  const producer = new Producer({
    clientId: 'shop',
    bootstrapBrokers: [bootstrap],
    serializers: stringSerializers,
    retries: 0,
    timeout: 2000,
  })
  let stopped = false
  const sending = (async () => {
    while (!stopped) {
      const ids = Array.from({ length: 20 }, nextId)
      const messages = ids.map((id) => ({
        topic: 'sales',
        key: `shop-${id % 7}`,
        value: JSON.stringify({ sale_id: id, shop: `shop-${id % 7}`, amount: (id * 37) % 100 }),
      }))
      try {
        await producer.send({ messages })
        ids.forEach(acknowledge)
      } catch {
        // The node is gone, or was about to go: these may or may not be there.
        if (!stopped) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  })()
  return async () => {
    stopped = true
    await sending
    await producer.close(true).catch(() => {})
  }
}

function spawnNode(project: string, data: string): { process: ChildProcess; output(): string } {
  const [program, ...words] = millraceCommand
  const child = spawn(program, [...words, 'dev', project], {
    env: definedOnly({ ...process.env, ...env, MILLRACE_DATA: data }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  after(() => child.kill('SIGKILL'))
  return { process: child, output: () => text }
}

function definedOnly(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function childrenOf(pid: number): number[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return new RegExp(`^PPid:\\s+${pid}$`, 'm').test(readFileSync(`/proc/${other}/status`, 'utf8'))
      } catch {
        return false
      }
    })
}

function endGroup(leader: ChildProcess): void {
  try {
    process.kill(-leader.pid!, 'SIGKILL')
  } catch {
    // All of it has ended, as it should.
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
