// A place in the tokens of one text, with the small steps every parser part is made of. A syntax mistake is thrown as
// ParseFailure up to the statement, which skips to its ';' and goes on: one report per broken statement, all statements read.
import { Problems, type Span, type SqlText } from '../problems.ts'
import { callableWords, reservedWords, structuralWords } from './keywords.ts'
import type { Token } from './lexer.ts'
import type { Identifier } from './tree.ts'

/** Already reported; only unwinds to the statement. */
export class ParseFailure extends Error {}

export class Cursor {
  readonly source: SqlText
  readonly problems: Problems
  readonly #tokens: readonly Token[]
  #index = 0
  /** Nesting of expressions and queries, bounded so that hostile input cannot exhaust the stack. */
  depth = 0

  constructor(source: SqlText, tokens: readonly Token[], problems: Problems) {
    this.source = source
    this.#tokens = tokens.filter((token) => token.kind !== 'hint')
    this.problems = problems
    for (const token of tokens) {
      if (token.kind !== 'hint') continue
      problems.report('MR-SQL-003', source, token, {
        feature: `The hint /*+${token.text.trimEnd()} */`,
        instead: 'Remove the hint.',
      })
    }
  }

  get token(): Token {
    return this.#tokens[this.#index]!
  }

  peek(ahead = 1): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)]!
  }

  get atEnd(): boolean {
    return this.token.kind === 'end'
  }

  /** End of the token before this one. */
  get previousEnd(): number {
    return this.#index > 0 ? this.#tokens[this.#index - 1]!.end : 0
  }

  advance(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#index++
    return token
  }

  /** Is the token this keyword, followed by the others? */
  isWord(...words: readonly string[]): boolean {
    return words.every((word, i) => this.peek(i).word === word)
  }

  isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol
  }

  /** Takes the keywords if all of them follow. */
  takeWord(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false
    for (let i = 0; i < words.length; i++) this.advance()
    return true
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.advance()
    return true
  }

  expectWord(...words: readonly string[]): void {
    for (const word of words) {
      if (!this.isWord(word)) this.fail(word, `Write ${words.join(' ')} here.`)
      this.advance()
    }
  }

  expectSymbol(symbol: string, instead = `Write ${symbol} here.`): Token {
    if (!this.isSymbol(symbol)) this.fail(symbol, instead)
    return this.advance()
  }

  expectString(what: string): string {
    if (this.token.kind !== 'string') this.fail(what, "Write a text in 'single quotes'.")
    return this.advance().text
  }

  expectNumber(what: string): number {
    if (this.token.kind !== 'number' || !/^\d{1,10}$/.test(this.token.text)) this.fail(what, 'Write a whole number.')
    return Number(this.advance().text)
  }

  /** A name; a reserved word without backticks is refused, as Flink does. */
  expectName(what: string): Identifier {
    const { token } = this
    if (token.kind === 'quoted') {
      this.advance()
      return { name: token.text, start: token.start, end: token.end }
    }
    if (token.kind !== 'word') this.fail(what, `Write ${what} here.`)
    if (structuralWords.has(token.word)) this.fail(what, `Write ${what} before ${token.word}.`)
    if (reservedWords.has(token.word)) {
      this.problems.report('MR-SQL-020', this.source, token, { word: token.text, what })
      throw new ParseFailure()
    }
    this.advance()
    return { name: token.text, start: token.start, end: token.end }
  }

  /** Would expectName succeed? */
  get isName(): boolean {
    return this.token.kind === 'quoted' || (this.token.kind === 'word' && !reservedWords.has(this.token.word))
  }

  /** Does a function call begin here? */
  get isCall(): boolean {
    const { token } = this
    const next = this.peek()
    if (next.kind !== 'symbol' || next.text !== '(') return false
    return (
      token.kind === 'quoted' ||
      (token.kind === 'word' && (!reservedWords.has(token.word) || callableWords.has(token.word)))
    )
  }

  spanFrom(start: Span | number): Span {
    return { start: typeof start === 'number' ? start : start.start, end: this.previousEnd }
  }

  /** Reports that something else belongs here, and gives the statement up. */
  fail(expected: string, instead: string): never {
    const { token } = this
    const found =
      token.kind === 'end' ? 'the end of the text' : `"${this.source.text.slice(token.start, token.end).slice(0, 40)}"`
    this.problems.report('MR-SQL-001', this.source, token, { found, expected, instead })
    throw new ParseFailure()
  }

  /** Names what is known and not run, and gives the statement up. */
  refuse(feature: string, instead: string): never {
    this.problems.report('MR-SQL-003', this.source, this.token, { feature, instead })
    throw new ParseFailure()
  }

  /** Behind the next ';' that ends a statement (or at the end). */
  skipStatement(): void {
    while (this.token.kind !== 'end' && !this.isSymbol(';')) this.advance()
  }

  /** One more link of a chain (a + b + …, UNION, JOIN): chains become trees as deep as they are long. */
  link(count: number): void {
    if (count > chainMax)
      this.fail('a shorter chain', `Chain at most ${chainMax} of them, or use parentheses in between.`)
  }

  /** Runs a nested production one level deeper. */
  nested<T>(production: () => T): T {
    if (++this.depth > nestingMax) this.fail('less nesting', `Nest at most ${nestingMax} levels.`)
    try {
      return production()
    } finally {
      this.depth--
    }
  }
}

/** Operators of one precedence, set operations or joins that follow one another. */
export const chainMax = 500

/** Levels of parentheses, sub-queries and operators inside one another. */
export const nestingMax = 200
