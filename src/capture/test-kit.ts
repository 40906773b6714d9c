// For capture's tests: the recorded server, a table whose rows are looked at, and a commit that can be asked what it holds.
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { openNodeDisk, readWholeFile } from '../base/index.ts'
import {
  changeKindNames,
  decodeRecords,
  kindAt,
  recordValue,
  rowAt,
  types,
  type Batch,
  type CommitGroup,
  type CommitOutcome,
  type EpochCommit,
  type LastCommit,
  type Schema,
} from '../model/index.ts'
import type { CapturedTable } from './capture-types.ts'
import { captureLimits } from './limits.ts'
import { LogStream } from './log-stream.ts'
import { GtidSet } from './mysql/gtid-set.ts'
import type { TablePosition } from './position.ts'
import { TableCapture } from './table-capture.ts'

export interface Recorded {
  readonly server: string
  readonly executed: string
  readonly charsets: Readonly<Record<string, string>>
  readonly events: readonly Uint8Array[]
}

/** conformance/capture/record-fixture.ts made it. */
export function recorded(): Recorded {
  const disk = openNodeDisk(fileURLToPath(new URL('fixtures', import.meta.url)))
  const bytes = gunzipSync(readWholeFile(disk, 'mysql-9.json.gz')!)
  const raw = JSON.parse(bytes.toString()) as Omit<Recorded, 'events'> & { events: string[] }
  return { ...raw, events: raw.events.map((event) => Uint8Array.fromBase64(event)) }
}

export function capturedTable(source: string, schema: Schema, key = 0): CapturedTable {
  const topic = source.split('.')[1]!
  return {
    source,
    format: { topic, schema, keyColumns: [key], keyFormat: 'raw', valueFormat: 'debezium-json', primaryKey: [key] },
    schemaId: 0,
    partitionCount: 1,
  }
}

export function streaming(captured: CapturedTable): TableCapture {
  const position: TablePosition = {
    topic: captured.format.topic,
    phase: 'stream',
    cursor: null,
    problem: undefined,
    heartbeatMs: 0,
  }
  return new TableCapture({ captured, heartbeat: undefined, position, limits: captureLimits })
}

/** Runs recorded events through one table. */
export function readLog(recording: Recorded, table: TableCapture): LogStream {
  const log = new LogStream({
    tables: new Map([[table.name, table]]),
    executed: GtidSet.empty,
    inside: undefined,
    charsetOf: (collation) => recording.charsets[collation] ?? '?',
    heldBytesMax: captureLimits.heldBytesMax,
  })
  let next = 0
  while (log.step(() => recording.events[next++]));
  return log
}

/** Rows as [kind, {column: value}], null columns left out. */
export function changesOf(batch: Batch): [string, Record<string, unknown>][] {
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const values = rowAt(batch, row).map((value, i): [string, unknown] => [
      batch.schema.fields[i]!.name,
      value instanceof Uint8Array ? value.toHex() : value,
    ])
    return [changeKindNames[kindAt(batch, row)], Object.fromEntries(values.filter(([, value]) => value !== null))]
  })
}

/** A commit in memory; its records as the envelopes' JSON. */
export class MemoryCommit implements EpochCommit {
  readonly values: string[] = []
  readonly positions: string[] = []
  #last: LastCommit | undefined
  #outcome: CommitOutcome | undefined

  submit(group: CommitGroup): boolean {
    for (const { batches } of group.appends) {
      for (let at = 0; at < batches.length;) {
        const records = decodeRecords(batches, at)
        at += records.header.size
        for (let i = 0; i < records.count; i++) {
          const value = recordValue(records, i)
          if (value) this.values.push(new TextDecoder().decode(value))
        }
      }
    }
    this.positions.push(new TextDecoder().decode(group.position))
    this.#last = { epoch: group.epoch, position: group.position, stateFiles: [] }
    this.#outcome = { ok: true, epoch: group.epoch, baseOffsets: [] }
    return true
  }
  outcome(): CommitOutcome | undefined {
    const outcome = this.#outcome
    this.#outcome = undefined
    return outcome
  }
  last(): LastCommit | undefined {
    return this.#last
  }
}

export const idOnly: Schema = { fields: [{ name: 'id', type: types.int(false) }] }
