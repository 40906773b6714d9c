// Kafka Connect, standalone: connectors as files, their offsets in a file, its REST API on loopback.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, serverFolder, startGuarded, waitUntilReady } from '../guarded.ts'
import { installPeer } from '../install.ts'

export interface ConnectOptions {
  readonly bootstrap: string
  /** By name, as in their properties files. */
  readonly connectors: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Kept when given, with the offsets of sources: the next start goes on from there. Otherwise temporary. */
  readonly folder?: string
}

export interface Connect {
  readonly restPort: number
  readonly folder: string
  /** Ends in order: sources and sinks commit what they did. */
  stop(): Promise<void>
  /** Ends at once. */
  crash(): Promise<void>
}

/** Starts Connect and waits until each connector and its tasks run. Ready in 4 to 7 s. @throws PeerUnavailable */
export async function startConnect(options: ConnectOptions): Promise<Connect> {
  const home = await installPeer('kafka-connect')
  const [restPort] = (await freePorts(1)) as [number]
  const folder = serverFolder('connect', options.folder)
  const path = (name: string): string => join(folder.path, name)
  mkdirSync(folder.path, { recursive: true })
  const converter = 'org.apache.kafka.connect.storage.StringConverter'
  const worker = {
    'bootstrap.servers': options.bootstrap,
    'key.converter': converter,
    'value.converter': converter,
    'offset.storage.file.filename': path('offsets'),
    'offset.flush.interval.ms': '500',
    // After a crash the group waits that long for the sink's old consumer.
    'consumer.session.timeout.ms': '6000',
    'consumer.heartbeat.interval.ms': '1500',
    listeners: `http://127.0.0.1:${restPort}`,
    // What lies on the class path, without a look through folders.
    'plugin.discovery': 'service_load',
  }
  writeFileSync(path('worker.properties'), lines(worker))
  const files = Object.entries(options.connectors).map(([name, properties]) => {
    const file = path(`${name}.properties`)
    writeFileSync(file, lines({ name, ...properties }))
    return file
  })
  const java = ['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=info']
  const program = 'org.apache.kafka.connect.cli.ConnectStandalone'
  const server = await startGuarded({
    name: 'kafka connect',
    command: 'java',
    args: [...java, '-cp', `${home}/libs/*`, program, path('worker.properties'), ...files],
    log: path('connect.log'),
  })
  const names = Object.keys(options.connectors)
  await waitUntilReady(server, async () => {
    const states = await Promise.all(names.map((name) => statesOf(restPort, name)))
    return states.every((each) => each.length > 1 && each.every((state) => state === 'RUNNING'))
  })
  const end = (how: () => Promise<void>) => async (): Promise<void> => {
    await how()
    folder.remove()
  }
  return { restPort, folder: folder.path, stop: end(server.stop), crash: end(server.crash) }
}

/** Of a connector and its tasks; none while it is not there. */
async function statesOf(restPort: number, name: string): Promise<string[]> {
  try {
    const answer = await fetch(`http://127.0.0.1:${restPort}/connectors/${name}/status`)
    if (!answer.ok) return []
    const status = (await answer.json()) as { connector: { state: string }; tasks: { state: string }[] }
    return [status.connector.state, ...status.tasks.map(({ state }) => state)]
  } catch {
    return []
  }
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
