// Dates and times in text in kernels: '2026-01-31', '10:00:00.5', '2026-01-31 10:00:00.5'. Four-digit years only; signs,
// offsets other than Z and anything odd bail out. The same rules as temporal.ts, which reads the rest.
import { i32, i64, v128, type Expr, type FunctionBuilder, type Local } from '../wasm/builder.ts'
import type { Bail } from '../wasm/parts.ts'
import { emitDigits, powerOfTen, type NumberLocals } from './wasm-numbers.ts'

/** A date that was computed before: the next record's is often the same. */
export interface DateCache {
  readonly head: Local<'i64'>
  readonly day: Local<'i32'>
  readonly days: Local<'i32'>
}

export function dateCache(f: FunctionBuilder): DateCache {
  return { head: f.local('i64'), day: f.local('i32'), days: f.local('i32') }
}

const two = (p: Expr<'i32'>, offset: number): Expr<'i32'> =>
  i32.sub(i32.add(i32.mul(i32.load8(p, offset), i32.of(10)), i32.load8(p, offset + 1)), i32.of(48 * 11))

/** Bails unless the bytes of 16 at `p` are as the pattern: 0 for a digit, other characters for themselves, ? for any. */
function emitPattern(f: FunctionBuilder, p: Local<'i32'>, pattern: string, bail: Bail): void {
  const bits = (wanted: (letter: string) => boolean): number =>
    [...pattern].reduce((mask, letter, i) => (wanted(letter) ? mask | (1 << i) : mask), 0)
  const digits = bits((letter) => letter === '0')
  const others = bits((letter) => letter !== '0' && letter !== '?')
  const bytes = f.let(v128.load(p))
  const isDigit = v128.ltU8(v128.sub8(bytes, v128.splat8(i32.of(48))), v128.splat8(i32.of(10)))
  f.if(i32.ne(i32.and(v128.bitmask8(isDigit), i32.of(digits)), i32.of(digits)), bail)
  const same = v128.eq8(bytes, v128.const(Array.from({ length: 16 }, (_, i) => pattern.charCodeAt(i) || 0)))
  f.if(i32.ne(i32.and(v128.bitmask8(same), i32.of(others)), i32.of(others)), bail)
}

/** Days since 1970 of the ten bytes at `p`, whose form was checked, into cache.days. */
function emitDays(f: FunctionBuilder, p: Local<'i32'>, cache: DateCache, bail: Bail): void {
  const head = f.let(i64.load(p))
  const day = f.let(two(p, 8))
  const known = i32.and(i64.eq(head, cache.head), i32.eq(day, cache.day))
  f.if(i32.eqz(known), () => {
    const year = f.let(i32.add(i32.mul(two(p, 0), i32.of(100)), two(p, 2)))
    const month = f.let(two(p, 5))
    f.if(i32.or(i32.eqz(year), i32.geU(i32.sub(month, i32.of(1)), i32.of(12))), bail)
    const leap = i32.and(
      i32.eqz(i32.and(year, i32.of(3))),
      i32.or(i32.ne(i32.mul(i32.divU(year, i32.of(100)), i32.of(100)), year), i32.eqz(i32.and(year, i32.of(15)))),
    )
    // Months of 31 days: a bit each; February apart.
    const long = i32.and(i32.shrU(i32.of(0b1010110101010), month), i32.of(1))
    const last = f.let(i32.add(i32.of(30), long))
    f.if(i32.eq(month, i32.of(2)), () => f.set(last, i32.add(i32.of(28), leap)))
    f.if(i32.geU(i32.sub(day, i32.of(1)), last), bail)
    // Howard Hinnant's days_from_civil, as in temporal.ts; years from March on, none negative.
    const early = f.let(i32.le(month, i32.of(2)))
    const y = f.let(i32.sub(year, early))
    const shifted = f.let(i32.add(i32.sub(month, i32.of(3)), i32.mul(early, i32.of(12))))
    const era = f.let(i32.divU(y, i32.of(400)))
    const yearOfEra = f.let(i32.sub(y, i32.mul(era, i32.of(400))))
    const dayOfYear = i32.sub(
      i32.add(i32.divU(i32.add(i32.mul(shifted, i32.of(153)), i32.of(2)), i32.of(5)), day),
      i32.of(1),
    )
    const leapDays = i32.sub(i32.shrU(yearOfEra, i32.of(2)), i32.divU(yearOfEra, i32.of(100)))
    const dayOfEra = i32.add(i32.add(i32.mul(yearOfEra, i32.of(365)), leapDays), dayOfYear)
    f.set(cache.days, i32.sub(i32.add(i32.mul(era, i32.of(146_097)), dayOfEra), i32.of(719_468)))
    f.set(cache.head, head)
    f.set(cache.day, day)
  })
}

/** Seconds of the day of 'HH:mm:ss' at `p + offset`, whose form was checked. */
function emitSeconds(f: FunctionBuilder, p: Local<'i32'>, offset: number, bail: Bail): Local<'i32'> {
  const hour = f.let(two(p, offset))
  const minute = f.let(two(p, offset + 3))
  const second = f.let(two(p, offset + 6))
  f.if(i32.gt(hour, i32.of(23)), bail)
  f.if(i32.or(i32.gt(minute, i32.of(59)), i32.gt(second, i32.of(59))), bail)
  return f.let(i32.add(i32.add(i32.mul(hour, i32.of(3600)), i32.mul(minute, i32.of(60))), second))
}

/** '.5' at `p` as ticks of 10^digits a second, cut off, into n.value; 0 where there is no point. */
function emitFraction(f: FunctionBuilder, n: NumberLocals, digits: number, bail: Bail): void {
  const { p, value, count } = n
  f.set(value, i64.of(0n))
  f.if(i32.eq(i32.load8(p), i32.of(46)), () => {
    f.step(p, 1)
    f.set(count, i32.of(0))
    emitDigits(f, p, value, count, bail)
    f.if(i32.geU(i32.sub(count, i32.of(1)), i32.of(9)), bail)
    f.if(
      i32.le(count, i32.of(digits)),
      () => f.set(value, i64.mul(value, powerOfTen(i32.sub(i32.of(digits), count)))),
      () => f.set(value, i64.divU(value, powerOfTen(i32.sub(count, i32.of(digits))))),
    )
  })
}

function emitQuote(f: FunctionBuilder, p: Local<'i32'>, bail: Bail): void {
  f.if(i32.ne(i32.load8(p), i32.of(34)), bail)
  f.step(p, 1)
}

/** A quoted timestamp at `p` into n.value, in ticks. @param zone whether Z may follow */
export function emitTimestamp(
  f: FunctionBuilder,
  n: NumberLocals,
  { cache, digits, zone }: { cache: DateCache; digits: number; zone: boolean },
  bail: Bail,
): void {
  const { p, value } = n
  emitQuote(f, p, bail)
  emitPattern(f, p, '0000-00-00?00:00', bail)
  const gap = f.let(i32.load8(p, 10))
  f.if(i32.and(i32.ne(gap, i32.of(32)), i32.ne(gap, i32.of(84))), bail)
  // ':ss': both digits, and what stands before them.
  const seconds = i32.or(
    i32.ne(i32.load8(p, 16), i32.of(58)),
    i32.or(
      i32.geU(i32.sub(i32.load8(p, 17), i32.of(48)), i32.of(10)),
      i32.geU(i32.sub(i32.load8(p, 18), i32.of(48)), i32.of(10)),
    ),
  )
  f.if(seconds, bail)
  emitDays(f, p, cache, bail)
  // Nanoseconds reach from 1677 to 2262.
  if (digits === 9) f.if(i32.geU(i32.add(cache.days, i32.of(106_000)), i32.of(212_000)), bail)
  const second = emitSeconds(f, p, 11, bail)
  f.step(p, 19)
  emitFraction(f, n, digits, bail)
  const whole = i64.add(i64.mul(i64.extend(cache.days), i64.of(86_400n)), i64.extend(second))
  f.set(value, i64.add(value, i64.mul(whole, i64.of(10n ** BigInt(digits)))))
  if (zone) f.step(p, i32.eq(i32.load8(p), i32.of(90)))
  emitQuote(f, p, bail)
}

/** A quoted date at `p` into cache.days. */
export function emitDate(f: FunctionBuilder, p: Local<'i32'>, cache: DateCache, bail: Bail): void {
  emitQuote(f, p, bail)
  emitPattern(f, p, '0000-00-00"?????', bail)
  emitDays(f, p, cache, bail)
  f.step(p, 11)
}

/** A quoted time of the day at `p` into n.value, in milliseconds. */
export function emitTime(f: FunctionBuilder, n: NumberLocals, bail: Bail): void {
  const { p, value } = n
  emitQuote(f, p, bail)
  emitPattern(f, p, '00:00:00????????', bail)
  const second = emitSeconds(f, p, 0, bail)
  f.step(p, 8)
  emitFraction(f, n, 3, bail)
  f.set(value, i64.add(value, i64.mul(i64.extend(second), i64.of(1000n))))
  emitQuote(f, p, bail)
}
