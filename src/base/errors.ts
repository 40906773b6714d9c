// The one table of errors. A code is API: tools and documents refer to it, so it is never reused; wording may change.
// Text says what happened, help says what to do; both may name details as {name}. docs/guide/errors.md is made from this.

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

const table = {
  // base
  'MR-BASE-001': {
    text: 'Port {port} on {host} is in use ({what}).',
    help: 'Stop the other program, or choose a port with {option}; 0 takes a free one.',
  },
  'MR-BASE-002': {
    text: 'No room left on the disk while writing {path}.',
    help: 'Free some space; writes go on by themselves, nothing acknowledged is lost.',
    retriable: true,
  },
  'MR-BASE-003': {
    text: 'Cannot {action} {path}: {reason}.',
    help: 'Check that the path exists and that this user may read and write it.',
  },
  'MR-BASE-004': {
    text: 'A worker ({name}) stopped: {reason}.',
    help: 'Start the node again; it goes on from the last committed epoch. If it recurs, report the message with its stack.',
  },
  'MR-BASE-005': {
    text: 'The data folder {path} is in use by process {pid}.',
    help: 'Stop that process, or choose another folder with --data.',
  },
  'MR-BASE-006': {
    text: 'The data folder {path} was written by a newer Millrace ({found}; this one reads up to {known}).',
    help: 'Use that newer version, or start with an empty folder.',
  },
  'MR-BASE-007': {
    text: 'The data folder {path} has a format ({found}) that this Millrace no longer reads.',
    help: 'Open it once with the release named in docs/guide/upgrading.md, then with this one.',
  },
  // project (folder, check, plan)
  // log
  // kafka
  // registry and format
  // sql
  // engine
  // capture
  // tables
  // validate, catalog, explore
  // ops
  // deploy
  // cli
} as const satisfies Record<string, ErrorEntry>

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
