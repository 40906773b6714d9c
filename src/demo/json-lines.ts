// What the generator wrote, as JSON lines, one file per table: said again from the pure function of (seed, n), never from the log
// or the engine. Made when asked for, up to a committed position, so a crash can neither double nor lose a line.
import { toHex, type Disk } from '../base/index.ts'
import type { Value } from '../model/index.ts'
import type { GeneratorPosition } from './generator-types.ts'
import { demoLimits } from './limits.ts'
import { capturedNames, serviceNames, shopColumns, tellEvent, type CapturedName, type ServiceName } from './shop.ts'
import { timeOf } from './time-line.ts'

/** Every table's file; `undecodable` has the bytes that are no rows. */
export type LinesName = CapturedName | ServiceName | 'undecodable'

export const linesNames: readonly LinesName[] = [...capturedNames, ...serviceNames, 'undecodable']

/** A line before it is text. Amounts and times are text in SQL form, ids are numbers. */
type Line = Record<string, string | number>

/** Says all events before `position.next` again. Calls `write` with each line, in order. */
export function tellLines(position: GeneratorPosition, write: (name: LinesName, line: Line) => void): void {
  for (let n = 0; n < position.next; n++) {
    const sentAt = timeText(timeOf(position.line, n))
    tellEvent(position.seed, position.line, n, {
      change: (table, before, after) =>
        write(table, { n, op: !before ? 'c' : after ? 'u' : 'd', ...fields(table, after ?? before!) }),
      // In no database and in no file: only topics have heartbeats.
      heartbeat: () => {},
      event: (table, row) => write(table, { n, sent_at: sentAt, ...fields(table, row) }),
      undecodable: (table, bytes) => write('undecodable', { n, table, bytes: toHex(bytes) }),
    })
  }
}

function fields(table: CapturedName | ServiceName, row: readonly Value[]): Line {
  return Object.fromEntries(shopColumns[table].map((column, i) => [column, fieldOf(column, row[i]!)]))
}

function fieldOf(column: string, value: Value): string | number {
  if (column === 'amount' || column === 'principal') return centsText(value as bigint)
  if (column.endsWith('_at') || column.endsWith('_time')) return timeText(Number(value))
  return typeof value === 'bigint' ? Number(value) : (value as string)
}

export function centsText(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** YYYY-MM-DD HH:MM:SS.mmm */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').slice(0, 23)
}

/**
 * Writes one .jsonl file per table into a folder, replacing what is there.
 * @returns how many lines each has
 */
export function writeJsonLines(options: {
  disk: Disk
  folder: string
  position: GeneratorPosition
}): Record<LinesName, number> {
  const { disk, folder, position } = options
  disk.makeFolder(folder)
  const files = new Map(linesNames.map((name) => [name, openLines(disk, `${folder}/${name}.jsonl`)]))
  try {
    tellLines(position, (name, line) => files.get(name)!.add(`${JSON.stringify(line)}\n`))
  } finally {
    for (const file of files.values()) file.end()
  }
  return Object.fromEntries([...files].map(([name, file]) => [name, file.count()])) as Record<LinesName, number>
}

function openLines(disk: Disk, path: string): { add(line: string): void; count(): number; end(): void } {
  const file = disk.open(path, 'create')
  file.truncate(0)
  let text = ''
  let at = 0
  let count = 0
  const flush = (): void => {
    const bytes = new TextEncoder().encode(text)
    file.write(bytes, at)
    at += bytes.length
    text = ''
  }
  return {
    add(line) {
      count++
      text += line
      if (text.length >= demoLimits.fileBytesMax) flush()
    },
    count: () => count,
    end() {
      flush()
      file.close()
    },
  }
}
