// Generates the WebAssembly kernel that reads whole runs of records of one writer schema into a stage. It is an accelerator
// and no judge: what it reads it reads as compile.ts does, and at anything odd (damage, a value that does not fit, a block
// with a byte size, no more room) it stops before that record, which the plain reader then reads or refuses. So a wrong
// record's code, reason and position come from one place. Tested against that reader and the interpreter.
//
// Between two checks of `end` a reader may step beyond it by what numbers and fixed values take, at most `overrun` bytes;
// the input is followed by at least that many, and the record as a whole is checked at its end.
import { changeKind, type LogicalType, type Schema, type Value } from '../../model/index.ts'
import { op } from '../images.ts'
import type { Stage } from '../stage.ts'
import {
  f32,
  f64,
  i32,
  i64,
  ModuleBuilder,
  select,
  type Expr,
  type FunctionBuilder,
  type Label,
  type Local,
} from '../wasm/builder.ts'
import { defineParts, KernelSlots, loadBigEndian, type Bail, type KernelSlot, type Parts } from '../wasm/parts.ts'
import { compileKernel, type RecordKernel, type RunState } from '../wasm/record-kernel.ts'
import { defaultOf } from './compile.ts'
import { conversionOf, refusals, type Conversion } from './conversion.ts'
import type { DecimalTarget } from './cursor.ts'
import { AvroSizes, type AvroRecord, type AvroType } from './schema.ts'
import { emitBlocks, emitBranches, emitLength, NotForKernels, Skips } from './wasm-skip.ts'
import { Varints } from './wasm-varint.ts'

/** Code beyond this many bytes is not worth its compiling. */
const codeBytesMax = 200_000
/** Symbols and defaults up to this size are in the code. */
const constantBytesMax = 128

/**
 * @param prefix what every record of the run begins with (its frame); others end the run
 * @returns null where only the plain reader can read this schema as these columns
 */
export function compileAvroKernel(
  writer: AvroType,
  columns: Schema,
  stage: Stage,
  prefix: readonly number[],
): RecordKernel | null {
  if (writer.kind !== 'record') return null
  try {
    return compileKernel(stage, prefix, (module, f, slots, run) => {
      const generator = new KernelGenerator(module, f, slots, run.p, run.end, run.bail)
      generator.row(writer, columns, stage, run.row)
      return generator.overrun
    })
  } catch (error) {
    if (error instanceof NotForKernels) return null
    throw error
  }
}

/**
 * The same for Debezium's envelopes, of changes with the images that their op asks for; the odd ones (an insert with a
 * before, an unknown op) end the run.
 */
export function compileEnvelopeKernel(
  writer: AvroType,
  columns: Schema,
  stage: Stage,
  prefix: readonly number[],
): RecordKernel | null {
  try {
    return compileKernel(
      stage,
      prefix,
      (module, f, slots, run) => {
        const generator = new KernelGenerator(module, f, slots, run.p, run.end, run.bail)
        generator.envelope(writer, columns, stage, run)
        return generator.overrun
      },
      false,
    )
  } catch (error) {
    if (error instanceof NotForKernels) return null
    throw error
  }
}

const hexDigit = (nibble: Expr<'i32'>): Expr<'i32'> =>
  i32.add(nibble, select(i32.gt(nibble, i32.of(9)), i32.of(87), i32.of(48)))

interface Target {
  readonly type: LogicalType
  readonly slot: KernelSlot
  readonly row: Local<'i32'>
}

class KernelGenerator {
  readonly #f: FunctionBuilder
  readonly #slots: KernelSlots
  readonly #p: Local<'i32'>
  readonly #end: Local<'i32'>
  readonly #x: Local<'i64'>
  readonly #size: Local<'i32'>
  readonly #bail: Bail
  readonly #parts: Parts
  readonly #varints: Varints
  readonly #skips: Skips
  readonly #sizes = new AvroSizes()
  overrun = 2_048

  constructor(
    module: ModuleBuilder,
    f: FunctionBuilder,
    slots: KernelSlots,
    p: Local<'i32'>,
    end: Local<'i32'>,
    bail: Bail,
  ) {
    this.#f = f
    this.#slots = slots
    this.#p = p
    this.#end = end
    this.#bail = bail
    this.#x = f.local('i64')
    this.#size = f.local('i32')
    this.#parts = defineParts(module)
    this.#varints = new Varints(module)
    this.#skips = new Skips(module, this.#varints, this.#sizes)
  }

  row(writer: AvroRecord, columns: Schema, stage: Stage, row: Local<'i32'>): void {
    const slots = stage.columns.map((column) => this.#slots.of(column))
    this.#fields(writer, columns.fields, slots, row)
    this.#f.if(i32.ne(this.#p, this.#end), this.#bail)
  }

  envelope(writer: AvroType, columns: Schema, stage: Stage, { row, emitRow }: RunState): void {
    const f = this.#f
    const record = writer.kind === 'union' ? this.#theRecord(writer) : writer
    if (record.kind !== 'record') throw new NotForKernels()
    // 1: a before was read, into the first row; 2: an after, into the next.
    const images = f.let(i32.of(0))
    const at = f.let(row)
    const letter = f.let(i32.of(0))
    const slots = stage.columns.map((column) => this.#slots.of(column))
    for (const field of record.fields) {
      const bit = field.name === 'before' ? 1 : field.name === 'after' ? 2 : 0
      if (bit > 0) this.#image(field.type, { columns, slots, at }, () => f.set(images, i32.or(images, i32.of(bit))))
      else if (field.name === 'op') this.#op(field.type, letter)
      else this.#skip(field.type)
    }
    f.if(i32.ne(this.#p, this.#end), this.#bail)
    const is = (code: number, wanted: number): Expr<'i32'> =>
      i32.and(i32.eq(letter, i32.of(code)), i32.eq(images, i32.of(wanted)))
    f.if(
      i32.or(is(op.create, 2), is(op.read, 2)),
      () => emitRow(changeKind.insert),
      () =>
        f.if(
          is(op.update, 3),
          () => {
            emitRow(changeKind.updateBefore)
            emitRow(changeKind.updateAfter)
          },
          () => f.if(is(op.delete, 1), () => emitRow(changeKind.delete), this.#bail),
        ),
    )
  }

  /** Of a union of null and a record: the record, after its index. */
  #theRecord(union: AvroType & { kind: 'union' }): AvroType {
    const at = union.branches.findIndex((branch) => branch.kind === 'record')
    if (at < 0) throw new NotForKernels()
    this.#f.if(i32.ne(i32.load8(this.#p), i32.of(at * 2)), this.#bail)
    this.#f.step(this.#p, 1)
    return union.branches[at]!
  }

  #image(
    type: AvroType,
    { columns, slots, at }: { columns: Schema; slots: readonly KernelSlot[]; at: Local<'i32'> },
    found: () => void,
  ): void {
    const read = (branch: AvroType): void => {
      if (branch.kind === 'null') return
      if (branch.kind !== 'record') return this.#bail()
      this.#fields(branch, columns.fields, slots, at)
      this.#f.step(at, 1)
      found()
    }
    if (type.kind === 'union') emitBranches(this.#f, type.branches, this.#p, this.#bail, read)
    else read(type)
  }

  /** One letter. */
  #op(type: AvroType, letter: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const read = (branch: AvroType): void => {
      if (branch.kind !== 'string') return this.#bail()
      f.if(i32.ne(i32.load8(p), i32.of(2)), this.#bail)
      f.set(letter, i32.load8(p, 1))
      f.step(p, 2)
    }
    this.overrun += 32
    if (type.kind === 'union') emitBranches(f, type.branches, p, this.#bail, read)
    else read(type)
  }

  #fields(record: AvroRecord, wanted: Schema['fields'], slots: readonly KernelSlot[], row: Local<'i32'>): void {
    if (this.#f.size > codeBytesMax) throw new NotForKernels()
    const written = new Set(record.fields.map((field) => field.name))
    wanted.forEach((field, i) => {
      if (written.has(field.name)) return
      const absent = record.absent?.find((one) => one.name === field.name)
      if (absent) return this.#constant(slots[i]!, row, defaultOf(absent, field.type, field.name))
      if (!field.type.nullable) throw new NotForKernels()
      this.#setNull(slots[i]!, row)
    })
    for (const field of record.fields) {
      const i = wanted.findIndex((column) => column.name === field.name)
      if (i < 0) this.#skip(field.type)
      else this.#value(field.type, { type: wanted[i]!.type, slot: slots[i]!, row })
    }
  }

  /** A default. Nested ones are the plain reader's. */
  #constant(slot: KernelSlot, row: Local<'i32'>, value: Value): void {
    const f = this.#f
    if (value === null) return this.#setNull(slot, row)
    switch (slot.column.layout) {
      case 'bool':
        f.store8(...slot.lane(row, 0), i32.of(value === true ? 1 : 0))
        break
      case 'int8':
        f.store8(...slot.lane(row, 0), i32.of(value as number))
        break
      case 'int16':
        f.store16(...slot.lane(row, 1), i32.of(value as number))
        break
      case 'int32':
        f.store32(...slot.lane(row, 2), i32.of(value as number))
        break
      case 'int64':
        slot.setLong(row, i64.of(value as bigint))
        break
      case 'float64':
        f.storeF64(...slot.lane(row, 3), f64.of(value as number))
        break
      case 'bytes':
        this.#bytes(slot, typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array))
        slot.endRow(row)
        break
      default:
        throw new NotForKernels()
    }
    slot.setValid(row)
  }

  /** Appends bytes that are in the code, eight at a time. */
  #bytes(slot: KernelSlot, value: Uint8Array): void {
    const f = this.#f
    const next = slot.next!
    if (value.length > constantBytesMax) throw new NotForKernels()
    f.if(i32.gt(i32.of(value.length), i32.sub(slot.bytesSize!, next)), this.#bail)
    const to = f.let(i32.add(slot.bytes!, next))
    const padded = new Uint8Array(constantBytesMax)
    padded.set(value)
    const words = new BigInt64Array(padded.buffer)
    for (let at = 0; at < value.length; at += 8) f.store64(to, at, i64.of(words[at >> 3]!))
    f.step(next, value.length)
  }

  #setNull(slot: KernelSlot, row: Local<'i32'>): void {
    slot.setNull(row)
    if (slot.column.layout === 'struct')
      for (const child of slot.column.children) this.#setNull(this.#slots.of(child), row)
  }

  #skip(type: AvroType): void {
    this.overrun += 32
    this.#skips.emit(this.#f, type, { p: this.#p, end: this.#end, x: this.#x, depth: i32.of(0), bail: this.#bail })
  }

  #value(writer: AvroType, target: Target): void {
    const { slot, row, type } = target
    if (writer.kind === 'null') {
      if (!type.nullable) this.#bail()
      else this.#setNull(slot, row)
      return
    }
    if (writer.kind === 'union') {
      emitBranches(this.#f, writer.branches, this.#p, this.#bail, (branch) => {
        // The plain reader says why a branch does not fit.
        const refused = branch.kind === 'null' ? refusals.has(branch) : typeof conversionOf(branch, type) === 'string'
        if (refused) this.#bail()
        else this.#value(branch, target)
      })
      return
    }
    const conversion = conversionOf(writer, type)
    if (typeof conversion === 'string') throw new NotForKernels()
    this.overrun += 32
    this.#convert(writer, conversion, target)
    slot.setValid(row)
  }

  #convert(writer: AvroType, conversion: Conversion, target: Target): void {
    const f = this.#f
    const { slot, row } = target
    const p = this.#p
    const x = this.#x
    switch (conversion.kind) {
      case 'boolean': {
        const byte = f.let(i32.load8(p))
        f.if(i32.gtU(byte, i32.of(1)), this.#bail)
        f.store8(...slot.lane(row, 0), byte)
        f.step(p, 1)
        return
      }
      case 'integer':
        this.#long()
        this.#range(BigInt(conversion.least), BigInt(conversion.most))
        if (conversion.lane === 'i8') f.store8(...slot.lane(row, 0), i32.wrap(x))
        else if (conversion.lane === 'i16') f.store16(...slot.lane(row, 1), i32.wrap(x))
        else f.store32(...slot.lane(row, 2), i32.wrap(x))
        return
      case 'bigint':
        this.#number(writer)
        return slot.setLong(row, x)
      case 'float':
      case 'double':
        return this.#float(writer, conversion.kind, slot, row)
      case 'ticks':
        this.#long()
        if (conversion.multiply !== 1n) {
          const most = (2n ** 63n - 1n) / conversion.multiply
          this.#range(-most, most)
          f.set(x, i64.mul(x, i64.of(conversion.multiply)))
        }
        if (conversion.divide !== 1n) this.#floorDivide(conversion.divide)
        return slot.setLong(row, x)
      case 'time':
        this.#long()
        this.#range(0n, 86_400_000n * BigInt(conversion.divide) - 1n)
        return f.store32(...slot.lane(row, 2), i32.wrap(i64.divU(x, i64.of(BigInt(conversion.divide)))))
      case 'decimal':
        return this.#decimal(writer, conversion.target, target)
      case 'bytes':
      case 'text':
        this.#length(writer)
        slot.setBytes(row, p, this.#size, this.#parts, { text: conversion.kind === 'text', bail: this.#bail })
        return f.step(p, this.#size)
      case 'enum':
        return this.#symbol(writer, slot, row)
      case 'record':
        if (writer.kind === 'record' && target.type.kind === 'ROW')
          this.#fields(
            writer,
            target.type.fields,
            slot.column.children.map((child) => this.#slots.of(child)),
            row,
          )
        return
      case 'array':
      case 'map':
        return this.#blocks(writer, target)
      case 'uuid':
        return this.#uuid(slot, row)
      case 'zoned':
        throw new NotForKernels()
    }
  }

  #long(): void {
    this.#varints.read(this.#f, this.#p, this.#x, this.#bail)
  }

  /** An int or long: an int of more than 32 bits is damage. */
  #number(writer: AvroType): void {
    this.#long()
    if (writer.kind === 'int') this.#f.if(i64.ne(this.#x, i64.extend32(this.#x)), this.#bail)
  }

  #range(least: bigint, most: bigint): void {
    this.#f.if(i32.or(i64.lt(this.#x, i64.of(least)), i64.gt(this.#x, i64.of(most))), this.#bail)
  }

  /** Towards the earlier tick. */
  #floorDivide(divisor: bigint): void {
    const x = this.#x
    const rest = this.#f.let(i64.rem(x, i64.of(divisor)))
    this.#f.set(x, i64.div(x, i64.of(divisor)))
    this.#f.if(i64.lt(rest, i64.of(0n)), () => this.#f.set(x, i64.sub(x, i64.of(1n))))
  }

  #float(writer: AvroType, kind: 'float' | 'double', slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    let value: Expr<'f64'>
    if (writer.kind === 'double') value = f64.load(p)
    else if (writer.kind === 'float') value = f64.promote(f32.load(p))
    else {
      this.#number(writer)
      value = f64.fromI64(this.#x)
    }
    if (kind === 'double') f.storeF64(...slot.lane(row, 3), value)
    // A float's own bits, whatever NaN it is.
    else if (writer.kind === 'float') f.store32(...slot.lane(row, 2), i32.load(p))
    else f.storeF32(...slot.lane(row, 2), f32.demote(value))
    if (writer.kind === 'double') f.step(p, 8)
    else if (writer.kind === 'float') f.step(p, 4)
  }

  /** The length of bytes or text that are wholly there, or a fixed one's, into `size`. */
  #length(writer: AvroType): void {
    const f = this.#f
    if (writer.kind === 'fixed') {
      f.set(this.#size, i32.of(writer.size))
      f.if(i32.gt(this.#size, i32.sub(this.#end, this.#p)), this.#bail)
      return
    }
    emitLength(f, this.#varints, { p: this.#p, end: this.#end, x: this.#x, size: this.#size, bail: this.#bail })
  }

  #decimal(writer: AvroType, to: DecimalTarget, { slot, row }: Target): void {
    const f = this.#f
    const x = this.#x
    const size = this.#size
    this.#length(writer)
    f.block((done) => {
      f.if(i32.geU(i32.sub(size, i32.of(1)), i32.of(16)), this.#bail)
      f.step(this.#p, size)
      const last = loadBigEndian(i32.sub(this.#p, i32.of(8)))
      const unused = (bytes: number): Expr<'i64'> => i64.extendU(i32.sub(i32.of(bytes * 8), i32.shl(size, i32.of(3))))
      f.if(
        i32.le(size, i32.of(8)),
        () => f.set(x, i64.shr(i64.shl(last, unused(8)), unused(8))),
        () => {
          f.set(x, last)
          const high = loadBigEndian(i32.sub(this.#p, i32.of(16)))
          this.#high(f.let(i64.shr(i64.shl(high, unused(16)), unused(16))), to, { slot, row, done })
        },
      )
      const most = 2n ** 63n - 1n
      if (to.factor > most) throw new NotForKernels()
      if (to.divide) {
        f.if(i32.eqz(i64.eqz(i64.rem(x, i64.of(to.factor)))), this.#bail)
        f.set(x, i64.div(x, i64.of(to.factor)))
      } else if (to.factor !== 1n) {
        this.#range(-(most / to.factor), most / to.factor)
        f.set(x, i64.mul(x, i64.of(to.factor)))
      }
      if (to.bound <= most) this.#range(1n - to.bound, to.bound - 1n)
      slot.setLong(row, x)
    })
  }

  /** The upper half of a decimal of 9 to 16 bytes, the lower in `x`: repeats the sign, or is stored here. */
  #high(
    high: Local<'i64'>,
    to: DecimalTarget,
    { slot, row, done }: { slot: KernelSlot; row: Local<'i32'>; done: Label },
  ): void {
    const f = this.#f
    const x = this.#x
    f.if(i64.ne(high, i64.shr(x, i64.of(63n))), () => {
      // Other scales are the plain reader's.
      if (slot.column.layout !== 'int128' || to.factor !== 1n) return this.#bail()
      const [top, low] = [to.bound >> 64n, BigInt.asIntN(64, to.bound)]
      const above = i32.or(
        i64.gt(high, i64.of(top)),
        i32.and(i64.eq(high, i64.of(top)), i32.eqz(i64.ltU(x, i64.of(low)))),
      )
      const [bottom, least] = [-to.bound >> 64n, BigInt.asIntN(64, -to.bound)]
      const below = i32.or(
        i64.lt(high, i64.of(bottom)),
        i32.and(i64.eq(high, i64.of(bottom)), i32.eqz(i64.gtU(x, i64.of(least)))),
      )
      f.if(i32.or(above, below), this.#bail)
      slot.setWide(row, x, high)
      f.br(done)
    })
  }

  #symbol(writer: AvroType, slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    if (writer.kind !== 'enum' || writer.symbols.length > 64 || writer.symbols.some((s) => s.length > constantBytesMax))
      throw new NotForKernels()
    const index = f.let(i32.load8(this.#p))
    f.step(this.#p, 1)
    f.block((done) => {
      writer.symbols.forEach((symbol, i) => {
        f.if(i32.eq(index, i32.of(i * 2)), () => {
          // Without a name: the reader knows no such symbol.
          if (symbol === '') this.#bail()
          else this.#bytes(slot, new TextEncoder().encode(symbol))
          f.br(done)
        })
      })
      this.#bail()
    })
    slot.endRow(row)
  }

  /** Sixteen bytes as 36 of text: hexadecimal digits in two words, then put where the dashes leave room. */
  #uuid(slot: KernelSlot, row: Local<'i32'>): void {
    const f = this.#f
    const p = this.#p
    const next = slot.next!
    f.if(i32.gt(i32.of(16), i32.sub(this.#end, p)), this.#bail)
    f.if(i32.gt(i32.of(36), i32.sub(slot.bytesSize!, next)), this.#bail)
    const to = f.let(i32.add(slot.bytes!, next))
    let at = 0
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) f.store8(to, at++, i32.of(45))
      const byte = f.let(i32.load8(p, i))
      f.store8(to, at++, hexDigit(i32.shrU(byte, i32.of(4))))
      f.store8(to, at++, hexDigit(i32.and(byte, i32.of(15))))
    }
    f.step(next, 36)
    f.step(p, 16)
    slot.endRow(row)
  }

  #blocks(writer: AvroType, { type, slot, row }: Target): void {
    const f = this.#f
    const item = writer.kind === 'array' ? writer.items : writer.kind === 'map' ? writer.values : writer
    const least = this.#sizes.of(item).least + (writer.kind === 'map' ? 1 : 0)
    if (least === 0) throw new NotForKernels()
    const element = this.#slots.of(slot.column.children[0]!)
    const at = slot.next!
    const state = { p: this.#p, end: this.#end, x: this.#x, least, bail: this.#bail }
    emitBlocks(f, this.#varints, state, () => {
      f.if(i32.ge(at, element.capacity!), this.#bail)
      if (writer.kind === 'array' && type.kind === 'ARRAY')
        this.#value(writer.items, { type: type.element, slot: element, row: at })
      else if (writer.kind === 'map' && type.kind === 'MAP') {
        const [key, value] = element.column.children.map((child) => this.#slots.of(child))
        this.#value({ kind: 'string', logical: null, connectName: null }, { type: type.key, slot: key!, row: at })
        this.#value(writer.values, { type: type.value, slot: value!, row: at })
        element.setValid(at)
      }
      f.step(at, 1)
    })
    slot.endRow(row)
  }
}
