// Types of the binder: from syntax to LogicalType, common types, result types of arithmetic, which casts exist. Reference:
// Flink's LogicalTypeMerging and LogicalTypeCasts.
import { maxLength, types, withNullable, type LogicalType, type TypeKind } from '../../model/index.ts'
import type { Problems, SqlText } from '../problems.ts'
import type { TypeSyntax } from '../syntax/tree.ts'

const integers: readonly TypeKind[] = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT']
const integerDigits: Partial<Record<TypeKind, number>> = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 }

export const isInteger = (t: LogicalType): boolean => integers.includes(t.kind)
export const isExact = (t: LogicalType): boolean => isInteger(t) || t.kind === 'DECIMAL'
export const isApproximate = (t: LogicalType): boolean => t.kind === 'FLOAT' || t.kind === 'DOUBLE'
export const isNumeric = (t: LogicalType): boolean => isExact(t) || isApproximate(t)
export const isText = (t: LogicalType): boolean => t.kind === 'CHAR' || t.kind === 'VARCHAR'
export const isBytes = (t: LogicalType): boolean => t.kind === 'BINARY' || t.kind === 'VARBINARY'
export const isTimestamp = (t: LogicalType): boolean => t.kind === 'TIMESTAMP' || t.kind === 'TIMESTAMP_LTZ'
export const isDateTime = (t: LogicalType): boolean => isTimestamp(t) || t.kind === 'DATE' || t.kind === 'TIME'
export const isInterval = (t: LogicalType): boolean =>
  t.kind === 'INTERVAL_DAY_TIME' || t.kind === 'INTERVAL_YEAR_MONTH'
export const isNested = (t: LogicalType): boolean => t.kind === 'ARRAY' || t.kind === 'MAP' || t.kind === 'ROW'

export const intervalType = (kind: 'INTERVAL_DAY_TIME' | 'INTERVAL_YEAR_MONTH', nullable: boolean): LogicalType => ({
  kind,
  nullable,
})

/** Digits and scale of an exact number; integers count as DECIMAL(n, 0). */
export function decimalOf(t: LogicalType): { precision: number; scale: number } {
  if (t.kind === 'DECIMAL') return { precision: t.precision, scale: t.scale }
  return { precision: integerDigits[t.kind] ?? 38, scale: 0 }
}

/** At most 38 digits: the scale gives way first, but keeps six digits. */
export function cappedDecimal(precision: number, scale: number, nullable: boolean): LogicalType {
  if (precision <= 38) return types.decimal(precision, scale, nullable)
  const whole = precision - scale
  return types.decimal(38, Math.max(38 - whole, Math.min(scale, 6)), nullable)
}

/** The type of a + b, a * b … over numbers. */
export function arithmeticType(operator: string, a: LogicalType, b: LogicalType): LogicalType {
  const nullable = a.nullable || b.nullable
  if (isApproximate(a) || isApproximate(b)) {
    const float =
      (a.kind === 'FLOAT' && b.kind !== 'DOUBLE' && b.kind !== 'DECIMAL') ||
      (b.kind === 'FLOAT' && a.kind !== 'DOUBLE' && a.kind !== 'DECIMAL')
    return float ? types.float(nullable) : types.double(nullable)
  }
  if (isInteger(a) && isInteger(b)) {
    if (operator === '%') return withNullable(b, nullable)
    const kind = integers[Math.max(integers.indexOf(a.kind), integers.indexOf(b.kind))] as 'INT'
    return { kind, nullable }
  }
  const { precision: p1, scale: s1 } = decimalOf(a)
  const { precision: p2, scale: s2 } = decimalOf(b)
  switch (operator) {
    case '*':
      return cappedDecimal(p1 + p2 + 1, s1 + s2, nullable)
    case '/': {
      const scale = Math.max(6, s1 + p2 + 1)
      return cappedDecimal(p1 - s1 + s2 + scale, scale, nullable)
    }
    case '%': {
      const scale = Math.max(s1, s2)
      return cappedDecimal(Math.min(p1 - s1, p2 - s2) + scale, scale, nullable)
    }
    default: {
      const scale = Math.max(s1, s2)
      return cappedDecimal(Math.max(p1 - s1, p2 - s2) + scale + 1, scale, nullable)
    }
  }
}

/** The type that all can be turned into without loss; undefined when there is none. */
export function commonType(list: readonly LogicalType[]): LogicalType | undefined {
  const nullable = list.some((t) => t.nullable)
  const known = list.filter((t) => t.kind !== 'NULL')
  if (known.length === 0) return types.null(true)
  let common: LogicalType | undefined = known[0]
  for (const type of known.slice(1)) common = common && commonOfTwo(common, type)
  return common && withNullable(common, nullable)
}

function commonOfTwo(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b)
  if ((isText(a) && isText(b)) || (isBytes(a) && isBytes(b))) return commonString(a, b)
  if (isTimestamp(a) && isTimestamp(b) && 'precision' in a && 'precision' in b) {
    const precision = Math.max(a.precision, b.precision)
    const local = a.kind === 'TIMESTAMP_LTZ' || b.kind === 'TIMESTAMP_LTZ'
    return local ? types.timestampLtz(precision) : types.timestamp(precision)
  }
  if (a.kind === 'TIME' && b.kind === 'TIME') return types.time(Math.max(a.precision, b.precision))
  if (a.kind === 'DATE' && isTimestamp(b)) return b
  if (b.kind === 'DATE' && isTimestamp(a)) return a
  if (a.kind === b.kind && !isNested(a)) return a
  return undefined
}

function commonNumber(a: LogicalType, b: LogicalType): LogicalType {
  if (isApproximate(a) || isApproximate(b)) {
    const float =
      (a.kind === 'FLOAT' && b.kind === 'FLOAT') ||
      (isApproximate(a) !== isApproximate(b) && (a.kind === 'FLOAT' || b.kind === 'FLOAT'))
    return float ? types.float() : types.double()
  }
  if (isInteger(a) && isInteger(b)) return integers.indexOf(a.kind) >= integers.indexOf(b.kind) ? a : b
  const [x, y] = [decimalOf(a), decimalOf(b)]
  const scale = Math.max(x.scale, y.scale)
  const whole = Math.max(x.precision - x.scale, y.precision - y.scale)
  return types.decimal(Math.min(38, whole + scale), Math.min(scale, Math.max(0, 38 - whole)))
}

function commonString(a: LogicalType, b: LogicalType): LogicalType {
  if (!('length' in a) || !('length' in b)) return a
  const length = Math.max(a.length, b.length)
  const fixed = (a.kind === 'CHAR' || a.kind === 'BINARY') && a.kind === b.kind && a.length === b.length
  if (fixed) return a
  return isText(a) ? types.varchar(length) : { kind: 'VARBINARY', length, nullable: true }
}

/** May a value of this type be stored in a column of that type without CAST being written? Nullability is not asked. */
export function storesImplicitly(from: LogicalType, to: LogicalType): boolean {
  if (from.kind === 'NULL') return true
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return isInteger(from) && integers.indexOf(from.kind) <= integers.indexOf(to.kind)
    case 'FLOAT':
      return isExact(from) || from.kind === 'FLOAT'
    case 'DOUBLE':
    case 'DECIMAL':
      return isNumeric(from)
    case 'CHAR':
      return from.kind === 'CHAR'
    case 'VARCHAR':
      return isText(from)
    case 'BINARY':
      return from.kind === 'BINARY'
    case 'VARBINARY':
      return isBytes(from)
    case 'DATE':
      return from.kind === 'DATE' || from.kind === 'TIMESTAMP'
    case 'TIME':
      return from.kind === 'TIME' || from.kind === 'TIMESTAMP'
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return isTimestamp(from)
    default:
      return from.kind === to.kind
  }
}

/** Does CAST(from AS to) exist (and is it run here)? */
export function castExists(from: LogicalType, to: LogicalType): boolean {
  if (from.kind === 'NULL') return true
  if (isNested(from) || isNested(to)) return false
  if (isText(to)) return true
  if (isText(from)) return !isInterval(to)
  if (isBytes(to)) return isBytes(from)
  if (isNumeric(to)) return isNumeric(from) || from.kind === 'BOOLEAN'
  if (to.kind === 'BOOLEAN') return from.kind === 'BOOLEAN' || isInteger(from)
  if (isTimestamp(to)) return isDateTime(from)
  if (to.kind === 'DATE') return from.kind === 'DATE' || isTimestamp(from)
  if (to.kind === 'TIME') return from.kind === 'TIME' || isTimestamp(from)
  return from.kind === to.kind
}

/** The type that is meant, or undefined after a report. */
export function bindType(syntax: TypeSyntax, source: SqlText, problems: Problems): LogicalType | undefined {
  const refuse = (reason: string, instead: string): undefined => {
    problems.report('MR-SQL-018', source, syntax, { reason, instead })
    return undefined
  }
  const { nullable } = syntax
  const [first, second] = syntax.parameters
  switch (syntax.name) {
    case 'INTEGER':
      return types.int(nullable)
    case 'REAL':
      return types.float(nullable)
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
    case 'NULL':
      return { kind: syntax.name, nullable }
    case 'STRING':
      return types.string(nullable)
    case 'BYTES':
      return types.bytes(nullable)
    case 'CHARACTER':
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY': {
      const length = first ?? 1
      if (length < 1 || length > maxLength)
        return refuse(`a length is from 1 to ${maxLength}`, `Write ${syntax.name}(n), or STRING.`)
      return { kind: syntax.name === 'CHARACTER' ? 'CHAR' : syntax.name, length, nullable }
    }
    case 'DEC':
    case 'NUMERIC':
    case 'DECIMAL': {
      const [precision, scale] = [first ?? 10, second ?? 0]
      if (precision < 1 || precision > 38 || scale > precision)
        return refuse('DECIMAL has 1 to 38 digits, and no more behind the point', 'Write for example DECIMAL(12, 2).')
      return types.decimal(precision, scale, nullable)
    }
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const precision = first ?? (syntax.name === 'TIME' ? 0 : 6)
      if (precision > 9) return refuse('the precision of a time is from 0 to 9', `Write for example ${syntax.name}(3).`)
      if (syntax.name === 'TIME' && precision > 3)
        return refuse('TIME is kept in milliseconds', 'Write TIME(3) or less.')
      return { kind: syntax.name, precision, nullable }
    }
    case 'ARRAY':
    case 'MAP':
    case 'ROW':
      return bindNested(syntax, source, problems)
    default:
      problems.report('MR-SQL-003', source, syntax, {
        feature: `The type ${syntax.name}`,
        instead: 'Use a type of the list in docs/guide/sql.md.',
      })
      return undefined
  }
}

function bindNested(syntax: TypeSyntax, source: SqlText, problems: Problems): LogicalType | undefined {
  const children = syntax.children.map((child) => bindType(child.type, source, problems))
  if (children.some((child) => child === undefined)) return undefined
  const [first, second] = children as LogicalType[]
  if (syntax.name === 'ARRAY') return types.array(first!, syntax.nullable)
  if (syntax.name === 'MAP') return types.map(first!, second!, syntax.nullable)
  const fields = syntax.children.map((child, i) => ({
    name: child.name,
    type: children[i]!,
    ...(child.comment === undefined ? {} : { comment: child.comment }),
  }))
  return types.row(fields, syntax.nullable)
}
