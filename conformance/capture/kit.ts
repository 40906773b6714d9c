// A capture body on the real clock and network with a commit in memory that can be read back: as changes per table, and as the
// rows that they leave, insisting that each change fits what was there.
import assert from 'node:assert/strict'
import { nodeClock, nodeRandom } from '../../src/base/index.ts'
import {
  createCaptureBody,
  type CaptureBody,
  type CapturedTable,
  type CaptureLimits,
  type CaptureSpec,
} from '../../src/capture/index.ts'
import { createDecoder, schemaTextFor, type TopicFormat } from '../../src/format/index.ts'
import {
  BatchBuilder,
  changeKind,
  decodeRecords,
  kindAt,
  rowAt,
  type CommitGroup,
  type CommitOutcome,
  type EpochCommit,
  type LastCommit,
  type Schema,
  type SchemaIds,
  type Value,
} from '../../src/model/index.ts'

/** What a topic's records say, decoded by format. */
export interface TopicChange {
  readonly kind: number
  readonly row: readonly Value[]
}

export class TopicCommit implements EpochCommit {
  readonly #formats: ReadonlyMap<string, TopicFormat>
  readonly changes = new Map<string, TopicChange[]>()
  groups = 0
  #last: LastCommit | undefined
  #outcome: CommitOutcome | undefined

  constructor(tables: readonly CapturedTable[]) {
    this.#formats = new Map(tables.map((table) => [table.format.topic, table.format]))
  }

  submit(group: CommitGroup): boolean {
    assert.equal(group.epoch, (this.#last?.epoch ?? 0) + 1)
    for (const { topic, batches } of group.appends) this.#read(topic, batches)
    this.groups++
    this.#last = { epoch: group.epoch, position: group.position, stateFiles: [] }
    this.#outcome = { ok: true, epoch: group.epoch, baseOffsets: [] }
    return true
  }

  #read(topic: string, batches: Uint8Array): void {
    const format = this.#formats.get(topic)!
    const text = schemaTextFor(format)
    const schema = text ? { id: 1, type: text.type, text: text.text } : undefined
    const schemaIds: SchemaIds = { byId: () => schema, latest: () => undefined }
    const decoder = createDecoder(
      format,
      format.schema.fields.map((_, i) => i),
      schemaIds,
    )
    const list = this.changes.get(topic) ?? []
    this.changes.set(topic, list)
    for (let at = 0; at < batches.length;) {
      const records = decodeRecords(batches, at)
      at += records.header.size
      for (let from = 0; from < records.count;) {
        const out = new BatchBuilder(decoder.schema)
        const bad: unknown[] = []
        from = decoder.decode(records, from, records.count, out, bad as never)
        assert.deepEqual(bad, [])
        const batch = out.finish()
        for (let row = 0; row < batch.rowCount; row++) list.push({ kind: kindAt(batch, row), row: rowAt(batch, row) })
      }
    }
  }

  outcome(): CommitOutcome | undefined {
    const outcome = this.#outcome
    this.#outcome = undefined
    return outcome
  }
  last(): LastCommit | undefined {
    return this.#last
  }

  /** The rows that a topic's changes leave, by the first column. Throws when a change does not fit what is there. */
  table(topic: string): Map<string, readonly Value[]> {
    const rows = new Map<string, readonly Value[]>()
    for (const { kind, row } of this.changes.get(topic) ?? []) {
      const key = String(row[0])
      if (kind === changeKind.insert) {
        assert.equal(rows.has(key), false, `${topic}: insert of ${key}, which is there`)
        rows.set(key, row)
      } else if (kind === changeKind.updateAfter) rows.set(key, row)
      else {
        assert.deepEqual(rows.get(key), row, `${topic}: change of ${key}, which was otherwise`)
        rows.delete(key)
      }
    }
    return rows
  }
}

export function avroTable(source: string, schema: Schema, topic: string = source.split('.')[1]!): CapturedTable {
  return {
    source,
    format: {
      topic,
      schema,
      keyColumns: [0],
      keyFormat: 'raw',
      valueFormat: 'debezium-avro-confluent',
      primaryKey: [0],
    },
    schemaId: 1,
    partitionCount: 1,
  }
}

export function startBody(spec: CaptureSpec, commit: EpochCommit, limits: Partial<CaptureLimits> = {}): CaptureBody {
  return createCaptureBody({
    spec,
    commit,
    clock: nodeClock,
    random: nodeRandom,
    wake: () => {},
    report: () => {},
    limits,
  })
}

/** Steps until the condition holds. */
export async function stepUntil(
  body: CaptureBody,
  done: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const start = nodeClock.monotonicMs()
  for (;;) {
    const more = body.step()
    if (await done()) return
    if (nodeClock.monotonicMs() - start > 60_000) assert.fail(`${what}: ${JSON.stringify(body.status(), null, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, more ? 0 : 2))
  }
}
