// Exchange: splits rows by the key group of their keys over the instances of what follows, and joins the watermarks of the
// instances before it. With one instance on both sides everything passes unchanged. An epoch's barrier is the return of the
// call: instances run in one thread, so that a barrier cannot overtake rows.
// Reference: Flink KeyGroupRangeAssignment (which instance holds which key groups).
import { keyGroupCount } from '../../base/index.ts'
import { changeKind, type ChangeKind, type Schema } from '../../model/index.ts'
import { createKeyEncoder } from '../rows/binary-row.ts'
import type { KeyGroupRange } from '../state/index.ts'
import { Emitter, WatermarkMerge, type Output } from './operator.ts'

/** The key groups of instance `index` of `parallelism`. */
export function keyGroupRange(index: number, parallelism: number): KeyGroupRange {
  const from = Math.floor((index * keyGroupCount + parallelism - 1) / parallelism)
  const to = Math.floor(((index + 1) * keyGroupCount - 1) / parallelism) + 1
  return { from, to }
}

/** The instance that holds a key group. */
export function instanceOf(keyGroup: number, parallelism: number): number {
  return Math.floor((keyGroup * parallelism) / keyGroupCount)
}

/**
 * @param outputs one per instance that follows
 * @returns one input per instance before
 */
export function createExchange(
  options: { schema: Schema; keys: readonly number[]; inputs: number },
  outputs: readonly Output[],
): readonly Output[] {
  const { schema, keys, inputs } = options
  if (inputs === 1 && outputs.length === 1) return outputs
  const merge = new WatermarkMerge(inputs)
  const encoder = createKeyEncoder(
    schema.fields.map((f) => f.type),
    [keys],
  )
  const channels = outputs.map((output) => new Emitter(schema, output))
  return Array.from({ length: inputs }, (_, port) => ({
    batch(batch) {
      if (outputs.length === 1) return outputs[0]!.batch(batch)
      const { groups } = encoder.encode(batch)
      for (let r = 0; r < batch.rowCount; r++) {
        const channel = channels[instanceOf(groups[r]!, outputs.length)]!
        for (let c = 0; c < batch.columns.length; c++) channel.builder.columns[c]!.appendFrom(batch.columns[c]!, r)
        channel.endRow((batch.kinds ? batch.kinds[r]! : changeKind.insert) as ChangeKind)
      }
      for (const channel of channels) channel.flush()
    },
    watermark(ms) {
      if (merge.update(port, ms)) for (const output of outputs) output.watermark(merge.current)
    },
  }))
}
