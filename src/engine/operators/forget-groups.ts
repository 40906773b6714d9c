// What aggregates forget of erased persons: their groups, told by the columns of the key.
import type { Schema } from '../../model/index.ts'
import { appendKey } from '../rows/binary-row.ts'
import type { Erasure, StateSlot, Steps } from '../state/index.ts'

/** Forgets the entries whose key's first row is an erased person's. @param schema of that row */
export function* forgetGroups(slot: StateSlot, erasure: Erasure, schema: Schema): Steps {
  const { table, owners } = slot
  const found = erasure.among(schema, owners)
  yield* slot.lookThrough((entry) =>
    found.add(entry, (columns) => appendKey(columns, table.words, table.starts[entry]!)),
  )
  for (const entry of found.finish()) slot.forget(entry)
}
