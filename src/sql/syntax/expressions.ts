// Parses expressions by precedence climbing. Precedences as Calcite's operator table has them, lowest first:
// OR, AND, NOT, IS, comparison (BETWEEN, IN, LIKE), + - ||, * / %, unary sign.
/* oxlint-disable unicorn/no-thenable -- a branch of CASE has a `then`; nobody awaits it */
import type { Span } from '../problems.ts'
import type { Cursor } from './cursor.ts'
import { parseQuery } from './queries.ts'
import { parseType } from './types.ts'
import type { CallSyntax, ExpressionSyntax, Identifier, OrderItem, OverSyntax, TimeUnit } from './tree.ts'

const comparisons = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])
const timeUnits = new Set<string>([
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOW',
  'ISODOW',
  'DOY',
  'ISOYEAR',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'EPOCH',
])

export function parseExpression(cursor: Cursor): ExpressionSyntax {
  return cursor.nested(() => parseOr(cursor))
}

/** One or more, separated by commas. */
export function parseExpressions(cursor: Cursor): ExpressionSyntax[] {
  const list = [parseExpression(cursor)]
  while (cursor.takeSymbol(',')) list.push(parseExpression(cursor))
  return list
}

function operator(
  cursor: Cursor,
  name: string,
  span: Span,
  left: ExpressionSyntax,
  right: ExpressionSyntax,
): ExpressionSyntax {
  return { kind: 'operator', operator: name, operatorSpan: span, left, right, ...cursor.spanFrom(left) }
}

function parseOr(cursor: Cursor): ExpressionSyntax {
  let left = parseAnd(cursor)
  for (let count = 1; cursor.isWord('OR'); count++) {
    cursor.link(count)
    const span = cursor.advance()
    left = operator(cursor, 'OR', span, left, parseAnd(cursor))
  }
  return left
}

function parseAnd(cursor: Cursor): ExpressionSyntax {
  let left = parseNot(cursor)
  for (let count = 1; cursor.isWord('AND'); count++) {
    cursor.link(count)
    const span = cursor.advance()
    left = operator(cursor, 'AND', span, left, parseNot(cursor))
  }
  return left
}

function parseNot(cursor: Cursor): ExpressionSyntax {
  if (!cursor.isWord('NOT')) return parsePredicate(cursor)
  const { start } = cursor.advance()
  const arg = cursor.nested(() => parseNot(cursor))
  return { kind: 'unary', operator: 'NOT', arg, ...cursor.spanFrom(start) }
}

/** Comparisons and the postfix predicates, left to right. */
function parsePredicate(cursor: Cursor): ExpressionSyntax {
  let left = parseSum(cursor)
  for (let count = 0; ; count++) {
    cursor.link(count)
    const { token } = cursor
    if (token.kind === 'symbol' && comparisons.has(token.text)) {
      cursor.advance()
      if (cursor.isWord('ALL') || cursor.isWord('ANY') || cursor.isWord('SOME')) {
        const feature = `${token.text} ${cursor.token.word}`
        cursor.advance()
        skipParentheses(cursor)
        left = { kind: 'unsupported', feature, ...cursor.spanFrom(left) }
        continue
      }
      left = operator(cursor, token.text === '!=' ? '<>' : token.text, token, left, parseSum(cursor))
    } else if (cursor.isWord('IS')) left = parseIs(cursor, left)
    else {
      const negated = cursor.isWord('NOT') && ['BETWEEN', 'IN', 'LIKE', 'SIMILAR'].includes(cursor.peek().word)
      const word = negated ? cursor.peek().word : token.word
      if (!['BETWEEN', 'IN', 'LIKE', 'SIMILAR'].includes(word)) return left
      if (negated) cursor.advance()
      cursor.advance()
      left = parsePostfix(cursor, left, word, negated)
    }
  }
}

function parseIs(cursor: Cursor, arg: ExpressionSyntax): ExpressionSyntax {
  const span = cursor.advance()
  const negated = cursor.takeWord('NOT')
  if (cursor.takeWord('DISTINCT', 'FROM')) {
    const right = parseSum(cursor)
    return operator(cursor, negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', span, arg, right)
  }
  for (const test of ['NULL', 'TRUE', 'FALSE', 'UNKNOWN'] as const) {
    if (cursor.takeWord(test)) return { kind: 'is', test, negated, arg, ...cursor.spanFrom(arg) }
  }
  if (cursor.isWord('JSON')) {
    cursor.advance()
    while (cursor.isWord('VALUE') || cursor.isWord('OBJECT') || cursor.isWord('ARRAY') || cursor.isWord('SCALAR'))
      cursor.advance()
    return { kind: 'unsupported', feature: 'IS JSON', ...cursor.spanFrom(arg) }
  }
  return cursor.fail('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM', 'Write for example IS NOT NULL.')
}

function parsePostfix(cursor: Cursor, arg: ExpressionSyntax, word: string, negated: boolean): ExpressionSyntax {
  if (word === 'BETWEEN') {
    const symmetric = cursor.takeWord('SYMMETRIC')
    if (!symmetric) cursor.takeWord('ASYMMETRIC')
    const low = parseSum(cursor)
    cursor.expectWord('AND')
    const high = parseSum(cursor)
    return { kind: 'between', negated, symmetric, arg, low, high, ...cursor.spanFrom(arg) }
  }
  if (word === 'IN') {
    cursor.expectSymbol('(')
    if (startsQuery(cursor)) {
      parseQuery(cursor)
      cursor.expectSymbol(')')
      return {
        kind: 'unsupported',
        feature: negated ? 'NOT IN (sub-query)' : 'IN (sub-query)',
        ...cursor.spanFrom(arg),
      }
    }
    const list = parseExpressions(cursor)
    cursor.expectSymbol(')')
    return { kind: 'in', negated, arg, list, ...cursor.spanFrom(arg) }
  }
  if (word === 'SIMILAR') cursor.expectWord('TO')
  const pattern = parseSum(cursor)
  const escape = cursor.takeWord('ESCAPE') ? parseSum(cursor) : null
  if (word === 'SIMILAR') return { kind: 'unsupported', feature: 'SIMILAR TO', ...cursor.spanFrom(arg) }
  return { kind: 'like', negated, arg, pattern, escape, ...cursor.spanFrom(arg) }
}

function startsQuery(cursor: Cursor): boolean {
  return cursor.isWord('SELECT') || cursor.isWord('WITH') || cursor.isWord('VALUES')
}

function parseSum(cursor: Cursor): ExpressionSyntax {
  let left = parseProduct(cursor)
  for (let count = 0; ; count++) {
    cursor.link(count)
    const { token } = cursor
    if (token.kind !== 'symbol' || !['+', '-', '||'].includes(token.text)) return left
    cursor.advance()
    left = operator(cursor, token.text, token, left, parseProduct(cursor))
  }
}

function parseProduct(cursor: Cursor): ExpressionSyntax {
  let left = parseSign(cursor)
  for (let count = 0; ; count++) {
    cursor.link(count)
    const { token } = cursor
    if (token.kind !== 'symbol' || !['*', '/', '%'].includes(token.text)) return left
    cursor.advance()
    left = operator(cursor, token.text, token, left, parseSign(cursor))
  }
}

function parseSign(cursor: Cursor): ExpressionSyntax {
  const sign = cursor.isSymbol('-') ? '-' : cursor.isSymbol('+') ? '+' : null
  if (!sign) return parsePath(cursor)
  const { start } = cursor.advance()
  const arg = cursor.nested(() => parseSign(cursor))
  return { kind: 'unary', operator: sign, arg, ...cursor.spanFrom(start) }
}

/** A primary, then [index] and AT TIME ZONE, which are refused by name. */
function parsePath(cursor: Cursor): ExpressionSyntax {
  const primary = parsePrimary(cursor)
  if (cursor.isSymbol('[')) {
    cursor.advance()
    parseExpression(cursor)
    cursor.expectSymbol(']')
    return { kind: 'unsupported', feature: 'Access to an element, value[index],', ...cursor.spanFrom(primary) }
  }
  if (primary.kind === 'call' && cursor.isSymbol('.')) {
    cursor.advance()
    cursor.expectName('a field name')
    return { kind: 'unsupported', feature: 'Access to a field of a function’s result', ...cursor.spanFrom(primary) }
  }
  return primary
}

function parsePrimary(cursor: Cursor): ExpressionSyntax {
  const { token } = cursor
  switch (token.kind) {
    case 'number':
      cursor.advance()
      return { kind: 'number', text: token.text, start: token.start, end: token.end }
    case 'string': {
      cursor.advance()
      let value = token.text
      // SQL: literals that follow each other are one.
      while (cursor.token.kind === 'string') value += cursor.advance().text
      return { kind: 'string', value, ...cursor.spanFrom(token) }
    }
    case 'binary':
      cursor.advance()
      return { kind: 'binary-literal', digits: token.text, start: token.start, end: token.end }
    case 'symbol':
      if (token.text === '(') return parseParenthesized(cursor)
      if (token.text === '?') cursor.fail('an expression', 'Write the value itself; parameters (?) do not exist here.')
      return cursor.fail('an expression', 'Write a column, a literal or a function call.')
    case 'word': {
      const special = parseKeyword(cursor)
      if (special) return special
    }
  }
  if (cursor.isCall) return parseCall(cursor)
  return parseName(cursor)
}

function parseParenthesized(cursor: Cursor): ExpressionSyntax {
  const open = cursor.advance()
  if (startsQuery(cursor)) {
    parseQuery(cursor)
    cursor.expectSymbol(')')
    return { kind: 'unsupported', feature: 'A sub-query as a value', ...cursor.spanFrom(open) }
  }
  const inner = parseExpression(cursor)
  if (cursor.isSymbol(',')) {
    while (cursor.takeSymbol(',')) parseExpression(cursor)
    cursor.expectSymbol(')')
    return { kind: 'unsupported', feature: 'A row of several values, (a, b),', ...cursor.spanFrom(open) }
  }
  cursor.expectSymbol(')')
  return inner
}

/** Literals and functions with a syntax of their own. */
function parseKeyword(cursor: Cursor): ExpressionSyntax | null {
  const { token } = cursor
  const next = cursor.peek()
  const called = next.kind === 'symbol' && next.text === '('
  switch (token.word) {
    case 'TRUE':
    case 'FALSE':
    case 'UNKNOWN':
      cursor.advance()
      return {
        kind: 'boolean',
        value: token.word === 'UNKNOWN' ? null : token.word === 'TRUE',
        start: token.start,
        end: token.end,
      }
    case 'NULL':
      cursor.advance()
      return { kind: 'null', start: token.start, end: token.end }
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
      if (next.kind !== 'string') return null
      cursor.advance()
      return { kind: 'temporal', type: token.word, text: cursor.advance().text, ...cursor.spanFrom(token) }
    case 'INTERVAL':
      return parseInterval(cursor)
    case 'CASE':
      return parseCase(cursor)
    case 'CAST':
    case 'TRY_CAST':
      return parseCast(cursor)
    case 'EXISTS':
    case 'UNIQUE': {
      if (!called) return null
      cursor.advance()
      skipParentheses(cursor)
      return { kind: 'unsupported', feature: `${token.word} (sub-query)`, ...cursor.spanFrom(token) }
    }
    case 'ROW':
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
      return parseConstructor(cursor)
    case 'CURRENT_TIMESTAMP':
    case 'CURRENT_DATE':
    case 'CURRENT_TIME':
    case 'LOCALTIME':
    case 'LOCALTIMESTAMP':
      cursor.advance()
      return { kind: 'unsupported', feature: token.word, start: token.start, end: token.end }
    default:
      return called ? parseSpecialCall(cursor) : null
  }
}

function parseSpecialCall(cursor: Cursor): ExpressionSyntax | null {
  const { token } = cursor
  switch (token.word) {
    case 'EXTRACT': {
      open(cursor)
      const unit = parseUnit(cursor)
      cursor.expectWord('FROM')
      const arg = parseExpression(cursor)
      cursor.expectSymbol(')')
      return { kind: 'unit-call', name: 'EXTRACT', unit, args: [arg], ...cursor.spanFrom(token) }
    }
    case 'TIMESTAMPADD':
    case 'TIMESTAMPDIFF': {
      open(cursor)
      const unit = parseUnit(cursor)
      cursor.expectSymbol(',')
      const args = parseExpressions(cursor)
      cursor.expectSymbol(')')
      return { kind: 'unit-call', name: token.word, unit, args, ...cursor.spanFrom(token) }
    }
    case 'FLOOR':
    case 'CEIL':
    case 'CEILING': {
      const name = token.word === 'FLOOR' ? 'FLOOR' : 'CEIL'
      open(cursor)
      const args = parseExpressions(cursor)
      if (args.length === 1 && cursor.takeWord('TO')) {
        const unit = parseUnit(cursor)
        cursor.expectSymbol(')')
        return { kind: 'unit-call', name, unit, args, ...cursor.spanFrom(token) }
      }
      return finishCall(cursor, token, name, args)
    }
    case 'POSITION': {
      open(cursor)
      const needle = parseSum(cursor)
      cursor.expectWord('IN')
      const hay = parseExpression(cursor)
      return finishCall(cursor, token, 'POSITION', [needle, hay])
    }
    case 'SUBSTRING':
    case 'OVERLAY': {
      open(cursor)
      const args = [parseExpression(cursor)]
      const words = token.word === 'SUBSTRING' ? ['FROM', 'FOR'] : ['PLACING', 'FROM', 'FOR']
      let w = 0
      while (cursor.takeSymbol(',') || (w < words.length && cursor.takeWord(words[w]!))) {
        w++
        args.push(parseExpression(cursor))
      }
      return finishCall(cursor, token, token.word, args)
    }
    case 'TRIM':
      return parseTrim(cursor)
    default:
      return null
  }
}

function open(cursor: Cursor): void {
  cursor.advance()
  cursor.expectSymbol('(')
}

/** TRIM([BOTH|LEADING|TRAILING] [characters] FROM text) becomes TRIM(text, characters?), LTRIM or RTRIM. */
function parseTrim(cursor: Cursor): ExpressionSyntax {
  const token = cursor.token
  open(cursor)
  const where = cursor.takeWord('LEADING') ? 'LTRIM' : cursor.takeWord('TRAILING') ? 'RTRIM' : 'TRIM'
  if (where === 'TRIM') cursor.takeWord('BOTH')
  const first = cursor.takeWord('FROM') ? null : parseExpression(cursor)
  if (first && !cursor.takeWord('FROM')) return finishCall(cursor, token, where, [first])
  const text = parseExpression(cursor)
  return finishCall(cursor, token, where, first ? [text, first] : [text])
}

function parseUnit(cursor: Cursor): TimeUnit {
  const { token } = cursor
  const word = token.kind === 'string' ? token.text.toUpperCase() : token.word
  const single = word.endsWith('S') && timeUnits.has(word.slice(0, -1)) ? word.slice(0, -1) : word
  const plain = single.startsWith('SQL_TSI_') ? single.slice(8) : single
  if (!timeUnits.has(plain))
    cursor.fail('a time unit', 'Write YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND.')
  cursor.advance()
  return plain as TimeUnit
}

function parseInterval(cursor: Cursor): ExpressionSyntax {
  const start = cursor.advance()
  const negative = cursor.takeSymbol('-')
  if (!negative) cursor.takeSymbol('+')
  if (cursor.token.kind !== 'string')
    cursor.fail('the interval’s length in quotes', "Write for example INTERVAL '10' SECOND.")
  const text = cursor.advance().text
  const from = parseUnit(cursor)
  let precision = takePrecision(cursor)
  let to: TimeUnit | null = null
  if (cursor.takeWord('TO')) {
    to = parseUnit(cursor)
    precision = takePrecision(cursor)
  }
  return { kind: 'interval', text, negative, from, to, precision, ...cursor.spanFrom(start) }
}

function takePrecision(cursor: Cursor): number | null {
  if (!cursor.takeSymbol('(')) return null
  const precision = cursor.expectNumber('a precision')
  if (cursor.takeSymbol(',')) cursor.expectNumber('a precision')
  cursor.expectSymbol(')')
  return precision
}

function parseCase(cursor: Cursor): ExpressionSyntax {
  const start = cursor.advance()
  const operand = cursor.isWord('WHEN') ? null : parseExpression(cursor)
  const branches = []
  while (cursor.takeWord('WHEN')) {
    const when = parseExpression(cursor)
    cursor.expectWord('THEN')
    branches.push({ when, then: parseExpression(cursor) })
  }
  if (branches.length === 0) cursor.fail('WHEN', 'Write CASE WHEN condition THEN value … END.')
  const otherwise = cursor.takeWord('ELSE') ? parseExpression(cursor) : null
  cursor.expectWord('END')
  return { kind: 'case', operand, branches, otherwise, ...cursor.spanFrom(start) }
}

function parseCast(cursor: Cursor): ExpressionSyntax {
  const start = cursor.advance()
  cursor.expectSymbol('(')
  const arg = parseExpression(cursor)
  cursor.expectWord('AS')
  const type = parseType(cursor)
  cursor.expectSymbol(')')
  return { kind: 'cast', arg, type, attempt: start.word === 'TRY_CAST', ...cursor.spanFrom(start) }
}

function parseConstructor(cursor: Cursor): ExpressionSyntax | null {
  const { token } = cursor
  const next = cursor.peek()
  if (next.kind !== 'symbol' || (next.text !== '(' && next.text !== '[')) return null
  cursor.advance()
  const close = next.text === '(' ? ')' : ']'
  cursor.advance()
  if (!cursor.isSymbol(close)) {
    if (startsQuery(cursor)) parseQuery(cursor)
    else parseExpressions(cursor)
  }
  cursor.expectSymbol(close)
  return { kind: 'unsupported', feature: `${token.word}${next.text}…${close}`, ...cursor.spanFrom(token) }
}

/** Past a balanced (…). */
export function skipParentheses(cursor: Cursor): void {
  cursor.expectSymbol('(')
  for (let depth = 1; depth > 0;) {
    if (cursor.token.kind === 'end' || cursor.isSymbol(';')) cursor.fail(')', 'Close the parenthesis.')
    const { text, kind } = cursor.advance()
    if (kind === 'symbol' && text === '(') depth++
    if (kind === 'symbol' && text === ')') depth--
  }
}

function parseCall(cursor: Cursor): ExpressionSyntax {
  const token = cursor.advance()
  cursor.expectSymbol('(')
  const name = (token.word || token.text).toUpperCase()
  if (cursor.takeSymbol('*')) return finishCall(cursor, token, name, [], { star: true })
  const distinct = cursor.takeWord('DISTINCT')
  if (!distinct) cursor.takeWord('ALL')
  const args = cursor.isSymbol(')') ? [] : parseArguments(cursor)
  return finishCall(cursor, token, name, args, { distinct })
}

function parseArguments(cursor: Cursor): ExpressionSyntax[] {
  const args: ExpressionSyntax[] = []
  do {
    if (cursor.peek().text === '=>' && cursor.peek().kind === 'symbol') {
      cursor.fail('an argument', 'Write the arguments in their order, without names.')
    }
    args.push(parseExpression(cursor))
  } while (cursor.takeSymbol(','))
  return args
}

function finishCall(
  cursor: Cursor,
  token: Span,
  name: string,
  args: readonly ExpressionSyntax[],
  options: { star?: boolean; distinct?: boolean } = {},
): CallSyntax | ExpressionSyntax {
  cursor.expectSymbol(')', 'Close the arguments with ).')
  for (const words of [
    ['RESPECT', 'NULLS'],
    ['IGNORE', 'NULLS'],
    ['WITHIN', 'GROUP'],
  ]) {
    if (!cursor.takeWord(...words)) continue
    if (words[0] === 'WITHIN') skipParentheses(cursor)
    return { kind: 'unsupported', feature: words.join(' '), ...cursor.spanFrom(token) }
  }
  let filter: ExpressionSyntax | null = null
  if (cursor.takeWord('FILTER')) {
    cursor.expectSymbol('(')
    cursor.expectWord('WHERE')
    filter = parseExpression(cursor)
    cursor.expectSymbol(')')
  }
  const over = cursor.takeWord('OVER') ? parseOver(cursor) : null
  return {
    kind: 'call',
    name,
    nameSpan: { start: token.start, end: token.end },
    args,
    distinct: options.distinct ?? false,
    star: options.star ?? false,
    filter,
    over,
    ...cursor.spanFrom(token),
  }
}

function parseOver(cursor: Cursor): OverSyntax {
  const start = cursor.token
  if (!cursor.isSymbol('('))
    cursor.refuse('OVER with a named window', 'Write the window here: OVER (PARTITION BY … ORDER BY …).')
  cursor.advance()
  const partitionBy = cursor.takeWord('PARTITION', 'BY') ? parseExpressions(cursor) : []
  const orderBy = cursor.takeWord('ORDER', 'BY') ? parseOrderItems(cursor) : []
  let frame: Span | null = null
  if (cursor.isWord('ROWS') || cursor.isWord('RANGE')) {
    const from = cursor.token
    while (!cursor.isSymbol(')') && cursor.token.kind !== 'end') cursor.advance()
    frame = cursor.spanFrom(from)
  }
  cursor.expectSymbol(')')
  return { partitionBy, orderBy, frame, ...cursor.spanFrom(start) }
}

export function parseOrderItems(cursor: Cursor): OrderItem[] {
  const items: OrderItem[] = []
  do {
    const expression = parseExpression(cursor)
    const descending = cursor.takeWord('DESC')
    if (!descending) cursor.takeWord('ASC')
    const nulls = cursor.takeWord('NULLS', 'FIRST') ? 'first' : cursor.takeWord('NULLS', 'LAST') ? 'last' : null
    items.push({ expression, descending, nulls, ...cursor.spanFrom(expression) })
  } while (cursor.takeSymbol(','))
  return items
}

function parseName(cursor: Cursor): ExpressionSyntax {
  const parts: Identifier[] = [cursor.expectName('an expression')]
  while (cursor.isSymbol('.') && cursor.peek().text !== '*') {
    cursor.advance()
    parts.push(cursor.expectName('a column name'))
  }
  return { kind: 'name', parts, ...cursor.spanFrom(parts[0]!) }
}
