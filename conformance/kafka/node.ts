// Starts what these checks are about, and nothing more: the log's thread and Kafka's protocol in front of it, in this process.
import { randomBytes } from 'node:crypto'
import { nodeClock, nodeNet, nodeRandom, openNodeDisk } from '../../src/base/index.ts'
import { createKafkaServer, type KafkaServer, type KafkaServerSettings } from '../../src/kafka/server/index.ts'
import {
  openLogClient,
  openLogReader,
  startLogWorker,
  type LogClient,
  type LogLimits,
  type LogShare,
} from '../../src/log/index.ts'
import { makeAuthorize } from '../../src/model/index.ts'
import { startKafka } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'

export interface Broker {
  /** 127.0.0.1:port */
  readonly bootstrap: string
  stop(): Promise<void>
}

export interface OwnBroker extends Broker {
  readonly server: KafkaServer
  readonly log: LogClient
  readonly share: LogShare
  readonly folder: string
  /** Faults that the server met; none are expected. */
  readonly faults: readonly unknown[]
}

/** @param options.folder of an earlier node, to go on with its data */
export async function startOwnBroker(
  options: { folder?: string; settings?: Partial<KafkaServerSettings>; limits?: Partial<LogLimits> } = {},
): Promise<OwnBroker> {
  const folder = options.folder ?? temporaryFolder()
  const faults: unknown[] = []
  const onFailure = (error: unknown): void => void faults.push(error)
  const worker = await startLogWorker({
    folder,
    durability: 'synced',
    clients: ['kafka'],
    limits: options.limits,
    onFailure,
  })
  const log = openLogClient(worker.clientPort('kafka'))
  const reader = openLogReader(worker.share, openNodeDisk(folder))
  const server = await createKafkaServer({
    log,
    reader,
    net: nodeNet,
    clock: nodeClock,
    random: nodeRandom,
    authorize: makeAuthorize([]),
    meter: { add() {}, set() {} },
    host: '127.0.0.1',
    port: 0,
    clusterId: randomBytes(16).toString('base64url'),
    settings: options.settings,
    onFault: onFailure,
  })
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await server.stop()
    log.close()
    await worker.stop()
    reader.close()
  }
  return {
    bootstrap: `127.0.0.1:${server.port}`,
    server,
    log,
    share: worker.share,
    folder,
    faults,
    stop: () => (stopped ??= stop()),
  }
}

/** Ours, and the real one: the same script must see the same. */
export const brokers: readonly { name: string; start(): Promise<Broker> }[] = [
  { name: 'Millrace', start: () => startOwnBroker() },
  { name: 'Kafka', start: () => startKafka({ heap: ['-Xms128m', '-Xmx384m'] }) },
]
