// Structure of Avro in kernels: lengths, branches, blocks, and stepping over values that nobody reads. Between two checks of
// `end` a reader may step beyond it by numbers and short fixed values only; see kernel.ts.
import { formatLimits } from '../limits.ts'
import {
  call,
  i32,
  i64,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type WasmFunction,
} from '../wasm/builder.ts'
import type { Bail } from '../wasm/parts.ts'
import type { AvroSizes, AvroType } from './schema.ts'
import type { Varints } from './wasm-varint.ts'

/** Thrown while a kernel is generated: only the plain reader can read this. */
export class NotForKernels extends Error {}

/** Fixed values up to this size are stepped over unchecked. */
const uncheckedMax = 16

interface Reading {
  readonly p: Local<'i32'>
  readonly end: Local<'i32'>
  readonly x: Local<'i64'>
  readonly bail: Bail
}

/** The length of bytes or text that are wholly there, into `size`. */
export function emitLength(
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
export function emitBranches(
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

export function emitBlocks(
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
      // A negative count has the block's size in bytes behind it, which only says the same again.
      f.if(i64.lt(x, i64.of(0n)), () => {
        const count = f.let(i64.sub(i64.of(0n), x))
        varints.read(f, p, x, bail)
        f.if(i32.or(i64.lt(x, i64.of(0n)), i64.gt(x, i64.extend(i32.sub(end, p)))), bail)
        f.set(x, count)
      })
      // No more elements than bytes could be, and none beyond the end.
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
export class Skips {
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
