// A float or double as protoc writes it into a descriptor's default_value: C's %g, read back to see whether that is enough.
// Reference: descriptor.proto, FieldDescriptorProto.default_value; C17, fprintf, conversion %g.
import { floatText } from './print.ts'
import type { ScalarName } from './schema.ts'

/** As C prints a number with %g: with the digits that its type surely holds, or where these are another number, with all. */
export function generalNumber(scalar: ScalarName | null, value: number): string {
  const single = scalar === 'float'
  const wanted = single ? Math.fround(value) : value
  if (!Number.isFinite(wanted)) return floatText(wanted)
  const [sure, all] = single ? [6, 9] : [15, 17]
  const short = Number(wanted.toPrecision(sure))
  // protoc reads a subnormal float as out of range, so as another number.
  const subnormal = single && wanted !== 0 && Math.abs(wanted) < 2 ** -126
  return generalText(wanted, !subnormal && (single ? Math.fround(short) : short) === wanted ? sure : all)
}

function generalText(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [significant, written] = roundHalfEven(Math.abs(value), digits).split('e') as [string, string]
  const mantissa = sign + significant
  const exponent = Number(written)
  const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0*$/, '') : text)
  if (exponent >= -4 && exponent < digits) {
    const all = significant.replace('.', '')
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${trim(`.${all}`).slice(1)}`
    return sign + trim(`${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`)
  }
  return `${trim(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** toExponential takes the greater of two that are equally near; C takes the even one. */
function roundHalfEven(value: number, digits: number): string {
  // ECMAScript allows 100 digits since 2018.
  // eslint-disable-next-line number-arg-out-of-range
  const exact = value.toExponential(100)
  const halfway = /^50*$/.test(exact.slice(digits + 1, exact.indexOf('e')))
  if (!halfway || '13579'.includes(exact[digits]!)) return value.toExponential(digits - 1)
  return exact.slice(0, digits + 1) + exact.slice(exact.indexOf('e'))
}
