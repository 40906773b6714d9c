// The world's fault as an error: a code from the one table (error-table.ts), filled with details, with its place.
import { table } from './error-table.ts'

export interface ErrorEntry {
  readonly text: string
  readonly help: string
  /** True where the same call may succeed later without anybody changing anything. */
  readonly retriable?: boolean
}

/** A place in a file that a person wrote; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type ErrorCode = keyof typeof table

/** The whole table, for documents and tests. */
export const errorTable: Readonly<Record<string, ErrorEntry>> = table

export interface ErrorOptions {
  readonly details?: Readonly<Record<string, string | number | bigint>>
  readonly cause?: unknown
  readonly place?: Place
}

/** The world's fault: something outside this program is not as it must be. Our own faults are `assert`. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly help: string
  readonly retriable: boolean
  readonly place: Place | undefined
  readonly details: Readonly<Record<string, string | number | bigint>>

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const entry: ErrorEntry = table[code]
    const details = options.details ?? {}
    super(fill(entry.text, details), { cause: options.cause })
    this.name = 'MillraceError'
    this.code = code
    this.help = fill(entry.help, details)
    this.retriable = entry.retriable ?? false
    this.place = options.place
    this.details = details
  }
}

/** One error as a person reads it: place, what happened, what to do, code. Two lines, no trailing newline. */
export function formatError(error: MillraceError): string {
  const place = error.place ? `${error.place.file}:${error.place.line}:${error.place.column}: ` : ''
  return `${place}${error.message} [${error.code}]\n  ${error.help}`
}

function fill(text: string, details: Readonly<Record<string, string | number | bigint>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole))
}
