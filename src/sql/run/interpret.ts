// Expressions over batches by the plain interpreter: the oracle that kernels are tested against. Same face as kernel.ts.
import { allocateBytes, BatchBuilder, kindAt, rowAt, type Batch, type Schema } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { evaluate } from './evaluate.ts'

export function interpretExpressions(expressions: readonly Expression[], output: Schema): (batch: Batch) => Batch {
  return (batch) => {
    const builder = new BatchBuilder(output)
    for (let row = 0; row < batch.rowCount; row++) {
      const values = rowAt(batch, row)
      builder.appendRow(
        expressions.map((e) => evaluate(e, values)),
        kindAt(batch, row),
      )
    }
    return builder.finish()
  }
}

/** Bit per row, 1 = TRUE. */
export function interpretFilter(condition: Expression): (batch: Batch) => Uint8Array {
  return (batch) => {
    const bits = allocateBytes((batch.rowCount + 7) >> 3)
    for (let row = 0; row < batch.rowCount; row++)
      if (evaluate(condition, rowAt(batch, row)) === true) bits[row >> 3]! |= 1 << (row & 7)
    return bits
  }
}
