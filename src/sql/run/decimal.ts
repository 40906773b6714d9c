// Exact decimal arithmetic on unscaled bigints. Invariant: every result is rounded HALF_UP to its scale, and is null when it
// needs more digits than its precision. Reference: Flink's DecimalDataUtils (38 digits, MathContext HALF_UP).

const powers: bigint[] = Array.from({ length: 78 }, (_, i) => 10n ** BigInt(i))
export const powerOfTen = (n: number): bigint => powers[n] ?? 10n ** BigInt(n)

/** a / b, ties away from zero. b is not 0. */
export function divideHalfUp(a: bigint, b: bigint): bigint {
  const q = a / b
  const r = a % b
  if (r === 0n) return q
  const twice = (r < 0n ? -r : r) * 2n
  if (twice < (b < 0n ? -b : b)) return q
  return a < 0n === b < 0n ? q + 1n : q - 1n
}

/** To another scale, rounded HALF_UP. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to === from) return unscaled
  return to > from ? unscaled * powerOfTen(to - from) : divideHalfUp(unscaled, powerOfTen(from - to))
}

/** To a DECIMAL(precision, scale); null when it does not fit. */
export function fitDecimal(unscaled: bigint, from: number, precision: number, scale: number): bigint | null {
  const value = rescale(unscaled, from, scale)
  const bound = powerOfTen(precision)
  return value < bound && value > -bound ? value : null
}

/** Rounded to 38 digits first, then to the result's scale, as Flink does. b is not 0. */
export function divideDecimal(
  a: bigint,
  aScale: number,
  b: bigint,
  bScale: number,
  precision: number,
  scale: number,
): bigint | null {
  if (a === 0n) return 0n
  // a/10^as / (b/10^bs): enough digits that 38 are certain and sticky bits remain.
  const shift = 80
  const quotient = (a * powerOfTen(shift)) / b
  const exact = (a * powerOfTen(shift)) % b === 0n
  const quotientScale = aScale - bScale + shift
  const digits = String(quotient < 0n ? -quotient : quotient).length
  const drop = digits - 38
  let rounded = quotient
  let roundedScale = quotientScale
  if (drop > 0) {
    // A remainder below the kept digits only matters on a tie: it pushes it up, which HALF_UP does anyway.
    void exact
    rounded = divideHalfUp(quotient, powerOfTen(drop))
    roundedScale -= drop
  }
  return fitDecimal(rounded, roundedScale, precision, scale)
}

/** 'd.ddd' of an unscaled value; all digits of the scale are shown. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * powerOfTen(-scale))
  const negative = unscaled < 0n
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Reads plain or exponent notation exactly; null when it is no number. */
export function parseDecimal(text: string): { unscaled: bigint; scale: number } | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text.trim())
  if (!match || (match[2] === '' && (match[3] ?? '') === '')) return null
  const fraction = match[3] ?? ''
  const digits = BigInt(match[2]! + fraction)
  let scale = fraction.length - Number(match[4] ?? 0)
  let unscaled = match[1] === '-' ? -digits : digits
  if (scale < 0) {
    if (unscaled !== 0n && -scale > 400) return null
    unscaled *= powerOfTen(unscaled === 0n ? 0 : -scale)
    scale = 0
  }
  return { unscaled, scale }
}

/** The unscaled value of text as DECIMAL(precision, scale); null when it is no number or does not fit. */
export function decimalFromText(text: string, precision: number, scale: number): bigint | null {
  const parsed = parseDecimal(text)
  if (!parsed || parsed.scale > 5000) return null
  return fitDecimal(parsed.unscaled, parsed.scale, precision, scale)
}

/** The nearest double, correctly rounded. */
export function decimalToDouble(unscaled: bigint, scale: number): number {
  return scale === 0 ? Number(unscaled) : Number(`${unscaled}e${-scale}`)
}
