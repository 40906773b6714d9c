// When event n happens. A bounded run has one segment with made-up time; a live one begins a new segment after it was away,
// so that event time follows the clock. Committed with the position, so that it is the same for whoever asks later.
export interface TimeSegment {
  /** First event of it. */
  readonly from: number
  /** Its time, ms since 1970; not before the last event of the segment before. */
  readonly startMs: number
  readonly eventsPerSecond: number
}

/** At least one segment, in order; the first begins at event 0. */
export type TimeLine = readonly TimeSegment[]

export function timeOf(line: TimeLine, n: number): number {
  let at = line.length - 1
  while (at > 0 && line[at]!.from > n) at--
  const segment = line[at]!
  return segment.startMs + Math.floor(((n - segment.from) * 1000) / segment.eventsPerSecond)
}

/** The first event that happens after `timeMs`; events before it are due. */
export function dueAt(line: TimeLine, timeMs: number): number {
  const segment = line.at(-1)!
  if (timeMs < segment.startMs) return segment.from
  let n = segment.from + Math.floor(((timeMs - segment.startMs) * segment.eventsPerSecond) / 1000) + 1
  while (timeOf(line, n) <= timeMs) n++
  while (n > segment.from && timeOf(line, n - 1) > timeMs) n--
  return n
}
