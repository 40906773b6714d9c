// Writes records of a quarantine back to the topic that they came from, after the rule or the producer was mended: key, value,
// headers and time as they were, each record once. What goes back and the note that it did are one commit of the owner
// `replay/<topic>`, whose position holds the offsets of the quarantine that have gone back: killed anywhere, the next run goes on.
// A record that still breaks a rule comes into the quarantine again, as a new record.
import { decodeText, encodeText, MillraceError } from '../../base/index.ts'
import type { ReplayShape } from '../../console-api/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import type { LogReader } from '../../log/index.ts'
import {
  decodeRecords,
  encodeRecordBatch,
  recordHeaders,
  recordKey,
  recordValue,
  type EpochCommit,
  type RecordColumns,
  type RecordHeader,
  type RecordInput,
} from '../../model/index.ts'
import { quarantineTopicOf } from '../../validate/index.ts'

export interface ReplayParts {
  readonly reader: LogReader
  readonly commit: EpochCommit
  /** Resolves a little later: between looks for an outcome, and between reads, so that others get their turn. */
  readonly wait: () => Promise<void>
  /** Bytes read, and so about the bytes written, in one commit. */
  readonly chunkBytes: number
}

/** Which records of the quarantine: all that have not gone back, those of one rule, or those at places of the quarantine. */
export interface ReplaySelection {
  readonly rule?: string | undefined
  readonly places?: readonly { readonly partition: number; readonly offset: number }[] | undefined
}

/** By partition of the quarantine: offsets that have gone back, as [from, to), in order. */
export type Ranges = Readonly<Record<string, readonly (readonly [from: number, to: number])[]>>

/** Stretches of one topic's quarantine that are remembered; more are refused, since every commit writes them all. */
export const rangesMax = 20_000

const ownerOf = (topic: string): string => `replay/${topic}`

/** What has gone back of a topic's quarantine, as it is now: one that was made anew begins with nothing. */
export function replayedRanges({ reader, commit }: Pick<ReplayParts, 'reader' | 'commit'>, topic: string): Ranges {
  const last = commit.last(ownerOf(topic))
  if (!last) return {}
  const { id, ranges } = JSON.parse(decodeText(last.position)) as { id: string; ranges: Ranges }
  return reader.topic(quarantineTopicOf(topic))?.id === id ? ranges : {}
}

/**
 * Throws MR-CONSOLE-006 for a topic without quarantine, -007 while another replay of it runs (its commits fence each other),
 * -008 where the log refuses, -009 for more than `rangesMax` stretches.
 */
export async function replayQuarantine(
  parts: ReplayParts,
  topic: string,
  selection: ReplaySelection,
): Promise<ReplayShape> {
  const { reader, commit } = parts
  const quarantine = reader.topic(quarantineTopicOf(topic))
  if (!quarantine || !reader.topic(topic)) throw new MillraceError('MR-CONSOLE-006', { details: { topic } })
  const ranges = new Map(Object.entries(replayedRanges(parts, topic)).map(([p, list]) => [Number(p), [...list]]))
  let { epoch } = commit.last(ownerOf(topic)) ?? { epoch: 0 }
  let replayed = 0
  for (let partition = 0; partition < quarantine.partitionCount; partition++) {
    let offset = reader.startOffset(quarantine.name, partition)
    // What comes back into the quarantine meanwhile is for another time.
    const end = reader.endOffset(quarantine.name, partition)
    let done = (ranges.get(partition) ?? []).filter(([, to]) => to > offset)
    while (offset < end) {
      const bytes = reader.read(quarantine.name, partition, offset, parts.chunkBytes)
      if (bytes.length === 0) break
      const chunk = readChunk(bytes, { topic, partition, from: offset, end, done, selection })
      offset = chunk.next
      if (chunk.offsets.length > 0) {
        done = withOffsets(done, chunk.offsets)
        ranges.set(partition, done)
        const count = [...ranges.values()].reduce((sum, list) => sum + list.length, 0)
        if (count > rangesMax) throw new MillraceError('MR-CONSOLE-009', { details: { topic, max: rangesMax } })
        const position = encodeText(JSON.stringify({ id: quarantine.id, ranges: Object.fromEntries(ranges) }))
        await commitChunk(parts, topic, { epoch: ++epoch, appends: chunk.appends, position })
        replayed += chunk.offsets.length
      }
      await parts.wait()
    }
  }
  return { topic, quarantine: quarantine.name, replayed }
}

async function commitChunk(
  { commit, wait }: ReplayParts,
  topic: string,
  chunk: { epoch: number; appends: ReadonlyMap<number, readonly RecordInput[]>; position: Uint8Array },
): Promise<void> {
  const owner = ownerOf(topic)
  const appends = Array.from(chunk.appends, ([partition, records]) => ({
    topic,
    partition,
    batches: encodeRecordBatch(records),
  }))
  const { epoch, position } = chunk
  while (!commit.submit({ owner, epoch, appends, groupOffsets: [], position, stateFiles: [] })) await wait()
  let outcome = commit.outcome(owner)
  for (; !outcome; outcome = commit.outcome(owner)) await wait()
  if (outcome.ok) return
  if (outcome.reason === 'fenced') throw new MillraceError('MR-CONSOLE-007', { details: { topic } })
  throw new MillraceError('MR-CONSOLE-008', { details: { topic, reason: outcome.message } })
}

interface Chunk {
  /** By partition of the origin. */
  readonly appends: Map<number, RecordInput[]>
  /** Of the quarantine, ascending. */
  readonly offsets: number[]
  readonly next: number
}

function readChunk(
  bytes: Uint8Array,
  of: {
    topic: string
    partition: number
    from: number
    end: number
    done: readonly (readonly [number, number])[]
    selection: ReplaySelection
  },
): Chunk {
  const chunk: Chunk = { appends: new Map(), offsets: [], next: of.from }
  let { next } = chunk
  let stretch = 0
  const wanted =
    of.selection.places && new Set(of.selection.places.filter((p) => p.partition === of.partition).map((p) => p.offset))
  for (let at = 0; at < bytes.length;) {
    const records = decodeRecords(bytes, at, decompressRecords)
    at += records.header.size
    next = records.header.baseOffset + records.header.lastOffsetDelta + 1
    if (records.header.control) continue
    for (let i = 0; i < records.count; i++) {
      const offset = records.offsets[i]!
      if (offset < of.from || offset >= of.end || (wanted && !wanted.has(offset))) continue
      while (stretch < of.done.length && of.done[stretch]![1] <= offset) stretch++
      if (stretch < of.done.length && of.done[stretch]![0] <= offset) continue
      const origin = originOf(records, i)
      if (origin?.topic !== of.topic) continue
      if (of.selection.rule !== undefined && !origin.rules.includes(of.selection.rule)) continue
      const into = chunk.appends.get(origin.partition) ?? []
      chunk.appends.set(origin.partition, into)
      into.push({
        key: recordKey(records, i),
        value: recordValue(records, i),
        timestampMs: records.timestampsMs[i]!,
        headers: origin.headers,
      })
      chunk.offsets.push(offset)
    }
  }
  return { ...chunk, next }
}

interface Origin {
  readonly topic: string
  readonly partition: number
  readonly rules: readonly string[]
  /** The record's own. */
  readonly headers: readonly RecordHeader[]
}

const added = ['topic', 'partition', 'offset', 'rule', 'reason'].map((name) => `millrace.${name}`)

/** Undefined: somebody else has written this record into the quarantine. */
function originOf(records: RecordColumns, index: number): Origin | undefined {
  const headers = recordHeaders(records, index)
  const own = headers.slice(0, -added.length)
  const about = headers.slice(-added.length)
  if (about.length !== added.length || about.some(({ key, value }, i) => key !== added[i] || value === null))
    return undefined
  const [topic, partition, , rule] = about.map(({ value }) => decodeText(value!))
  if (!/^\d{1,9}$/.test(partition!)) return undefined
  return { topic: topic!, partition: Number(partition), rules: rule!.split(','), headers: own }
}

/** @param offsets ascending, none of them in `ranges` */
export function withOffsets(
  ranges: readonly (readonly [number, number])[],
  offsets: readonly number[],
): [number, number][] {
  const all = [...ranges, ...offsets.map((offset) => [offset, offset + 1] as const)].toSorted(([a], [b]) => a - b)
  const merged: [number, number][] = []
  for (const [from, to] of all) {
    const last = merged.at(-1)
    if (last && last[1] >= from) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}
