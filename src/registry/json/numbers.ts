// Numbers of a JSON text, exact: as JavaScript has them where that loses nothing, as decimal texts otherwise. Comparing and
// dividing go over integers, so that 0.3 is a multiple of 0.1 and 2^53 + 1 is not 2^53.
// Reference: JSON Schema 2020-12 core 4.2.1 (numbers have arbitrary precision), RFC 8259 section 6.

/** A number that no double has. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toJSON(): string {
    return this.text
  }
}

export type JsonNumber = number | ExactNumber

export const isNumber = (value: unknown): value is JsonNumber =>
  typeof value === 'number' || value instanceof ExactNumber

/** Powers of ten that a number may have; beyond it is refused rather than computed with. */
const exponentMax = 4_096

interface Decimal {
  readonly digits: bigint
  /** digits × 10^-scale */
  readonly scale: number
}

function decimalOf(text: string): Decimal {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length - Number(exponent) }
}

const decimal = (value: JsonNumber): Decimal => decimalOf(typeof value === 'number' ? String(value) : value.text)

/** Both over one scale. */
function aligned(a: JsonNumber, b: JsonNumber): [bigint, bigint] {
  const [x, y] = [decimal(a), decimal(b)]
  const scale = Math.max(x.scale, y.scale)
  return [x.digits * 10n ** BigInt(scale - x.scale), y.digits * 10n ** BigInt(scale - y.scale)]
}

/** Negative, zero or positive. */
export function compareNumbers(a: JsonNumber, b: JsonNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

export function isWholeNumber(value: JsonNumber): boolean {
  if (typeof value === 'number') return Number.isInteger(value)
  const { digits, scale } = decimal(value)
  return scale <= 0 || digits % 10n ** BigInt(scale) === 0n
}

/** @param divisor above 0 */
export function isMultipleOf(value: JsonNumber, divisor: JsonNumber): boolean {
  const [x, y] = aligned(value, divisor)
  return y !== 0n && x % y === 0n
}

export class NumberOutOfRange extends Error {}

/** For JSON.parse: keeps what a double would change. Throws NumberOutOfRange. */
export function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const { source } = context
  if (source.length <= 15 && !/e/i.test(source)) return value
  const exponent = /e([+-]?\d+)$/i.exec(source)?.[1] ?? '0'
  if (Math.abs(Number(exponent)) > exponentMax || source.length > exponentMax)
    throw new NumberOutOfRange(`the number ${source.slice(0, 40)} has too many digits`)
  if (!Number.isFinite(value)) return new ExactNumber(source)
  const [x, y] = aligned(new ExactNumber(source), value)
  return x === y ? value : new ExactNumber(source)
}
