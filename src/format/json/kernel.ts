// Generates the WebAssembly kernel that reads runs of JSON objects into a stage. It learns from one record what lies between
// the values (names, colons, commas, white space, in a writer's own order and style) and compares the next records with
// that, word by word; where they differ it goes on member by member, in any order. Like avro/kernel.ts it only accelerates:
// at anything odd it stops before the record, and the plain reader reads or refuses it. Tested against that reader.
// Reference: RFC 8259; conversions as json/read.ts.
import { ticksPerSecond, type LogicalType, type Schema } from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import { call, f32, i32, i64, v128, type FunctionBuilder, type Local, type ModuleBuilder } from '../wasm/builder.ts'
import { defineParts, lowBits, type Bail, type KernelSlot, type KernelSlots, type Parts } from '../wasm/parts.ts'
import { compileKernel, type RecordKernel, type RunState } from '../wasm/record-kernel.ts'
import { resultsAt } from '../wasm/scratch.ts'
import type { JsonTimes } from './read.ts'
import { gapBytesMax, type JsonTemplate } from './template.ts'
import { closingQuoteAt, stopsOf } from './wasm-escapes.ts'
import { defineTextParts, emitElements, emitSpace, word, type TextParts, sameBytes } from './wasm-text.ts'
import {
  emitDigitsAndPoint,
  emitDouble,
  emitInteger,
  emitSign,
  emitSkipUsualNumber,
  numberLocals,
  powerOfTen,
  type NumberLocals,
} from './wasm-numbers.ts'
import { dateCache, emitDate, emitTime, emitTimestamp, type DateCache } from './wasm-times.ts'

/** Thrown while a kernel is generated: the plain reader does it. */
export class NotForKernels extends Error {}

const codeBytesMax = 300_000
/** Between two looks at the end. */
const membersUnchecked = 16
/** What may be read behind the end before it is noticed: gaps, and digits, a word or sixteen bytes of a string after each. */
export const overrun = membersUnchecked * (gapBytesMax + 64) + 1024
/** Int32: records that were not as the template has them. */
export const strayedAt = resultsAt + 8

export interface JsonKernelOptions {
  readonly template: JsonTemplate | undefined
  /** Dates and times in text, or as Kafka Connect's numbers. */
  readonly times: JsonTimes
  /** Bytes before each text, which are not looked at. */
  readonly frameBytes: number
}

/** @returns null where only the plain reader can fill these columns */
export function compileJsonKernel(
  columns: Schema,
  stage: Stage,
  { template, times, frameBytes }: JsonKernelOptions,
): RecordKernel | null {
  try {
    return compileKernel(
      stage,
      Array.from({ length: frameBytes }, () => null),
      (module, f, slots, run) => {
        const generator = new JsonGenerator(module, f, slots, run, times)
        generator.record(
          columns,
          stage.columns.map((column) => slots.of(column)),
          template,
        )
        return overrun
      },
    )
  } catch (error) {
    if (error instanceof NotForKernels) return null
    throw error
  }
}

interface Target {
  readonly type: LogicalType
  readonly slot: KernelSlot
  readonly row: Local<'i32'>
}

type TimeType = LogicalType & { readonly kind: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ' }

const isTime = (type: LogicalType): type is TimeType =>
  type.kind === 'DATE' || type.kind === 'TIME' || type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ'

interface Member extends Target {
  readonly name: Uint8Array
}

export class JsonGenerator {
  readonly #f: FunctionBuilder
  readonly #slots: KernelSlots
  readonly #p: Local<'i32'>
  readonly #end: Local<'i32'>
  readonly #row: Local<'i32'>
  readonly #bail: Bail
  readonly #parts: Parts
  readonly #text: TextParts
  readonly #n: NumberLocals
  readonly #cache: DateCache

  readonly #times: JsonTimes

  constructor(module: ModuleBuilder, f: FunctionBuilder, slots: KernelSlots, run: RunState, times: JsonTimes) {
    this.#times = times
    this.#f = f
    this.#slots = slots
    this.#p = run.p
    this.#end = run.end
    this.#row = run.row
    this.#bail = run.bail
    this.#parts = defineParts(module)
    this.#text = defineTextParts(module, this.#parts)
    this.#n = numberLocals(f, run.p)
    this.#cache = dateCache(f)
  }

  /** A whole record that is one row. */
  record(columns: Schema, slots: readonly KernelSlot[], template: JsonTemplate | undefined): void {
    this.image(columns, slots, template, this.#row)
    this.finish()
  }

  /** White space, and the end of the record. */
  finish(): void {
    emitSpace(this.#f, this.#p, this.#end)
    this.#f.if(i32.ne(this.#p, this.#end), this.#bail)
  }

  /** An object into a row of these columns. */
  image(columns: Schema, slots: readonly KernelSlot[], template: JsonTemplate | undefined, row: Local<'i32'>): void {
    const f = this.#f
    const members = columns.fields.map(({ name, type }, i) => this.#member(name, type, slots[i]!, row))
    const seen = this.#seen(members.length)
    const inside = f.local('i32')
    f.block((done) => {
      f.block((general) => {
        if (template) this.#straight(template, members, seen, inside, { done, general })
        f.set(inside, i32.of(0))
      })
      f.if(i32.eqz(inside), () => {
        this.#clear(seen)
        emitSpace(f, this.#p, this.#end)
        this.#expect(123)
      })
      this.#members(members, seen, inside)
      this.#missing(members, seen)
    })
  }

  #member(name: string, type: LogicalType, slot: KernelSlot, row: Local<'i32'>): Member {
    return { name: new TextEncoder().encode(name), type, slot, row }
  }

  /** A bit per member, 32 to a variable: all of a variable's are set in one store. */
  #seen(count: number): Local<'i32'>[] {
    return Array.from({ length: Math.ceil(count / 32) }, () => this.#f.local('i32'))
  }
  #clear(seen: readonly Local<'i32'>[]): void {
    for (const mask of seen) this.#f.set(mask, i32.of(0))
  }

  /** The record as the template has it. Where it differs, goes on in general, with what it has seen. */
  #straight(
    { gaps, columns, firsts, tail }: JsonTemplate,
    members: readonly Member[],
    seen: readonly Local<'i32'>[],
    inside: Local<'i32'>,
    labels: { done: { depth: number }; general: { depth: number } },
  ): void {
    const f = this.#f
    const masks = seen.map(() => 0)
    const leave = (first: boolean): void => {
      f.store32(i32.of(0), strayedAt, i32.add(i32.load(i32.of(0), strayedAt), i32.of(1)))
      seen.forEach((mask, i) => f.set(mask, i32.of(masks[i]!)))
      f.set(inside, i32.of(first ? 0 : 1))
      f.br(labels.general)
    }
    gaps.forEach((gap, i) => {
      if (i % membersUnchecked === membersUnchecked - 1) f.if(i32.gt(this.#p, this.#end), this.#bail)
      f.if(i32.eqz(sameBytes(this.#p, gap)), () => leave(i === 0))
      f.step(this.#p, gap.length)
      const column = columns[i]!
      if (column < 0) this.skip(firsts[i]!)
      else {
        this.#value(members[column]!)
        masks[column >> 5]! |= 1 << (column & 31)
      }
    })
    f.if(i32.eqz(sameBytes(this.#p, tail)), () => leave(false))
    f.step(this.#p, tail.length)
    members.forEach((member, i) => {
      if (!columns.includes(i)) this.#absent(member)
    })
    f.br(labels.done)
  }

  #expect(byte: number): void {
    this.#f.if(i32.ne(i32.load8(this.#p), i32.of(byte)), this.#bail)
    this.#f.step(this.#p, 1)
  }

  /** Members in any order, up to the closing bracket. `inside`: a value stands before, so a comma or the bracket comes next. */
  #members(members: readonly Member[], seen: readonly Local<'i32'>[], inside: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const end = this.#end
    if (f.size > codeBytesMax) throw new NotForKernels()
    f.block((done) => {
      f.loop((again) => {
        f.if(i32.ge(p, end), this.#bail)
        emitSpace(f, p, end)
        const byte = f.let(i32.load8(p))
        f.if(i32.eq(byte, i32.of(125)), () => {
          f.step(p, 1)
          f.br(done)
        })
        f.if(inside, () => {
          f.if(i32.ne(byte, i32.of(44)), this.#bail)
          f.step(p, 1)
          emitSpace(f, p, end)
        })
        f.set(inside, i32.of(1))
        const { start, size } = this.#key()
        f.block((found) => {
          this.#dispatch(members, seen, { start, size }, found)
          this.skip(0)
        })
        f.br(again)
      })
    })
  }

  /** A key, its colon and what stands around it. */
  #key(): { start: Local<'i32'>; size: Local<'i32'> } {
    const f = this.#f
    const p = this.#p
    this.#expect(34)
    const start = f.let(p)
    f.set(p, call(this.#text.string, p, this.#end))
    f.if(i32.lt(p, i32.of(0)), this.#bail)
    const size = f.let(i32.sub(p, start))
    f.step(p, 1)
    emitSpace(f, p, this.#end)
    this.#expect(58)
    emitSpace(f, p, this.#end)
    return { start, size }
  }

  #dispatch(
    members: readonly Member[],
    seen: readonly Local<'i32'>[],
    { start, size }: { start: Local<'i32'>; size: Local<'i32'> },
    found: { depth: number },
  ): void {
    const f = this.#f
    for (const length of new Set(members.map((member) => member.name.length))) {
      f.if(i32.eq(size, i32.of(length)), () => {
        members.forEach((member, i) => {
          if (member.name.length !== length) return
          f.if(sameBytes(start, member.name), () => {
            // Of a repeated key the last value counts: what the first one has written begins anew.
            this.#again(member.slot, member.row)
            const mask = seen[i >> 5]!
            f.set(mask, i32.or(mask, i32.of(1 << (i & 31))))
            this.#value(member)
            f.br(found)
          })
        })
      })
    }
  }

  #again(slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    f.store8(...slot.valid(row), i32.of(1))
    const { layout, children } = slot.column
    if (slot.next) f.set(slot.next, i32.load(...slot.offset(row)))
    if (layout === 'struct') for (const child of children) this.#again(this.#slots.of(child), row)
    else if (slot.next && layout !== 'bytes') this.#reload(this.#slots.of(children[0]!), slot.next)
  }

  /** Where the bytes and elements below row `row` begin. */
  #reload(slot: KernelSlot, row: Local<'i32'>): void {
    if (slot.next) this.#f.set(slot.next, i32.load(...slot.offset(row)))
    const at = slot.next && slot.column.layout !== 'bytes' ? slot.next : row
    for (const child of slot.column.children) this.#reload(this.#slots.of(child), at)
  }

  #missing(members: readonly Member[], seen: readonly Local<'i32'>[]): void {
    members.forEach((member, i) => {
      this.#f.if(i32.eqz(i32.and(seen[i >> 5]!, i32.of(1 << (i & 31)))), () => this.#absent(member))
    })
  }

  #absent({ type, slot, row }: Target): void {
    if (!type.nullable) this.#bail()
    else this.#setNull(slot, row)
  }

  #setNull(slot: KernelSlot, row: Local<'i32'>): void {
    slot.setNull(row)
    if (slot.column.layout === 'struct')
      for (const child of slot.column.children) this.#setNull(this.#slots.of(child), row)
  }

  /** Steps over a value. @param first the byte it will most likely begin with; 0: unknown */
  skip(first: number): void {
    const f = this.#f
    const p = this.#p
    const general = (): void => {
      f.set(p, call(this.#text.value, p, this.#end, i32.of(1)))
      f.if(i32.lt(p, i32.of(0)), this.#bail)
    }
    if (first === 45 || (first >= 48 && first <= 57)) return emitSkipUsualNumber(f, p, this.#end, general)
    if (first === 116 || first === 102 || first === 110) return this.#skipWord(general)
    if (first !== 34) return general()
    // A short string of ASCII, the usual one: looked at as a whole, since lengths are hard to foretell.
    const first32 = f.let(v128.load(p, 1))
    const second = f.let(v128.load(p, 17))
    const stops = f.let(i32.or(stopsOf(first32), i32.shl(stopsOf(second), i32.of(16))))
    const n = f.let(i32.ctz(stops))
    const high = i32.or(v128.bitmask8(first32), i32.shl(v128.bitmask8(second), i32.of(16)))
    const plain = i32.and(
      i32.and(i32.eq(i32.load8(p), i32.of(34)), i32.ne(stops, i32.of(0))),
      i32.and(i32.eqz(i32.and(high, lowBits(n))), i32.eq(i32.load8(i32.add(p, n), 1), i32.of(34))),
    )
    f.if(plain, () => f.step(p, i32.add(n, i32.of(2))), general)
  }

  /** true, false or null. */
  #skipWord(general: () => void): void {
    const f = this.#f
    const p = this.#p
    const four = f.let(i32.load(p))
    f.if(
      i32.or(i32.eq(four, word('true')), i32.eq(four, word('null'))),
      () => f.step(p, 4),
      () =>
        f.if(i32.and(i32.eq(four, word('fals')), i32.eq(i32.load8(p, 4), i32.of(101))), () => f.step(p, 5), general),
    )
  }

  #value(target: Target): void {
    const f = this.#f
    const p = this.#p
    const { type, slot, row } = target
    if (f.size > codeBytesMax) throw new NotForKernels()
    f.if(
      i32.eq(i32.load(p), word('null')),
      () => {
        this.#absent(target)
        f.step(p, 4)
      },
      () => {
        this.#present(type, target)
        slot.setValid(row)
      },
    )
  }

  #present(type: LogicalType, target: Target): void {
    const f = this.#f
    const { value } = this.#n
    const { slot, row } = target
    if (isTime(type)) return this.#time(type, target)
    switch (type.kind) {
      case 'CHAR':
      case 'VARCHAR':
        return this.#string(slot, row)
      case 'BINARY':
      case 'VARBINARY':
        this.#expect(34)
        return this.#copied(this.#text.base64, slot, row)
      case 'BOOLEAN':
        return this.#boolean(slot, row)
      case 'TINYINT':
        this.#integer(128n)
        return f.store8(...slot.lane(row, 0), i32.wrap(value))
      case 'SMALLINT':
        this.#integer(32768n)
        return f.store16(...slot.lane(row, 1), i32.wrap(value))
      case 'INT':
      case 'INTERVAL_YEAR_MONTH':
        this.#integer(2147483648n)
        return f.store32(...slot.lane(row, 2), i32.wrap(value))
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        this.#integer(null)
        return f.store64(...slot.lane(row, 3), value)
      case 'FLOAT':
      case 'DOUBLE': {
        const result = f.local('f64')
        emitDouble(f, this.#n, result, this.#bail)
        if (type.kind === 'DOUBLE') return f.storeF64(...slot.lane(row, 3), result)
        return f.storeF32(...slot.lane(row, 2), f32.demote(result))
      }
      case 'DECIMAL':
        return this.#decimal(type, slot, row)
      case 'ROW':
        return this.#object(type, slot, row)
      case 'ARRAY':
      case 'MAP':
        return this.#elements(type, slot, row)
      default:
        throw new NotForKernels()
    }
  }

  /** A date or time in text, or as a number; Debezium's may be either, the text with a zone. */
  #time(type: TimeType, { slot, row }: Target): void {
    const f = this.#f
    const number = (): void => this.#number(type, slot, row)
    if (this.#times === 'text') return this.#timeText(type, slot, row, type.kind === 'TIMESTAMP_LTZ')
    if (this.#times === 'connect') return number()
    f.if(i32.eq(i32.load8(this.#p), i32.of(34)), () => this.#timeText(type, slot, row, true), number)
  }

  #timeText(type: TimeType, slot: KernelSlot, row: Local<'i32'>, zone: boolean): void {
    const f = this.#f
    const { p, value } = this.#n
    if (type.kind === 'DATE') {
      emitDate(f, p, this.#cache, this.#bail)
      return f.store32(...slot.lane(row, 2), this.#cache.days)
    }
    if (type.kind === 'TIME') {
      emitTime(f, this.#n, this.#bail)
      return f.store32(...slot.lane(row, 2), i32.wrap(value))
    }
    const digits = Math.round(Math.log10(ticksPerSecond(type.precision)))
    emitTimestamp(f, this.#n, { cache: this.#cache, digits, zone }, this.#bail)
    f.store64(...slot.lane(row, 3), value)
  }

  #number(type: TimeType, slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const { value } = this.#n
    const debezium = this.#times === 'debezium'
    switch (type.kind) {
      case 'DATE':
        this.#integer(2147483648n)
        return f.store32(...slot.lane(row, 2), i32.wrap(value))
      case 'TIME': {
        // Debezium's are microseconds.
        const factor = debezium ? 1000n : 1n
        this.#integer(86_400_000n * factor)
        f.if(i64.lt(value, i64.of(0n)), this.#bail)
        return f.store32(...slot.lane(row, 2), i32.wrap(i64.divU(value, i64.of(factor))))
      }
      default: {
        // Debezium's have the column's unit; of Connect's milliseconds fifteen digits are what the plain reader takes.
        const factor = debezium ? 1n : BigInt(ticksPerSecond(type.precision) / 1000)
        this.#integer(debezium ? null : factor > 1000n ? (1n << 63n) / factor : 10n ** 15n)
        if (!debezium) f.if(i32.gt(this.#n.count, i32.of(15)), this.#bail)
        return f.store64(...slot.lane(row, 3), i64.mul(value, i64.of(factor)))
      }
    }
  }

  /** The string's bytes are copied while its end is looked for. */
  #string(slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const next = slot.next!
    this.#expect(34)
    const head = f.let(v128.load(p))
    const rest = f.let(v128.load(p, 16))
    const stops = f.let(i32.or(stopsOf(head), i32.shl(stopsOf(rest), i32.of(16))))
    f.if(i32.gt(next, slot.bytesSize!), this.#bail)
    const n = f.let(i32.ctz(stops))
    f.if(
      i32.and(i32.ne(stops, i32.of(0)), i32.eq(i32.load8(i32.add(p, n)), i32.of(34))),
      () => {
        f.if(i32.gt(n, i32.sub(slot.bytesSize!, next)), this.#bail)
        // All 32 bytes: what is too much is written over, or lies in the slack.
        const to = f.let(i32.add(slot.bytes!, next))
        f.store128(to, 0, head)
        f.store128(to, 16, rest)
        const high = i32.or(v128.bitmask8(head), i32.shl(v128.bitmask8(rest), i32.of(16)))
        f.if(i32.and(high, lowBits(n)), () => f.if(i32.eqz(call(this.#parts.utf8, p, i32.add(p, n))), this.#bail))
        f.step(next, n)
        f.step(p, i32.add(n, i32.of(1)))
        slot.endRow(row)
      },
      () => {
        const quote = f.let(call(this.#text.string, p, this.#end))
        f.if(
          i32.ge(quote, i32.of(0)),
          () => {
            const size = f.let(i32.sub(quote, p))
            slot.setBytes(row, p, size, this.#parts, { text: false, bail: this.#bail })
            f.set(p, i32.add(quote, i32.of(1)))
          },
          () => this.#copied(this.#text.unescape, slot, row),
        )
      },
    )
  }

  /** What a function copies of a string whose opening quote was read. */
  #copied(copy: TextParts['unescape'], slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const to = i32.add(slot.bytes!, slot.next!)
    const limit = i32.add(slot.bytes!, slot.bytesSize!)
    const size = f.let(call(copy, to, this.#p, this.#end, limit))
    f.if(i32.lt(size, i32.of(0)), this.#bail)
    f.step(slot.next!, size)
    slot.endRow(row)
    f.set(this.#p, i32.add(i32.load(i32.of(0), closingQuoteAt), i32.of(1)))
  }

  #boolean(slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const isTrue = f.let(i32.eq(i32.load(p), word('true')))
    const isFalse = i32.and(i32.eq(i32.load(p), word('fals')), i32.eq(i32.load8(p, 4), i32.of(101)))
    f.if(i32.eqz(i32.or(isTrue, isFalse)), this.#bail)
    f.store8(...slot.lane(row, 0), isTrue)
    f.step(p, i32.sub(i32.of(5), isTrue))
  }

  /** @param bound values lie in [-bound, bound); null: any that fit 18 digits */
  #integer(bound: bigint | null): void {
    const { value } = this.#n
    emitInteger(this.#f, this.#n, this.#bail)
    if (bound !== null) this.#f.if(i32.or(i64.lt(value, i64.of(-bound)), i64.ge(value, i64.of(bound))), this.#bail)
  }

  /** A number, or one in quotes. */
  #decimal(type: LogicalType & { kind: 'DECIMAL' }, slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const { p, value, count, fraction } = this.#n
    const quoted = f.let(i32.eq(i32.load8(p), i32.of(34)))
    f.step(p, quoted)
    emitDigitsAndPoint(f, this.#n, 18, this.#bail)
    f.if(quoted, () => this.#expect(34))
    const more = f.let(i32.sub(i32.of(type.scale), fraction))
    // Rounding, and what is longer than a word, is the plain reader's.
    f.if(i32.or(i32.lt(more, i32.of(0)), i32.gt(i32.add(more, count), i32.of(18))), this.#bail)
    f.set(value, i64.mul(value, powerOfTen(more)))
    if (type.precision < 18) f.if(i64.ge(value, i64.of(10n ** BigInt(type.precision))), this.#bail)
    emitSign(f, this.#n)
    slot.setLong(row, value)
  }

  #object(type: LogicalType & { kind: 'ROW' }, slot: KernelSlot, row: Local<'i32'>): void {
    const members = type.fields.map((field, i) =>
      this.#member(field.name, field.type, this.#slots.of(slot.column.children[i]!), row),
    )
    const seen = this.#seen(members.length)
    const inside = this.#f.local('i32')
    this.#clear(seen)
    this.#f.set(inside, i32.of(0))
    this.#expect(123)
    this.#members(members, seen, inside)
    this.#missing(members, seen)
  }

  #elements(type: LogicalType & { kind: 'ARRAY' | 'MAP' }, slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const end = this.#end
    const at = slot.next!
    const element = this.#slots.of(slot.column.children[0]!)
    const first = f.let(at)
    this.#expect(type.kind === 'ARRAY' ? 91 : 123)
    emitElements(f, { p, end, close: type.kind === 'ARRAY' ? 93 : 125, bail: this.#bail }, () => {
      f.if(i32.ge(at, element.capacity!), this.#bail)
      f.if(i32.ge(i32.sub(at, first), i32.of(formatLimits.elementsMax)), this.#bail)
      if (type.kind === 'ARRAY') this.#value({ type: type.element, slot: element, row: at })
      else this.#entry(type, element, at)
      f.step(at, 1)
    })
    slot.endRow(row)
  }

  #entry(type: LogicalType & { kind: 'MAP' }, entry: KernelSlot, at: Local<'i32'>): void {
    const [key, value] = entry.column.children.map((child) => this.#slots.of(child))
    if (type.key.kind !== 'VARCHAR' && type.key.kind !== 'CHAR') throw new NotForKernels()
    this.#string(key!, at)
    key!.setValid(at)
    emitSpace(this.#f, this.#p, this.#end)
    this.#expect(58)
    emitSpace(this.#f, this.#p, this.#end)
    this.#value({ type: type.value, slot: value!, row: at })
    entry.setValid(at)
  }
}
