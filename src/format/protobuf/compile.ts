// Generates the function that reads one record of one writer's schema into a stage, taking only the wanted columns. It
// expects what serializers write: fields in the order of their numbers, each at most once, lists packed as declared. Field
// by field it looks for the tag at the cursor, reads or steps over the value, and else writes what an absent field is. Where
// the record's end is not met exactly (another order, a field twice, unknown fields, damage), the plain reader (read.ts) reads
// the record anew: a row is written by its number, so nothing is left of the first try.
// The generated text holds no name from outside as code.
//
// Reads without a check may run past the record's end into the same array by a few bytes; then the end is not met.
import type { Field } from '../../model/index.ts'
import { CodeBuilder } from '../code-builder.ts'
import { RecordDamage } from '../damage.ts'
import { formatLimits } from '../limits.ts'
import type { Stage, StageColumn } from '../stage.ts'
import * as cursorReaders from './cursor.ts'
import { wire, type ProtoCursor } from './cursor.ts'
import { wireTypeOf } from './option-bytes.ts'
import {
  oneofsOf,
  planRow,
  type FieldPlan,
  type MessagePlan,
  type ScalarPlan,
  type SmallPlan,
  type ValuePlan,
} from './plan.ts'
import { readMessage } from './read.ts'
import type { ProtoField, ProtoMessage, ProtoOneof } from './schema.ts'
import * as values from './values.ts'

/** Reads the message in bytes[cursor.position, cursor.end) into row `row` of the stage; throws RecordDamage. */
export type RowReader = (cursor: ProtoCursor, row: number) => void

export interface CompiledReader {
  readonly read: RowReader
  /** The function as generated, for people. */
  readonly text: string
}

/** Throws Unreadable where the message cannot be read as the columns. */
export function compileRowReader(message: ProtoMessage, columns: readonly Field[], stage: Stage): CompiledReader {
  const plan = planRow(message, columns, stage.columns)
  return new Generator().build(plan)
}

/** The same by the plain reader alone: slower, the same results. */
export function plainRowReader(message: ProtoMessage, columns: readonly Field[], stage: Stage): RowReader {
  const plan = planRow(message, columns, stage.columns)
  return (cursor, row) => readMessage(cursor, plan, row)
}

/** False, or damage: the record is not what was expected, and only the plain reader can tell what it is. */
type TryRead = (cursor: ProtoCursor, row: number) => boolean

function orPlain(tryRead: TryRead, plan: MessagePlan): RowReader {
  return (cursor, row) => {
    const { position, end } = cursor
    try {
      if (tryRead(cursor, row)) return
    } catch (error) {
      if (!(error instanceof RecordDamage)) throw error
    }
    cursor.position = position
    cursor.end = end
    readMessage(cursor, plan, row)
  }
}

/** Names of the numbers that take one byte. */
function shortNames(names: ReadonlyMap<number, Uint8Array>): (Uint8Array | undefined)[] {
  return Array.from({ length: 128 }, (_, number) => names.get(number))
}

class Generator {
  readonly code = new CodeBuilder()
  readonly #constants: unknown[] = []
  readonly #slots = new Map<StageColumn, string>()

  build(plan: MessagePlan): CompiledReader {
    const { code } = this
    code.open('fast: {')
    const complete = this.#message(plan, 'end', 'row')
    code.line('return p === end')
    code.close()
    code.line('return false')
    const constants = this.#constants.map((_, i) => `const K${i} = K[${i}]`).join('\n')
    const head = 'const bytes = cursor.bytes, end = cursor.end, start = cursor.position\n  let p = start, x = 0'
    const text = `${constants}\nreturn function read(cursor, row) {\n  ${head}\n${code.text()}\n}`
    if (!complete) return { read: (cursor, row) => readMessage(cursor, plan, row), text: '' }
    const make = new Function('R', 'K', text) as (readers: unknown, constants: readonly unknown[]) => TryRead
    return { read: orPlain(make({ ...cursorReaders, ...values }, this.#constants), plan), text }
  }

  #constant(value: unknown): string {
    this.#constants.push(value)
    return `K${this.#constants.length - 1}`
  }

  #slot(column: StageColumn): string {
    let name = this.#slots.get(column)
    if (name === undefined) this.#slots.set(column, (name = this.#constant(column)))
    return name
  }

  /** Every field of the message in order; `end` and `row` are variables. False where that is more code than is good. */
  #message(plan: MessagePlan, end: string, row: string): boolean {
    const { code } = this
    for (const slot of plan.nulls) code.line(`${this.#slot(slot)}.setNull(${row})`)
    const oneofs = new Map([...oneofsOf(plan).keys()].map((oneof) => [oneof, code.fresh('one')]))
    for (const name of oneofs.values()) code.line(`let ${name} = 0`)
    const fields = plan.message.fields.toSorted((a, b) => a.number - b.number)
    for (const field of fields) {
      if (code.length > formatLimits.codeLinesMax * 4) return false
      const wanted = plan.byNumber.get(field.number)
      const before = this.#oneofLine(field, oneofs)
      if (wanted) this.#field(wanted, end, row, before)
      else this.#skip(field, end, before)
    }
    return true
  }

  /** Of two members of a oneof the last counts: the plain reader sees to that. */
  #oneofLine(field: ProtoField, oneofs: ReadonlyMap<ProtoOneof, string>): string | null {
    const name = field.oneof ? oneofs.get(field.oneof) : undefined
    return name === undefined ? null : `if (${name} !== 0) break fast; ${name} = 1`
  }

  /** A condition that the tag stands at the cursor, and the bytes it takes. */
  #tagAt(tag: number, end: string): [condition: string, size: number] {
    const bytes: number[] = []
    for (let rest = tag; ; rest = Math.floor(rest / 128)) {
      bytes.push(rest > 127 ? (rest % 128) + 128 : rest)
      if (rest <= 127) break
    }
    const room = bytes.length === 1 ? `p < ${end}` : `p + ${bytes.length - 1} < ${end}`
    const tests = bytes.map((byte, i) => `bytes[p${i === 0 ? '' : ` + ${i}`}] === ${byte}`)
    return [[room, ...tests].join(' && '), bytes.length]
  }

  #skip(field: ProtoField, end: string, before: string | null): void {
    const { code } = this
    // Groups: the plain reader.
    if (field.delimited) return
    const type = wireTypeOf(field)
    const packed = field.packed
    const [condition, size] = this.#tagAt(field.number * 8 + (packed ? wire.bytes : type), end)
    const many = field.label === 'repeated' && !packed
    code.open(`${many ? 'while' : 'if'} (${condition}) {`)
    if (before !== null) code.line(before)
    if (packed || type === wire.bytes) {
      code.line(`p += ${size}`)
      code.line(`p += ${this.#length(end)}`)
    } else if (type === wire.varint) {
      code.line(`p += ${size}`)
      code.line('if (bytes[p] < 128) p++')
      code.line('else { cursor.position = p; R.readVarint(cursor); p = cursor.position }')
    } else code.line(`p += ${size + (type === wire.fixed64 ? 8 : 4)}`)
    // A required field that is absent is the plain reader's to tell.
    this.#closeWithElse(field.required ? 'break fast' : null)
  }

  #closeWithElse(line: string | null): void {
    const { code } = this
    if (line === null) return code.close()
    code.open('} else {')
    code.line(line)
    code.close()
  }

  /** A variable with a length that is wholly there. */
  #length(end: string): string {
    const { code } = this
    const name = code.fresh('size')
    code.line('x = bytes[p]')
    code.line(`let ${name} = x`)
    code.line(`if (x < 128 && x < ${end} - p) p++`)
    code.line(`else { cursor.position = p; ${name} = R.readLength(cursor); p = cursor.position }`)
    return name
  }

  #field(plan: FieldPlan, end: string, row: string, before: string | null): void {
    if (plan.field.delimited) {
      // Absent is right unless the tag comes, and then the end is not met.
      this.#absent(plan, row)
    } else if (plan.mode === 'list') this.#list(plan, end, row)
    else if (plan.mode === 'map') this.#map(plan, end, row)
    else {
      const { code } = this
      const [condition, size] = this.#tagAt(plan.tag, end)
      code.open(`if (${condition}) {`)
      if (before !== null) code.line(before)
      code.line(`p += ${size}`)
      this.#value(plan.value, this.#slot(plan.slot), end, row)
      code.open('} else {')
      this.#absent(plan, row)
      code.close()
    }
  }

  #absent({ absent, value, slot }: FieldPlan, row: string): void {
    const { code } = this
    const s = this.#slot(slot)
    switch (absent) {
      case 'null':
        return code.line(`${s}.setNull(${row})`)
      case 'empty':
        code.line(`${s}.offsets[${row} + 1] = ${s}.offsets[${row}]`)
        return code.line(`${s}.valid[${row}] = 1`)
      case 'zero':
        if (value.kind === 'scalar') return code.line(`R.setZero(${this.#constant(value)}, ${s}, ${row})`)
        return code.line('break fast')
      default:
        return code.line('break fast')
    }
  }

  #value(value: ValuePlan, s: string, end: string, row: string): void {
    const { code } = this
    if (value.kind === 'scalar') return this.#scalar(value, s, end, row)
    const size = this.#length(end)
    const inner = code.fresh('end')
    code.line(`const ${inner} = p + ${size}`)
    if (value.kind === 'message') {
      if (!this.#message(value.plan, inner, row)) code.line('break fast')
      if (value.row) code.line(`${s}.valid[${row}] = 1`)
    } else this.#small(value, s, inner, row)
    code.line(`if (p !== ${inner}) break fast`)
  }

  #scalar(value: ScalarPlan, s: string, end: string, row: string): void {
    const { code } = this
    const k = (): string => this.#constant(value)
    // An unknown number of a closed enum is no value of the field.
    if (value.closed) {
      code.line(`x = bytes[p]`)
      code.line(`if (x > 127 || !${this.#constant(value.closed)}.has(x)) break fast`)
    }
    switch (value.target) {
      case 'text':
      case 'bytes': {
        const size = this.#length(end)
        if (value.target === 'bytes') code.line(`${s}.setBytes(${row}, bytes, p, ${size})`)
        else code.line(`if (R.setText(${s}, ${row}, bytes, p, ${size}) >= 0) break fast`)
        return code.line(`p += ${size}`)
      }
      case 'i64':
      case 'u64':
        if (value.source === 'int64' || value.source === 'uint64') return this.#long(value, s, row)
        break
      case 'i32':
        if (value.source === 'int32' || value.source === 'sint32' || value.source === 'enum')
          return this.#int(value, s, row)
        break
      case 'bool':
        code.line('x = bytes[p]')
        code.line('if (x > 1) break fast')
        code.line(`p++; ${s}.bytes[${row}] = x; ${s}.valid[${row}] = 1`)
        return
      case 'f64':
        if (value.source !== 'double') break
        code.line(`if (${end} - p < 8) break fast`)
        return code.line(`${s}.f64[${row}] = cursor.view.getFloat64(p, true); ${s}.valid[${row}] = 1; p += 8`)
      case 'enumText':
        {
          const name = code.fresh('name')
          code.line('x = bytes[p]')
          code.line(`const ${name} = x < 128 ? ${this.#constant(shortNames(value.names!))}[x] : undefined`)
          code.line(`if (${name} !== undefined) { p++; ${s}.setBytes(${row}, ${name}, 0, ${name}.length) }`)
          code.line(`else { cursor.position = p; R.readScalar(cursor, ${k()}, ${s}, ${row}); p = cursor.position }`)
        }
        return
      default:
        break
    }
    code.line(`cursor.position = p; R.readScalar(cursor, ${k()}, ${s}, ${row}); p = cursor.position`)
  }

  #long({ target }: ScalarPlan, s: string, row: string): void {
    const { code } = this
    code.line('x = bytes[p]')
    code.open('if (x < 128) {')
    code.line(`p++; ${s}.words[${row} * 2] = x; ${s}.words[${row} * 2 + 1] = 0`)
    code.open('} else {')
    code.line('cursor.position = p; R.readVarint(cursor)')
    if (target === 'u64') code.line('if (cursor.high < 0) break fast')
    code.line(`p = cursor.position; ${s}.words[${row} * 2] = cursor.low; ${s}.words[${row} * 2 + 1] = cursor.high`)
    code.close()
    code.line(`${s}.valid[${row}] = 1`)
  }

  #int({ source }: ScalarPlan, s: string, row: string): void {
    const { code } = this
    code.line('x = bytes[p]')
    code.line('if (x < 128) p++')
    code.line('else { cursor.position = p; R.readVarint(cursor); p = cursor.position; x = cursor.low }')
    code.line(`${s}.i32[${row}] = ${source === 'sint32' ? '(x >>> 1) ^ -(x & 1)' : 'x'}; ${s}.valid[${row}] = 1`)
  }

  /** Variables with the varints of fields 1 to `count`, 0 where absent; the first with its upper half. */
  #numbers(count: number, end: string): string[] {
    const { code } = this
    return Array.from({ length: count }, (_, i) => {
      const name = code.fresh('part')
      code.line(`let ${name} = 0, ${name}h = 0`)
      code.open(`if (p < ${end} && bytes[p] === ${(i + 1) * 8}) {`)
      code.line(`p++; ${name} = bytes[p]`)
      code.line(`if (${name} < 128) p++`)
      code.line(
        `else { cursor.position = p; R.readVarint(cursor); p = cursor.position; ${name} = cursor.low; ${name}h = cursor.high }`,
      )
      code.close()
      return name
    })
  }

  #small(value: SmallPlan, s: string, end: string, row: string): void {
    const { code } = this
    const k = this.#constant(value)
    const at = code.fresh('at')
    code.line(`const ${at} = p`)
    // Misfits found before the end was met may be none: then the plain reader judges.
    const meets = (): void => code.line(`if (p !== ${end}) break fast`)
    switch (value.kind) {
      case 'timestamp':
      case 'duration': {
        const [seconds, nanos] = this.#numbers(2, end)
        meets()
        const set = value.kind === 'timestamp' ? 'setTimestamp' : 'setDuration'
        return code.line(`R.${set}(${k}, ${s}, ${row}, ${seconds}, ${seconds}h, ${nanos}, ${at})`)
      }
      case 'date': {
        const parts = this.#numbers(3, end)
        meets()
        return code.line(`R.setDate(${k}, ${s}, ${row}, ${parts.join(', ')}, ${at})`)
      }
      case 'time': {
        const parts = this.#numbers(4, end)
        meets()
        return code.line(`R.setTime(${k}, ${s}, ${row}, ${parts.join(', ')}, ${at})`)
      }
      case 'decimal':
      case 'textDecimal': {
        const from = code.fresh('from')
        const count = code.fresh('count')
        const scale = code.fresh('scale')
        code.line(`let ${from} = p, ${count} = 0, ${scale} = 0`)
        code.open(`if (p < ${end} && bytes[p] === 10) {`)
        code.line('p++')
        code.line(`${count} = ${this.#length(end)}`)
        code.line(`${from} = p; p += ${count}`)
        code.close()
        if (value.kind === 'decimal') {
          code.line(`if (p + 1 < ${end} && bytes[p] === 16 && bytes[p + 1] < 128) { ${scale} = bytes[p + 1]; p += 2 }`)
          meets()
          return code.line(`R.setDecimal(cursor, ${k}, ${s}, ${row}, ${from}, ${count}, ${scale})`)
        }
        meets()
        return code.line(`R.setTextDecimal(cursor, ${k}, ${s}, ${row}, ${from}, ${count})`)
      }
    }
  }

  #list(plan: FieldPlan, end: string, row: string): void {
    const { code } = this
    const s = this.#slot(plan.slot)
    const element = this.#slot(plan.slot.children[0]!)
    const at = code.fresh('at')
    const packed = plan.field.packed && plan.packedTag !== null
    const [condition, size] = this.#tagAt(packed ? plan.packedTag! : plan.tag, end)
    code.line(`let ${at} = ${s}.offsets[${row}]`)
    code.open(`${packed ? 'if' : 'while'} (${condition}) {`)
    code.line(`p += ${size}`)
    let inner = end
    if (packed) {
      const length = this.#length(end)
      inner = code.fresh('end')
      code.line(`const ${inner} = p + ${length}`)
      code.open(`while (p < ${inner}) {`)
    }
    code.line(`if (${at} - ${s}.offsets[${row}] >= ${formatLimits.elementsMax}) break fast`)
    code.line(`${element}.ensure(${at})`)
    this.#value(plan.value, element, inner, at)
    code.line(`${at}++`)
    code.close()
    if (packed) {
      code.line(`if (p !== ${inner}) break fast`)
      code.close()
    }
    if (plan.absent === 'null') code.line(`if (${at} === ${s}.offsets[${row}]) ${s}.setNull(${row})`)
    code.open(plan.absent === 'null' ? 'else {' : '{')
    code.line(`${s}.offsets[${row} + 1] = ${at}; ${s}.valid[${row}] = 1`)
    code.close()
  }

  #map(plan: FieldPlan, end: string, row: string): void {
    const { code } = this
    const s = this.#slot(plan.slot)
    const entries = this.#slot(plan.slot.children[0]!)
    const at = code.fresh('at')
    const [condition, size] = this.#tagAt(plan.tag, end)
    code.line(`let ${at} = ${s}.offsets[${row}]`)
    code.open(`while (${condition}) {`)
    code.line(`p += ${size}`)
    code.line(`if (${at} - ${s}.offsets[${row}] >= ${formatLimits.elementsMax}) break fast`)
    code.line(`${entries}.ensure(${at})`)
    this.#value(plan.value, entries, end, at)
    code.line(`${at}++`)
    code.close()
    const key = this.#slot(plan.slot.children[0]!.children[0]!)
    code.line(`if (R.hasEqualKeys(${key}, ${s}.offsets[${row}], ${at})) break fast`)
    if (plan.absent === 'null') code.line(`if (${at} === ${s}.offsets[${row}]) ${s}.setNull(${row})`)
    code.open(plan.absent === 'null' ? 'else {' : '{')
    code.line(`${s}.offsets[${row} + 1] = ${at}; ${s}.valid[${row}] = 1`)
    code.close()
  }
}
