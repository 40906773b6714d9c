// Text functions over JavaScript strings, counted in code points as Flink counts in UTF-8 characters; comparison in code
// point order, which is the order of UTF-8 bytes. Reference: Flink's BinaryStringDataUtil and SqlFunctionUtils.

/** Order of the UTF-8 bytes: negative, 0, positive. */
export function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    // UTF-16 puts surrogates (code points above FFFF) below E000..FFFF; lift them above.
    if (x >= 0xd800 && y >= 0xd800) {
      if (x < 0xe000) x += 0x2000
      else x -= 0x800
      if (y < 0xe000) y += 0x2000
      else y -= 0x800
    }
    return x - y
  }
  return a.length - b.length
}

export function charLength(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0xdc00 || c > 0xdfff) count++
  }
  return count
}

/** Position 0 acts as 1, negative counts from the end; a negative length is NULL. */
export function substring(text: string, position: number, length: number): string | null {
  if (length < 0) return null
  const points = [...text]
  const start = position > 0 ? position - 1 : position < 0 ? points.length + position : 0
  if (start < 0 || start >= points.length) return ''
  return points.slice(start, start + Math.min(length, points.length)).join('')
}

/** 1-based place of the needle, 0 when absent. */
export function position(needle: string, text: string): number {
  const at = text.indexOf(needle)
  return at < 0 ? 0 : charLength(text.slice(0, at)) + 1
}

export function leftOf(text: string, count: number): string {
  return count <= 0 ? '' : [...text].slice(0, count).join('')
}

export function rightOf(text: string, count: number): string {
  return count <= 0 ? '' : [...text].slice(-count).join('')
}

/** Removes leading and/or trailing characters that are in the set. */
export function trimSet(text: string, characters: string, left: boolean, right: boolean): string {
  const set = new Set(characters)
  const points = [...text]
  let from = 0
  let to = points.length
  if (left) while (from < to && set.has(points[from]!)) from++
  if (right) while (to > from && set.has(points[to - 1]!)) to--
  return points.slice(from, to).join('')
}

/** Zero-based part between separators; NULL when there is none. */
export function splitIndex(text: string, separator: string, index: number): string | null {
  if (index < 0) return null
  if (text === '') return null
  const parts = separator === '' ? text.split(/\s/) : text.split(separator)
  return index < parts.length ? parts[index]! : null
}

/** Pads or cuts to a length; NULL for a negative length or nothing to pad with. */
export function pad(text: string, length: number, filler: string, left: boolean): string | null {
  if (length < 0 || filler === '') return length >= 0 && text.length >= length ? text.slice(0, length) : null
  if (text.length >= length) return text.slice(0, length)
  const missing = length - text.length
  const padding = filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing)
  return left ? padding + text : text + padding
}

export function initcap(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^|[^\p{L}\p{N}])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())
}

/** CHAR(n) pads with blanks and cuts, VARCHAR(n) only cuts. */
export function fitText(text: string, kind: 'CHAR' | 'VARCHAR', length: number): string {
  // A text of no more UTF-16 units than `length` has no more code points either.
  if (kind === 'VARCHAR' && text.length <= length) return text
  const count = charLength(text)
  if (count > length) return [...text].slice(0, length).join('')
  return kind === 'CHAR' ? text + ' '.repeat(length - count) : text
}

const patternCache = new Map<string, RegExp | null>()
const patternCacheMax = 256

/** A LIKE pattern as regular expression; null when its escapes are wrong (never without an explicit escape). Cached. */
export function likePattern(pattern: string, escape: string | undefined): RegExp | null {
  const key = `${escape ?? ''}${escape === undefined ? '\u0001' : '\u0000'}${pattern}`
  let compiled = patternCache.get(key)
  if (compiled === undefined) {
    compiled = compileLike(pattern, escape)
    if (patternCache.size >= patternCacheMax) patternCache.clear()
    patternCache.set(key, compiled)
  }
  return compiled
}

function compileLike(pattern: string, explicit: string | undefined): RegExp | null {
  const escape = explicit ?? '\\'
  let source = ''
  const points = [...pattern]
  for (let i = 0; i < points.length; i++) {
    const c = points[i]!
    if (c === escape) {
      const next = points[i + 1]
      const right = next === '%' || next === '_' || next === escape
      if (!right && explicit !== undefined) return null
      if (right) i++
      source += quote(right ? next : c)
    } else source += c === '%' ? '[^]*' : c === '_' ? '[^]' : quote(c)
  }
  return new RegExp(`^${source}$`, 'u')
}

function quote(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c
}

/** A double as Java's Double.toString writes it: 1.0, 1.0E10, NaN, Infinity. */
export function formatDouble(value: number): string {
  return javaNumber(value, (x) => String(x))
}

/** A 32-bit float as Java's Float.toString writes it: the fewest digits that give the same float. */
export function formatFloat(value: number): string {
  return javaNumber(value, (x) => {
    for (let digits = 1; digits <= 9; digits++) {
      const text = x.toPrecision(digits)
      if (Math.fround(Number(text)) === x) return String(Number(text))
    }
    return String(x)
  })
}

function javaNumber(value: number, shortest: (x: number) => string): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const sign = value < 0 ? '-' : ''
  const [mantissa = '', exponent = '0'] = shortest(Math.abs(value)).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  // digits d1d2d3… with the value 0.d1d2d3… × 10^point
  const all = whole + fraction
  const leading = /^0*/.exec(all)![0].length
  const digits = all.slice(leading).replace(/0+$/, '') || '0'
  const point = whole.length - leading + Number(exponent)
  if (point > -3 && point <= 7) {
    if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
    const padded = digits.padEnd(point, '0')
    return `${sign}${padded.slice(0, point)}.${padded.slice(point) || '0'}`
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`
}
