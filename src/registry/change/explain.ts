// What a change of a schema means, beyond whether it is compatible: to each known reader, to the rows that are already in
// the topic, and to the lake table. Pure: readers, rows and writers' schemas are handed in.
import { MillraceError } from '../../base/index.ts'
import { compareSchemas, parseSchema, type ParsedSchema } from '../check.ts'
import type { Difference } from '../difference.ts'
import { exactNumber, NumberOutOfRange } from '../json/numbers.ts'
import type { JsonDocument } from '../json/document.ts'
import { Undecided, validateJson } from '../json/validate.ts'
import { resolveAvro, Unresolved } from '../avro/resolve.ts'
import { registryLimits } from '../limits.ts'
import { RegistryRefusal, type NamedText } from '../registry-types.ts'
import type { SchemaType } from '../../model/index.ts'
import { columnsOf, type Column } from './columns.ts'
import { lakeSteps, type LakeStep } from './lake.ts'

/** Something in the project that reads the subject's rows. */
export interface SchemaReader {
  readonly kind: 'pipeline' | 'quarantine' | 'table' | 'query'
  readonly name: string
  /** Columns that it reads. */
  readonly columns: readonly string[]
}

/** A record's value as it lies in the topic. */
export interface SampleRecord {
  readonly partition: number
  readonly offset: bigint
  /** Without the frame. */
  readonly value: Uint8Array
  /** The writer's schema; undefined: the old text. */
  readonly schemaId?: number
}

export interface ChangeInput {
  readonly subject: string
  readonly type: SchemaType
  readonly oldText: string
  readonly newText: string
  readonly references?: readonly NamedText[]
  readonly readers: readonly SchemaReader[]
  /** Rows to be read with the new schema, a bounded sample. Undefined: nobody looked. */
  readonly sample?: readonly SampleRecord[]
  /** Texts of the writers' schemas in the sample by their ids. */
  readonly writers?: ReadonlyMap<number, string>
  /** Name of the lake table that keeps the topic; undefined: none. */
  readonly lakeTable?: string
}

export interface ColumnChange {
  readonly column: string
  readonly change: 'added' | 'removed' | 'renamed' | 'retyped' | 'nullable' | 'required'
  readonly reason: string
}

export interface ReaderAnswer {
  readonly reader: SchemaReader
  /** 'untouched': it reads none of the columns that change. */
  readonly effect: 'untouched' | 'reads' | 'loses'
  readonly sentences: readonly string[]
}

export interface RowsAnswer {
  readonly read: number
  readonly decoded: number
  /** Not even their own writer's schema reads them, or nobody knows it: the change is not to blame. */
  readonly damaged: number
  /** Per writer's schema. */
  readonly writers: readonly { readonly schemaId: number | null; readonly read: number; readonly failed: number }[]
  readonly firstFailure?: { readonly partition: number; readonly offset: bigint; readonly reason: string }
}

export interface ChangeExplanation {
  readonly subject: string
  /** New reads old (backward) and old reads new (forward), with places in both texts. */
  readonly backward: readonly Difference[]
  readonly forward: readonly Difference[]
  readonly columns: readonly ColumnChange[]
  readonly readers: readonly ReaderAnswer[]
  readonly rows?: RowsAnswer
  readonly lake?: { readonly table: string; readonly canFollow: boolean; readonly steps: readonly LakeStep[] }
}

/** Throws MR-REGISTRY-002 when one of the texts is no schema. O(texts + readers + sample) */
export function explainChange(input: ChangeInput): ChangeExplanation {
  const { subject, oldText, newText, references = [], readers, lakeTable } = input
  const [old, now] = [parsed(input, oldText, references), parsed(input, newText, references)]
  const [before, after] = [columnsOf(old), columnsOf(now)]
  const columns = columnChanges(before, after)
  const steps = lakeTable === undefined ? [] : lakeSteps(before, after)
  return {
    subject,
    backward: compareSchemas(now, old, 'new'),
    forward: compareSchemas(old, now, 'old'),
    columns,
    readers: readers.map((reader) => readerAnswer(reader, columns)),
    ...(input.sample && { rows: rowsAnswer(input, old, now) }),
    ...(lakeTable !== undefined && {
      lake: { table: lakeTable, canFollow: steps.every(({ action }) => action !== 'refused'), steps },
    }),
  }
}

function parsed({ subject, type }: ChangeInput, text: string, references: readonly NamedText[]): ParsedSchema {
  try {
    return parseSchema(type, text, references)
  } catch (error) {
    if (error instanceof RegistryRefusal)
      throw new MillraceError('MR-REGISTRY-002', {
        details: { action: `the schema of ${subject}`, reason: error.message, number: error.errorCode },
      })
    throw error
  }
}

function columnChanges(old: readonly Column[], now: readonly Column[]): ColumnChange[] {
  const changes: ColumnChange[] = []
  const before = new Map(old.map((column) => [column.name, column]))
  const kept = new Set<string>()
  for (const column of now) {
    const alias = before.has(column.name) ? undefined : column.aliases.find((name) => before.has(name))
    const from = before.get(alias ?? column.name)
    if (!from) {
      changes.push({ column: column.name, change: 'added', reason: `${column.name} (${column.type}) is new` })
      continue
    }
    kept.add(from.name)
    if (alias !== undefined)
      changes.push({ column: alias, change: 'renamed', reason: `${alias} is now called ${column.name}` })
    if (from.type !== column.type)
      changes.push({
        column: from.name,
        change: 'retyped',
        reason: `${from.name} becomes ${column.type} from ${from.type}`,
      })
    if (from.nullable !== column.nullable)
      changes.push({
        column: from.name,
        change: column.nullable ? 'nullable' : 'required',
        reason: column.nullable ? `${from.name} may be NULL from now on` : `${from.name} may no longer be NULL`,
      })
  }
  for (const { name } of old)
    if (!kept.has(name)) changes.push({ column: name, change: 'removed', reason: `${name} is gone from new records` })
  return changes
}

function readerAnswer(reader: SchemaReader, changes: readonly ColumnChange[]): ReaderAnswer {
  const touched = changes.filter(({ column }) => reader.columns.includes(column))
  const loses = touched.some(({ change }) => change === 'removed' || change === 'renamed')
  return {
    reader,
    effect: touched.length === 0 ? 'untouched' : loses ? 'loses' : 'reads',
    sentences: touched.map(({ column, reason }) => `${reader.kind} \`${reader.name}\` reads \`${column}\`: ${reason}`),
  }
}

function rowsAnswer(
  { type, sample = [], writers, references = [] }: ChangeInput,
  old: ParsedSchema,
  now: ParsedSchema,
): RowsAnswer {
  const byId = new Map<number | null, { schemaId: number | null; read: number; failed: number }>()
  const schemas = new Map<number | null, ParsedSchema | string>([[null, old]])
  let firstFailure: RowsAnswer['firstFailure']
  let decoded = 0
  let damaged = 0
  for (const record of sample) {
    const id = record.schemaId ?? null
    let writer = schemas.get(id)
    if (writer === undefined) schemas.set(id, (writer = writerOf(type, id!, writers, references)))
    let counts = byId.get(id)
    if (!counts) byId.set(id, (counts = { schemaId: id, read: 0, failed: 0 }))
    counts.read++
    const reason = typeof writer === 'string' ? writer : failureOf(now, writer, record.value)
    if (reason === undefined) decoded++
    else if (typeof writer === 'string' || failureOf(writer, writer, record.value) !== undefined) damaged++
    else {
      counts.failed++
      firstFailure ??= { partition: record.partition, offset: record.offset, reason }
    }
  }
  return { read: sample.length, decoded, damaged, writers: [...byId.values()], ...(firstFailure && { firstFailure }) }
}

function writerOf(
  type: SchemaType,
  id: number,
  writers: ReadonlyMap<number, string> | undefined,
  references: readonly NamedText[],
): ParsedSchema | string {
  const text = writers?.get(id)
  if (text === undefined) return `the schema with id ${id} is not in the registry`
  try {
    return parseSchema(type, text, references)
  } catch (error) {
    return error instanceof RegistryRefusal ? error.message : String(error)
  }
}

/** Why the new schema does not read it; undefined: it does. */
function failureOf(now: ParsedSchema, writer: ParsedSchema, value: Uint8Array): string | undefined {
  if (now.type === 'AVRO' && writer.type === 'AVRO') {
    try {
      resolveAvro(now.schema, writer.schema, value)
      return undefined
    } catch (error) {
      if (error instanceof Unresolved) return error.message
      throw error
    }
  }
  if (now.type === 'JSON') return jsonFailure(now.schema, value)
  return compareSchemas(now, writer, 'new').find(({ warning }) => !warning)?.reason
}

function jsonFailure(schema: JsonDocument, value: Uint8Array): string | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value), exactNumber)
    const [first] = validateJson(schema.root, json, { fillDefaults: true, stepsMax: registryLimits.validationStepsMax })
    return first && `${first.reason} (at ${first.path === '' ? '/' : first.path})`
  } catch (error) {
    if ([Undecided, SyntaxError, TypeError, RangeError, NumberOutOfRange].some((kind) => error instanceof kind))
      return (error as Error).message
    throw error
  }
}
