// What a statement in the log (a QUERY event) means for captured tables. Row changes come as row events; a statement that changes
// a table without them must stop that table. Invariant: what is not known to be harmless and names a captured table stops it.
// Reference: MySQL manual, "SQL Statements"; the server writes DROP with backquotes and comments of its own.

export type StatementMeaning =
  | { readonly kind: 'begin' | 'xa-begin' | 'commit' | 'rollback' | 'harmless' }
  /** `tables` as [database, table]; a table of null: every table of the database. */
  | {
      readonly kind: 'changes'
      readonly tables: readonly (readonly [database: string, table: string | null])[]
      readonly verb: string
    }

type Token = { readonly text: string; readonly name: boolean }

/** @param database the statement's default database */
export function meaningOf(statement: string, database: string): StatementMeaning {
  const tokens = tokensOf(statement)
  const verb = word(tokens, 0)
  switch (verb) {
    case 'BEGIN':
      return { kind: 'begin' }
    case 'START':
      return { kind: 'begin' }
    case 'COMMIT':
      return { kind: 'commit' }
    case 'ROLLBACK':
      return word(tokens, 1) === 'TO' ? { kind: 'harmless' } : { kind: 'rollback' }
    case 'XA':
      return xaMeaning(word(tokens, 1))
    case 'ALTER':
    case 'DROP':
    case 'TRUNCATE':
    case 'RENAME':
    case 'CREATE':
      return definitionMeaning(tokens, verb, database)
    case 'INSERT':
    case 'REPLACE':
    case 'UPDATE':
    case 'DELETE':
    case 'LOAD':
    case 'WITH':
    case 'CALL':
    case 'IMPORT':
      return changes(verb, everyName(tokens, database))
    default:
      return { kind: 'harmless' }
  }
}

function xaMeaning(second: string): StatementMeaning {
  // XA PREPARE has an event of its own; its COMMIT and ROLLBACK are transactions of their own, without rows.
  return second === 'START' || second === 'BEGIN' ? { kind: 'xa-begin' } : { kind: 'harmless' }
}

function changes(verb: string, tables: readonly (readonly [string, string | null])[]): StatementMeaning {
  return { kind: 'changes', tables, verb }
}

function definitionMeaning(tokens: readonly Token[], verb: string, database: string): StatementMeaning {
  let at = 1
  if (verb === 'TRUNCATE') {
    if (word(tokens, at) === 'TABLE') at++
    return changes('TRUNCATE', [nameAt(tokens, at, database).name])
  }
  while (['TEMPORARY', 'ONLINE', 'OFFLINE', 'IGNORE'].includes(word(tokens, at))) {
    if (word(tokens, at) === 'TEMPORARY') return { kind: 'harmless' }
    at++
  }
  const object = word(tokens, at++)
  if (object === 'DATABASE' || object === 'SCHEMA') {
    if (verb !== 'DROP') return { kind: 'harmless' }
    if (word(tokens, at) === 'IF') at += 2
    return changes('DROP DATABASE', [[tokens[at]?.text ?? database, null]])
  }
  // CREATE TABLE makes a table that was not there: nothing of a captured one changes. Other objects hold no rows.
  if (object !== 'TABLE' && object !== 'TABLES') return { kind: 'harmless' }
  if (verb === 'CREATE') return { kind: 'harmless' }
  while (word(tokens, at) === 'IF' || word(tokens, at) === 'NOT' || word(tokens, at) === 'EXISTS') at++
  if (verb === 'ALTER') return changes('ALTER TABLE', alteredTables(tokens, at, database))
  return changes(`${verb} TABLE`, listedTables(tokens, at, database))
}

/** The altered table, and others that take or give it rows or its name. */
function alteredTables(tokens: readonly Token[], from: number, database: string): (readonly [string, string])[] {
  const first = nameAt(tokens, from, database)
  const tables = [first.name]
  for (let at = first.next; at < tokens.length; at++) {
    const exchange = word(tokens, at) === 'WITH' && word(tokens, at + 1) === 'TABLE'
    if (exchange) tables.push(nameAt(tokens, at + 2, database).name)
    const rename = word(tokens, at) === 'RENAME' && !['COLUMN', 'INDEX', 'KEY'].includes(word(tokens, at + 1))
    if (rename)
      tables.push(nameAt(tokens, ['TO', 'AS'].includes(word(tokens, at + 1)) ? at + 2 : at + 1, database).name)
  }
  return tables
}

/** `a, b.c TO d, …` */
function listedTables(tokens: readonly Token[], from: number, database: string): (readonly [string, string])[] {
  const tables: (readonly [string, string])[] = []
  let at = from
  while (at < tokens.length) {
    const { name, next } = nameAt(tokens, at, database)
    tables.push(name)
    at = next
    if (word(tokens, at) !== 'TO' && tokens[at]?.text !== ',') break
    at++
  }
  return tables
}

/** Every name in it may be a table: said of statements whose grammar is not read here. */
function everyName(tokens: readonly Token[], database: string): (readonly [string, string])[] {
  return tokens.flatMap((token, at) =>
    token.name && tokens[at - 1]?.text !== '.' ? [nameAt(tokens, at, database).name] : [],
  )
}

function nameAt(
  tokens: readonly Token[],
  at: number,
  database: string,
): { name: readonly [string, string]; next: number } {
  const first = tokens[at]?.text ?? ''
  if (tokens[at + 1]?.text === '.' && tokens[at + 2]) return { name: [first, tokens[at + 2]!.text], next: at + 3 }
  return { name: [database, first], next: at + 1 }
}

function word(tokens: readonly Token[], at: number): string {
  return tokens[at]?.text.toUpperCase() ?? ''
}

const scanner =
  /\/\*!\d*|\*\/|\/\*[\s\S]*?\*\/|(?:--[ \t]|#)[^\n]*|`((?:[^`]|``)*)`|"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.|'')*'|[\p{L}\p{N}_$]+|\S/gu

/** Names and signs; text and comments left out (what /*! … *\/ holds is executed, so it is kept). */
function tokensOf(statement: string): Token[] {
  const tokens: Token[] = []
  for (const match of statement.matchAll(scanner)) {
    const text = match[0]
    if (match[1] !== undefined) tokens.push({ text: match[1].replaceAll('``', '`'), name: true })
    else if (text.startsWith('"') && text.length > 1) tokens.push({ text: text.slice(1, -1), name: true })
    else if (
      text.startsWith("'") ||
      text.startsWith('/*') ||
      text === '*/' ||
      text.startsWith('#') ||
      /^--[ \t]/.test(text)
    )
      continue
    else tokens.push({ text, name: /^[\p{L}\p{N}_$]+$/u.test(text) })
  }
  return tokens
}
