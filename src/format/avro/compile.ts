// Generates the function that reads one record of one writer schema into a stage, taking only the wanted columns and
// stepping over the rest. The generated text has the short cases in line (a varint of one byte, a null branch) and calls
// AvroCursor's readers for the others. It holds no name from outside as code: names of fields appear as JSON strings only.
// Tested against interpret.ts, which does the same without generating anything.
//
// Reads without a check may run past the record's end into the same array by a few bytes; every length and every multi-byte
// varint is checked against `end`, and the record as a whole at its end, so such a record is always refused.
import type { LogicalType, Schema, Value } from '../../model/index.ts'
import { CodeBuilder } from '../code-builder.ts'
import { formatLimits } from '../limits.ts'
import { asDamage, RecordDamage } from '../damage.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { parseTimestamp } from '../temporal.ts'
import { conversionOf, describeAvro, refusals, type Conversion } from './conversion.ts'
import * as cursorReaders from './cursor.ts'
import type { AvroCursor } from './cursor.ts'
import { readDefault, stageValue } from './interpret.ts'
import { AvroSizes, type AvroField, type AvroRecord, type AvroType } from './schema.ts'

/** Reads the record at cursor.position into row `row` of the stage; throws RecordDamage. */
export type RowReader = (cursor: AvroCursor, row: number) => void

/**
 * Reads a Debezium envelope: `before` into row `row` and `after` into the row behind it (or into `row` when there is no
 * before). @returns op as a character code | 256 when before was there | 512 when after was there
 */
export type EnvelopeReader = (cursor: AvroCursor, row: number, skipBefore: boolean) => number

export const envelopeBefore = 256
export const envelopeAfter = 512

/** The writer's schema cannot be read as the columns; the message says which and why. */
export class Unreadable extends Error {}

interface Generated<T> {
  readonly read: T
  /** The function as generated, for people. */
  readonly text: string
}

/** @param columns the columns wanted, with their stage. Throws Unreadable. */
export function compileRowReader(writer: AvroType, columns: Schema, stage: Stage): Generated<RowReader> {
  const generator = new Generator()
  emitRowBody(generator, writer, columns, stage, 'row')
  generator.code.line("if (p !== end) R.damaged(p > end ? 'it ends early' : 'bytes after its end', p > end ? end : p)")
  return generator.build<RowReader>('cursor, row')
}

export function compileEnvelopeReader(writer: AvroType, columns: Schema, stage: Stage): Generated<EnvelopeReader> {
  const generator = new Generator()
  const { code } = generator
  const record = theRecord(writer, generator)
  for (const name of ['before', 'after', 'op']) {
    if (!record.fields.some((field) => field.name === name)) throw new Unreadable(`the envelope has no field ${name}`)
  }
  const places = ['before', 'after'].map((name) => record.fields.findIndex((field) => field.name === name))
  if (places[1]! < places[0]!) throw new Unreadable('the envelope has after in front of before')
  code.line('let result = 0, op = 0, to = row')
  for (const field of record.fields) {
    if (field.name === 'op') emitOp(generator, field.type)
    else if (field.name === 'before' || field.name === 'after') emitImage(generator, field, columns, stage)
    else generator.skip(field.type)
  }
  code.line("if (p !== end) R.damaged(p > end ? 'it ends early' : 'bytes after its end', p > end ? end : p)")
  code.line('cursor.position = p')
  code.line('return result | op')
  return generator.build<EnvelopeReader>('cursor, row, skipBefore')
}

function emitImage(
  generator: Generator,
  field: { readonly name: string; readonly type: AvroType },
  columns: Schema,
  stage: Stage,
): void {
  const { code } = generator
  const before = field.name === 'before'
  if (before) {
    code.open('if (skipBefore) {')
    generator.skip(field.type)
    code.open('} else {')
  }
  const { type } = field
  const present = (record: AvroType): void => {
    emitRowBody(generator, record, columns, stage, 'to')
    code.line(`result |= ${before ? envelopeBefore : envelopeAfter}`)
    code.line('to++')
  }
  if (type.kind === 'union')
    generator.branches(type, (branch) => (branch.kind === 'null' ? undefined : present(branch)))
  else present(type)
  if (before) code.close()
}

function emitOp(generator: Generator, type: AvroType): void {
  const { code } = generator
  const letter = (branch: AvroType): void => {
    if (branch.kind !== 'string' && branch.kind !== 'enum') throw new Unreadable(`op is ${describeAvro(branch)}`)
    if (branch.kind === 'enum') {
      const index = generator.index(branch.symbols.length)
      code.line(
        `op = ${JSON.stringify(branch.symbols.map((s) => (s.length === 1 ? s.charCodeAt(0) : 0)).map(Number))}[${index}]`,
      )
      return
    }
    const size = generator.length()
    code.line(`if (${size} !== 1) R.damaged('its op is not one letter', p)`)
    code.line('op = bytes[p++]')
  }
  if (type.kind === 'union') {
    generator.branches(type, (branch) =>
      branch.kind === 'null' ? code.line("R.damaged('its op is null', p)") : letter(branch),
    )
  } else letter(type)
}

/** A record, or a union of null and one. */
function theRecord(writer: AvroType, generator: Generator): AvroRecord {
  if (writer.kind === 'record') return writer
  if (writer.kind === 'union') {
    const records = writer.branches.filter((branch) => branch.kind === 'record')
    if (records.length === 1) {
      const at = writer.branches.indexOf(records[0]!)
      const index = generator.index(writer.branches.length)
      generator.code.line(`if (${index} !== ${at}) R.misfit('the record is null', p)`)
      return records[0]!
    }
  }
  throw new Unreadable(`the schema is ${describeAvro(writer)}, not a record`)
}

function emitRowBody(generator: Generator, writer: AvroType, columns: Schema, stage: Stage, row: string): void {
  const record = theRecord(writer, generator)
  const slots = stage.columns.map((column) => generator.slot(column))
  const names = columns.fields.map((field) => field.name)
  emitFields(generator, record, { names, types: columns.fields.map((f) => f.type), slots, row, path: '' })
}

interface Target {
  readonly names: readonly string[]
  readonly types: readonly LogicalType[]
  readonly slots: readonly Slot[]
  /** The variable that holds the row's number. */
  readonly row: string
  readonly path: string
}

interface Slot {
  /** The generated variable. */
  readonly name: string
  readonly column: StageColumn
}

function emitFields(generator: Generator, record: AvroRecord, target: Target): void {
  const { names, types, slots, row, path } = target
  const written = new Set(record.fields.map((field) => field.name))
  names.forEach((name, i) => {
    if (written.has(name)) return
    const field = record.absent?.find((one) => one.name === name)
    if (field) {
      const value = generator.constant(defaultOf(field, types[i]!, path + name))
      generator.code.line(`R.stageValue(${slots[i]!.name}, ${row}, ${value})`)
      return
    }
    if (!types[i]!.nullable) throw new Unreadable(`${path}${name} is not in the writer's schema and may not be null`)
    generator.code.line(`${slots[i]!.name}.setNull(${row})`)
  })
  for (const field of record.fields) {
    const i = names.indexOf(field.name)
    if (i < 0) generator.skip(field.type)
    else emitValue(generator, field.type, { type: types[i]!, slot: slots[i]!, row, path: path + field.name })
  }
}

/** The value that a reader's field has where the writer has none. Throws Unreadable. */
export function defaultOf(field: AvroField, column: LogicalType, path: string): Value {
  if (!field.hasDefault)
    throw new Unreadable(`${path} is not in the writer's schema and has no default in the reader's`)
  try {
    return readDefault(field, column)
  } catch (error) {
    throw new Unreadable(`${path}: its default cannot be read as the column: ${asDamage(error).message}`)
  }
}

interface ValueTarget {
  readonly type: LogicalType
  readonly slot: Slot
  readonly row: string
  readonly path: string
}

function emitValue(generator: Generator, writer: AvroType, target: ValueTarget): void {
  const { code } = generator
  const { slot, row, path } = target
  if (code.length > formatLimits.codeLinesMax * 10) throw new Unreadable('its schema is too large')
  if (writer.kind === 'null') {
    code.line(nullLine(target))
    return
  }
  if (writer.kind === 'union') {
    const readable = writer.branches.some((b) => b.kind === 'null' || typeof conversionOf(b, target.type) !== 'string')
    if (!readable) throw new Unreadable(`${path}: ${conversionOf(writer, target.type) as string}`)
    generator.branches(writer, (branch) => {
      const reason = branch.kind === 'null' ? (refusals.get(branch) ?? '') : conversionOf(branch, target.type)
      if (typeof reason === 'string' && reason !== '') code.line(`R.misfit(${JSON.stringify(`${path}: ${reason}`)}, p)`)
      else emitValue(generator, branch, target)
    })
    return
  }
  const conversion = conversionOf(writer, target.type)
  if (typeof conversion === 'string') throw new Unreadable(`${path}: ${conversion}`)
  emitConversion(generator, writer, conversion, target)
  const setsValidity = ['bytes', 'text', 'uuid', 'enum'].includes(conversion.kind)
  if (!setsValidity) code.line(`${slot.name}.valid[${row}] = 1`)
}

function nullLine({ type, slot, row, path }: ValueTarget): string {
  if (!type.nullable) return `R.misfit(${JSON.stringify(`${path} is null and may not be`)}, p)`
  const fixed = slot.column.offsets.length === 0 && slot.column.layout !== 'struct'
  return fixed ? `${slot.name}.valid[${row}] = 0` : `${slot.name}.setNull(${row})`
}

function emitConversion(generator: Generator, writer: AvroType, conversion: Conversion, target: ValueTarget): void {
  const { code } = generator
  const { slot, row, path } = target
  const s = slot.name
  switch (conversion.kind) {
    case 'boolean':
      code.line(`if (bytes[p] > 1) R.damaged('a boolean that is neither 0 nor 1', p)`)
      code.line(`${s}.bytes[${row}] = bytes[p++]`)
      return
    case 'integer': {
      const value = generator.int()
      if (conversion.lane !== 'i32' || conversion.most !== 2147483647) {
        const reason = JSON.stringify(`${path} lies outside of its column's range`)
        code.line(`if (${value} < ${conversion.least} || ${value} > ${conversion.most}) R.misfit(${reason}, p)`)
      }
      code.line(`${s}.${conversion.lane}[${row}] = ${value}`)
      return
    }
    case 'bigint':
      generator.long(s, row)
      return
    case 'float':
    case 'double':
      code.line(`${s}.${conversion.kind === 'float' ? 'f32' : 'f64'}[${row}] = ${generator.number(writer)}`)
      return
    case 'ticks':
      if (conversion.multiply === 1n && conversion.divide === 1n) return generator.long(s, row)
      code.line('cursor.position = p')
      code.line(`R.setTicks(cursor, ${s}, ${row}, ${conversion.multiply}n, ${conversion.divide}n, p)`)
      code.line('p = cursor.position')
      return
    case 'time':
      code.line('cursor.position = p')
      code.line(`x = Math.floor(R.readLongAsDouble(cursor) / ${conversion.divide})`)
      code.line(`if (!(x >= 0 && x <= 86399999)) R.misfit(${JSON.stringify(`${path} is no time of the day`)}, p)`)
      code.line('p = cursor.position')
      code.line(`${s}.i32[${row}] = x`)
      return
    case 'decimal': {
      const size = writer.kind === 'fixed' ? generator.fixed(writer.size) : generator.length()
      code.line('cursor.position = p')
      code.line(`R.readDecimal(cursor, ${size}, ${s}, ${row}, ${generator.constant(conversion.target)})`)
      code.line('p = cursor.position')
      return
    }
    case 'bytes': {
      const size = writer.kind === 'fixed' ? generator.fixed(writer.size) : generator.length()
      code.line(`${s}.setBytes(${row}, bytes, p, ${size})`)
      code.line(`p += ${size}`)
      return
    }
    case 'text': {
      const size = generator.length()
      code.line(
        `if ((x = ${s}.setText(${row}, bytes, p, ${size})) >= 0) R.damaged(${JSON.stringify(`${path} is not UTF-8`)}, x)`,
      )
      code.line(`p += ${size}`)
      return
    }
    case 'uuid':
      code.line(`R.setUuid(bytes, p, ${s}, ${row})`)
      code.line(`p += ${generator.fixed(16)}`)
      return
    case 'zoned': {
      const size = generator.length()
      code.line(`R.setZoned(bytes, p, ${size}, ${s}, ${row}, ${conversion.ticks})`)
      code.line(`p += ${size}`)
      return
    }
    case 'enum': {
      const symbols = writer.kind === 'enum' ? writer.symbols.map((symbol) => new TextEncoder().encode(symbol)) : []
      const index = generator.index(symbols.length)
      const symbol = code.fresh('symbol')
      code.line(`const ${symbol} = ${generator.constant(symbols)}[${index}]`)
      if (symbols.some((one) => one.length === 0)) {
        const reason = JSON.stringify(`${path}: the reader knows no such symbol and has no default`)
        code.line(`if (${symbol}.length === 0) R.misfit(${reason}, p)`)
      }
      code.line(`${s}.setBytes(${row}, ${symbol}, 0, ${symbol}.length)`)
      return
    }
    case 'record':
      if (writer.kind === 'record' && target.type.kind === 'ROW') {
        const { fields } = target.type
        emitFields(generator, writer, {
          names: fields.map((field) => field.name),
          types: fields.map((field) => field.type),
          slots: slot.column.children.map((child) => generator.slot(child)),
          row,
          path: `${path}.`,
        })
      }
      return
    case 'array':
    case 'map':
      emitBlocks(generator, writer, target)
  }
}

function emitBlocks(generator: Generator, writer: AvroType, { type, slot, row, path }: ValueTarget): void {
  const { code } = generator
  const element = generator.slot(slot.column.children[0]!)
  const at = code.fresh('at')
  const count = code.fresh('count')
  const total = code.fresh('total')
  const item = writer.kind === 'array' ? writer.items : writer.kind === 'map' ? writer.values : writer
  const least = generator.sizes.of(item).least + (writer.kind === 'map' ? 1 : 0)
  code.line(`let ${at} = ${slot.name}.offsets[${row}], ${total} = 0, ${count} = 0`)
  code.line('cursor.position = p')
  code.open(`while ((${count} = R.readBlockCount(cursor, ${least}, ${total})) > 0) {`)
  code.line(`${total} += ${count}`)
  code.line('p = cursor.position')
  code.open(`for (; ${count} > 0; ${count}--) {`)
  code.line(`${element.name}.ensure(${at})`)
  if (writer.kind === 'array' && type.kind === 'ARRAY') {
    emitValue(generator, writer.items, { type: type.element, slot: element, row: at, path: `${path}[]` })
  } else if (writer.kind === 'map' && type.kind === 'MAP') {
    const [key, value] = element.column.children.map((child) => generator.slot(child))
    const name: AvroType = { kind: 'string', logical: null, connectName: null }
    emitValue(generator, name, { type: type.key, slot: key!, row: at, path: `${path}{key}` })
    emitValue(generator, writer.values, { type: type.value, slot: value!, row: at, path: `${path}{}` })
    code.line(`${element.name}.valid[${at}] = 1`)
  }
  code.line(`${at}++`)
  code.close()
  code.line('cursor.position = p')
  code.close()
  code.line('p = cursor.position')
  code.line(`${slot.name}.offsets[${row} + 1] = ${at}`)
}

const hexDigits = new TextEncoder().encode('0123456789abcdef')
const uuidDigits = new Uint8Array(36)

/** Sixteen bytes as the text of a UUID. */
function setUuid(bytes: Uint8Array, at: number, column: StageColumn, row: number): void {
  let to = 0
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) uuidDigits[to++] = 45
    const byte = bytes[at + i] ?? 0
    uuidDigits[to++] = hexDigits[byte >> 4]!
    uuidDigits[to++] = hexDigits[byte & 15]!
  }
  column.setBytes(row, uuidDigits, 0, 36)
}

function setZoned(bytes: Uint8Array, at: number, size: number, column: StageColumn, row: number, ticks: number): void {
  const value = parseTimestamp(bytes, at, at + size, ticks, 'required')
  if (value === undefined) throw new RecordDamage('MR-FORMAT-009', 'a time that is not ISO 8601 with a zone', at)
  column.setWhole(row, value)
}

/** Emits the short readings; keeps the constants that generated code refers to. */
class Generator {
  readonly code = new CodeBuilder()
  readonly sizes = new AvroSizes()
  readonly #constants: unknown[] = []
  readonly #slots = new Map<StageColumn, Slot>()

  build<T>(parameters: string): Generated<T> {
    const constants = this.#constants.map((_, i) => `const K${i} = K[${i}]`).join('\n')
    const head = 'const bytes = cursor.bytes, end = cursor.end\n  let p = cursor.position, x = 0'
    const text = `${constants}\nreturn function read(${parameters}) {\n  ${head}\n${this.code.text()}\n}`
    // Built from our own lines; texts from schemas are in it as JSON strings only.
    const make = new Function('R', 'K', text) as (readers: unknown, constants: readonly unknown[]) => T
    return { read: make({ ...cursorReaders, setZoned, setUuid, stageValue }, this.#constants), text }
  }

  constant(value: unknown): string {
    this.#constants.push(value)
    return `K${this.#constants.length - 1}`
  }

  slot(column: StageColumn): Slot {
    let slot = this.#slots.get(column)
    if (!slot) {
      slot = { name: this.constant(column), column }
      this.#slots.set(column, slot)
    }
    return slot
  }

  /** A variable that holds an int. */
  int(): string {
    const name = this.code.fresh('int')
    this.code.line('x = bytes[p]')
    this.code.line(`let ${name} = (x >>> 1) ^ -(x & 1)`)
    this.code.line(`if (x < 128) p++`)
    this.code.line(`else { cursor.position = p; ${name} = R.readInt(cursor); p = cursor.position }`)
    return name
  }

  index(count: number): string {
    const name = this.int()
    // Behind the end the next record's bytes lie: what they say is no reason.
    this.code.line(`if (p > end) R.endsEarly(cursor)`)
    this.code.line(`if (${name} < 0 || ${name} >= ${count}) R.damaged('index ' + ${name} + ' of ${count}', p)`)
    return name
  }

  /** A variable that holds a length that is wholly there. */
  length(): string {
    const name = this.code.fresh('size')
    this.code.line('x = bytes[p]')
    this.code.line(`let ${name} = x >>> 1`)
    this.code.line(`if (x < 128 && (x & 1) === 0 && ${name} < end - p) p++`)
    this.code.line(`else { cursor.position = p; ${name} = R.readLength(cursor); p = cursor.position }`)
    return name
  }

  fixed(size: number): number {
    this.code.line(`if (${size} > end - p) R.endsEarly(cursor)`)
    return size
  }

  /** A long into two words of a column. */
  long(slot: string, row: string): void {
    const { code } = this
    code.line('x = bytes[p]')
    code.line(
      `if (x < 128) { p++; x = (x >>> 1) ^ -(x & 1); ${slot}.words[${row} * 2] = x; ${slot}.words[${row} * 2 + 1] = x >> 31 }`,
    )
    code.line(
      `else { cursor.position = p; R.readLong(cursor); p = cursor.position; ${slot}.words[${row} * 2] = cursor.low; ${slot}.words[${row} * 2 + 1] = cursor.high }`,
    )
  }

  /** An expression for an int, long, float or double as a number. */
  number(writer: AvroType): string {
    if (writer.kind === 'int') return this.int()
    const name = this.code.fresh('number')
    if (writer.kind === 'long') {
      this.code.line(`cursor.position = p; const ${name} = R.readLongAsDouble(cursor); p = cursor.position`)
      return name
    }
    const size = this.fixed(writer.kind === 'float' ? 4 : 8)
    this.code.line(`const ${name} = cursor.view.getFloat${size * 8}(p, true); p += ${size}`)
    return name
  }

  branches(union: AvroType & { kind: 'union' }, emit: (branch: AvroType) => void): void {
    const { code } = this
    const index = this.index(union.branches.length)
    code.open(`switch (${index}) {`)
    union.branches.forEach((branch, i) => {
      code.open(`case ${i}: {`)
      emit(branch)
      code.line('break')
      code.close()
    })
    code.close()
  }

  /** Steps over a value: in line while the text stays small. */
  skip(type: AvroType): void {
    const { code } = this
    const size = this.sizes.of(type)
    if (size.fixed) {
      if (size.least > 0) code.line(`if (${size.least} > end - p) R.endsEarly(cursor); p += ${size.least}`)
    } else if (type.kind === 'int' || type.kind === 'long' || type.kind === 'enum') {
      code.line('if (bytes[p] < 128) p++')
      const reader = type.kind === 'long' ? 'readLong' : 'readInt'
      code.line(`else { cursor.position = p; R.${reader}(cursor); p = cursor.position }`)
    } else if (type.kind === 'string' || type.kind === 'bytes') {
      code.line(`p += ${this.length()}`)
    } else if (type.kind === 'union' && code.length < formatLimits.codeLinesMax && isFlat(type)) {
      this.branches(type, (branch) => this.skip(branch))
    } else {
      code.line(
        `cursor.position = p; R.skipValue(cursor, ${this.constant(type)}, ${this.constant(this.sizes)}); p = cursor.position`,
      )
    }
  }
}

const isFlat = (union: AvroType & { kind: 'union' }): boolean =>
  union.branches.every((b) => b.kind !== 'union' && b.kind !== 'record' && b.kind !== 'array' && b.kind !== 'map')
