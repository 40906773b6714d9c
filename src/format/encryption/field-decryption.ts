// Opens encrypted fields of rows that a reader has staged, as Confluent's clients do: base64 of what is sealed in text, what is
// sealed in bytes. Nulls stay null. A field that cannot be opened fails its record or stays as it is, as the rule's onFailure
// says.
// Reference: Confluent FieldEncryptionExecutor.
import type { EncryptedField, LogicalType, Schema } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { badUtf8At } from '../utf8.ts'
import type { OpeningKeys } from './opening-keys.ts'

/** Where in the columns an encrypted field lies. */
export interface CipherPlace {
  readonly field: EncryptedField
  /** Index of the column, then children of it; lists and maps on the way are included. */
  readonly steps: readonly number[]
}

/** Places of the fields that are among the columns. @param skip names at the paths' beginning that are no columns: an envelope */
export function cipherPlaces(fields: readonly EncryptedField[], columns: Schema, skip: number): CipherPlace[] {
  return fields.flatMap((field) => {
    const path = field.path.slice(skip)
    const index = columns.fields.findIndex((column) => column.name === path[0])
    if (index < 0) return []
    const steps = stepsTo(columns.fields[index]!.type, path.slice(1), [index])
    return steps ? [{ field, steps }] : []
  })
}

function stepsTo(type: LogicalType, path: readonly string[], steps: readonly number[]): number[] | undefined {
  switch (type.kind) {
    case 'ARRAY':
      return stepsTo(type.element, path, [...steps, 0])
    case 'MAP':
      return stepsTo(type.value, path, [...steps, 0, 1])
    case 'ROW': {
      const index = type.fields.findIndex((field) => field.name === path[0])
      return index < 0 ? undefined : stepsTo(type.fields[index]!.type, path.slice(1), [...steps, index])
    }
    default:
      return path.length === 0 ? [...steps] : undefined
  }
}

/** Opens the fields of rows [row, row + count), the last of the stage. Throws RecordDamage MR-FORMAT-012 at `at`. */
export function openFields(
  places: readonly CipherPlace[],
  keys: OpeningKeys,
  stage: Stage,
  { row, count, at }: { readonly row: number; readonly count: number; readonly at: number },
): void {
  // Rules run in order when writing, and so the other way round here.
  for (let i = places.length - 1; i >= 0; i--) {
    const { field, steps } = places[i]!
    let column = stage.columns[steps[0]!]!
    let [from, to] = [row, row + count]
    for (const step of steps.slice(1)) {
      if (column.layout === 'list' || column.layout === 'map') [from, to] = [column.offsets[from]!, column.offsets[to]!]
      column = column.children[step]!
    }
    if (column.layout === 'bytes') openRows(keys, field, column, { from, to, at })
  }
}

function openRows(
  keys: OpeningKeys,
  field: EncryptedField,
  column: StageColumn,
  { from, to, at }: { from: number; to: number; at: number },
): void {
  const isText = column.type.kind === 'VARCHAR' || column.type.kind === 'CHAR'
  const opened: (Uint8Array | null)[] = []
  let isChanged = false
  for (let i = from; i < to; i++) {
    if (column.valid[i] === 0) {
      opened.push(null)
      continue
    }
    const sealed = column.bytes.slice(column.offsets[i]!, column.offsets[i + 1]!)
    const plain = openValue(keys, field, sealed)
    const reason =
      typeof plain === 'string' ? plain : isText && badUtf8At(plain, 0, plain.length) >= 0 ? 'it is not UTF-8' : ''
    if (reason !== '') {
      if (field.rule.onRead === 'fail')
        throw new RecordDamage('MR-FORMAT-012', `${field.path.join('.')} (rule ${field.rule.name}): ${reason}`, at)
      opened.push(sealed)
    } else {
      opened.push(plain as Uint8Array)
      isChanged = true
    }
  }
  if (!isChanged) return
  opened.forEach((plain, i) => {
    if (plain) column.setBytes(from + i, plain, 0, plain.length)
    else column.offsets[from + i + 1] = column.offsets[from + i]!
  })
}

/** The plaintext, or why there is none. */
function openValue(keys: OpeningKeys, { rule, form }: EncryptedField, value: Uint8Array): Uint8Array | string {
  if (form !== 'text') return keys.open(rule, value)
  const bytes = base64Of(value)
  return bytes ? keys.open(rule, bytes) : 'it is not base64, so it was not encrypted'
}

function base64Of(text: Uint8Array): Uint8Array | undefined {
  // Buffer skips over what is no base64.
  const name = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1')
  if (name.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(name)) return undefined
  return new Uint8Array(Buffer.from(name, 'base64'))
}
