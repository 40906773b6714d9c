// Parses statements: CREATE TABLE, CREATE VIEW, INSERT INTO, statement sets, queries; everything else that Flink knows is
// named and refused. Reference: Flink docs, sql/reference/ddl and dml.
import type { Problems, Span, SqlText } from '../problems.ts'
import { Cursor, ParseFailure } from './cursor.ts'
import { parseExpression, skipParentheses } from './expressions.ts'
import { tokenize } from './lexer.ts'
import { parseNameList, parseQuery, parseTableName } from './queries.ts'
import { parseType } from './types.ts'
import type {
  ColumnSyntax,
  CreateTableSyntax,
  ExpressionSyntax,
  Identifier,
  InsertSyntax,
  OptionSyntax,
  QuerySyntax,
  Statement,
  StatementSyntax,
} from './tree.ts'

/** All statements of a text that can be read; the mistakes go to `problems`. */
export function parseStatements(source: SqlText, problems: Problems): Statement[] {
  const cursor = new Cursor(source, tokenize(source, problems), problems)
  const statements: Statement[] = []
  while (!cursor.atEnd) {
    if (cursor.takeSymbol(';')) continue
    const { start } = cursor.token
    try {
      const syntax = parseStatement(cursor)
      if (!cursor.atEnd && !cursor.isSymbol(';')) {
        cursor.fail("';'", 'End the statement with ; before this, or remove it.')
      }
      checkDepth(syntax, cursor)
      statements.push({ source, syntax, text: source.text.slice(syntax.start, syntax.end) })
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error
      cursor.depth = 0
      cursor.skipStatement()
      const name = createdName(source.text.slice(start, cursor.previousEnd))
      if (name !== undefined)
        statements.push({ source, syntax: { kind: 'broken', name, start, end: cursor.previousEnd }, text: '' })
    }
  }
  return statements
}

/** Trees this deep are walked by recursion in all later stages. */
const treeDepthMax = 600

/** Long chains inside of deep nesting are within each limit and beyond both: refused here, without recursion. */
function checkDepth(root: object, cursor: Cursor): void {
  const open: [object, number][] = [[root, 0]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, depth] = next
    if (depth > treeDepthMax)
      cursor.fail('a flatter statement', `Nest at most ${treeDepthMax} levels; use WITH or views.`)
    const below = depth + ('kind' in node ? 1 : 0)
    for (const child of Object.values(node))
      if (typeof child === 'object' && child !== null) open.push([child as object, below])
  }
}

/** The name that a broken CREATE would have declared. */
function createdName(text: string): string | undefined {
  const match =
    /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMPORARY\s+)?(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:`([^`]+)`|([\p{L}_$][\p{L}\p{N}_$]*))/iu.exec(
      text,
    )
  return match?.[1] ?? match?.[2]
}

/** One query and nothing else (an ad hoc SELECT); undefined when it cannot be read. */
export function parseSingleQuery(source: SqlText, problems: Problems): QuerySyntax | undefined {
  return parseSingle(source, problems, parseQuery)
}

/** One expression and nothing else (a row rule). */
export function parseSingleExpression(source: SqlText, problems: Problems): ExpressionSyntax | undefined {
  return parseSingle(source, problems, parseExpression)
}

function parseSingle<T extends object>(
  source: SqlText,
  problems: Problems,
  production: (cursor: Cursor) => T,
): T | undefined {
  const cursor = new Cursor(source, tokenize(source, problems), problems)
  try {
    const result = production(cursor)
    checkDepth(result, cursor)
    cursor.takeSymbol(';')
    if (cursor.token.kind !== 'end') cursor.fail('the end of the text', 'Remove what follows.')
    return result
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error
    return undefined
  }
}

function parseStatement(cursor: Cursor): StatementSyntax {
  const { token } = cursor
  if (cursor.isWord('CREATE')) return parseCreate(cursor)
  if (cursor.isWord('INSERT')) return parseInsert(cursor)
  if (cursor.isWord('EXECUTE', 'STATEMENT', 'SET') || cursor.isWord('BEGIN', 'STATEMENT', 'SET'))
    return parseStatementSet(cursor)
  if (cursor.isWord('SELECT') || cursor.isWord('WITH') || cursor.isWord('VALUES') || cursor.isSymbol('(')) {
    const query = parseQuery(cursor)
    return { kind: 'query', query, ...cursor.spanFrom(token) }
  }
  const refused = refusedStatements.find(([word]) => token.word === word)
  if (!refused) cursor.fail('a statement', 'Begin with CREATE TABLE, CREATE VIEW or INSERT INTO.')
  return refuse(cursor, token, `${token.word} …`, refused[1])
}

const refusedStatements: readonly (readonly [string, string])[] = [
  ['SET', 'Options of a run belong into the environment’s file; remove the statement.'],
  ['RESET', 'Options of a run belong into the environment’s file; remove the statement.'],
  ['DROP', 'Remove the CREATE statement itself: the files say what exists.'],
  ['ALTER', 'Change the CREATE statement itself: the files say what exists.'],
  ['USE', 'All tables of a folder are in one catalog; remove the statement.'],
  ['SHOW', 'Use the command line: millrace catalog, millrace topics.'],
  ['DESCRIBE', 'Use the command line: millrace catalog.'],
  ['DESC', 'Use the command line: millrace catalog.'],
  ['EXPLAIN', 'Use the command line: millrace plan.'],
  ['COMPILE', 'Plans are kept in plan.lock; remove the statement.'],
  ['EXECUTE', 'Write EXECUTE STATEMENT SET BEGIN … END, or the INSERT alone.'],
  ['UPDATE', 'A stream is changed by INSERT INTO from a query.'],
  ['DELETE', 'A stream is changed by INSERT INTO from a query.'],
  ['TRUNCATE', 'A stream is changed by INSERT INTO from a query.'],
  ['ANALYZE', 'Remove the statement.'],
  ['LOAD', 'Remove the statement.'],
  ['UNLOAD', 'Remove the statement.'],
  ['ADD', 'Remove the statement.'],
  ['REMOVE', 'Remove the statement.'],
  ['CALL', 'Remove the statement.'],
  ['REPLACE', 'Write CREATE TABLE.'],
  ['UPSERT', 'Write INSERT INTO a table with a PRIMARY KEY.'],
]

/** Named and skipped up to its ';'. */
function refuse(cursor: Cursor, start: Span, feature: string, instead: string): StatementSyntax {
  cursor.skipStatement()
  return { kind: 'unsupported', feature, instead, ...cursor.spanFrom(start) }
}

function parseCreate(cursor: Cursor): StatementSyntax {
  const start = cursor.advance()
  const replace = cursor.takeWord('OR', 'REPLACE')
  if (cursor.isWord('OR', 'ALTER')) return refuse(cursor, start, 'CREATE OR ALTER', 'Write CREATE.')
  cursor.takeWord('TEMPORARY')
  if (replace && !cursor.isWord('VIEW')) return refuse(cursor, start, 'CREATE OR REPLACE TABLE', 'Write CREATE TABLE.')
  if (cursor.takeWord('TABLE')) return parseCreateTable(cursor, start)
  if (cursor.takeWord('VIEW')) return parseCreateView(cursor, start)
  const what = cursor.isWord('MATERIALIZED') ? 'MATERIALIZED TABLE' : cursor.token.word
  const known = ['MATERIALIZED TABLE', 'FUNCTION', 'SYSTEM', 'CATALOG', 'DATABASE', 'MODEL', 'CONNECTION']
  if (!known.includes(what)) cursor.fail('TABLE or VIEW', 'Write CREATE TABLE or CREATE VIEW.')
  const instead =
    what === 'MATERIALIZED TABLE' ? 'Write CREATE TABLE and INSERT INTO … SELECT.' : 'Remove the statement.'
  return refuse(cursor, start, `CREATE ${what}`, instead)
}

function parseCreateView(cursor: Cursor, start: Span): StatementSyntax {
  const ifNotExists = cursor.takeWord('IF', 'NOT', 'EXISTS')
  const name = parseTableName(cursor)
  const columns = parseNameList(cursor)
  const comment = cursor.takeWord('COMMENT') ? cursor.expectString('a comment') : null
  cursor.expectWord('AS')
  const query = parseQuery(cursor)
  return { kind: 'create-view', name, columns, comment, ifNotExists, query, ...cursor.spanFrom(start) }
}

function parseInsert(cursor: Cursor): InsertSyntax {
  const start = cursor.advance()
  if (cursor.isWord('OVERWRITE')) cursor.refuse('INSERT OVERWRITE', 'Write INSERT INTO.')
  cursor.expectWord('INTO')
  const target = parseTableName(cursor)
  if (cursor.isWord('PARTITION')) cursor.refuse('PARTITION (…)', 'Remove it: partitions are chosen by the table’s key.')
  const columns = cursor.isSymbol('(') && !beginsQuery(cursor) ? parseNameList(cursor) : null
  const query = parseQuery(cursor)
  if (cursor.isWord('ON')) cursor.refuse('ON CONFLICT', 'Make the query’s key equal to the table’s PRIMARY KEY.')
  return { kind: 'insert', target, columns, query, ...cursor.spanFrom(start) }
}

/** Does the parenthesis here hold a query rather than column names? */
function beginsQuery(cursor: Cursor): boolean {
  let ahead = 0
  while (cursor.peek(ahead).kind === 'symbol' && cursor.peek(ahead).text === '(') ahead++
  return ['SELECT', 'WITH', 'VALUES'].includes(cursor.peek(ahead).word)
}

function parseStatementSet(cursor: Cursor): StatementSyntax {
  const start = cursor.token
  if (cursor.takeWord('EXECUTE', 'STATEMENT', 'SET')) cursor.expectWord('BEGIN')
  else {
    cursor.takeWord('BEGIN', 'STATEMENT', 'SET')
    cursor.expectSymbol(';')
  }
  const inserts: InsertSyntax[] = []
  while (!cursor.isWord('END')) {
    if (cursor.takeSymbol(';')) continue
    if (cursor.token.kind === 'end') cursor.fail('END', 'Close the statement set with END.')
    try {
      if (!cursor.isWord('INSERT')) cursor.fail('INSERT INTO', 'A statement set holds INSERT INTO statements only.')
      inserts.push(parseInsert(cursor))
      cursor.expectSymbol(';', 'End the INSERT with ;.')
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error
      cursor.skipStatement()
    }
  }
  cursor.advance()
  return { kind: 'statement-set', inserts, ...cursor.spanFrom(start) }
}

interface TableBody {
  columns: ColumnSyntax[]
  watermark: CreateTableSyntax['watermark']
  primaryKey: CreateTableSyntax['primaryKey']
}

function parseCreateTable(cursor: Cursor, start: Span): StatementSyntax {
  const ifNotExists = cursor.takeWord('IF', 'NOT', 'EXISTS')
  const name = parseTableName(cursor)
  const body: TableBody = { columns: [], watermark: null, primaryKey: null }
  if (!cursor.isSymbol('(')) {
    if (cursor.isWord('WITH') || cursor.isWord('AS'))
      return refuse(
        cursor,
        start,
        'CREATE TABLE … AS SELECT',
        'Write CREATE TABLE with its columns, and INSERT INTO … SELECT.',
      )
    cursor.fail('(', 'Write the columns in parentheses.')
  }
  cursor.advance()
  do parseTableElement(cursor, body)
  while (cursor.takeSymbol(','))
  cursor.expectSymbol(')', 'Separate columns with , and close them with ).')
  const comment = cursor.takeWord('COMMENT') ? cursor.expectString('a comment') : null
  const distribution = parseDistribution(cursor)
  if (cursor.isWord('PARTITIONED'))
    cursor.refuse('PARTITIONED BY', 'Topics have DISTRIBUTED BY HASH(column) INTO n BUCKETS.')
  const withStart = cursor.token
  const options = cursor.takeWord('WITH') ? parseOptions(cursor) : []
  const withSpan = cursor.previousEnd > withStart.start ? cursor.spanFrom(withStart) : null
  if (cursor.isWord('LIKE') || cursor.isWord('AS')) {
    const feature = cursor.isWord('LIKE') ? 'CREATE TABLE … LIKE' : 'CREATE TABLE … AS SELECT'
    return refuse(cursor, start, feature, 'Write the columns, and INSERT INTO … SELECT.')
  }
  return {
    kind: 'create-table',
    name,
    ifNotExists,
    ...body,
    comment,
    distribution,
    options,
    withSpan,
    ...cursor.spanFrom(start),
  }
}

function parseTableElement(cursor: Cursor, body: TableBody): void {
  const start = cursor.token
  if (cursor.takeWord('WATERMARK', 'FOR')) {
    const column = cursor.expectName('the time column')
    cursor.expectWord('AS')
    const expression = parseExpression(cursor)
    if (body.watermark) repeated(cursor, start, 'WATERMARK')
    body.watermark = { column, expression, ...cursor.spanFrom(start) }
    return
  }
  if (cursor.takeWord('CONSTRAINT')) cursor.expectName('the constraint’s name')
  if (cursor.takeWord('PRIMARY', 'KEY')) {
    const columns = parseNameList(cursor)
    if (!columns) cursor.fail('(', 'Write PRIMARY KEY (column) NOT ENFORCED.')
    expectNotEnforced(cursor)
    if (body.primaryKey) repeated(cursor, start, 'PRIMARY KEY')
    body.primaryKey = { columns, ...cursor.spanFrom(start) }
    return
  }
  if (cursor.isWord('UNIQUE'))
    cursor.fail('a column', 'UNIQUE does not exist in Flink SQL; write PRIMARY KEY (column) NOT ENFORCED.')
  body.columns.push(parseColumn(cursor, body))
}

function expectNotEnforced(cursor: Cursor): void {
  if (!cursor.takeWord('NOT', 'ENFORCED'))
    cursor.fail('NOT ENFORCED', 'Write PRIMARY KEY … NOT ENFORCED: the key is the writer’s promise.')
}

function repeated(cursor: Cursor, at: Span, what: string): void {
  cursor.problems.report('MR-SQL-018', cursor.source, at, {
    reason: `a table has one ${what}`,
    instead: 'Keep one of them.',
  })
}

function parseColumn(cursor: Cursor, body: TableBody): ColumnSyntax {
  const name: Identifier = cursor.expectName('a column name')
  if (cursor.isWord('AS')) {
    cursor.problems.report('MR-SQL-003', cursor.source, name, {
      feature: 'A computed column',
      instead: 'Compute it in a view.',
    })
    cursor.advance()
    parseExpression(cursor)
    if (cursor.takeWord('COMMENT')) cursor.expectString('a comment')
    const type = { name: 'NULL', parameters: [], children: [], nullable: true, start: name.start, end: name.end }
    return { name, type, comment: null, primaryKey: false, ...cursor.spanFrom(name) }
  }
  const type = parseType(cursor)
  let primaryKey = false
  let comment: string | null = null
  for (;;) {
    const at = cursor.token
    if (cursor.takeWord('METADATA')) {
      if (cursor.takeWord('FROM')) cursor.expectString('the metadata key')
      cursor.takeWord('VIRTUAL')
      cursor.problems.report('MR-SQL-003', cursor.source, at, {
        feature: 'A METADATA column',
        instead: 'Remove the column.',
      })
    } else if (cursor.takeWord('CONSTRAINT')) cursor.expectName('the constraint’s name')
    else if (cursor.takeWord('PRIMARY', 'KEY')) {
      expectNotEnforced(cursor)
      primaryKey = true
      if (body.primaryKey) repeated(cursor, at, 'PRIMARY KEY')
      body.primaryKey = { columns: [name], ...cursor.spanFrom(at) }
    } else if (cursor.takeWord('COMMENT')) comment = cursor.expectString('a comment')
    else break
  }
  return { name, type, comment, primaryKey, ...cursor.spanFrom(name) }
}

function parseDistribution(cursor: Cursor): CreateTableSyntax['distribution'] {
  const start = cursor.token
  if (!cursor.takeWord('DISTRIBUTED')) return null
  let columns: Identifier[] = []
  if (cursor.takeWord('BY')) {
    if (cursor.isWord('RANGE')) cursor.fail('HASH', 'Topics are distributed BY HASH(column).')
    cursor.takeWord('HASH')
    const names = parseNameList(cursor)
    if (!names) cursor.fail('(', 'Write DISTRIBUTED BY HASH(column) INTO n BUCKETS.')
    columns = names
  }
  let buckets = 0
  if (cursor.takeWord('INTO')) {
    buckets = cursor.expectNumber('the number of partitions')
    cursor.expectWord('BUCKETS')
  }
  return { columns, buckets, ...cursor.spanFrom(start) }
}

function parseOptions(cursor: Cursor): OptionSyntax[] {
  if (cursor.isSymbol('(') && cursor.peek().text === ')' && cursor.peek().kind === 'symbol') {
    skipParentheses(cursor)
    return []
  }
  cursor.expectSymbol('(')
  const options: OptionSyntax[] = []
  do {
    const start = cursor.token
    const key = cursor.expectString('an option’s name')
    cursor.expectSymbol('=')
    const value = cursor.expectString('an option’s value')
    if (options.some((option) => option.key === key)) {
      cursor.problems.report('MR-SQL-018', cursor.source, start, {
        reason: `the option '${key}' stands twice`,
        instead: 'Keep one of them.',
      })
    }
    options.push({ key, value, ...cursor.spanFrom(start) })
  } while (cursor.takeSymbol(','))
  cursor.expectSymbol(')')
  return options
}
