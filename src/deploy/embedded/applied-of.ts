// What an environment last applied, read from a data folder without a running node, or through one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openNodeDisk } from '../../base/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import { lockDataFolder, openLogReader, startLogWorker } from '../../log/index.ts'
import {
  registeredRulesInAnswer,
  registeredRulesInLog,
  sampleTopic,
  schemaIdsFromLog,
  type RegisteredRules,
  type TopicSample,
} from '../../registry/index.ts'
import { readApplied } from './applied.ts'
import { resolveOptions } from './options.ts'

/** Empty when nothing was ever applied. Throws MR-BASE-005 when a node holds the folder: ask that node instead. */
export async function appliedOf(
  folder: string,
  environment: string,
  data: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  return (await appliedWithSamples({ folder, environment, data, topicsOf: () => [], subjects: [] })).applied
}

/** Records of a topic that are looked at. */
const sampledRecordsMax = 1_000

export interface AppliedQuestion {
  readonly folder: string
  readonly environment: string
  readonly data: string | undefined
  /** Topics that a sample is wanted of. */
  readonly topicsOf: (applied: ReadonlyMap<string, string>) => readonly string[]
  /** Subjects whose registered rules are wanted. */
  readonly subjects: readonly string[]
}

export interface AppliedAnswer {
  readonly applied: ReadonlyMap<string, string>
  readonly samples: ReadonlyMap<string, TopicSample>
  /** Of the newest version of each subject that has rules. */
  readonly rules: readonly RegisteredRules[]
}

/**
 * The same with some records of topics, so that a plan can tell whether they can still be read, and with what the rules of
 * registered schemas mean for the folder. A running node holds its folder: its topics are not sampled then.
 */
export async function appliedWithSamples({
  folder,
  environment,
  data,
  topicsOf,
  subjects,
}: AppliedQuestion): Promise<AppliedAnswer> {
  const resolved = resolveOptions(
    { project: folder, environment, ...(data === undefined ? {} : { data }) },
    process.env,
  )
  if (!existsSync(join(resolved.data, 'format.json'))) return { applied: new Map(), samples: new Map(), rules: [] }
  const running = await askRunning(resolved.nodeFile, resolved.data, subjects)
  if (running) return { ...running, samples: new Map() }
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
    const rules = registeredRulesInLog(reader, subjects)
    reader.close()
    await worker.stop()
    return { applied, samples, rules }
  } finally {
    lock.release()
  }
}

async function askRunning(
  nodeFile: string,
  data: string,
  subjects: readonly string[],
): Promise<Omit<AppliedAnswer, 'samples'> | undefined> {
  const { readFileSync } = await import('node:fs')
  try {
    const node = JSON.parse(readFileSync(nodeFile, 'utf8')) as {
      ports: { console: number; registry: number }
      data: string
    }
    // A demo leaves its node.json beside the data of `dev`.
    if (node.data !== data) return undefined
    const response = await fetch(`http://127.0.0.1:${node.ports.console}/api/applied`)
    if (!response.ok) return undefined
    const applied = new Map(Object.entries((await response.json()) as Record<string, string>))
    return { applied, rules: await askRegistry(node.ports.registry, subjects) }
  } catch {
    // No node file, or nobody listens: the folder is read directly, and its lock says if somebody holds it after all.
    return undefined
  }
}

/** Nothing from a registry that wants to know who asks. */
async function askRegistry(port: number, subjects: readonly string[]): Promise<RegisteredRules[]> {
  const response = await fetch(`http://127.0.0.1:${port}/schemas?latestOnly=true`)
  if (!response.ok) return []
  return registeredRulesInAnswer((await response.json()) as unknown[], subjects)
}
