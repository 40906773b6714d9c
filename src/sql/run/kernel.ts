// The face that the engine calls.
import type { Batch, Schema } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { interpretExpressions, interpretFilter } from './interpret.ts'

export function compileExpressions(expressions: readonly Expression[], _input: Schema, output: Schema): (batch: Batch) => Batch {
  return interpretExpressions(expressions, output)
}

export function compileFilter(condition: Expression, _input: Schema): (batch: Batch) => Uint8Array {
  return interpretFilter(condition)
}
