// Parses data types as written in columns and casts. Reference: Flink, "Data Types".
import type { Cursor } from './cursor.ts'
import type { TypeSyntax } from './tree.ts'

const simple = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'REAL',
  'STRING',
  'BYTES',
  'DATE',
  'VARIANT',
  'BITMAP',
])
const withParameters = new Set([
  'CHAR',
  'CHARACTER',
  'VARCHAR',
  'BINARY',
  'VARBINARY',
  'DECIMAL',
  'DEC',
  'NUMERIC',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
])

/** A type with its NULL or NOT NULL. */
export function parseType(cursor: Cursor): TypeSyntax {
  return cursor.nested(() => parseCollection(cursor))
}

function parseCollection(cursor: Cursor): TypeSyntax {
  const start = cursor.token.start
  let type = parseBare(cursor)
  while (cursor.isWord('ARRAY') || cursor.isWord('MULTISET')) {
    const name = cursor.advance().word
    type = {
      name,
      parameters: [],
      children: [{ name: 'element', type }],
      nullable: takeNullable(cursor),
      ...cursor.spanFrom(start),
    }
  }
  return type
}

function parseBare(cursor: Cursor): TypeSyntax {
  const { token } = cursor
  const word = token.word
  let name = word
  let parameters: number[] = []
  let children: TypeSyntax['children'] = []
  if (simple.has(word)) cursor.advance()
  else if (word === 'DOUBLE') {
    cursor.advance()
    cursor.takeWord('PRECISION')
  } else if (withParameters.has(word)) {
    cursor.advance()
    if (cursor.takeWord('VARYING')) name = word === 'BINARY' ? 'VARBINARY' : 'VARCHAR'
    parameters = takeParameters(cursor)
    if (word === 'TIMESTAMP' || word === 'TIME') name = takeZone(cursor, word)
  } else if (word === 'ARRAY' || word === 'MULTISET' || word === 'MAP') {
    cursor.advance()
    children = parseAngled(cursor, word)
  } else if (word === 'ROW') {
    cursor.advance()
    children = parseRow(cursor)
  } else if (word === 'INTERVAL') name = parseIntervalType(cursor)
  else
    cursor.fail(
      'a data type',
      'Write one of Flink’s types, for example STRING, BIGINT, DECIMAL(12, 2) or TIMESTAMP(3).',
    )
  return { name, parameters, children, nullable: takeNullable(cursor), ...cursor.spanFrom(token) }
}

function takeNullable(cursor: Cursor): boolean {
  if (cursor.takeWord('NOT', 'NULL')) return false
  cursor.takeWord('NULL')
  return true
}

function takeParameters(cursor: Cursor): number[] {
  if (!cursor.takeSymbol('(')) return []
  const parameters = [cursor.expectNumber('a length or precision')]
  if (cursor.takeSymbol(',')) parameters.push(cursor.expectNumber('a scale'))
  cursor.expectSymbol(')')
  return parameters
}

function takeZone(cursor: Cursor, word: string): string {
  if (cursor.takeWord('WITH', 'LOCAL', 'TIME', 'ZONE'))
    return word === 'TIMESTAMP' ? 'TIMESTAMP_LTZ' : 'TIME WITH LOCAL TIME ZONE'
  if (cursor.takeWord('WITHOUT', 'TIME', 'ZONE')) return word
  if (cursor.isWord('WITH', 'TIME'))
    cursor.fail('WITH LOCAL TIME ZONE', `Write ${word} WITH LOCAL TIME ZONE or ${word}.`)
  return word
}

function parseAngled(cursor: Cursor, word: string): TypeSyntax['children'] {
  cursor.expectSymbol('<', `Write ${word}<…>.`)
  const first = parseType(cursor)
  if (word !== 'MAP') {
    cursor.expectSymbol('>')
    return [{ name: 'element', type: first }]
  }
  cursor.expectSymbol(',')
  const second = parseType(cursor)
  cursor.expectSymbol('>')
  return [
    { name: 'key', type: first },
    { name: 'value', type: second },
  ]
}

function parseRow(cursor: Cursor): TypeSyntax['children'] {
  const close = cursor.isSymbol('(') ? ')' : '>'
  cursor.expectSymbol(close === ')' ? '(' : '<', 'Write ROW<name TYPE, …>.')
  const children = []
  do {
    const name = cursor.expectName('a field name').name
    const type = parseType(cursor)
    const comment = cursor.token.kind === 'string' ? cursor.advance().text : undefined
    children.push(comment === undefined ? { name, type } : { name, type, comment })
  } while (cursor.takeSymbol(','))
  cursor.expectSymbol(close)
  return children
}

function parseIntervalType(cursor: Cursor): string {
  cursor.advance()
  const from = cursor.advance().word
  takeParameters(cursor)
  if (cursor.takeWord('TO')) {
    cursor.advance()
    takeParameters(cursor)
  }
  if (from === 'YEAR' || from === 'MONTH') return 'INTERVAL_YEAR_MONTH'
  if (from === 'DAY' || from === 'HOUR' || from === 'MINUTE' || from === 'SECOND') return 'INTERVAL_DAY_TIME'
  return cursor.fail('an interval’s unit', 'Write INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND(3).')
}
