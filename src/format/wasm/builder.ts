// Builds WebAssembly modules in memory: what generates kernels writes expressions and blocks in TypeScript, and gets the
// bytes of a module, without any tool chain. Expressions are typed, so that most mistakes are the type checker's; the rest
// are refused when the module is compiled. Functions may be declared before they are defined, for recursion.
// Reference: WebAssembly Core Specification 2.0, "Binary Format" (with fixed-width SIMD).
import { assert } from '../../base/index.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** Code that leaves one value on the stack. */
export interface Expr<T extends ValueType> {
  readonly type: T
  readonly code: readonly number[]
}

/** A local variable or parameter; as an expression, its value. */
export interface Local<T extends ValueType> extends Expr<T> {
  readonly index: number
}

export interface WasmFunction {
  readonly index: number
  readonly parameters: readonly ValueType[]
  readonly result: ValueType | null
}

/** The locals of parameters of these types. */
type Locals<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> }

/** What we use of WebAssembly; the library of types that has it is the browser's. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
  /** @param pages of 65,536 bytes */
  grow(pages: number): number
}
interface WasmRuntime {
  readonly Memory: new (options: { readonly initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory>>>>,
  ) => { readonly exports: unknown }
}
const runtimeOf = (): WasmRuntime | undefined =>
  (globalThis as unknown as { readonly WebAssembly: WasmRuntime | undefined }).WebAssembly

/** undefined where there is none to have: Node was started without it, or the process may not reserve the addresses. */
export function makeWasmMemory(pages: number): WasmMemory | undefined {
  const runtime = runtimeOf()
  // Without a just-in-time compiler there is no WebAssembly.
  if (!runtime) return undefined
  try {
    return new runtime.Memory({ initial: pages })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export interface Label {
  readonly depth: number
}

type I32 = Expr<'i32'>
type I64 = Expr<'i64'>
type F64 = Expr<'f64'>
type V128 = Expr<'v128'>

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value >>> 0
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}

function signed(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const byte = Number(rest & 127n)
    rest >>= 7n
    if ((rest === 0n && byte < 64) || (rest === -1n && byte >= 64)) {
      bytes.push(byte)
      return bytes
    }
    bytes.push(byte | 128)
  }
}

const unary =
  <A extends ValueType, R extends ValueType>(type: R, ...opcode: number[]) =>
  (a: Expr<A>): Expr<R> => ({ type, code: [...a.code, ...opcode] })
const binary =
  <A extends ValueType, R extends ValueType>(type: R, ...opcode: number[]) =>
  (a: Expr<A>, b: Expr<A>): Expr<R> => ({ type, code: [...a.code, ...b.code, ...opcode] })
/** Loads are unaligned: align 0 is always right. @param offset added to the address, not negative */
const load =
  <R extends ValueType>(type: R, ...opcode: number[]) =>
  (address: I32, offset = 0): Expr<R> => ({ type, code: [...address.code, ...opcode, 0, ...unsigned(offset)] })

export const i32 = {
  of: (value: number): I32 => ({ type: 'i32', code: [0x41, ...signed(BigInt(value | 0))] }),
  load: load('i32', 0x28),
  load8: load('i32', 0x2d),
  load16: load('i32', 0x2f),
  eqz: unary<'i32', 'i32'>('i32', 0x45),
  eq: binary<'i32', 'i32'>('i32', 0x46),
  ne: binary<'i32', 'i32'>('i32', 0x47),
  lt: binary<'i32', 'i32'>('i32', 0x48),
  ltU: binary<'i32', 'i32'>('i32', 0x49),
  gt: binary<'i32', 'i32'>('i32', 0x4a),
  gtU: binary<'i32', 'i32'>('i32', 0x4b),
  le: binary<'i32', 'i32'>('i32', 0x4c),
  ge: binary<'i32', 'i32'>('i32', 0x4e),
  geU: binary<'i32', 'i32'>('i32', 0x4f),
  ctz: unary<'i32', 'i32'>('i32', 0x68),
  popcnt: unary<'i32', 'i32'>('i32', 0x69),
  add: binary<'i32', 'i32'>('i32', 0x6a),
  sub: binary<'i32', 'i32'>('i32', 0x6b),
  mul: binary<'i32', 'i32'>('i32', 0x6c),
  divU: binary<'i32', 'i32'>('i32', 0x6e),
  and: binary<'i32', 'i32'>('i32', 0x71),
  or: binary<'i32', 'i32'>('i32', 0x72),
  xor: binary<'i32', 'i32'>('i32', 0x73),
  shl: binary<'i32', 'i32'>('i32', 0x74),
  shr: binary<'i32', 'i32'>('i32', 0x75),
  shrU: binary<'i32', 'i32'>('i32', 0x76),
  wrap: unary<'i64', 'i32'>('i32', 0xa7),
}

export const i64 = {
  of: (value: bigint): I64 => ({ type: 'i64', code: [0x42, ...signed(BigInt.asIntN(64, value))] }),
  load: load('i64', 0x29),
  load8: load('i64', 0x31),
  eqz: unary<'i64', 'i32'>('i32', 0x50),
  eq: binary<'i64', 'i32'>('i32', 0x51),
  ne: binary<'i64', 'i32'>('i32', 0x52),
  lt: binary<'i64', 'i32'>('i32', 0x53),
  gt: binary<'i64', 'i32'>('i32', 0x55),
  ltU: binary<'i64', 'i32'>('i32', 0x54),
  gtU: binary<'i64', 'i32'>('i32', 0x56),
  ge: binary<'i64', 'i32'>('i32', 0x59),
  clz: unary<'i64', 'i64'>('i64', 0x79),
  ctz: unary<'i64', 'i64'>('i64', 0x7a),
  add: binary<'i64', 'i64'>('i64', 0x7c),
  sub: binary<'i64', 'i64'>('i64', 0x7d),
  mul: binary<'i64', 'i64'>('i64', 0x7e),
  div: binary<'i64', 'i64'>('i64', 0x7f),
  divU: binary<'i64', 'i64'>('i64', 0x80),
  rem: binary<'i64', 'i64'>('i64', 0x81),
  remU: binary<'i64', 'i64'>('i64', 0x82),
  and: binary<'i64', 'i64'>('i64', 0x83),
  or: binary<'i64', 'i64'>('i64', 0x84),
  xor: binary<'i64', 'i64'>('i64', 0x85),
  shl: binary<'i64', 'i64'>('i64', 0x86),
  shr: binary<'i64', 'i64'>('i64', 0x87),
  shrU: binary<'i64', 'i64'>('i64', 0x88),
  extend: unary<'i32', 'i64'>('i64', 0xac),
  extendU: unary<'i32', 'i64'>('i64', 0xad),
  extend32: unary<'i64', 'i64'>('i64', 0xc4),
}

export const f64 = {
  of: (value: number): F64 => ({ type: 'f64', code: [0x44, ...new Uint8Array(Float64Array.of(value).buffer)] }),
  load: load('f64', 0x2b),
  neg: unary<'f64', 'f64'>('f64', 0x9a),
  mul: binary<'f64', 'f64'>('f64', 0xa2),
  div: binary<'f64', 'f64'>('f64', 0xa3),
  fromI64: unary<'i64', 'f64'>('f64', 0xb9),
  fromBits: unary<'i64', 'f64'>('f64', 0xbf),
  promote: unary<'f32', 'f64'>('f64', 0xbb),
}

export const f32 = {
  load: load('f32', 0x2a),
  demote: unary<'f64', 'f32'>('f32', 0xb6),
  fromI64: unary<'i64', 'f32'>('f32', 0xb4),
}

export const v128 = {
  load: load('v128', 0xfd, 0x00),
  splat8: unary<'i32', 'v128'>('v128', 0xfd, 0x0f),
  const: (bytes: readonly number[]): V128 => ({ type: 'v128', code: [0xfd, 0x0c, ...bytes] }),
  eq8: binary<'v128', 'v128'>('v128', 0xfd, 0x23),
  ne8: binary<'v128', 'v128'>('v128', 0xfd, 0x24),
  sub8: binary<'v128', 'v128'>('v128', 0xfd, 0x71),
  ltU8: binary<'v128', 'v128'>('v128', 0xfd, 0x26),
  lt8: binary<'v128', 'v128'>('v128', 0xfd, 0x25),
  and: binary<'v128', 'v128'>('v128', 0xfd, 0x4e),
  or: binary<'v128', 'v128'>('v128', 0xfd, 0x50),
  /** Eight bytes, the others zero. */
  load64: load('v128', 0xfd, 0x5d),
  shuffle8: (a: V128, b: V128, lanes: readonly number[]): V128 => ({
    type: 'v128',
    code: [...a.code, ...b.code, 0xfd, 0x0d, ...lanes],
  }),
  low64: (a: V128): I64 => ({ type: 'i64', code: [...a.code, 0xfd, 0x1d, 0] }),
  bitmask8: unary<'v128', 'i32'>('i32', 0xfd, 0x64),
}

/** Both sides are computed. */
export function select<T extends ValueType>(condition: I32, yes: Expr<T>, no: Expr<T>): Expr<T> {
  // The untyped select is for numbers only.
  const opcode = yes.type === 'v128' ? [0x1c, 1, typeCodes.v128] : [0x1b]
  return { type: yes.type, code: [...yes.code, ...no.code, ...condition.code, ...opcode] }
}

export class FunctionBuilder {
  readonly #parameterCount: number
  readonly #result: ValueType | null
  readonly #locals: ValueType[] = []
  readonly #code: number[] = []
  #depth = 0

  constructor(parameterCount: number, result: ValueType | null) {
    this.#parameterCount = parameterCount
    this.#result = result
  }

  local<T extends ValueType>(type: T): Local<T> {
    const index = this.#parameterCount + this.#locals.length
    this.#locals.push(type)
    return { type, index, code: [0x20, ...unsigned(index)] }
  }

  /** A new variable that holds a value. */
  let<T extends ValueType>(value: Expr<T>): Local<T> {
    const local = this.local(value.type)
    this.set(local, value)
    return local
  }

  #emit(...parts: readonly (readonly number[])[]): void {
    for (const part of parts) for (const byte of part) this.#code.push(byte)
  }

  set<T extends ValueType>(local: Local<T>, value: Expr<T>): void {
    this.#emit(value.code, [0x21], unsigned(local.index))
  }

  /** local += value */
  step(local: Local<'i32'>, value: I32 | number): void {
    this.set(local, i32.add(local, typeof value === 'number' ? i32.of(value) : value))
  }

  #store(opcode: readonly number[], address: I32, offset: number, value: Expr<ValueType>): void {
    this.#emit(address.code, value.code, opcode, [0], unsigned(offset))
  }
  store8(address: I32, offset: number, value: I32): void {
    this.#store([0x3a], address, offset, value)
  }
  store16(address: I32, offset: number, value: I32): void {
    this.#store([0x3b], address, offset, value)
  }
  store32(address: I32, offset: number, value: I32): void {
    this.#store([0x36], address, offset, value)
  }
  store64(address: I32, offset: number, value: I64): void {
    this.#store([0x37], address, offset, value)
  }
  storeF32(address: I32, offset: number, value: Expr<'f32'>): void {
    this.#store([0x38], address, offset, value)
  }
  storeF64(address: I32, offset: number, value: F64): void {
    this.#store([0x39], address, offset, value)
  }
  store128(address: I32, offset: number, value: V128): void {
    this.#store([0xfd, 0x0b], address, offset, value)
  }
  fill(address: I32, byte: I32, size: I32): void {
    this.#emit(address.code, byte.code, size.code, [0xfc, 0x0b, 0])
  }
  copy(to: I32, from: I32, size: I32): void {
    this.#emit(to.code, from.code, size.code, [0xfc, 0x0a, 0, 0])
  }

  /** br(label) inside leaves the block. */
  block(body: (leave: Label) => void): void {
    this.#nest(0x02, body)
  }
  /** br(label) inside begins again; without one the loop ends. */
  loop(body: (again: Label) => void): void {
    this.#nest(0x03, body)
  }
  #nest(opcode: number, body: (label: Label) => void): void {
    this.#emit([opcode, 0x40])
    body({ depth: this.#depth++ })
    this.#depth--
    this.#emit([0x0b])
  }
  if(condition: I32, yes: () => void, no?: () => void): void {
    this.#emit(condition.code, [0x04, 0x40])
    this.#depth++
    yes()
    if (no) {
      this.#emit([0x05])
      no()
    }
    this.#depth--
    this.#emit([0x0b])
  }
  br(label: Label): void {
    this.#emit([0x0c], unsigned(this.#depth - label.depth - 1))
  }
  brIf(label: Label, condition: I32): void {
    this.#emit(condition.code, [0x0d], unsigned(this.#depth - label.depth - 1))
  }
  return(value?: Expr<ValueType>): void {
    this.#emit(value?.code ?? [], [0x0f])
  }
  unreachable(): void {
    this.#emit([0x00])
  }
  call(callee: WasmFunction, ...values: readonly Expr<ValueType>[]): void {
    this.#emit(callOf(callee, values))
    if (callee.result) this.#emit([0x1a])
  }

  /** Size of the code so far, in bytes. */
  get size(): number {
    return this.#code.length
  }

  body(): number[] {
    const locals = this.#locals.flatMap((type) => [1, typeCodes[type]])
    const code = [...unsigned(this.#locals.length), ...locals, ...this.#code]
    if (this.#result) code.push(0x00)
    code.push(0x0b)
    return [...unsigned(code.length), ...code]
  }
}

function callOf(callee: WasmFunction, values: readonly Expr<ValueType>[]): number[] {
  assert(values.length === callee.parameters.length, 'a value per parameter')
  return [...values.flatMap((value) => value.code), 0x10, ...unsigned(callee.index)]
}

/** The result of a call as an expression. */
export function call<T extends ValueType>(
  callee: WasmFunction & { readonly result: T },
  ...values: readonly Expr<ValueType>[]
): Expr<T> {
  return { type: callee.result, code: callOf(callee, values) }
}

const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = [...unsigned(items.length), ...items.flat()]
  return [id, ...unsigned(content.length), ...content]
}

export class ModuleBuilder {
  readonly #functions: { readonly declared: WasmFunction; body: number[] | null; readonly exported: string | null }[] =
    []

  declare<R extends ValueType | null>(
    parameters: readonly ValueType[],
    result: R,
    exported: string | null = null,
  ): WasmFunction & { readonly result: R } {
    const declared = { index: this.#functions.length, parameters, result }
    this.#functions.push({ declared, body: null, exported })
    return declared
  }

  /** Control must not reach the end of a function with a result: it returns before. */
  define<const P extends readonly ValueType[]>(
    declared: WasmFunction,
    parameters: P,
    write: (f: FunctionBuilder, ...parameters: Locals<P>) => void,
  ): void {
    const f = new FunctionBuilder(parameters.length, declared.result)
    const locals = parameters.map((type, index) => ({ type, index, code: [0x20, ...unsigned(index)] }))
    write(f, ...(locals as unknown as Locals<P>))
    this.#functions[declared.index]!.body = f.body()
  }

  function<const P extends readonly ValueType[], R extends ValueType | null>(
    parameters: P,
    result: R,
    write: (f: FunctionBuilder, ...parameters: Locals<P>) => void,
    exported: string | null = null,
  ): WasmFunction & { readonly result: R } {
    const declared = this.declare(parameters, result, exported)
    this.define(declared, parameters, write)
    return declared
  }

  /** The module's bytes. It imports its memory as `m.m`. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = this.#functions
    const types = all.map(({ declared: { parameters, result } }) => [
      0x60,
      ...unsigned(parameters.length),
      ...parameters.map((type) => typeCodes[type]),
      ...(result ? [1, typeCodes[result]] : [0]),
    ])
    const exports = all.flatMap(({ declared, exported }) =>
      exported === null
        ? []
        : [[...unsigned(exported.length), ...Buffer.from(exported), 0, ...unsigned(declared.index)]],
    )
    return Uint8Array.from([
      ...magic,
      ...section(1, types),
      ...section(2, [[1, 0x6d, 1, 0x6d, 2, 0, 0]]),
      ...section(
        3,
        all.map(({ declared }) => unsigned(declared.index)),
      ),
      ...section(7, exports),
      ...section(
        10,
        all.map(({ body }) => {
          assert(body !== null, 'a declared function is defined')
          return body
        }),
      ),
    ])
  }

  /** Compiles and binds it to a memory. O(code); synchronous. */
  instantiate(memory: WasmMemory): Readonly<Record<string, (...values: number[]) => number>> {
    const runtime = runtimeOf()
    assert(runtime !== undefined, 'there is a memory, so there is WebAssembly')
    const { exports } = new runtime.Instance(new runtime.Module(this.bytes()), { m: { m: memory } })
    return exports as Readonly<Record<string, (...values: number[]) => number>>
  }
}
