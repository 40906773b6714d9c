// Printing numbers, times and strings of JSON in kernels: eight digits to a word, strings sixteen bytes at a time with the
// escapes JSON demands. Functions take where to write and return where they ended; up to 32 bytes behind may be written over.
// Reference: json/write.ts, which prints the same without kernels.
import {
  call,
  i32,
  i64,
  select,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type WasmFunction,
} from '../wasm/builder.ts'
import { powersAt } from '../wasm/scratch.ts'
import { stopsOf } from './wasm-escapes.ts'

type I32Function = WasmFunction & { readonly result: 'i32' }

export interface PrintParts {
  /** (out, unsigned value) */
  readonly unsigned: I32Function
  /** (out, value, digits 1..18): with zeros before, exactly so many digits. */
  readonly padded: I32Function
  /** (out, from, size): the string in quotes. */
  readonly string: I32Function
  /** (out, days): 'yyyy-MM-dd'; years 0 to 9999 only. */
  readonly date: I32Function
  /** (out, ticks of the second, digits): '.5' without zeros at its end, or nothing for 0. */
  readonly fraction: I32Function
}

export function definePrintParts(module: ModuleBuilder): PrintParts {
  const padded = definePadded(module)
  return {
    unsigned: defineUnsigned(module),
    padded,
    string: defineString(module),
    date: defineDate(module),
    fraction: defineFraction(module, padded),
  }
}

const ascii = i64.of(0x3030303030303030n)

/** The eight digits of a number below 10^8 as the bytes of a word, the first in the lowest; without '0' added. */
function digitsOf(f: FunctionBuilder, value: Expr<'i64'>): Local<'i64'> {
  const four = i64.of(10_000n)
  const v = f.let(value)
  const head = f.let(i64.divU(v, four))
  const fours = f.let(i64.or(head, i64.shl(i64.sub(v, i64.mul(head, four)), i64.of(32n))))
  const tops = f.let(i64.and(i64.shrU(i64.mul(fours, i64.of(10_486n)), i64.of(20n)), i64.of(0x7f0000007fn)))
  const pairs = f.let(i64.add(i64.shl(i64.sub(fours, i64.mul(tops, i64.of(100n))), i64.of(16n)), tops))
  const tens = f.let(i64.and(i64.shrU(i64.mul(pairs, i64.of(103n)), i64.of(10n)), i64.of(0x000f000f000f000fn)))
  return f.let(i64.add(tens, i64.shl(i64.sub(pairs, i64.mul(tens, i64.of(10n))), i64.of(8n))))
}

const eight = i64.of(100_000_000n)

function defineUnsigned(module: ModuleBuilder): I32Function {
  const small = module.function(['i32', 'i64'], 'i32', (f, out, value) => {
    const digits = digitsOf(f, value)
    // The last digit stands whatever it is.
    const leading = f.let(i64.and(i64.ctz(i64.or(digits, i64.of(1n << 56n))), i64.of(56n)))
    f.store64(out, 0, i64.shrU(i64.add(digits, ascii), leading))
    f.return(i32.add(out, i32.sub(i32.of(8), i32.wrap(i64.shrU(leading, i64.of(3n))))))
  })
  const unsigned = module.declare(['i32', 'i64'], 'i32')
  module.define(unsigned, ['i32', 'i64'], (f, out, value) => {
    f.if(i64.ltU(value, eight), () => f.return(call(small, out, value)))
    const head = f.let(i64.divU(value, eight))
    f.set(out, call(unsigned, out, head))
    f.store64(out, 0, i64.add(digitsOf(f, i64.sub(value, i64.mul(head, eight))), ascii))
    f.return(i32.add(out, i32.of(8)))
  })
  return unsigned
}

function definePadded(module: ModuleBuilder): I32Function {
  const padded = module.declare(['i32', 'i64', 'i32'], 'i32')
  module.define(padded, ['i32', 'i64', 'i32'], (f, out, value, size) => {
    f.if(i32.gt(size, i32.of(8)), () => {
      const head = f.let(i64.divU(value, eight))
      f.set(out, call(padded, out, head, i32.sub(size, i32.of(8))))
      f.set(value, i64.sub(value, i64.mul(head, eight)))
      f.set(size, i32.of(8))
    })
    const unused = i64.extendU(i32.shl(i32.sub(i32.of(8), size), i32.of(3)))
    f.store64(out, 0, i64.shrU(i64.add(digitsOf(f, value), ascii), unused))
    f.return(i32.add(out, size))
  })
  return padded
}

/** 'b', 't', 'n', 'f', 'r' of control characters 8 to 13; u for the others. */
const letters = i64.of(
  BigInt(
    `0x${[...'btnufr']
      .toReversed()
      .map((c) => c.charCodeAt(0).toString(16))
      .join('')}`,
  ),
)

function defineString(module: ModuleBuilder): I32Function {
  return module.function(['i32', 'i32', 'i32'], 'i32', (f, out, from, size) => {
    const end = f.let(i32.add(from, size))
    const bytes = f.local('v128')
    const stops = f.local('i32')
    const n = f.local('i32')
    f.store8(out, 0, i32.of(34))
    f.step(out, 1)
    f.loop((again) => {
      f.set(bytes, v128.load(from))
      f.store128(out, 0, bytes)
      const left = f.let(i32.sub(end, from))
      f.set(stops, stopsOf(bytes))
      // A stop that is never met ends the run at 16.
      f.set(n, i32.ctz(i32.or(stops, i32.of(1 << 16))))
      f.if(i32.ge(n, left), () => {
        f.step(out, left)
        f.store8(out, 0, i32.of(34))
        f.return(i32.add(out, i32.of(1)))
      })
      f.step(from, n)
      f.step(out, n)
      f.brIf(again, i32.eqz(stops))
      emitEscape(f, out, i32.load8(from))
      f.step(from, 1)
      f.br(again)
    })
    f.unreachable()
  })
}

function emitEscape(f: FunctionBuilder, out: Local<'i32'>, source: Expr<'i32'>): void {
  const byte = f.let(source)
  const letter = f.local('i32')
  f.store8(out, 0, i32.of(92))
  f.if(
    i32.ge(byte, i32.of(32)),
    () => f.set(letter, byte),
    () => {
      const named = i32.ltU(i32.sub(byte, i32.of(8)), i32.of(6))
      const at = i64.extendU(i32.shl(i32.sub(byte, i32.of(8)), i32.of(3)))
      f.set(letter, select(named, i32.and(i32.wrap(i64.shrU(letters, at)), i32.of(255)), i32.of(117)))
    },
  )
  f.store8(out, 1, letter)
  f.step(out, 2)
  f.if(i32.and(i32.eq(letter, i32.of(117)), i32.lt(byte, i32.of(32))), () => {
    f.store16(out, 0, i32.of(0x3030))
    f.store8(out, 2, i32.add(i32.of(48), i32.shrU(byte, i32.of(4))))
    const low = f.let(i32.and(byte, i32.of(15)))
    f.store8(out, 3, i32.add(low, select(i32.gt(low, i32.of(9)), i32.of(87), i32.of(48))))
    f.step(out, 4)
  })
}

/** civilFromDays of temporal.ts, for days from year 0 on. */
function defineDate(module: ModuleBuilder): I32Function {
  return module.function(['i32', 'i32'], 'i32', (f, out, days) => {
    const z = f.let(i32.add(days, i32.of(719_468)))
    const era = f.let(i32.divU(z, i32.of(146_097)))
    const doe = f.let(i32.sub(z, i32.mul(era, i32.of(146_097))))
    const leaps = i32.sub(
      i32.add(i32.sub(doe, i32.divU(doe, i32.of(1460))), i32.divU(doe, i32.of(36_524))),
      i32.divU(doe, i32.of(146_096)),
    )
    const yoe = f.let(i32.divU(leaps, i32.of(365)))
    const whole = i32.sub(i32.add(i32.mul(yoe, i32.of(365)), i32.shrU(yoe, i32.of(2))), i32.divU(yoe, i32.of(100)))
    const doy = f.let(i32.sub(doe, whole))
    const mp = f.let(i32.divU(i32.add(i32.mul(doy, i32.of(5)), i32.of(2)), i32.of(153)))
    const month = f.let(i32.add(mp, select(i32.lt(mp, i32.of(10)), i32.of(3), i32.of(-9))))
    const day = i32.add(i32.sub(doy, i32.divU(i32.add(i32.mul(mp, i32.of(153)), i32.of(2)), i32.of(5))), i32.of(1))
    const year = i32.add(i32.add(yoe, i32.mul(era, i32.of(400))), i32.le(month, i32.of(2)))
    const number = i32.add(i32.mul(i32.add(i32.mul(year, i32.of(100)), month), i32.of(100)), day)
    // yyyyMMdd, taken apart.
    const digits = f.let(i64.add(digitsOf(f, i64.extendU(number)), ascii))
    f.store64(out, 0, digits)
    f.store8(out, 4, i32.of(45))
    f.store16(out, 5, i32.wrap(i64.shrU(digits, i64.of(32n))))
    f.store8(out, 7, i32.of(45))
    f.store16(out, 8, i32.wrap(i64.shrU(digits, i64.of(48n))))
    f.return(i32.add(out, i32.of(10)))
  })
}

function defineFraction(module: ModuleBuilder, padded: I32Function): I32Function {
  return module.function(['i32', 'i64', 'i32'], 'i32', (f, out, ticks, digits) => {
    f.if(i64.eqz(ticks), () => f.return(out))
    f.store8(out, 0, i32.of(46))
    f.set(out, call(padded, i32.add(out, i32.of(1)), ticks, digits))
    f.loop((again) => {
      f.if(i32.eq(i32.load8(i32.sub(out, i32.of(1))), i32.of(48)), () => {
        f.step(out, -1)
        f.br(again)
      })
    })
    f.return(out)
  })
}

/** 'HH:mm:ss' of the day's second. */
export function emitClock(f: FunctionBuilder, out: Local<'i32'>, second: Expr<'i32'>): void {
  const s = f.let(second)
  const hour = f.let(i32.divU(s, i32.of(3600)))
  const rest = f.let(i32.sub(s, i32.mul(hour, i32.of(3600))))
  const minute = f.let(i32.divU(rest, i32.of(60)))
  const both = i32.add(
    i32.add(i32.mul(hour, i32.of(1_000_000)), i32.mul(minute, i32.of(1000))),
    i32.sub(rest, i32.mul(minute, i32.of(60))),
  )
  // HH0mm0ss: the zeros' places are the colons'.
  const digits = i64.add(digitsOf(f, i64.extendU(both)), ascii)
  f.store64(out, 0, i64.or(digits, i64.of(0x00000a00000a0000n)))
  f.step(out, 8)
}

export const powerAt = (n: number): Expr<'i64'> => i64.load(i32.of(0), powersAt + n * 8)
