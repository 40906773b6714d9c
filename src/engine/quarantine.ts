// The quarantine of a topic: records that break an error rule or cannot be decoded go to the quarantine topic, key and value
// bytes unchanged, with headers appended that say where they were and why. All columns are decoded, not just the rules': a
// record that any reader may find damaged must be here.
// A rule is broken where its condition is not TRUE (FALSE or NULL); rows that are taken back (-U, -D) are not judged.
import { BytesError, encodeText } from '../base/index.ts'
import {
  changeKind,
  recordHeaders,
  recordKey,
  recordValue,
  type RecordColumns,
  type RecordHeader,
  type WatermarkMs,
} from '../model/index.ts'
import { compileFilter } from '../sql/index.ts'
import type { Program, ProgramOptions } from './program.ts'
import { TopicWriter, type Appends } from './sink.ts'
import type { InputSpec, Slice } from './source.ts'
import type { QuarantinePipelineSpec } from './spec.ts'

/** The rule's name in the header of a record that could not be decoded. */
export const undecodableRule = 'decodable'

export function createQuarantineProgram(spec: QuarantinePipelineSpec, options: ProgramOptions): Program {
  const { schema } = spec.input
  const columns = schema.fields.map((_, column) => column)
  const rules = spec.rules.map((rule) => ({ ...rule, holds: compileFilter(rule.condition, schema) }))
  const input: InputSpec = { format: spec.input, columns, watermark: null, keepRecords: true }
  const writer = new TopicWriter(spec.quarantineTopic, options.limits.sinkBatchBytesMax)
  let partitions = 1

  const judge = (slice: Slice): Map<number, string[]> => {
    const broken = new Map<number, string[]>()
    const { batch, rowOffsets } = slice
    for (const rule of rules) {
      if (batch.rowCount === 0) break
      const mask = rule.holds(batch)
      let count = 0
      for (let r = 0; r < batch.rowCount; r++) {
        const kind = batch.kinds ? batch.kinds[r]! : changeKind.insert
        if (kind === changeKind.updateBefore || kind === changeKind.delete || (mask[r >> 3]! & (1 << (r & 7))) !== 0)
          continue
        count++
        if (rule.severity !== 'error') continue
        const offset = rowOffsets[r]!
        const names = broken.get(offset)
        if (!names) broken.set(offset, [rule.name])
        else if (!names.includes(rule.name)) names.push(rule.name)
      }
      if (count > 0) options.count('broken', count, rule.name)
    }
    return broken
  }

  const send = (slice: Slice, record: Slice['records'][number], rule: string, reason: string): void => {
    const { records, index } = record
    const headers: RecordHeader[] = [
      ...originalHeaders(records, index),
      { key: 'millrace.topic', value: encodeText(spec.input.topic) },
      { key: 'millrace.partition', value: encodeText(String(slice.partition)) },
      { key: 'millrace.offset', value: encodeText(String(records.offsets[index]!)) },
      { key: 'millrace.rule', value: encodeText(rule) },
      { key: 'millrace.reason', value: encodeText(reason) },
    ]
    writer.append(
      slice.partition % partitions,
      recordKey(records, index),
      recordValue(records, index),
      records.timestampsMs[index]!,
      headers,
    )
  }

  return {
    inputs: [input],
    // Another set of rules goes on where the last one was: nothing is computed from earlier records.
    planId: 'quarantine',
    sinkTopic: spec.quarantineTopic,
    nextSinkPartition: 0,
    get outputBytes() {
      return writer.bytes
    },
    begin(_clockMs: number, sinkPartitions: number) {
      partitions = sinkPartitions
    },
    slice(_input: number, slice: Slice) {
      const broken = judge(slice)
      let undecodable = 0
      for (const record of slice.records) {
        if (record.bad) {
          undecodable++
          send(
            slice,
            record,
            undecodableRule,
            `${record.bad.reason} (byte ${record.bad.bytePosition}) [${record.bad.code}]`,
          )
          continue
        }
        const names = broken.get(record.records.offsets[record.index]!)
        if (names) send(slice, record, names.join(','), `not true: ${names.join(', ')}`)
      }
      if (undecodable > 0) options.count('broken', undecodable, undecodableRule)
    },
    watermark(_input: number, _ms: WatermarkMs) {},
    resume(_input: number, _ms: WatermarkMs) {},
    seal(): { readonly appends: Appends; readonly records: number } {
      const { records } = writer
      return { appends: writer.finish(), records }
    },
  }
}

/** The record's own headers; none where their bytes lie, since the record itself must be kept. */
function originalHeaders(records: RecordColumns, index: number): RecordHeader[] {
  try {
    return recordHeaders(records, index)
  } catch (error) {
    if (error instanceof BytesError) return []
    throw error
  }
}
