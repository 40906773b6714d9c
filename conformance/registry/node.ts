// A node with what these checks are about: the log's thread, Kafka's protocol, and the registry's REST door in front of it.
import { randomBytes } from 'node:crypto'
import { nodeClock, nodeNet, nodeRandom, openNodeDisk, startHttpServer } from '../../src/base/index.ts'
import type { LocalSecret } from '../../src/format/index.ts'
import { createKafkaServer } from '../../src/kafka/server/index.ts'
import { openLogClient, openLogReader, startLogWorker, type LogClient, type LogReader } from '../../src/log/index.ts'
import { makeAuthorize } from '../../src/model/index.ts'
import { openRegistry, registryRoutes, registryUnknown, type Registry } from '../../src/registry/index.ts'

export interface RegistryNode {
  /** 127.0.0.1:port */
  readonly bootstrap: string
  /** http://127.0.0.1:port */
  readonly url: string
  readonly registry: Registry
  readonly log: LogClient
  readonly reader: LogReader
  /** Faults that the node met; none are expected. */
  readonly faults: readonly unknown[]
  stop(): Promise<void>
}

/** @param folder data of an earlier node to go on with, or an empty folder @param localSecret of the local key service */
export async function startRegistryNode(folder: string, localSecret?: LocalSecret): Promise<RegistryNode> {
  const faults: unknown[] = []
  const onFailure = (error: unknown): void => void faults.push(error)
  const worker = await startLogWorker({ folder, durability: 'synced', clients: ['kafka', 'registry'], onFailure })
  const log = openLogClient(worker.clientPort('registry'))
  const kafkaLog = openLogClient(worker.clientPort('kafka'))
  const reader = openLogReader(worker.share, openNodeDisk(folder))
  const kafka = await createKafkaServer({
    log: kafkaLog,
    reader,
    net: nodeNet,
    clock: nodeClock,
    random: nodeRandom,
    authorize: makeAuthorize([]),
    meter: { add() {}, set() {} },
    host: '127.0.0.1',
    port: 0,
    clusterId: randomBytes(16).toString('base64url'),
    settings: undefined,
    onFault: onFailure,
  })
  const registry = await openRegistry({ log, reader, clock: nodeClock, localSecret })
  const http = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    what: 'schema registry',
    option: '--registry-port',
    routes: registryRoutes(registry, makeAuthorize([])),
    unknown: registryUnknown,
  })
  return {
    bootstrap: `127.0.0.1:${kafka.port}`,
    url: `http://127.0.0.1:${http.port}`,
    registry,
    log,
    reader,
    faults,
    async stop() {
      await http.close()
      await kafka.stop()
      log.close()
      kafkaLog.close()
      await worker.stop()
      reader.close()
    },
  }
}
