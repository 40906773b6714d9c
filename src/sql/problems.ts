// Places in SQL texts and the list of mistakes found in them. Invariant: every problem has a place and says what to write
// instead; stages go on after a problem so that all of them are reported at once.
import { MillraceError, type ErrorCode, type Place } from '../base/index.ts'

/** One file's text; offsets into it count UTF-16 units from 0. */
export interface SqlText {
  readonly file: string
  readonly text: string
  /** Where the text begins inside a larger file (a rule inside YAML); 1, 1 for a file of its own. */
  readonly line?: number
  readonly column?: number
}

/** A piece of a text: [start, end). */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Line and column (from 1) of an offset. O(offset). */
export function placeAt(source: SqlText, offset: number): Place {
  let line = 1
  let lineStart = 0
  for (let at = source.text.indexOf('\n'); at >= 0 && at < offset; at = source.text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  const column = offset - lineStart + 1
  const firstLine = source.line ?? 1
  const firstColumn = source.column ?? 1
  return { file: source.file, line: firstLine + line - 1, column: line === 1 ? firstColumn + column - 1 : column }
}

/** Collects mistakes; `report` never throws. */
export class Problems {
  readonly errors: MillraceError[] = []

  report(
    code: ErrorCode,
    source: SqlText,
    at: Span | number,
    details: Readonly<Record<string, string | number>>,
  ): void {
    const offset = typeof at === 'number' ? at : at.start
    const place = placeAt(source, offset)
    const same = this.errors.some(
      (e) =>
        e.place?.file === place.file &&
        e.place.line === place.line &&
        e.place.column === place.column &&
        e.code === code,
    )
    if (!same) this.errors.push(new MillraceError(code, { place, details }))
  }

  /** In the order of files as given, then of places. */
  sorted(files: readonly string[]): MillraceError[] {
    const rank = new Map(files.map((file, i) => [file, i]))
    const order = (e: MillraceError): [number, number, number] => [
      rank.get(e.place?.file ?? '') ?? -1,
      e.place?.line ?? 0,
      e.place?.column ?? 0,
    ]
    return this.errors.toSorted((a, b) => {
      const [x, y] = [order(a), order(b)]
      return x[0] - y[0] || x[1] - y[1] || x[2] - y[2]
    })
  }
}
