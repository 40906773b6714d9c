// The parser's place among the words: one token, and two to look ahead. Recovers at statements, so that one mistake does not
// hide the others.
import { formatLimits } from '../limits.ts'
import type { Place } from './schema.ts'
import { integerOf, mistakesMax, ProtoMistake, tokensOf, type Token } from './tokens.ts'

export class Reader {
  readonly #tokens: Token[] = []
  readonly #mistakes: ProtoMistake[]
  #at = 0

  /** Throws ProtoMistake where the text is no sequence of words. */
  constructor(text: string, mistakes: ProtoMistake[]) {
    this.#mistakes = mistakes
    for (const token of tokensOf(text)) {
      this.#tokens.push(token)
      if (this.#tokens.length > formatLimits.schemaNodesMax * 20)
        throw new ProtoMistake('the text has too many words', token.place)
    }
  }

  get token(): Token {
    return this.#tokens[this.#at]!
  }
  get next(): Token {
    return this.#tokens[this.#at + 1] ?? this.#tokens.at(-1)!
  }
  get afterNext(): Token {
    return this.#tokens[this.#at + 2] ?? this.#tokens.at(-1)!
  }

  #step(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#at++
    return token
  }

  /** True when the token is this name or symbol. */
  is(text: string): boolean {
    const { kind } = this.token
    return (kind === 'name' || kind === 'symbol') && this.token.text === text
  }

  /** Steps over a symbol where it stands. */
  take(symbol: string): boolean {
    if (this.token.kind !== 'symbol' || this.token.text !== symbol) return false
    this.#step()
    return true
  }

  takeName(name: string): boolean {
    if (this.token.kind !== 'name' || this.token.text !== name) return false
    this.#step()
    return true
  }

  symbol(symbol: string): void {
    if (!this.take(symbol)) throw this.unexpected(`'${symbol}'`)
  }

  name(): string {
    if (this.token.kind !== 'name') throw this.unexpected('a name')
    return this.#step().text
  }

  /** Names with dots between. @param absolute may begin with a dot */
  path(absolute = false): string {
    let path = absolute && this.take('.') ? '.' : ''
    path += this.name()
    while (this.take('.')) path += `.${this.name()}`
    return path
  }

  /** Strings beside one another are one. */
  stringBytes(): Uint8Array {
    if (this.token.kind !== 'string') throw this.unexpected('a string in quotes')
    const parts: Uint8Array[] = []
    while (this.token.kind === 'string') parts.push(this.#step().bytes!)
    return parts.length === 1 ? parts[0]! : Uint8Array.from(parts.flatMap((part) => [...part]))
  }

  string(): string {
    const { place } = this.token
    const bytes = this.stringBytes()
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw new ProtoMistake('the string is not UTF-8', place)
    }
  }

  integer(least: number, most: number, what: string): number {
    const { place } = this.token
    const negative = this.take('-')
    if (this.token.kind !== 'integer') throw this.unexpected('an integer')
    const value = integerOf(this.#step().text) * (negative ? -1n : 1n)
    if (value < BigInt(least) || value > BigInt(most))
      throw new ProtoMistake(`${value} is outside of ${least} to ${most}, where ${what} lies`, place)
    return Number(value)
  }

  /** The next token, whatever it is. */
  any(): Token {
    return this.#step()
  }

  unexpected(wanted: string): ProtoMistake {
    const { kind, text, place } = this.token
    const found = kind === 'string' ? `"${text}"` : kind === 'symbol' ? `'${text}'` : text
    return new ProtoMistake(`${found} stands where ${wanted} belongs`, place)
  }

  note(reason: string, place: Place): void {
    if (this.#mistakes.length < mistakesMax) this.#mistakes.push(new ProtoMistake(reason, place))
  }

  /** Reads one statement; after a mistake goes on behind its end. */
  statement(read: () => void): void {
    const before = this.#at
    try {
      read()
    } catch (error) {
      if (!(error instanceof ProtoMistake)) throw error
      this.note(error.message, error.place)
      this.#recover(before)
    }
  }

  /** `{` statements `}` */
  block(read: () => void): void {
    const { place } = this.token
    this.symbol('{')
    while (!this.take('}')) {
      if (this.token.kind === 'end') throw new ProtoMistake("this '{' is never closed", place)
      this.statement(read)
    }
  }

  /** To behind the next ';' or the block that the statement opened; stays before a '}' that closes what is around it. */
  #recover(before: number): void {
    let depth = 0
    for (let i = before; i < this.#at; i++) {
      if (this.#tokens[i]!.text === '{' && this.#tokens[i]!.kind === 'symbol') depth++
      if (this.#tokens[i]!.text === '}' && this.#tokens[i]!.kind === 'symbol') depth--
    }
    depth = Math.max(0, depth)
    for (; this.token.kind !== 'end'; this.#step()) {
      const { kind, text } = this.token
      if (kind !== 'symbol') continue
      if (text === '{') depth++
      else if (text === '}') {
        if (depth === 0) {
          // At the top there is nothing that it could close.
          if (this.#at === before) this.#step()
          return
        }
        if (--depth === 0) {
          this.#step()
          return
        }
      } else if (text === ';' && depth === 0) {
        this.#step()
        return
      }
    }
  }
}
