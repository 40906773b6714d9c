// JSON as the texts of schemas keep it: members in their order, whatever their names, and numbers as Java prints them, since
// Confluent's registry does and the text decides guid and id.
// Reference: Jackson's ObjectNode (the last of two members counts, where the first stood), BigDecimal.toString, Double.toString.

const json = JSON as unknown as { rawJSON(text: string): unknown; isRawJSON(value: unknown): boolean }

/** Before names that are whole numbers: JavaScript's objects would list those first, in numeric order. */
const mark = '\ue000'
const wholeName = /"(\d+)"(?=\s*:)/g
/** In texts with the mark itself nothing is marked. */
const hasMark = /\ue000|\\ue000/i

/**
 * The same JSON without white space. O(text) @param text JSON
 * @param number the text of a number from its text
 * @param sorts members of every object by name
 */
export function printedJson(text: string, number: (source: string) => string, sorts = false): string {
  const marks = !hasMark.test(text)
  const marked = marks ? text.replaceAll(wholeName, `"${mark}$1"`) : text
  const value: unknown = JSON.parse(marked, (_key, item: unknown, context?: { source?: string }) =>
    typeof item === 'number' && context?.source !== undefined ? json.rawJSON(number(context.source)) : item,
  )
  const printed = JSON.stringify(sorts ? sortedMembers(value) : value)
  return marks ? printed.replaceAll(`"${mark}`, '"') : printed
}

function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedMembers)
  if (typeof value !== 'object' || value === null || json.isRawJSON(value)) return value
  const plain = (name: string): string => (name.startsWith(mark) ? name.slice(1) : name)
  const entries = Object.entries(value).toSorted(([a], [b]) => (plain(a) < plain(b) ? -1 : 1))
  return Object.fromEntries(entries.map(([name, item]) => [name, sortedMembers(item)]))
}

const isWhole = (source: string): boolean => !/[.eE]/.test(source)
const wholeText = (source: string): string => (source === '-0' ? '0' : source)

/** As JSON Schema has it: whole numbers as they are, others exactly. */
export function decimalText(source: string): string {
  if (isWhole(source)) return wholeText(source)
  const [, sign = '', whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(
    source,
  )!
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  const scale = fraction.length - Number(power)
  // What no BigDecimal has stays as it is.
  if (!Number.isSafeInteger(scale) || Math.abs(scale) > 2 ** 31 - 1) return source
  const text = bigDecimalText(digits, scale)
  return digits === '0' ? text : sign + text
}

function bigDecimalText(digits: string, scale: number): string {
  const power = digits.length - 1 - scale
  if (scale === 0) return digits
  if (scale > 0 && power >= -6) {
    const padded = digits.padStart(scale + 1, '0')
    return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`
  return power === 0 ? mantissa : `${mantissa}E${power > 0 ? '+' : ''}${power}`
}

/** As Avro's schemas have it: whole numbers as they are, others as doubles. */
export function doubleText(source: string): string {
  return isWhole(source) ? wholeText(source) : (javaDouble(Number(source)) ?? source)
}

/** undefined: no finite number. */
export function javaDouble(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined
  return javaText(value, String(value))
}

/** The same of what a float makes of it. */
export function javaFloat(value: number): string | undefined {
  const float = Math.fround(value)
  if (!Number.isFinite(float)) return undefined
  for (let digits = 1; digits < 9; digits++) {
    const text = float.toPrecision(digits)
    if (Math.fround(Number(text)) === float) return javaText(float, String(Number(text)))
  }
  return javaText(float, String(Number(float.toPrecision(9))))
}

/** @param text the fewest digits that mean the value, as JavaScript prints them */
function javaText(value: number, text: string): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const [mantissa = '', written = '0'] = text.replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const leading = /^0*/.exec(whole + fraction)![0].length
  const digits = (whole + fraction).slice(leading).replace(/0+$/, '')
  const power = Number(written) + whole.length - 1 - leading
  if (power >= -3 && power < 7) {
    const padded = power < 0 ? '0'.repeat(-power) + digits : digits.padEnd(power + 1, '0')
    const point = Math.max(power, 0) + 1
    return `${sign}${padded.slice(0, point)}.${padded.slice(point) || '0'}`
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${power}`
}
