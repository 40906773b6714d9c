// Decimals between text and unscaled integers, as java.math.BigDecimal reads and prints them.

/**
 * The unscaled value at `scale` of decimal text in bytes, rounded half up where it has more digits (as Flink's
 * DecimalData.fromBigDecimal). undefined when it is no number.
 * @param digitsMax digits, and exponents, beyond which nothing is computed
 */
export function parseDecimal(
  bytes: Uint8Array,
  from: number,
  to: number,
  scale: number,
  digitsMax: number,
): bigint | undefined {
  let at = from
  let negative = false
  if (bytes[at] === 45 || bytes[at] === 43) negative = bytes[at++] === 45
  if (to - at > digitsMax) return undefined
  let digits = ''
  let fraction = 0
  let point = false
  for (; at < to; at++) {
    const byte = bytes[at]!
    if (byte >= 48 && byte <= 57) {
      digits += String.fromCharCode(byte)
      if (point) fraction++
    } else if (byte === 46 && !point) point = true
    else break
  }
  if (digits === '') return undefined
  if (at < to) {
    const exponent = parseExponent(bytes, at, to)
    if (exponent === undefined || Math.abs(exponent) > digitsMax) return undefined
    fraction -= exponent
  }
  const unscaled = rescale(BigInt(digits), fraction, scale)
  return negative ? -unscaled : unscaled
}

function parseExponent(bytes: Uint8Array, from: number, to: number): number | undefined {
  if ((bytes[from]! | 32) !== 101) return undefined
  let at = from + 1
  let sign = 1
  if (bytes[at] === 45 || bytes[at] === 43) sign = bytes[at++] === 45 ? -1 : 1
  if (at >= to || to - at > 6) return undefined
  let value = 0
  for (; at < to; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return sign * value
}

/** Not negative values only: half up is then away from zero. */
function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from)
  const factor = 10n ** BigInt(from - to)
  return (value + factor / 2n) / factor
}

/**
 * As BigDecimal.toString: plain, but with an exponent when the number is below 10^-6.
 * @param plain never an exponent
 */
export function formatDecimal(unscaled: bigint, scale: number, plain = false): string {
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString()
  const sign = negative ? '-' : ''
  if (scale === 0) return sign + digits
  const exponent = digits.length - 1 - scale
  if (!plain && exponent < -6) {
    const head = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return `${sign}${head}E${exponent}`
  }
  const padded = digits.padStart(scale + 1, '0')
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
