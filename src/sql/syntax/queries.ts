// Parses queries: WITH, SELECT, VALUES, set operations, FROM with joins, window functions and FOR SYSTEM_TIME AS OF.
// Reference: Flink docs, sql/reference/queries.
import type { Span } from '../problems.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseExpressions, parseOrderItems, skipParentheses } from './expressions.ts'
import type { ExpressionSyntax, Identifier, QuerySyntax, RelationSyntax, SelectItem, TableName } from './tree.ts'

/** A whole query, ORDER BY and LIMIT included. */
export function parseQuery(cursor: Cursor): QuerySyntax {
  return cursor.nested(() => {
    const start = cursor.token.start
    const views = cursor.isWord('WITH') ? parseWith(cursor) : null
    const body = parseOrdered(cursor)
    return views ? { kind: 'with', views, body, ...cursor.spanFrom(start) } : body
  })
}

function parseWith(cursor: Cursor): Extract<QuerySyntax, { kind: 'with' }>['views'] {
  cursor.advance()
  if (cursor.isWord('RECURSIVE'))
    cursor.fail('a name', 'Recursive queries do not exist in Flink SQL; write plain WITH.')
  const views = []
  do {
    const name = cursor.expectName('a name for the sub-query')
    const columns = parseNameList(cursor)
    cursor.expectWord('AS')
    cursor.expectSymbol('(')
    const query = parseQuery(cursor)
    cursor.expectSymbol(')')
    views.push({ name, columns, query })
  } while (cursor.takeSymbol(','))
  return views
}

/** (a, b, c) or nothing. */
export function parseNameList(cursor: Cursor): Identifier[] | null {
  if (!cursor.takeSymbol('(')) return null
  const names = [cursor.expectName('a column name')]
  while (cursor.takeSymbol(',')) names.push(cursor.expectName('a column name'))
  cursor.expectSymbol(')')
  return names
}

function parseOrdered(cursor: Cursor): QuerySyntax {
  const input = parseSetOperations(cursor)
  const orderBy = cursor.takeWord('ORDER', 'BY') ? parseOrderItems(cursor) : []
  let limit: number | null = null
  let offset: number | null = null
  if (cursor.takeWord('LIMIT')) {
    if (!cursor.takeWord('ALL')) limit = cursor.expectNumber('a number of rows')
  }
  if (cursor.takeWord('OFFSET')) {
    offset = cursor.expectNumber('a number of rows')
    if (!cursor.takeWord('ROWS')) cursor.takeWord('ROW')
  }
  if (cursor.takeWord('FETCH')) {
    if (!cursor.takeWord('FIRST')) cursor.expectWord('NEXT')
    limit = cursor.expectNumber('a number of rows')
    if (!cursor.takeWord('ROWS')) cursor.expectWord('ROW')
    cursor.expectWord('ONLY')
  }
  if (orderBy.length === 0 && limit === null && offset === null) return input
  return { kind: 'ordered', input, orderBy, limit, offset, ...cursor.spanFrom(input) }
}

function parseSetOperations(cursor: Cursor): QuerySyntax {
  let left = parseQueryPrimary(cursor)
  for (let count = 0; ; count++) {
    cursor.link(count)
    if (cursor.isWord('INTERSECT') || cursor.isWord('EXCEPT') || cursor.isWord('MINUS')) {
      cursor.refuse(cursor.token.word, 'Write a join or a filter instead.')
    }
    if (!cursor.takeWord('UNION')) return left
    const all = cursor.takeWord('ALL')
    if (!all) cursor.takeWord('DISTINCT')
    const right = parseQueryPrimary(cursor)
    left = { kind: 'union', all, left, right, ...cursor.spanFrom(left) }
  }
}

function parseQueryPrimary(cursor: Cursor): QuerySyntax {
  if (cursor.isWord('SELECT')) return parseSelect(cursor)
  if (cursor.isWord('VALUES')) return parseValues(cursor)
  if (cursor.isSymbol('(')) {
    cursor.advance()
    const query = parseQuery(cursor)
    cursor.expectSymbol(')')
    return query
  }
  return cursor.fail('a query', 'Write SELECT … FROM ….')
}

function parseValues(cursor: Cursor): QuerySyntax {
  const start = cursor.advance()
  const rows: ExpressionSyntax[][] = []
  do {
    cursor.takeWord('ROW')
    if (cursor.takeSymbol('(')) {
      rows.push(parseExpressions(cursor))
      cursor.expectSymbol(')')
    } else rows.push([parseExpression(cursor)])
  } while (cursor.takeSymbol(','))
  return { kind: 'values', rows, ...cursor.spanFrom(start) }
}

function parseSelect(cursor: Cursor): QuerySyntax {
  const start = cursor.advance()
  const distinct = cursor.takeWord('DISTINCT')
  if (!distinct) cursor.takeWord('ALL')
  const items = [parseSelectItem(cursor)]
  while (cursor.takeSymbol(',')) items.push(parseSelectItem(cursor))
  const from = cursor.takeWord('FROM') ? parseFrom(cursor) : null
  const where = cursor.takeWord('WHERE') ? parseExpression(cursor) : null
  const groupBy = cursor.takeWord('GROUP', 'BY') ? parseGroupBy(cursor) : null
  const having = cursor.takeWord('HAVING') ? parseExpression(cursor) : null
  if (cursor.isWord('WINDOW') || cursor.isWord('QUALIFY')) {
    cursor.refuse(`The clause ${cursor.token.word}`, 'Write a sub-query with a filter.')
  }
  return { kind: 'select', distinct, items, from, where, groupBy, having, ...cursor.spanFrom(start) }
}

function parseGroupBy(cursor: Cursor): ExpressionSyntax[] {
  const items: ExpressionSyntax[] = []
  do {
    const { token } = cursor
    if (cursor.isWord('ROLLUP') || cursor.isWord('CUBE') || cursor.isWord('GROUPING', 'SETS')) {
      const feature = cursor.isWord('GROUPING') ? 'GROUPING SETS' : token.word
      cursor.advance()
      cursor.takeWord('SETS')
      skipParentheses(cursor)
      items.push({ kind: 'unsupported', feature, ...cursor.spanFrom(token) })
    } else if (cursor.isSymbol('(') && cursor.peek().text === ')' && cursor.peek().kind === 'symbol') {
      cursor.advance()
      cursor.advance()
    } else items.push(parseExpression(cursor))
  } while (cursor.takeSymbol(','))
  return items
}

function parseSelectItem(cursor: Cursor): SelectItem {
  const start = cursor.token
  if (cursor.takeSymbol('*')) return { kind: 'star', qualifier: null, start: start.start, end: start.end }
  const qualifier = parseStarQualifier(cursor)
  if (qualifier) return { kind: 'star', qualifier, ...cursor.spanFrom(start) }
  const expression = parseExpression(cursor)
  const alias = parseAlias(cursor)
  return { kind: 'expression', expression, alias, ...cursor.spanFrom(start) }
}

/** t.* or db.t.*; nothing is consumed otherwise. */
function parseStarQualifier(cursor: Cursor): Identifier[] | null {
  let ahead = 0
  for (;;) {
    const name = cursor.peek(ahead)
    const dot = cursor.peek(ahead + 1)
    if ((name.kind !== 'word' && name.kind !== 'quoted') || dot.kind !== 'symbol' || dot.text !== '.') return null
    ahead += 2
    const after = cursor.peek(ahead)
    if (after.kind === 'symbol' && after.text === '*') break
  }
  const parts: Identifier[] = []
  while (!cursor.takeSymbol('*')) {
    parts.push(cursor.expectName('a table name'))
    cursor.expectSymbol('.')
  }
  return parts
}

function parseAlias(cursor: Cursor): Identifier | null {
  if (cursor.takeWord('AS')) return cursor.expectName('a name')
  return cursor.isName ? cursor.expectName('a name') : null
}

function parseFrom(cursor: Cursor): RelationSyntax {
  let left = parseJoined(cursor)
  for (let count = 1; cursor.isSymbol(','); count++) {
    cursor.link(count)
    const joinSpan = cursor.advance()
    const right = parseJoined(cursor)
    left = { kind: 'join', joinType: 'cross', left, right, on: null, using: null, joinSpan, ...cursor.spanFrom(left) }
  }
  return left
}

function parseJoined(cursor: Cursor): RelationSyntax {
  let left = parseRelation(cursor)
  for (let count = 0; ; count++) {
    cursor.link(count)
    const joinSpan = cursor.token
    if (cursor.isWord('NATURAL')) cursor.refuse('NATURAL JOIN', 'Write JOIN … ON a.x = b.x.')
    const joinType = takeJoinType(cursor)
    if (!joinType) return left
    const right = parseRelation(cursor)
    let on: ExpressionSyntax | null = null
    let using: Identifier[] | null = null
    if (joinType !== 'cross') {
      if (cursor.takeWord('ON')) on = parseExpression(cursor)
      else if (cursor.takeWord('USING')) using = parseNameList(cursor)
      else cursor.fail('ON', 'Write ON with the columns that must be equal.')
    }
    left = { kind: 'join', joinType, left, right, on, using, joinSpan, ...cursor.spanFrom(left) }
  }
}

function takeJoinType(cursor: Cursor): 'inner' | 'left' | 'right' | 'full' | 'cross' | null {
  if (cursor.takeWord('JOIN') || cursor.takeWord('INNER', 'JOIN')) return 'inner'
  if (cursor.takeWord('CROSS', 'JOIN')) return 'cross'
  for (const type of ['left', 'right', 'full'] as const) {
    const word = type.toUpperCase()
    if (cursor.takeWord(word, 'JOIN') || cursor.takeWord(word, 'OUTER', 'JOIN')) return type
  }
  return null
}

function parseRelation(cursor: Cursor): RelationSyntax {
  const start = cursor.token
  if (cursor.isWord('TABLE') && cursor.peek().text === '(') return parseTableFunction(cursor)
  if (cursor.isWord('LATERAL') || cursor.isWord('UNNEST')) {
    const feature = start.word === 'LATERAL' ? 'LATERAL' : 'UNNEST'
    cursor.advance()
    cursor.takeWord('TABLE')
    skipParentheses(cursor)
    parseAliasAndColumns(cursor)
    return { kind: 'unsupported', feature, instead: 'Join a table or a sub-query instead.', ...cursor.spanFrom(start) }
  }
  if (cursor.isSymbol('(')) return parseParenthesizedRelation(cursor)
  const name = parseTableName(cursor)
  if (cursor.isSymbol('(')) {
    skipParentheses(cursor)
    const feature = `The table function ${name.parts.at(-1)!.name}`
    return {
      kind: 'unsupported',
      feature,
      instead: "Write FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE)).",
      ...cursor.spanFrom(start),
    }
  }
  const asOf = parseAsOf(cursor)
  if (cursor.isWord('MATCH_RECOGNIZE') || cursor.isWord('TABLESAMPLE')) {
    const feature = cursor.advance().word
    skipParentheses(cursor)
    parseAliasAndColumns(cursor)
    return { kind: 'unsupported', feature, instead: 'Remove it.', ...cursor.spanFrom(start) }
  }
  const { alias, columns } = parseAliasAndColumns(cursor)
  return { kind: 'table', name, alias, columns, asOf, ...cursor.spanFrom(start) }
}

function parseAsOf(cursor: Cursor): ExpressionSyntax | null {
  if (!cursor.takeWord('FOR')) return null
  cursor.expectWord('SYSTEM_TIME', 'AS', 'OF')
  return parseExpression(cursor)
}

function parseParenthesizedRelation(cursor: Cursor): RelationSyntax {
  const start = cursor.token
  let ahead = 1
  while (cursor.peek(ahead).text === '(' && cursor.peek(ahead).kind === 'symbol') ahead++
  const word = cursor.peek(ahead).word
  if (word === 'SELECT' || word === 'WITH' || word === 'VALUES') {
    cursor.advance()
    const query = parseQuery(cursor)
    cursor.expectSymbol(')')
    const { alias, columns } = parseAliasAndColumns(cursor)
    return { kind: 'subquery', query, alias, columns, ...cursor.spanFrom(start) }
  }
  cursor.advance()
  const relation = cursor.nested(() => parseFrom(cursor))
  cursor.expectSymbol(')')
  return relation
}

function parseAliasAndColumns(cursor: Cursor): { alias: Identifier | null; columns: Identifier[] | null } {
  const alias = parseAlias(cursor)
  return { alias, columns: alias ? parseNameList(cursor) : null }
}

export function parseTableName(cursor: Cursor): TableName {
  const parts = [cursor.expectName('a table name')]
  while (cursor.takeSymbol('.')) parts.push(cursor.expectName('a table name'))
  return { parts, ...cursor.spanFrom(parts[0]!) }
}

/** TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), INTERVAL …[, INTERVAL offset])), with or without argument names. */
function parseTableFunction(cursor: Cursor): RelationSyntax {
  const start = cursor.advance()
  cursor.expectSymbol('(')
  const name = cursor.token
  if (name.word !== 'TUMBLE') {
    cursor.advance()
    skipParentheses(cursor)
    cursor.expectSymbol(')')
    parseAliasAndColumns(cursor)
    const window = ['HOP', 'CUMULATE', 'SESSION'].includes(name.word)
    const feature = window ? `A ${name.word} window` : `The table function ${name.text}`
    return { kind: 'unsupported', feature, instead: 'Use TUMBLE windows.', ...cursor.spanFrom(start) }
  }
  cursor.advance()
  cursor.expectSymbol('(')
  const args = parseWindowArguments(cursor)
  cursor.expectSymbol(')')
  cursor.expectSymbol(')')
  const { alias, columns } = parseAliasAndColumns(cursor)
  return { kind: 'window', function: 'TUMBLE', ...args, alias, columns, ...cursor.spanFrom(start) }
}

interface WindowArguments {
  readonly input: RelationSyntax
  readonly time: Identifier
  readonly size: ExpressionSyntax
  readonly offset: ExpressionSyntax | null
}

function parseWindowArguments(cursor: Cursor): WindowArguments {
  const open = cursor.token
  let input: RelationSyntax | null = null
  let time: Identifier | null = null
  let size: ExpressionSyntax | null = null
  let offset: ExpressionSyntax | null = null
  const order = ['DATA', 'TIMECOL', 'SIZE', 'OFFSET']
  let next = 0
  do {
    let name = order[next++] ?? 'more'
    if (cursor.peek().kind === 'symbol' && cursor.peek().text === '=>') {
      name = cursor.advance().word
      cursor.advance()
    }
    if (name === 'DATA') input = parseWindowInput(cursor)
    else if (name === 'TIMECOL') time = parseDescriptor(cursor)
    else if (name === 'SIZE') size = parseExpression(cursor)
    else if (name === 'OFFSET') offset = parseExpression(cursor)
    else cursor.fail('an argument of TUMBLE', 'TUMBLE takes DATA, TIMECOL, SIZE and OFFSET.')
  } while (cursor.takeSymbol(','))
  if (!input || !time || !size) {
    return cursor.fail('three arguments', "Write TUMBLE(TABLE t, DESCRIPTOR(time_column), INTERVAL '1' MINUTE).")
  }
  void open
  return { input, time, size, offset }
}

function parseWindowInput(cursor: Cursor): RelationSyntax {
  const start: Span = cursor.token
  if (cursor.isSymbol('(')) return parseParenthesizedRelation(cursor)
  cursor.expectWord('TABLE')
  if (cursor.isSymbol('(')) return parseParenthesizedRelation(cursor)
  const name = parseTableName(cursor)
  return { kind: 'table', name, alias: null, columns: null, asOf: null, ...cursor.spanFrom(start) }
}

function parseDescriptor(cursor: Cursor): Identifier {
  if (!cursor.takeWord('DESCRIPTOR')) cursor.fail('DESCRIPTOR', 'Write DESCRIPTOR(time_column).')
  cursor.expectSymbol('(')
  const time = cursor.expectName('the time column')
  cursor.expectSymbol(')')
  return time
}
