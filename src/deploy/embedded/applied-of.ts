// What an environment last applied, read from a data folder without a running node, or through one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openNodeDisk } from '../../base/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import { lockDataFolder, openLogReader, startLogWorker } from '../../log/index.ts'
import { sampleTopic, schemaIdsFromLog, type TopicSample } from '../../registry/index.ts'
import { readApplied } from './applied.ts'
import { resolveOptions } from './options.ts'

/** Empty when nothing was ever applied. Throws MR-BASE-005 when a node holds the folder: ask that node instead. */
export async function appliedOf(
  folder: string,
  environment: string,
  data: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  return (await appliedWithSamples(folder, environment, data, () => [])).applied
}

/** Records of a topic that are looked at. */
const sampledRecordsMax = 1_000

/**
 * The same with some records of the topics that `topicsOf` names, so that a plan can tell whether they can still be read.
 * A running node holds its folder: its topics are not sampled then.
 */
export async function appliedWithSamples(
  folder: string,
  environment: string,
  data: string | undefined,
  topicsOf: (applied: ReadonlyMap<string, string>) => readonly string[],
): Promise<{ applied: ReadonlyMap<string, string>; samples: ReadonlyMap<string, TopicSample> }> {
  const resolved = resolveOptions(
    { project: folder, environment, ...(data === undefined ? {} : { data }) },
    process.env,
  )
  if (!existsSync(join(resolved.data, 'format.json'))) return { applied: new Map(), samples: new Map() }
  const running = await askRunning(resolved.nodeFile, resolved.data)
  if (running) return { applied: running, samples: new Map() }
  const lock = lockDataFolder(resolved.data)
  try {
    const worker = await startLogWorker({
      folder: resolved.data,
      durability: 'synced',
      clients: [],
      onFailure: () => {},
    })
    const reader = openLogReader(worker.share, openNodeDisk(resolved.data))
    const applied = readApplied(reader, environment)
    const schemaIds = schemaIdsFromLog(reader)
    const samples = new Map(
      topicsOf(applied).map((topic) => [
        topic,
        sampleTopic({ reader, topic, schemaIds, decompress: decompressRecords, recordsMax: sampledRecordsMax }),
      ]),
    )
    reader.close()
    await worker.stop()
    return { applied, samples }
  } finally {
    lock.release()
  }
}

async function askRunning(nodeFile: string, data: string): Promise<ReadonlyMap<string, string> | undefined> {
  const { readFileSync } = await import('node:fs')
  try {
    const node = JSON.parse(readFileSync(nodeFile, 'utf8')) as { ports: { console: number }; data: string }
    // A demo leaves its node.json beside the data of `dev`.
    if (node.data !== data) return undefined
    const response = await fetch(`http://127.0.0.1:${node.ports.console}/api/applied`)
    return response.ok ? new Map(Object.entries((await response.json()) as Record<string, string>)) : undefined
  } catch {
    // No node file, or nobody listens: the folder is read directly, and its lock says if somebody holds it after all.
    return undefined
  }
}
