// Generates the WebAssembly kernel that prints runs of rows as JSON objects, as json/write.ts prints them one by one. Values
// that it cannot print (doubles, binary) are printed by plain code first, a column at a time, and copied; a row with a value
// that is odd (a decimal with an exponent, a year beyond 9999) is left to the plain writer whole.
// Invariant: every byte that a row may take is reserved before it is written.
import { ByteWriter } from '../../base/index.ts'
import { childFields, ticksPerSecond, type Column, type LogicalType, type Schema } from '../../model/index.ts'
import { call, i32, i64, ModuleBuilder, select, type Expr, type FunctionBuilder, type Local } from '../wasm/builder.ts'
import { kernelScratch, reserved, resultsAt, startsAt, type Scratch } from '../wasm/scratch.ts'
import { word } from './wasm-text.ts'
import { definePrintParts, emitClock, type PrintParts } from './wasm-print.ts'
import { makeJsonRowWriter, printColumn, type JsonRowWriter, type JsonTextTimes } from './write.ts'

/** Rows that a kernel prints at once: their ends fit the parameters' region. */
const rowsMax = 2_048
/** Bytes that a value which is no string takes at most, in its quotes. */
const valueBytesMax = 48
const slack = 64
const codeBytesMax = 300_000
/** Strings, and batches, beyond these are left to the plain writer: what they could become would not fit. */
const stringBytesMax = 1 << 20
const inputBytesMax = 64 << 20
const descriptorsAt = 128
const descriptorBytes = 16
const descriptorsMax = 240

/** Thrown inside this file: the plain writer does it. */
class NotForKernels extends Error {}

/** Prints rows of one batch after the other. */
export interface JsonRows {
  /** Prints rows [from, to) of columns with the schema's types. */
  print(columns: readonly Column[], from: number, to: number): void
  /** The bytes of all that was printed; valid until the next print(). */
  readonly bytes: Uint8Array
  /** Where row from + i ends, and the next begins; ends[0] is where the first begins. */
  readonly ends: Int32Array
}

export interface JsonPrintOptions {
  readonly times: JsonTextTimes
  /** Bytes before each row. */
  readonly prefix: Uint8Array
}

/** A kernel where one can, else the plain writer for every row. */
export function makeJsonRows(schema: Schema, options: JsonPrintOptions): JsonRows {
  return new KernelRows(schema, options, compile(schema, options))
}

interface Source {
  readonly type: LogicalType
  /** Printed by plain code before: bytes and offsets of text. */
  readonly printed: boolean
  readonly children: readonly Source[]
  readonly index: number
}

type Run = (from: number, to: number, out: number, end: number) => number

interface Compiled {
  readonly run: Run
  readonly sources: readonly Source[]
  readonly scratch: Scratch
}

class KernelRows implements JsonRows {
  readonly #plain: JsonRowWriter
  readonly #compiled: Compiled | null
  readonly #text = new ByteWriter(512)
  #ends = new Int32Array(rowsMax + 1)
  #bytes = new Uint8Array(4_096)

  readonly #prefix: Uint8Array

  constructor(schema: Schema, { times, prefix }: JsonPrintOptions, compiled: Compiled | null) {
    this.#prefix = prefix
    this.#plain = makeJsonRowWriter(schema, times)
    this.#compiled = compiled
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }
  get ends(): Int32Array {
    return this.#ends
  }

  print(columns: readonly Column[], from: number, to: number): void {
    if (to - from >= this.#ends.length) this.#ends = new Int32Array(to - from + 1)
    this.#ends[0] = 0
    let at = 0
    let row = from
    if (this.#compiled && to > from && bytesOf(columns) <= inputBytesMax) {
      const input = new Input(this.#compiled.scratch)
      this.#compiled.sources.forEach((source, i) => input.place(source, columns[i]!))
      while (row < to) {
        const next = this.#run(this.#compiled, input, row, to, from, at)
        at = this.#ends[next - from]!
        row = next
        if (row < to) at = this.#printOne(columns, row++, from, at)
      }
    }
    for (; row < to; row++) at = this.#printOne(columns, row, from, at)
  }

  /** Lets the kernel print from `row` on, in as many steps as its output needs room; the first row that it left. */
  #run({ run, scratch }: Compiled, input: Input, row: number, to: number, first: number, at: number): number {
    let written = at
    let next = row
    for (;;) {
      const room = input.roomForOutput()
      const stopped = run(next, Math.min(to, next + rowsMax), room.at, room.end)
      const words = new Int32Array(scratch.buffer)
      for (let i = next; i < stopped; i++)
        this.#ends[i + 1 - first] = words[(startsAt >> 2) + i - next]! - room.at + written
      const size = stopped > next ? this.#ends[stopped - first]! - written : 0
      this.#ensure(written + size)
      this.#bytes.set(new Uint8Array(scratch.buffer, room.at, size), written)
      written += size
      const odd = words[resultsAt >> 2] === 1
      if (stopped === next && !odd) input.growOutput()
      next = stopped
      if (odd || next === to) return next
    }
  }

  #printOne(columns: readonly Column[], row: number, first: number, at: number): number {
    this.#text.reset()
    this.#text.raw(this.#prefix)
    this.#plain(this.#text, columns, row)
    const text = this.#text.finish()
    this.#ensure(at + text.length)
    this.#bytes.set(text, at)
    this.#ends[row + 1 - first] = at + text.length
    return at + text.length
  }

  #ensure(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

function bytesOf(columns: readonly Column[]): number {
  let size = 0
  for (const { values, children } of columns) size += (values?.byteLength ?? 0) + bytesOf(children)
  return size
}

/** Room for output that this thread's kernels have; doubled when a row did not fit. */
let outputBytes = 1 << 20

/** A batch's columns in the scratch memory, and room for output behind them. */
class Input {
  readonly #scratch: Scratch
  #top = reserved

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  #copy(view: ArrayBufferView, size: number): number {
    const at = (this.#top + 15) & ~15
    this.#top = at + size + slack
    this.#scratch.ensure(this.#top)
    new Uint8Array(this.#scratch.buffer, at, size).set(
      new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, size),
    )
    return at
  }

  place(source: Source, column: Column): void {
    const printed = source.printed ? printColumn(source.type, column) : null
    const validity = column.validity ? this.#copy(column.validity, column.validity.byteLength) : 0
    const values = printed?.values ?? column.values
    const offsets = printed?.offsets ?? column.offsets
    const valuesAt = values ? this.#copy(values, values.byteLength) : 0
    const offsetsAt = offsets ? this.#copy(offsets, offsets.byteLength) : 0
    const words = new Int32Array(this.#scratch.buffer, descriptorsAt + source.index * descriptorBytes, 3)
    words[0] = validity
    words[1] = valuesAt
    words[2] = offsetsAt
    source.children.forEach((child, i) => this.place(child, column.children[i]!))
  }

  roomForOutput(): { at: number; end: number } {
    const at = (this.#top + 15) & ~15
    this.#scratch.ensure(at + outputBytes + slack)
    return { at, end: at + outputBytes }
  }

  growOutput(): void {
    outputBytes *= 2
  }
}

function compile(schema: Schema, options: JsonPrintOptions): Compiled | null {
  const scratch = kernelScratch()
  if (!scratch.memory || schema.fields.length === 0) return null
  let count = 0
  const sourceOf = (type: LogicalType): Source => {
    const index = count++
    if (isPrinted(type)) return { type, printed: true, children: [], index }
    return { type, printed: false, index, children: childFields(type).map((field) => sourceOf(field.type)) }
  }
  const sources = schema.fields.map((field) => sourceOf(field.type))
  if (count > descriptorsMax) return null
  const module = new ModuleBuilder()
  try {
    module.function(
      ['i32', 'i32', 'i32', 'i32'],
      'i32',
      (f, row, to, out, end) => new Printer(module, f, { row, to, out, end }, options).rows(schema, sources),
      'run',
    )
  } catch (error) {
    if (error instanceof NotForKernels) return null
    throw error
  }
  return { run: module.instantiate(scratch.memory)['run'] as Run, sources, scratch }
}

/** Types whose text is made by plain code. */
const isPrinted = (type: LogicalType): boolean =>
  type.kind === 'FLOAT' || type.kind === 'DOUBLE' || type.kind === 'BINARY' || type.kind === 'VARBINARY'

interface PrintLocals {
  readonly row: Local<'i32'>
  readonly to: Local<'i32'>
  readonly out: Local<'i32'>
  readonly end: Local<'i32'>
}

interface Bound extends Source {
  readonly validity: Local<'i32'>
  readonly values: Local<'i32'>
  readonly offsets: Local<'i32'>
  readonly bound: readonly Bound[]
}

class Printer {
  readonly #f: FunctionBuilder
  readonly #locals: PrintLocals
  readonly #parts: PrintParts
  readonly #options: JsonPrintOptions
  readonly #x: Local<'i64'>
  readonly #odd: () => void
  readonly #full: () => void
  /** Bytes of a row that have no length of their own. */
  #reserved = 0

  constructor(module: ModuleBuilder, f: FunctionBuilder, locals: PrintLocals, options: JsonPrintOptions) {
    this.#options = options
    this.#f = f
    this.#locals = locals
    this.#parts = definePrintParts(module)
    this.#x = f.local('i64')
    const stop = (odd: number) => (): void => {
      f.store32(i32.of(0), resultsAt, i32.of(odd))
      f.return(locals.row)
    }
    this.#odd = stop(1)
    this.#full = stop(0)
  }

  rows(schema: Schema, sources: readonly Source[]): void {
    const f = this.#f
    const { row, to, out } = this.#locals
    const bound = sources.map((source) => this.#bind(source))
    const first = f.let(row)
    this.#reserved =
      32 +
      fixedBytes(
        schema.fields.map((field) => field.type),
        schema,
      )
    f.store32(i32.of(0), resultsAt, i32.of(0))
    f.loop((again) => {
      f.if(i32.ge(row, to), () => f.return(row))
      this.#room(i32.of(0))
      if (this.#options.prefix.length > 0) this.#literal(this.#options.prefix)
      this.#object(schema.fields, bound, row)
      f.store32(i32.shl(i32.sub(row, first), i32.of(2)), startsAt, out)
      f.step(row, 1)
      f.br(again)
    })
    f.unreachable()
  }

  /** Stops before this row where `size` bytes and all that has no length of its own may not fit. */
  #room(size: Expr<'i32'>): void {
    const { out, end } = this.#locals
    this.#f.if(i32.gtU(i32.add(i32.add(out, size), i32.of(this.#reserved)), end), this.#full)
  }

  #bind(source: Source): Bound {
    const f = this.#f
    const at = descriptorsAt + source.index * descriptorBytes
    const wordAt = (i: number): Local<'i32'> => f.let(i32.load(i32.of(0), at + i * 4))
    return {
      ...source,
      validity: wordAt(0),
      values: wordAt(1),
      offsets: wordAt(2),
      bound: source.children.map((child) => this.#bind(child)),
    }
  }

  #literal(text: Uint8Array): void {
    const f = this.#f
    const { out } = this.#locals
    const padded = new Uint8Array(text.length + 8)
    padded.set(text)
    const view = new DataView(padded.buffer)
    for (let at = 0; at < text.length; at += 8) {
      if (text.length - at === 1) f.store8(out, at, i32.of(text[at]!))
      else if (text.length - at <= 4) f.store32(out, at, i32.of(view.getInt32(at, true)))
      else f.store64(out, at, i64.of(view.getBigInt64(at, true)))
    }
    f.step(out, text.length)
  }

  #object(fields: Schema['fields'], bound: readonly Bound[], row: Local<'i32'>): void {
    if (this.#f.size > codeBytesMax) throw new NotForKernels()
    fields.forEach((field, i) => {
      this.#literal(new TextEncoder().encode(`${i === 0 ? '{' : ','}${JSON.stringify(field.name)}:`))
      this.#value(bound[i]!, row)
    })
    this.#literal(new TextEncoder().encode(fields.length === 0 ? '{}' : '}'))
  }

  #value(source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const { out } = this.#locals
    const { validity, type } = source
    const asNull = (): void => {
      f.store32(out, 0, word('null'))
      f.step(out, 4)
    }
    if (type.kind === 'NULL') return asNull()
    const bit = i32.and(
      i32.shrU(i32.load8(i32.add(validity, i32.shrU(row, i32.of(3)))), i32.and(row, i32.of(7))),
      i32.of(1),
    )
    // Without nulls there are no bits: address 0 is read then, and does not matter.
    f.if(i32.or(i32.eqz(validity), bit), () => this.#present(source, row), asNull)
  }

  #lane(source: Bound, row: Expr<'i32'>, shift: number): Expr<'i32'> {
    return i32.add(source.values, shift === 0 ? row : i32.shl(row, i32.of(shift)))
  }

  #present(source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const { out } = this.#locals
    const { type } = source
    if (source.printed) return this.#printed(source, row)
    if (this.#options.times === 'connect') {
      if (type.kind === 'DATE' || type.kind === 'TIME')
        return this.#signed(i64.extend(i32.load(this.#lane(source, row, 2))))
      if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ')
        return this.#signed(i64.load(this.#lane(source, row, 3)))
    }
    switch (type.kind) {
      case 'BOOLEAN': {
        const bit = f.let(
          i32.and(
            i32.shrU(i32.load8(i32.add(source.values, i32.shrU(row, i32.of(3)))), i32.and(row, i32.of(7))),
            i32.of(1),
          ),
        )
        f.store32(out, 0, select(bit, word('true'), word('fals')))
        f.store8(out, 4, i32.of(101))
        return f.step(out, i32.sub(i32.of(5), bit))
      }
      case 'TINYINT':
        return this.#signed(i64.shr(i64.shl(i64.load8(this.#lane(source, row, 0)), i64.of(56n)), i64.of(56n)))
      case 'SMALLINT':
        return this.#signed(
          i64.shr(i64.shl(i64.extendU(i32.load16(this.#lane(source, row, 1))), i64.of(48n)), i64.of(48n)),
        )
      case 'INT':
      case 'INTERVAL_YEAR_MONTH':
        return this.#signed(i64.extend(i32.load(this.#lane(source, row, 2))))
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return this.#signed(i64.load(this.#lane(source, row, 3)))
      case 'DECIMAL':
        return this.#decimal(type, source, row)
      case 'CHAR':
      case 'VARCHAR':
        return this.#string(source, row)
      case 'DATE':
        return this.#quoted(() => this.#date(i64.extend(i32.load(this.#lane(source, row, 2)))))
      case 'TIME':
        return this.#quoted(() => this.#clock(i64.extend(i32.load(this.#lane(source, row, 2))), 3))
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return this.#quoted(() => this.#timestamp(type, i64.load(this.#lane(source, row, 3))))
      case 'ROW':
        return this.#object(type.fields, source.bound, row)
      case 'ARRAY':
      case 'MAP':
        return this.#elements(type, source, row)
      default:
        throw new NotForKernels()
    }
  }

  #quoted(body: () => void): void {
    const quote = Uint8Array.of(34)
    this.#literal(quote)
    body()
    this.#literal(quote)
  }

  /** A sign, and the magnitude left in `x`. */
  #sign(value: Expr<'i64'>): void {
    const f = this.#f
    const { out } = this.#locals
    f.set(this.#x, value)
    f.if(i64.lt(this.#x, i64.of(0n)), () => {
      f.store8(out, 0, i32.of(45))
      f.step(out, 1)
      f.set(this.#x, i64.sub(i64.of(0n), this.#x))
    })
  }

  #signed(value: Expr<'i64'>): void {
    this.#sign(value)
    this.#f.set(this.#locals.out, call(this.#parts.unsigned, this.#locals.out, this.#x))
  }

  #decimal(type: LogicalType & { kind: 'DECIMAL' }, source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const { out } = this.#locals
    const { scale, precision } = type
    if (scale > 18) throw new NotForKernels()
    const wide = precision > 18
    const lane = this.#lane(source, row, wide ? 4 : 3)
    if (wide) f.if(i64.ne(i64.load(lane, 8), i64.shr(i64.load(lane), i64.of(63n))), this.#odd)
    this.#sign(i64.load(lane))
    if (scale === 0) return f.set(out, call(this.#parts.unsigned, out, this.#x))
    // Below 10^-6 it is printed with an exponent; zero too, once its scale is above 6.
    if (scale > 6) f.if(i64.ltU(this.#x, i64.of(10n ** BigInt(scale - 6))), this.#odd)
    const factor = i64.of(10n ** BigInt(scale))
    const whole = f.let(i64.divU(this.#x, factor))
    f.set(out, call(this.#parts.unsigned, out, whole))
    f.store8(out, 0, i32.of(46))
    const rest = i64.sub(this.#x, i64.mul(whole, factor))
    f.set(out, call(this.#parts.padded, i32.add(out, i32.of(1)), rest, i32.of(scale)))
  }

  #string(source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const { out } = this.#locals
    const { from, size } = this.#span(source, row)
    // Six bytes for each, should all need an escape.
    f.if(i32.gtU(size, i32.of(stringBytesMax)), this.#odd)
    this.#room(i32.mul(size, i32.of(6)))
    f.set(out, call(this.#parts.string, out, i32.add(source.values, from), size))
  }

  #printed(source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const { out } = this.#locals
    const { from, size } = this.#span(source, row)
    this.#room(size)
    f.copy(out, i32.add(source.values, from), size)
    f.step(out, size)
  }

  #span(source: Bound, row: Local<'i32'>): { from: Local<'i32'>; size: Local<'i32'> } {
    const f = this.#f
    const at = f.let(i32.add(source.offsets, i32.shl(row, i32.of(2))))
    const from = f.let(i32.load(at))
    return { from, size: f.let(i32.sub(i32.load(at, 4), from)) }
  }

  /** Years 1 to 9999 only; others have a sign. */
  #date(days: Expr<'i64'>): void {
    const f = this.#f
    const { out } = this.#locals
    const value = f.let(days)
    f.if(i32.or(i64.lt(value, i64.of(-719_162n)), i64.gt(value, i64.of(2_932_896n))), this.#odd)
    f.set(out, call(this.#parts.date, out, i32.wrap(value)))
  }

  /** @param digits of the ticks' second */
  #clock(ticks: Expr<'i64'>, digits: number): void {
    const f = this.#f
    const { out } = this.#locals
    const perSecond = i64.of(10n ** BigInt(digits))
    const value = f.let(ticks)
    const second = f.let(i64.divU(value, perSecond))
    emitClock(f, out, i32.wrap(second))
    f.set(out, call(this.#parts.fraction, out, i64.sub(value, i64.mul(second, perSecond)), i32.of(digits)))
  }

  #timestamp(type: { readonly kind: string; readonly precision: number }, ticks: Expr<'i64'>): void {
    const f = this.#f
    const digits = Math.round(Math.log10(ticksPerSecond(type.precision)))
    const perDay = i64.of(86_400n * 10n ** BigInt(digits))
    const value = f.let(ticks)
    const days = f.let(i64.div(value, perDay))
    const rest = f.let(i64.sub(value, i64.mul(days, perDay)))
    f.if(i64.lt(rest, i64.of(0n)), () => {
      f.set(days, i64.sub(days, i64.of(1n)))
      f.set(rest, i64.add(rest, perDay))
    })
    this.#date(days)
    this.#literal(Uint8Array.of(32))
    this.#clock(rest, digits)
    if (type.kind === 'TIMESTAMP_LTZ') this.#literal(Uint8Array.of(90))
  }

  #elements(type: LogicalType & { kind: 'ARRAY' | 'MAP' }, source: Bound, row: Local<'i32'>): void {
    const f = this.#f
    const [element] = source.bound
    const at = f.let(i32.load(i32.add(source.offsets, i32.shl(row, i32.of(2)))))
    const first = f.let(at)
    const last = f.let(i32.load(i32.add(source.offsets, i32.shl(row, i32.of(2))), 4))
    this.#literal(Uint8Array.of(type.kind === 'ARRAY' ? 91 : 123))
    f.loop((again) => {
      f.if(i32.lt(at, last), () => {
        this.#room(i32.of(fixedBytes(type.kind === 'ARRAY' ? [type.element] : [type.key, type.value], null)))
        f.if(i32.gt(at, first), () => this.#literal(Uint8Array.of(44)))
        if (type.kind === 'ARRAY') this.#value(element!, at)
        else {
          const [key, value] = element!.bound
          // A null key is refused by the plain writer, with its place.
          if (key!.type.kind !== 'VARCHAR' && key!.type.kind !== 'CHAR') throw new NotForKernels()
          const bit = i32.and(
            i32.shrU(i32.load8(i32.add(key!.validity, i32.shrU(at, i32.of(3)))), i32.and(at, i32.of(7))),
            i32.of(1),
          )
          f.if(i32.and(i32.ne(key!.validity, i32.of(0)), i32.eqz(bit)), this.#odd)
          this.#string(key!, at)
          this.#literal(Uint8Array.of(58))
          this.#value(value!, at)
        }
        f.step(at, 1)
        f.br(again)
      })
    })
    this.#literal(Uint8Array.of(type.kind === 'ARRAY' ? 93 : 125))
  }
}

/** What values take that have no length of their own: names, brackets, numbers. Elements count for themselves. */
function fixedBytes(of: readonly LogicalType[], schema: Schema | null): number {
  let size = 16
  if (schema) for (const field of schema.fields) size += JSON.stringify(field.name).length * 3 + 4
  for (const type of of) {
    size += valueBytesMax
    if (type.kind === 'ROW')
      size += fixedBytes(
        type.fields.map((field) => field.type),
        { fields: type.fields },
      )
  }
  return size
}
