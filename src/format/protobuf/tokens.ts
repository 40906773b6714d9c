// The words of a .proto text, each with its place. Reference: Protocol Buffers language specification, "Lexical elements".
import { encodeText } from '../../base/index.ts'
import type { Place } from './schema.ts'

export interface Token {
  readonly kind: 'name' | 'integer' | 'float' | 'string' | 'symbol' | 'end'
  /** As written; of a string, without its quotes and not unescaped. */
  readonly text: string
  readonly place: Place
  /** Of a string. */
  readonly bytes?: Uint8Array
}

/** Mistakes that are told of one text. */
export const mistakesMax = 50

/** One mistake in a text. */
export class ProtoMistake extends Error {
  readonly place: Place

  constructor(reason: string, place: Place) {
    super(reason)
    this.name = 'ProtoMistake'
    this.place = place
  }
}

// Sticky, one alternative a kind. A number's text is checked after it was cut out.
const space = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /(?:0[xX][0-9A-Za-z_]*|(?:\d[\d]*\.?\d*|\.\d+)(?:[eE][+-]?\d*)?[A-Za-z_0-9]*)/y
const quoted = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y

/** O(text). Throws ProtoMistake at the first thing that is no word. */
export function* tokensOf(text: string): Generator<Token, void, undefined> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  let lineStart = at
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)?.[0]
    if (match === undefined) return undefined
    for (let i = match.indexOf('\n'); i >= 0; i = match.indexOf('\n', i + 1)) {
      line++
      lineStart = at + i + 1
    }
    at += match.length
    return match
  }
  for (;;) {
    take(space)
    const place = { line, column: at - lineStart + 1 }
    if (at >= text.length) {
      yield { kind: 'end', text: 'the end of the text', place }
      return
    }
    const name = take(word)
    if (name !== undefined) {
      yield { kind: 'name', text: name, place }
      continue
    }
    const string = take(quoted)
    if (string !== undefined) {
      const inner = string.slice(1, -1)
      yield { kind: 'string', text: inner, place, bytes: unescape(inner, place) }
      continue
    }
    const digits = /[\d.]/.test(text[at]!) ? take(number) : undefined
    if (digits !== undefined) {
      yield numberToken(digits, place)
      continue
    }
    const symbol = text[at]!
    if (!'{}[]()<>=;,.:-+/'.includes(symbol)) {
      const what =
        symbol === '"' || symbol === "'" ? 'a string is not closed on its line' : `${symbol} has no meaning here`
      throw new ProtoMistake(text.startsWith('/*', at) ? 'a comment is not closed' : what, place)
    }
    if (text.startsWith('/*', at)) throw new ProtoMistake('a comment is not closed', place)
    at++
    yield { kind: 'symbol', text: symbol, place }
  }
}

function numberToken(text: string, place: Place): Token {
  if (/^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(text)) return { kind: 'integer', text, place }
  if (/^(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[fF]?$/.test(text) && /[.eEfF]/.test(text))
    return { kind: 'float', text, place }
  if (text === '.') return { kind: 'symbol', text, place }
  throw new ProtoMistake(`${text} is no number`, place)
}

/** The value of an integer's text: decimal, 0x hexadecimal or 0 octal. */
export function integerOf(text: string): bigint {
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`)
  return BigInt(text)
}

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  '?': 63,
  '\\': 92,
}

function unescape(text: string, place: Place): Uint8Array {
  if (!text.includes('\\')) return encodeText(text)
  const bytes: number[] = []
  const pattern = /\\(?:[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))|[^\\]+/g
  for (const match of text.matchAll(pattern)) {
    const [whole, hex, octal, short, long, letter] = match
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255)
    else if (short !== undefined || long !== undefined) {
      const code = Number.parseInt(short ?? long ?? '', 16)
      if (code > 0x10ffff) throw new ProtoMistake(`${whole} is no character`, place)
      bytes.push(...encodeText(String.fromCodePoint(code)))
    } else if (letter !== undefined) {
      const value = simple[letter]
      if (value === undefined) throw new ProtoMistake(`${whole} is no escape`, place)
      bytes.push(value)
    } else bytes.push(...encodeText(whole))
  }
  return Uint8Array.from(bytes)
}
