// Avro's varints in kernels: eight bytes at once, so that a number costs the same whatever its length up to eight.
// Reference: Apache Avro 1.12, "Binary Encoding".
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
import { resultsAt } from '../wasm/scratch.ts'

type I64Function = WasmFunction & { readonly result: 'i64' }

const continues = i64.of(0x8080808080808080n)

/** Seven bits of each byte of `x` packed together. */
function compress(f: FunctionBuilder, x: Local<'i64'>): void {
  const step = (low: bigint, high: bigint, shift: bigint): void =>
    f.set(x, i64.or(i64.and(x, i64.of(low)), i64.shrU(i64.and(x, i64.of(high)), i64.of(shift))))
  step(0x007f007f007f007fn, 0x7f007f007f007f00n, 1n)
  step(0x00003fff00003fffn, 0x3fff00003fff0000n, 2n)
  step(0x000000000fffffffn, 0x0fffffff00000000n, 4n)
}

/** (at): the unsigned number of 9 or 10 bytes; word resultsAt: how many bytes, 0 when it is none. */
function defineLong(module: ModuleBuilder): I64Function {
  return module.function(['i32'], 'i64', (f, at) => {
    const x = f.let(i64.load(at))
    compress(f, x)
    const ninth = f.let(i64.load8(at, 8))
    f.set(x, i64.or(x, i64.shl(i64.and(ninth, i64.of(127n)), i64.of(56n))))
    f.store32(i32.of(0), resultsAt, i32.of(9))
    f.if(i64.gtU(ninth, i64.of(127n)), () => {
      const tenth = f.let(i64.load8(at, 9))
      f.set(x, i64.or(x, i64.shl(tenth, i64.of(63n))))
      f.store32(i32.of(0), resultsAt, i32.of(10))
      f.if(i64.gtU(tenth, i64.of(1n)), () => f.store32(i32.of(0), resultsAt, i32.of(0)))
    })
    f.return(x)
  })
}

export class Varints {
  readonly #long: I64Function

  constructor(module: ModuleBuilder) {
    this.#long = defineLong(module)
  }

  /** Reads an unsigned varint at `p` into `x`, which moves on. */
  readUnsigned(f: FunctionBuilder, p: Local<'i32'>, x: Local<'i64'>, bail: Bail): void {
    f.set(x, i64.load(p))
    f.if(
      i64.eqz(i64.and(x, i64.of(0x80n))),
      () => {
        f.step(p, 1)
        f.set(x, i64.and(x, i64.of(0x7fn)))
      },
      () => {
        const stops = f.let(i64.and(i64.xor(x, i64.of(-1n)), continues))
        f.if(
          i64.eqz(stops),
          () => {
            f.set(x, call(this.#long, p))
            f.if(i32.eqz(i32.load(i32.of(0), resultsAt)), bail)
            f.step(p, i32.load(i32.of(0), resultsAt))
          },
          () => {
            f.step(p, bytesUntil(stops))
            f.set(x, i64.and(x, i64.xor(stops, i64.sub(stops, i64.of(1n)))))
            compress(f, x)
          },
        )
      },
    )
  }

  /** Reads a zig-zag number. */
  read(f: FunctionBuilder, p: Local<'i32'>, x: Local<'i64'>, bail: Bail): void {
    this.readUnsigned(f, p, x, bail)
    f.set(x, i64.xor(i64.shrU(x, i64.of(1n)), i64.sub(i64.of(0n), i64.and(x, i64.of(1n)))))
  }

  /** Steps over a number of at most `bits` bits, checking that it is one. */
  skip(f: FunctionBuilder, p: Local<'i32'>, x: Local<'i64'>, bits: 32 | 64, bail: Bail): void {
    const stops = f.let(i64.and(i64.xor(i64.load(p), i64.of(-1n)), continues))
    const least = bits === 32 ? i64.of(0x80808080n) : i64.of(-1n)
    f.if(
      i64.eqz(i64.and(stops, least)),
      () => {
        this.read(f, p, x, bail)
        if (bits === 32) f.if(i64.ne(x, i64.extend32(x)), bail)
      },
      () => f.step(p, bytesUntil(stops)),
    )
  }
}

const bytesUntil = (stops: Expr<'i64'>): Expr<'i32'> =>
  i32.add(i32.wrap(i64.shrU(i64.ctz(stops), i64.of(3n))), i32.of(1))
