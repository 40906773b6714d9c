// Numbers of JSON in kernels: digits eight at a time, doubles correctly rounded. What is not certain within 64 bits (more
// than 19 digits, an exponent written out, a product too near to the middle between two doubles) bails out.
// Reference: D. Lemire, "Number Parsing at a Gigabyte per Second" (Eisel-Lemire), with the first word of the power only.
import { f64, i32, i64, select, type Expr, type FunctionBuilder, type Local } from '../wasm/builder.ts'
import type { Bail } from '../wasm/parts.ts'
import { powersAt, tenBitsAt, tenExponentMax } from '../wasm/scratch.ts'

const zeros = i64.of(0x3030303030303030n)
const tops = i64.of(0x8080808080808080n)

/** The value of eight digits 0 to 9 in the bytes of a word, the first in the lowest. */
function eightDigits(t: Expr<'i64'>): Expr<'i64'> {
  const pairs = i64.and(i64.shrU(i64.mul(t, i64.of(2561n)), i64.of(8n)), i64.of(0x00ff00ff00ff00ffn))
  const fours = i64.and(i64.shrU(i64.mul(pairs, i64.of(6553601n)), i64.of(16n)), i64.of(0x0000ffff0000ffffn))
  return i64.shrU(i64.mul(fours, i64.of(42949672960001n)), i64.of(32n))
}

export const powerOfTen = (n: Expr<'i32'>): Expr<'i64'> => i64.load(i32.shl(n, i32.of(3)), powersAt)

/** Appends the digits at `p` to `value` and their number to `count`; `p` moves behind them. Meaningful up to 19 digits. */
export function emitDigits(
  f: FunctionBuilder,
  p: Local<'i32'>,
  value: Local<'i64'>,
  count: Local<'i32'>,
  bail: Bail,
): void {
  f.block((done) => {
    f.loop((again) => {
      const t = f.let(i64.xor(i64.load(p), zeros))
      // The lowest top bit that is set is that of the first byte that is no digit; carries reach only bytes behind it.
      const stops = f.let(i64.and(i64.or(i64.add(t, i64.of(0x7676767676767676n)), t), tops))
      f.if(i64.eqz(stops), () => {
        f.set(value, i64.add(i64.mul(value, i64.of(100_000_000n)), eightDigits(t)))
        f.step(p, 8)
        f.step(count, 8)
        f.if(i32.gt(count, i32.of(24)), bail)
        f.br(again)
      })
      const n = f.let(i32.wrap(i64.shrU(i64.ctz(stops), i64.of(3n))))
      f.brIf(done, i32.eqz(n))
      f.set(t, i64.shl(t, i64.extendU(i32.sub(i32.of(64), i32.shl(n, i32.of(3))))))
      f.set(value, i64.add(i64.mul(value, powerOfTen(n)), eightDigits(t)))
      f.step(p, n)
      f.step(count, n)
    })
  })
}

export interface NumberLocals {
  readonly p: Local<'i32'>
  readonly value: Local<'i64'>
  readonly count: Local<'i32'>
  readonly negative: Local<'i32'>
  /** Digits behind the point. */
  readonly fraction: Local<'i32'>
}

export function numberLocals(f: FunctionBuilder, p: Local<'i32'>): NumberLocals {
  return { p, value: f.local('i64'), count: f.local('i32'), negative: f.local('i32'), fraction: f.local('i32') }
}

/** A sign and digits as JSON has them, at most 18, into `value`, signed. */
export function emitInteger(f: FunctionBuilder, n: NumberLocals, bail: Bail): void {
  emitWhole(f, n, bail)
  f.if(i32.gt(n.count, i32.of(18)), bail)
  emitSign(f, n)
}

export function emitSign(f: FunctionBuilder, { value, negative }: NumberLocals): void {
  const sign = i64.extend(i32.sub(i32.of(0), negative))
  f.set(value, i64.sub(i64.xor(value, sign), sign))
}

function emitWhole(f: FunctionBuilder, { p, value, count, negative }: NumberLocals, bail: Bail): void {
  f.set(negative, i32.eq(i32.load8(p), i32.of(45)))
  f.step(p, negative)
  f.set(value, i64.of(0n))
  f.set(count, i32.of(0))
  const first = f.let(i32.load8(p))
  emitDigits(f, p, value, count, bail)
  f.if(i32.eqz(count), bail)
  f.if(i32.and(i32.eq(first, i32.of(48)), i32.gt(count, i32.of(1))), bail)
}

/** Digits with or without a point, at most `digitsMax`, without an exponent; `value` unsigned, the point left out. */
export function emitDigitsAndPoint(f: FunctionBuilder, n: NumberLocals, digitsMax: number, bail: Bail): void {
  const { p, value, count, fraction } = n
  emitWhole(f, n, bail)
  f.set(fraction, i32.of(0))
  f.if(i32.eq(i32.load8(p), i32.of(46)), () => {
    f.step(p, 1)
    const before = f.let(count)
    emitDigits(f, p, value, count, bail)
    f.set(fraction, i32.sub(count, before))
    f.if(i32.eqz(fraction), bail)
  })
  f.if(i32.gt(count, i32.of(digitsMax)), bail)
}

/** A number into `result`, rounded to the nearest double. */
export function emitDouble(f: FunctionBuilder, n: NumberLocals, result: Local<'f64'>, bail: Bail): void {
  const { value, fraction, negative } = n
  emitDigitsAndPoint(f, n, 19, bail)
  f.if(i32.gt(fraction, i32.of(tenExponentMax)), bail)
  f.if(
    i32.and(i64.ltU(value, i64.of(1n << 53n)), i32.lt(fraction, i32.of(19))),
    // Both are exact up to 10^18 and beyond, so the one division rounds once. 10^18 is exact: 5^18 has 42 bits.
    () => f.set(result, f64.div(f64.fromI64(value), f64.fromI64(powerOfTen(fraction)))),
    () => emitRounded(f, value, fraction, result, bail),
  )
  f.if(negative, () => f.set(result, f64.neg(result)))
}

/** `value`, not zero, unsigned, over 10^fraction. */
function emitRounded(
  f: FunctionBuilder,
  value: Local<'i64'>,
  fraction: Local<'i32'>,
  result: Local<'f64'>,
  bail: Bail,
): void {
  f.if(i64.eqz(value), bail)
  const zerosBefore = f.let(i64.clz(value))
  const man = f.let(i64.shl(value, zerosBefore))
  const power = f.let(i64.load(i32.shl(i32.sub(i32.of(tenExponentMax), fraction), i32.of(3)), tenBitsAt))
  const { high, low } = emitProduct(f, man, power)
  // The power's further bits could carry as far as the bits that are kept.
  const near = i32.and(i64.eq(i64.and(high, i64.of(0x1ffn)), i64.of(0x1ffn)), i64.ltU(i64.add(low, man), man))
  f.if(near, bail)
  const top = f.let(i64.shrU(high, i64.of(63n)))
  const mantissa = f.let(i64.shrU(high, i64.add(top, i64.of(9n))))
  const middle = i32.and(
    i32.and(i64.eqz(low), i64.eqz(i64.and(high, i64.of(0x1ffn)))),
    i64.eq(i64.and(mantissa, i64.of(3n)), i64.of(1n)),
  )
  f.if(middle, bail)
  const twos = i32.shr(i32.mul(i32.sub(i32.of(0), fraction), i32.of(217706)), i32.of(16))
  const exponent = f.let(
    i64.sub(i64.sub(i64.extend(i32.add(twos, i32.of(64 + 1023))), zerosBefore), i64.xor(top, i64.of(1n))),
  )
  f.set(mantissa, i64.shrU(i64.add(mantissa, i64.and(mantissa, i64.of(1n))), i64.of(1n)))
  f.if(i64.gtU(mantissa, i64.of((1n << 53n) - 1n)), () => {
    f.set(mantissa, i64.shrU(mantissa, i64.of(1n)))
    f.set(exponent, i64.add(exponent, i64.of(1n)))
  })
  // Far from both ends of a double's range: at most 19 digits over 10^64.
  const bits = i64.or(i64.shl(exponent, i64.of(52n)), i64.and(mantissa, i64.of((1n << 52n) - 1n)))
  f.set(result, f64.fromBits(bits))
}

/** All 128 bits of a product of unsigned words. */
function emitProduct(f: FunctionBuilder, a: Expr<'i64'>, b: Expr<'i64'>): { high: Local<'i64'>; low: Local<'i64'> } {
  const half = i64.of(32n)
  const mask = i64.of(0xffffffffn)
  const a0 = f.let(i64.and(a, mask))
  const a1 = f.let(i64.shrU(a, half))
  const b0 = f.let(i64.and(b, mask))
  const b1 = f.let(i64.shrU(b, half))
  const low0 = f.let(i64.mul(a0, b0))
  const middle = f.let(i64.add(i64.mul(a1, b0), i64.shrU(low0, half)))
  const other = f.let(i64.add(i64.mul(a0, b1), i64.and(middle, mask)))
  const high = f.let(i64.add(i64.add(i64.mul(a1, b1), i64.shrU(middle, half)), i64.shrU(other, half)))
  const low = f.let(i64.or(i64.shl(other, half), i64.and(low0, mask)))
  return { high, low }
}

/** How many digits begin at `p`, 0 to 8; 8 may be more. */
function digitsAt(p: Expr<'i32'>): Expr<'i32'> {
  const t = i64.xor(i64.load(p), zeros)
  const stops = i64.and(i64.or(i64.add(t, i64.of(0x7676767676767676n)), t), tops)
  return i32.wrap(i64.shrU(i64.ctz(stops), i64.of(3n)))
}

/**
 * Steps over a usual number: a sign, digits, a point and digits. Where it is another (an exponent, a zero before digits),
 * `p` is put back and `general` emitted.
 */
export function emitSkipUsualNumber(f: FunctionBuilder, p: Local<'i32'>, end: Local<'i32'>, general: () => void): void {
  const start = f.let(p)
  const n = f.local('i32')
  const digits = (): void =>
    f.loop((again) => {
      f.set(n, digitsAt(p))
      f.step(p, n)
      f.brIf(again, i32.and(i32.eq(n, i32.of(8)), i32.lt(p, end)))
    })
  f.step(p, i32.eq(i32.load8(p), i32.of(45)))
  const first = f.let(p)
  digits()
  const whole = f.let(i32.sub(p, first))
  const wrong = f.let(i32.or(i32.eqz(whole), i32.and(i32.eq(i32.load8(first), i32.of(48)), i32.gt(whole, i32.of(1)))))
  f.if(i32.eq(i32.load8(p), i32.of(46)), () => {
    f.step(p, 1)
    const point = f.let(p)
    digits()
    f.set(wrong, i32.or(wrong, i32.eq(p, point)))
  })
  f.if(i32.or(wrong, i32.eq(i32.or(i32.load8(p), i32.of(32)), i32.of(101))), () => {
    f.set(p, start)
    general()
  })
}

/** Steps over a number of any length, checking its form, inside a function (p, end) that returns -1 for none. */
export function emitSkipNumber(f: FunctionBuilder, p: Local<'i32'>, end: Local<'i32'>): void {
  const none = (): void => f.return(i32.of(-1))
  const run = (): Local<'i32'> => {
    const start = f.let(p)
    f.loop((again) => {
      f.if(i32.and(i32.lt(p, end), i32.ltU(i32.sub(i32.load8(p), i32.of(48)), i32.of(10))), () => {
        f.step(p, 1)
        f.br(again)
      })
    })
    return f.let(i32.sub(p, start))
  }
  f.step(p, select(i32.eq(i32.load8(p), i32.of(45)), i32.of(1), i32.of(0)))
  const first = f.let(i32.load8(p))
  const whole = run()
  f.if(i32.eqz(whole), none)
  f.if(i32.and(i32.eq(first, i32.of(48)), i32.gt(whole, i32.of(1))), none)
  f.if(i32.eq(i32.load8(p), i32.of(46)), () => {
    f.step(p, 1)
    f.if(i32.eqz(run()), none)
  })
  f.if(i32.eq(i32.or(i32.load8(p), i32.of(32)), i32.of(101)), () => {
    f.step(p, 1)
    const sign = f.let(i32.load8(p))
    f.if(i32.or(i32.eq(sign, i32.of(43)), i32.eq(sign, i32.of(45))), () => f.step(p, 1))
    f.if(i32.eqz(run()), none)
  })
}
