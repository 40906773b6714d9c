// Who was erased, and which entries of state are theirs: rows and keys are put side by side in batches, and the name of each
// one's key is put together as it was when its values were sealed.
// Invariant: an entry without a sealed value is nobody's, whatever its columns say.
import { subjectText } from '../../format/index.ts'
import {
  BatchBuilder,
  batchRowsMax,
  isNull,
  valueAt,
  type Batch,
  type ColumnBuilder,
  type ErasedKey,
  type Schema,
} from '../../model/index.ts'
import type { SlotOwner } from '../../sql/index.ts'
import type { ErasureSpec } from '../spec.ts'

interface Erased {
  /** Names of keys. */
  readonly subjects: ReadonlySet<string>
  /** The topic's own key is among them: all that was sealed is gone. */
  readonly isWhole: boolean
}

export class Erasure {
  /** By source. */
  readonly #erased = new Map<string, Erased>()
  /** Tables whose keys are among the deleted ones. */
  readonly tables: ReadonlySet<string>

  /** @param keys that were deleted for good, of whichever KEK */
  constructor(sources: ErasureSpec['sources'], keys: readonly ErasedKey[]) {
    const tables = new Set<string>()
    for (const { source, table, kekName, algorithm, topicSubject } of sources) {
      const own = keys.filter((key) => key.kekName === kekName && key.algorithm === algorithm)
      const subjects = new Set(own.map(({ subject }) => subject))
      if (subjects.size === 0) continue
      this.#erased.set(source, { subjects, isWhole: subjects.has(topicSubject) })
      tables.add(table)
    }
    this.tables = tables
  }

  /** True when no table's keys are among them. */
  get isEmpty(): boolean {
    return this.#erased.size === 0
  }

  /** Whether an entry of this owner's can be an erased person's, as far as the names of keys tell. */
  concerns({ source, subject }: SlotOwner): boolean {
    const erased = this.#erased.get(source)
    if (!erased) return false
    const first = typeof subject?.[0] === 'string' ? subject[0] : ''
    const end = subject?.at(-1)
    const last = typeof end === 'string' ? end : ''
    return (
      erased.isWhole ||
      (subject !== null && [...erased.subjects].some((name) => name.startsWith(first) && name.endsWith(last)))
    )
  }

  /** Looks for rows of erased persons among those that are added. @param schema of the rows that the owners speak of */
  among(schema: Schema, owners: readonly SlotOwner[]): ErasedRows {
    return new ErasedRows(
      schema,
      owners.flatMap((owner) => {
        const erased = this.#erased.get(owner.source)
        return erased && this.concerns(owner) ? [{ owner, erased }] : []
      }),
    )
  }
}

export class ErasedRows {
  readonly #builder: BatchBuilder
  readonly #tests: readonly { readonly owner: SlotOwner; readonly erased: Erased }[]
  readonly #ids: number[] = []
  readonly #found: number[] = []

  constructor(schema: Schema, tests: readonly { readonly owner: SlotOwner; readonly erased: Erased }[]) {
    this.#builder = new BatchBuilder(schema)
    this.#tests = tests
  }

  /** True when none can be found. */
  get isIdle(): boolean {
    return this.#tests.length === 0
  }

  /** @param append appends one row to the columns */
  add(id: number, append: (columns: readonly ColumnBuilder[]) => void): void {
    append(this.#builder.columns)
    this.#builder.endRow()
    this.#ids.push(id)
    if (this.#ids.length >= batchRowsMax) this.#judge()
  }

  /** The ids of those that are erased, in the order in which they were added. */
  finish(): readonly number[] {
    if (this.#ids.length > 0) this.#judge()
    return this.#found
  }

  #judge(): void {
    const batch = this.#builder.finish()
    for (let r = 0; r < this.#ids.length; r++)
      if (this.#tests.some(({ owner, erased }) => isErased(batch, r, owner, erased))) this.#found.push(this.#ids[r]!)
    this.#ids.length = 0
  }
}

function isErased(batch: Batch, row: number, { columns, subject }: SlotOwner, { subjects, isWhole }: Erased): boolean {
  if (columns.length > 0 && columns.every((c) => isNull(batch.columns[c]!, row))) return false
  if (isWhole) return true
  if (subject === null) return false
  let name = ''
  for (const part of subject)
    if (typeof part === 'string') name += part
    else {
      const column = batch.columns[part]!
      name += subjectText(isNull(column, row) ? null : valueAt(column, row))
    }
  return subjects.has(name)
}
