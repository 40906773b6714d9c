// A server on the real log in a temporary folder, for this room's own tests. Used by no other code.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { nodeNet, nodeRandom, openNodeDisk } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import { makeAuthorize, type AccessRule } from '../../model/index.ts'
import { createKafkaServer, type KafkaServer, type KafkaServerOptions } from './index.ts'
import { createSteppedClock, type SteppedClock } from './stepped-clock.ts'
import { TestClient } from './test-client.ts'

export interface TestNode {
  readonly folder: string
  readonly log: LocalLog
  readonly server: KafkaServer
  readonly clock: SteppedClock
  readonly faults: unknown[]
  connect(): Promise<TestClient>
  /** Ends server and log as a clean stop does; the folder stays until the test ends. */
  stop(): Promise<void>
}

interface Options {
  /** Of an earlier node, to go on with its data. */
  readonly folder?: string
  readonly clock?: SteppedClock
  readonly rules?: readonly AccessRule[]
  readonly server?: Partial<KafkaServerOptions>
}

/** Starts a node that ends with the test. */
export async function startTestNode(t: TestContext, options: Options = {}): Promise<TestNode> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  const clock = options.clock ?? createSteppedClock()
  const disk = openNodeDisk(folder)
  const log = createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
  const faults: unknown[] = []
  const server = await createKafkaServer({
    log,
    reader: log,
    net: nodeNet,
    clock,
    random: nodeRandom,
    authorize: makeAuthorize(options.rules ?? []),
    meter: { add() {}, set() {} },
    host: '127.0.0.1',
    port: 0,
    clusterId: 'the-cluster',
    settings: { offsetsPartitionCount: 2 },
    onFault: (fault) => faults.push(fault),
    ...options.server,
  })
  const clients: TestClient[] = []
  let stopped = false
  const stop = async (): Promise<void> => {
    if (stopped) return
    stopped = true
    for (const client of clients) client.destroy()
    await server.stop()
    log.close()
  }
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const connect = async (): Promise<TestClient> => {
    const client = await TestClient.connect(nodeNet, server.port)
    clients.push(client)
    return client
  }
  return { folder, log, server, clock, faults, connect, stop }
}
