// What a person sees: aligned tables, colour only on a terminal, errors with their help.
import { formatError, MillraceError } from '../base/index.ts'
import type { ErrorShape } from '../console-api/index.ts'

const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined
const paint =
  (code: number) =>
  (text: string): string =>
    coloured ? `\u001b[${code}m${text}\u001b[0m` : text
export const bold = paint(1)
export const dim = paint(2)
export const green = paint(32)
export const red = paint(31)
export const yellow = paint(33)
export const cyan = paint(36)

export function print(text = ''): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(
    JSON.stringify(
      value,
      (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v instanceof Map ? Object.fromEntries(v) : v),
      2,
    ),
  )
}

/** A longer cell is cut: --json has it whole. */
const cellCharactersMax = 200

/** One value among others on a line: cut, with its length said, when it is long. */
export function shortened(text: string, charactersMax = cellCharactersMax): string {
  return text.length <= charactersMax
    ? text
    : `${text.slice(0, charactersMax)}… (${formatCount(text.length)} characters)`
}

/** Columns padded to their widest cell; numbers right-aligned when every cell of a column is one. */
export function printTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = rows.map((row) => row.map((cell) => shortened(String(cell))))
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)))
  const numeric = heads.map((_, i) => cells.length > 0 && cells.every((row) => /^-?[\d.,]*%?$/.test(row[i]!)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  print(bold(line(heads)))
  for (const row of cells) print(line(row))
}

/** One error to standard error; ours with help, a bug with its stack. */
export function printError(error: unknown): void {
  if (error instanceof AggregateError) {
    for (const each of error.errors) printError(each)
  } else if (error instanceof MillraceError) {
    const text = formatError(error)
    process.stderr.write(`${red('error')}: ${text}\n`)
  } else {
    process.stderr.write(
      `${red('error')}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
}

/**
 * What went wrong, with `--json`: on standard output, one line, the shape that a node answers with. Several mistakes of a folder
 * are in `errors`, and the first of them in `error`. A bug's stack goes to standard error.
 */
export function printErrorJson(error: unknown): void {
  const errors = allErrors(error).map((one) => (one instanceof MillraceError ? one : faultOf(one)))
  const shapes = errors.map(shapeOf)
  print(JSON.stringify({ error: shapes[0], ...(shapes.length > 1 ? { errors: shapes } : {}) }))
}

const shapeOf = ({ code, message, help, details, place }: MillraceError): ErrorShape['error'] => ({
  code,
  message,
  help,
  details: Object.fromEntries(Object.entries(details).map(([k, v]) => [k, typeof v === 'bigint' ? v.toString() : v])),
  place: place ?? null,
})

const allErrors = (error: unknown): unknown[] =>
  error instanceof AggregateError && error.errors.length > 0 ? error.errors.flatMap(allErrors) : [error]

function faultOf(error: unknown): MillraceError {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('MR-CLI-007', { details: { reason }, cause: error })
}

export function formatCount(value: number | bigint | string): string {
  return BigInt(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** '1 table', '2 tables' */
export function formatNumber(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB']
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}
