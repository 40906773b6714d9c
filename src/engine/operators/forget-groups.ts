// What aggregates forget of erased persons: their groups, told by the columns of the key.
import type { Schema } from '../../model/index.ts'
import { appendKey } from '../rows/binary-row.ts'
import type { Erasure, StateSlot } from '../state/index.ts'

/** Forgets the entries whose key's first row is an erased person's. @param schema of that row */
export function forgetGroups(slot: StateSlot, erasure: Erasure, schema: Schema): number {
  const { table, owners } = slot
  const found = erasure.among(schema, owners)
  slot.forEach((entry) => found.add(entry, (columns) => appendKey(columns, table.words, table.starts[entry]!)))
  const erased = found.finish()
  for (const entry of erased) slot.forget(entry)
  return erased.length
}
