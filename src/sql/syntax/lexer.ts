// Splits a SQL text into tokens, each with its place. Never throws: what cannot be read is reported and skipped. Reference:
// Calcite's lexer as Flink sets it up (names in backticks, case kept; -- and // and /* */ comments).
import type { Problems, Span, SqlText } from '../problems.ts'

export interface Token extends Span {
  /** word: a bare name or keyword; quoted: a name in backticks; binary: X'…' digits */
  readonly kind: 'word' | 'quoted' | 'number' | 'string' | 'binary' | 'symbol' | 'hint' | 'end'
  /** Name without backticks, string without quotes, symbol as written. */
  readonly text: string
  /** Capitals of a bare word; '' for everything else, so that a keyword is one comparison. */
  readonly word: string
}

const symbols = [
  '<=>',
  '<>',
  '!=',
  '<=',
  '>=',
  '||',
  '=>',
  '(',
  ')',
  ',',
  ';',
  '.',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '[',
  ']',
  '{',
  '}',
  '?',
  ':',
  '|',
  '&',
  '^',
]
const wordStart = /[\p{L}_$]/u
const wordPart = /[\p{L}\p{N}_$]/u

/** All tokens, an 'end' token last. O(length). */
export function tokenize(source: SqlText, problems: Problems): Token[] {
  const lexer = new Lexer(source, problems)
  return lexer.run()
}

class Lexer {
  readonly #source: SqlText
  readonly #problems: Problems
  readonly #text: string
  readonly #tokens: Token[] = []
  #at = 0

  constructor(source: SqlText, problems: Problems) {
    this.#source = source
    this.#text = source.text
    this.#problems = problems
  }

  run(): Token[] {
    while (this.#at < this.#text.length) this.#next()
    this.#push('end', '', '', this.#at)
    return this.#tokens
  }

  #push(kind: Token['kind'], text: string, word: string, start: number): void {
    this.#tokens.push({ kind, text, word, start, end: this.#at })
  }

  #next(): void {
    const text = this.#text
    const start = this.#at
    const c = text[start]!
    if (c <= ' ' || c === '\u00a0' || c === '\ufeff') {
      this.#at++
      return
    }
    const two = text.substring(start, start + 2)
    if (two === '--' || two === '//') {
      const end = text.indexOf('\n', start)
      this.#at = end < 0 ? text.length : end
    } else if (two === '/*') this.#comment(start)
    else if (c === "'") this.#push('string', this.#quotedUntil("'", start), '', start)
    else if (c === '`') this.#push('quoted', this.#quotedUntil('`', start), '', start)
    else if ((c >= '0' && c <= '9') || (c === '.' && /[0-9]/.test(text[start + 1] ?? ''))) this.#number(start)
    else if (wordStart.test(c)) this.#word(start)
    else this.#symbol(start, c)
  }

  #comment(start: number): void {
    const end = this.#text.indexOf('*/', start + 2)
    if (end < 0) {
      this.#problems.report('MR-SQL-002', this.#source, start, {
        reason: 'this comment does not end',
        instead: 'Close it with */.',
      })
      this.#at = this.#text.length
      return
    }
    this.#at = end + 2
    if (this.#text[start + 2] === '+') this.#push('hint', this.#text.slice(start + 3, end), '', start)
  }

  /** From an opening quote to its end; a doubled quote stands for itself. */
  #quotedUntil(quote: string, start: number): string {
    let value = ''
    let from = start + 1
    for (;;) {
      const end = this.#text.indexOf(quote, from)
      if (end < 0) {
        this.#problems.report('MR-SQL-002', this.#source, start, {
          reason: quote === "'" ? 'this text literal does not end' : 'this quoted name does not end',
          instead: `Close it with ${quote}; a ${quote} inside is written twice.`,
        })
        this.#at = this.#text.length
        return value + this.#text.slice(from)
      }
      value += this.#text.slice(from, end)
      if (this.#text[end + 1] !== quote) {
        this.#at = end + 1
        return value
      }
      value += quote
      from = end + 2
    }
  }

  #number(start: number): void {
    const match = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(this.#text.slice(start, start + 400))!
    this.#at = start + match[0].length
    if (wordStart.test(this.#text[this.#at] ?? '')) {
      const rest = /^[\p{L}\p{N}_$]+/u.exec(this.#text.slice(this.#at))![0]
      this.#problems.report('MR-SQL-002', this.#source, start, {
        reason: `a number cannot be followed directly by "${rest}"`,
        instead: `Put a space between them, or write the name as \`${match[0]}${rest}\`.`,
      })
      this.#at += rest.length
    }
    this.#push('number', match[0], '', start)
  }

  #word(start: number): void {
    let end = start + 1
    while (end < this.#text.length && wordPart.test(this.#text[end]!)) end++
    const text = this.#text.slice(start, end)
    const next = this.#text[end]
    this.#at = end
    if (next === "'" && /^[xX]$/.test(text)) return this.#binary(start, end)
    this.#push('word', text, text.toUpperCase(), start)
  }

  #binary(start: number, quoteAt: number): void {
    this.#at = quoteAt
    const digits = this.#quotedUntil("'", quoteAt)
    if (!/^([0-9a-fA-F]{2})*$/.test(digits)) {
      this.#problems.report('MR-SQL-002', this.#source, start, {
        reason: 'a binary literal has two hexadecimal digits per byte',
        instead: "Write it like X'0A1B'.",
      })
    }
    this.#push('binary', digits, '', start)
  }

  #symbol(start: number, c: string): void {
    const symbol = symbols.find((s) => this.#text.startsWith(s, start))
    if (symbol !== undefined) {
      this.#at += symbol.length
      this.#push('symbol', symbol, '', start)
      return
    }
    const isDouble = c === '"'
    this.#problems.report('MR-SQL-002', this.#source, start, {
      reason: `the character ${c} has no meaning here`,
      instead: isDouble ? "Write text in 'single quotes' and names in `backticks`." : 'Remove it.',
    })
    this.#at++
    if (isDouble) {
      const end = this.#text.indexOf('"', this.#at)
      const line = this.#text.indexOf('\n', this.#at)
      if (end >= 0 && (line < 0 || end < line)) {
        this.#at = end + 1
        this.#push('quoted', this.#text.slice(start + 1, end), '', start)
      }
    }
  }
}
