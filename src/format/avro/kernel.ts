// Generates the WebAssembly kernel that reads whole runs of records of one writer schema into a stage. It is an accelerator
// and no judge: what it reads it reads as compile.ts does, and at anything odd (damage, a value that does not fit, a block
// with a byte size, no more room) it stops before that record, which the plain reader then reads or refuses. So a wrong
// record's code, reason and position come from one place. Tested against that reader and the interpreter.
//
// Between two checks of `end` a reader may step beyond it by what numbers and fixed values take, at most `overrun` bytes;
// the input is followed by at least that many, and the record as a whole is checked at its end.
import type { LogicalType, Schema, Value } from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import {
  call,
  f32,
  f64,
  i32,
  i64,
  ModuleBuilder,
  select,
  type Expr,
  type FunctionBuilder,
  type Local,
  type WasmFunction,
} from '../wasm/builder.ts'
import { defineParts, KernelSlots, loadBigEndian, type Bail, type KernelSlot, type Parts } from '../wasm/parts.ts'
import { compileKernel, type RecordKernel } from '../wasm/record-kernel.ts'
import { defaultOf } from './compile.ts'
import { conversionOf, refusals, type Conversion } from './conversion.ts'
import type { DecimalTarget } from './cursor.ts'
import { AvroSizes, type AvroRecord, type AvroType } from './schema.ts'
import { Varints } from './wasm-varint.ts'

/** Code beyond this many bytes is not worth its compiling. */
const codeBytesMax = 200_000
/** Symbols and defaults up to this size are in the code. */
const constantBytesMax = 128
/** Fixed values up to this size are stepped over unchecked. */
const uncheckedMax = 16

/** Thrown inside this file: the plain reader does it. */
class NotForKernels extends Error {}

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
    // Longer ones are mostly repeated signs, which the plain reader tells from digits.
    f.if(i32.geU(i32.sub(size, i32.of(1)), i32.of(8)), this.#bail)
    const unused = i64.extendU(i32.sub(i32.of(64), i32.shl(size, i32.of(3))))
    f.step(this.#p, size)
    f.set(x, i64.shr(i64.shl(loadBigEndian(i32.sub(this.#p, i32.of(8))), unused), unused))
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
    const digit = (nibble: Expr<'i32'>): Expr<'i32'> =>
      i32.add(nibble, select(i32.gt(nibble, i32.of(9)), i32.of(87), i32.of(48)))
    let at = 0
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) f.store8(to, at++, i32.of(45))
      const byte = f.let(i32.load8(p, i))
      f.store8(to, at++, digit(i32.shrU(byte, i32.of(4))))
      f.store8(to, at++, digit(i32.and(byte, i32.of(15))))
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

interface Reading {
  readonly p: Local<'i32'>
  readonly end: Local<'i32'>
  readonly x: Local<'i64'>
  readonly bail: Bail
}

/** The length of bytes or text that are wholly there, into `size`. */
function emitLength(
  f: FunctionBuilder,
  varints: Varints,
  { p, end, x, size, bail }: Reading & { size: Local<'i32'> },
): void {
  varints.read(f, p, x, bail)
  // Also where `p` has stepped beyond the end.
  f.if(i32.or(i64.lt(x, i64.of(0n)), i64.gt(x, i64.extend(i32.sub(end, p)))), bail)
  f.set(size, i32.wrap(x))
}

/** An index of one byte; longer ones are odd enough for the plain reader. */
function emitBranches(
  f: FunctionBuilder,
  branches: readonly AvroType[],
  p: Local<'i32'>,
  bail: Bail,
  emit: (branch: AvroType) => void,
): void {
  if (branches.length > 64) throw new NotForKernels()
  const index = f.let(i32.load8(p))
  f.step(p, 1)
  const chain = (i: number): void => {
    if (i === branches.length) return bail()
    f.if(
      i32.eq(index, i32.of(i * 2)),
      () => emit(branches[i]!),
      () => chain(i + 1),
    )
  }
  chain(0)
}

function emitBlocks(
  f: FunctionBuilder,
  varints: Varints,
  { p, end, x, least, bail }: Reading & { least: number },
  each: () => void,
): void {
  const count = f.local('i32')
  const total = f.local('i32')
  f.set(total, i32.of(0))
  f.block((done) => {
    f.loop((again) => {
      varints.read(f, p, x, bail)
      f.brIf(done, i64.eqz(x))
      // No more elements than bytes could be; none beyond the end; and a block with a byte size goes to the plain reader.
      f.if(i32.or(i64.lt(x, i64.of(0n)), i64.gt(i64.mul(x, i64.of(BigInt(least))), i64.extend(i32.sub(end, p)))), bail)
      f.if(i64.gt(x, i64.of(BigInt(formatLimits.elementsMax))), bail)
      f.set(count, i32.wrap(x))
      f.step(total, count)
      f.if(i32.gt(total, i32.of(formatLimits.elementsMax)), bail)
      f.loop((next) => {
        f.if(i32.gt(p, end), bail)
        each()
        f.step(count, -1)
        f.brIf(next, count)
      })
      f.br(again)
    })
  })
}

interface Skipping extends Reading {
  readonly depth: Expr<'i32'>
}

/** Stepping over values that nobody reads: short ones in line, containers and long records by functions of their own. */
class Skips {
  readonly #module: ModuleBuilder
  readonly #varints: Varints
  readonly #sizes: AvroSizes
  readonly #functions = new Map<AvroType, WasmFunction & { readonly result: 'i32' }>()

  constructor(module: ModuleBuilder, varints: Varints, sizes: AvroSizes) {
    this.#module = module
    this.#varints = varints
    this.#sizes = sizes
  }

  emit(f: FunctionBuilder, type: AvroType, state: Skipping): void {
    const { p, end, x, bail, depth } = state
    const size = this.#sizes.of(type)
    if (size.fixed) {
      if (size.least > uncheckedMax) f.if(i32.gt(i32.of(size.least), i32.sub(end, p)), bail)
      if (size.least > 0) f.step(p, size.least)
      return
    }
    switch (type.kind) {
      case 'int':
        return this.#varints.skip(f, p, x, 32, bail)
      case 'long':
        return this.#varints.skip(f, p, x, 64, bail)
      case 'enum':
        f.if(i32.ge(i32.load8(p), i32.of(Math.min(128, type.symbols.length * 2))), bail)
        f.if(i32.and(i32.load8(p), i32.of(1)), bail)
        return f.step(p, 1)
      case 'string':
      case 'bytes': {
        const length = f.local('i32')
        emitLength(f, this.#varints, { p, end, x, size: length, bail })
        return f.step(p, length)
      }
      case 'union':
        if (!isFlat(type)) return this.#call(f, type, state)
        return emitBranches(f, type.branches, p, bail, (branch) => this.emit(f, branch, state))
      default:
        return this.#call(f, type, { ...state, depth })
    }
  }

  #call(f: FunctionBuilder, type: AvroType, { p, end, depth, bail }: Skipping): void {
    f.set(p, call(this.#function(type), p, end, i32.add(depth, i32.of(1))))
    f.if(i32.lt(p, i32.of(0)), bail)
  }

  /** (p, end, depth): where the value ends, or -1 where the plain reader must look at it. */
  #function(type: AvroType): WasmFunction & { readonly result: 'i32' } {
    const known = this.#functions.get(type)
    if (known) return known
    if (this.#functions.size > 256) throw new NotForKernels()
    const declared = this.#module.declare(['i32', 'i32', 'i32'], 'i32')
    this.#functions.set(type, declared)
    this.#module.define(declared, ['i32', 'i32', 'i32'], (f, p, end, depth) => {
      const x = f.local('i64')
      const bail = (): void => f.return(i32.of(-1))
      // Numbers alone may carry `p` beyond the end; not far, since each call checks.
      f.if(i32.or(i32.gt(depth, i32.of(formatLimits.depthMax)), i32.gt(p, end)), bail)
      this.#emitBody(f, type, { p, end, x, depth, bail })
      f.return(p)
    })
    return declared
  }

  #emitBody(f: FunctionBuilder, type: AvroType, state: Skipping): void {
    switch (type.kind) {
      case 'record':
        type.fields.forEach((field, i) => {
          if (i % 16 === 15) f.if(i32.gt(state.p, state.end), state.bail)
          this.emit(f, field.type, state)
        })
        return
      case 'union':
        return emitBranches(f, type.branches, state.p, state.bail, (branch) => this.emit(f, branch, state))
      case 'array':
      case 'map': {
        const element = type.kind === 'array' ? type.items : type.values
        const least = this.#sizes.of(element).least + (type.kind === 'map' ? 1 : 0)
        if (least === 0) throw new NotForKernels()
        return emitBlocks(f, this.#varints, { ...state, least }, () => {
          if (type.kind === 'map') this.emit(f, { kind: 'string', logical: null, connectName: null }, state)
          this.emit(f, element, state)
        })
      }
      default:
        throw new NotForKernels()
    }
  }
}

const isFlat = (union: AvroType & { kind: 'union' }): boolean =>
  union.branches.every((b) => b.kind !== 'record' && b.kind !== 'array' && b.kind !== 'map')
